CREATE TABLE requests (
        principal_id TEXT NOT NULL,
        request_key  TEXT NOT NULL,
        words        TEXT NOT NULL,
        session_id   TEXT NOT NULL,
        run_id       TEXT NOT NULL,
        owner        TEXT NOT NULL,
        beat         REAL NOT NULL,
        PRIMARY KEY (principal_id, request_key)
    );
CREATE INDEX requests_by_age ON requests (beat);
CREATE TABLE effects (
        number       INTEGER PRIMARY KEY,
        key          TEXT NOT NULL,
        principal_id TEXT NOT NULL,
        request      TEXT NOT NULL,
        session_id   TEXT NOT NULL,
        run_id       TEXT NOT NULL,
        tool         TEXT NOT NULL,
        arguments    TEXT NOT NULL,
        status       TEXT NOT NULL CHECK (status IN ('begun', 'done', 'failed')),
        result       TEXT NOT NULL,
        begun_at     TEXT NOT NULL,
        owner        TEXT NOT NULL,
        beat         REAL NOT NULL,
        told         INTEGER NOT NULL DEFAULT 0,
        steps        TEXT NOT NULL DEFAULT '',
        UNIQUE (principal_id, key)
    );
CREATE INDEX effects_of_request ON effects (request, principal_id);
CREATE INDEX effects_untold ON effects (session_id, principal_id) WHERE NOT told;
CREATE INDEX effects_by_age ON effects (beat);
INSERT INTO requests VALUES ('ana', 'key1', 'Book court A', 's1', 'r1', '', 1772355600.0);
PRAGMA application_id = 1112822353;
PRAGMA user_version = 2;
