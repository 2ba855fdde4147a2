CREATE TABLE vectors (
            embedder TEXT NOT NULL,
            digest   TEXT NOT NULL,
            used_at  INTEGER NOT NULL,
            vector   BLOB NOT NULL,
            PRIMARY KEY (embedder, digest)
        ) WITHOUT ROWID;
CREATE INDEX vectors_by_use ON vectors (used_at);
INSERT INTO vectors VALUES ('openai:any', 'd1', 1772355600, x'0000803f');
PRAGMA application_id = 1112819011;
PRAGMA user_version = 1;
