CREATE TABLE documents (
            n        INTEGER PRIMARY KEY,
            id       TEXT NOT NULL UNIQUE,
            metadata TEXT NOT NULL,
            text     TEXT NOT NULL
        );
CREATE TABLE facets (facet TEXT, n INTEGER, PRIMARY KEY (facet, n)) WITHOUT ROWID;
CREATE INDEX facets_of_document ON facets (n);
CREATE VIRTUAL TABLE words USING fts5 (
            text, content = 'documents', content_rowid = 'n',
            tokenize = 'porter unicode61 remove_diacritics 2'
        );
CREATE TRIGGER document_in AFTER INSERT ON documents BEGIN
            INSERT INTO words (rowid, text) VALUES (new.n, new.text);
        END;
CREATE TRIGGER document_out AFTER DELETE ON documents BEGIN
            INSERT INTO words (words, rowid, text) VALUES ('delete', old.n, old.text);
            DELETE FROM facets WHERE n = old.n;
        END;
INSERT INTO documents VALUES (1, 'hours', '{"topic": "club"}', 'The club opens at seven.');
INSERT INTO facets VALUES ('topic="club"', 1);
PRAGMA application_id = 1112818755;
PRAGMA user_version = 1;
