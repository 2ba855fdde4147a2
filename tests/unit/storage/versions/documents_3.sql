CREATE TABLE documents (
            n        INTEGER PRIMARY KEY,
            id       TEXT NOT NULL UNIQUE,
            metadata TEXT NOT NULL,
            text     TEXT NOT NULL
        );
CREATE TABLE facets (facet TEXT, n INTEGER, PRIMARY KEY (facet, n)) WITHOUT ROWID;
CREATE INDEX facets_of_document ON facets (n);
CREATE TABLE folded (
            n    INTEGER PRIMARY KEY,
            text TEXT NOT NULL
        );
CREATE VIEW indexed AS
            SELECT d.n AS n, COALESCE(f.text, d.text) AS text
            FROM documents d LEFT JOIN folded f ON f.n = d.n;
CREATE VIRTUAL TABLE words USING fts5 (
            text, content = 'indexed', content_rowid = 'n',
            tokenize = "porter unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
        );
INSERT INTO documents VALUES (1, 'hours', '{"topic": "club"}', 'The club opens at seven.');
INSERT INTO facets VALUES ('topic="club"', 1);
PRAGMA application_id = 1112818755;
PRAGMA user_version = 3;
