CREATE TABLE sessions (
    session_id   TEXT PRIMARY KEY,
    principal_id TEXT NOT NULL,
    version      INTEGER NOT NULL,
    saved        INTEGER NOT NULL,
    saved_at     INTEGER NOT NULL,
    updated_at   TEXT NOT NULL,
    state        TEXT NOT NULL
);
CREATE UNIQUE INDEX sessions_by_save ON sessions (saved);
CREATE INDEX sessions_of_principal ON sessions (principal_id, saved);
CREATE TABLE messages (
        session_id TEXT NOT NULL,
        n          INTEGER NOT NULL,
        message    TEXT NOT NULL,
        PRIMARY KEY (session_id, n)
    ) WITHOUT ROWID;
CREATE TRIGGER session_out AFTER DELETE ON sessions BEGIN
        DELETE FROM messages WHERE session_id = old.session_id;
    END;
CREATE TABLE runs (
    saved        INTEGER PRIMARY KEY,
    run_id       TEXT NOT NULL UNIQUE,
    principal_id TEXT NOT NULL,
    request_key  TEXT NOT NULL,
    saved_at     INTEGER NOT NULL,
    record       TEXT NOT NULL
);
CREATE INDEX runs_of_principal ON runs (principal_id, saved);
CREATE INDEX runs_of_request ON runs (request_key, principal_id) WHERE request_key <> '';
CREATE TABLE spending (
    run_id       TEXT PRIMARY KEY,
    principal_id TEXT NOT NULL,
    day          TEXT NOT NULL,
    folded       INTEGER NOT NULL,
    session_id   TEXT NOT NULL,
    style        TEXT NOT NULL,
    app          TEXT NOT NULL,
    spent        TEXT NOT NULL
);
CREATE INDEX spending_of_principal ON spending (principal_id, day);
CREATE INDEX spending_by_day ON spending (folded, day);
INSERT INTO sessions VALUES ('s1', 'ana', 2, 3, 1772355600, '2026-03-01T10:00:00+00:00', '{"court": "A"}');
INSERT INTO messages VALUES ('s1', 0, '{"id": "msg_0001", "role": "user", "text": "Book"}');
INSERT INTO runs VALUES (1, 'r1', 'ana', 'key1', 1772355600, '{}');
INSERT INTO spending VALUES ('r1', 'ana', '2026-03-01', 0, 's1', 'd', 'tennis', '{"runs": 1, "seconds": 0.5, "stand_in": false, "spent": [["desk", "", "model", "acme:large", "code", 1, 0, 0, 120, 30, 100, 8, 0, 0.25, 0, "a list", 0.4]]}');
PRAGMA application_id = 1112822610;
PRAGMA user_version = 3;
