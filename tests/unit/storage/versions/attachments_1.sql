CREATE TABLE attachments (
        session_id   TEXT NOT NULL,
        principal_id TEXT NOT NULL,
        digest       TEXT NOT NULL,
        used_at      INTEGER NOT NULL,
        content      BLOB NOT NULL,
        PRIMARY KEY (session_id, principal_id, digest)
    );
CREATE INDEX attachments_by_use ON attachments (used_at);
INSERT INTO attachments VALUES ('s1', 'ana', 'd1', 1772355600, x'89504e47');
PRAGMA application_id = 1112818004;
PRAGMA user_version = 1;
