BEGIN TRANSACTION;
CREATE TABLE runs (
        saved        INTEGER PRIMARY KEY,
        run_id       TEXT NOT NULL UNIQUE,
        principal_id TEXT NOT NULL,
        request_key  TEXT NOT NULL,
        record       TEXT NOT NULL
    );
INSERT INTO "runs" VALUES(1,'r1','ana','key1','{"run_id": "r1", "agent": "single_agent", "principal_id": "ana", "model_calls": 0, "tool_calls": 0, "stop_reason": "done", "stand_in": false, "started_at": "2026-03-01T10:00:00+00:00", "seconds": 0.0, "style": "e", "app": "tennis", "session_id": "s1", "question": {"id": "msg_0001", "role": "user", "text": "Book \ud83c\u0000 \ud83c\udfbe"}, "reply": {"id": "msg_0004", "role": "assistant", "text": "Done"}, "events": [{"seq": 0, "kind": "tool", "phase": "end", "span": "1.1", "parent": "1", "name": "book", "by": "agent", "at_s": 0.5, "data": {"result": {"ok": true}}, "usage": {"input_tokens": 1, "output_tokens": 2, "cached_tokens": 3, "reasoning_tokens": 4, "cache_write_tokens": 0}, "cost": {"usd": null, "known_usd": 0.25, "reason": "no price"}}], "usage": {"input_tokens": 0, "output_tokens": 0, "cached_tokens": 0, "reasoning_tokens": 0, "cache_write_tokens": 0}, "cost": {"usd": 0.0, "known_usd": 0.0, "reason": ""}, "error": null, "steps": [{"id": "msg_0002", "role": "assistant", "text": "", "tool_calls": [{"id": "c1", "name": "book", "arguments": {"court": "A"}, "invalid": null}]}, {"id": "msg_0003", "role": "tool", "text": "booked", "data": {"ok": true}, "call_id": "c1", "name": "book"}]}');
INSERT INTO "runs" VALUES(2,'r2','bob','','{"run_id": "r2", "agent": "a", "principal_id": "bob", "model_calls": 0, "tool_calls": 0, "stop_reason": "done", "stand_in": false, "started_at": "", "seconds": 0.0, "style": "", "app": "", "session_id": "", "question": {"id": "msg_0001", "role": "user", "text": "Book \ud83c\u0000 \ud83c\udfbe"}, "reply": null, "events": [], "usage": {"input_tokens": 0, "output_tokens": 0, "cached_tokens": 0, "reasoning_tokens": 0, "cache_write_tokens": 0}, "cost": {"usd": 0.0, "known_usd": 0.0, "reason": ""}, "error": null, "steps": []}');
CREATE TABLE sessions (
        session_id   TEXT PRIMARY KEY,
        principal_id TEXT NOT NULL,
        version      INTEGER NOT NULL,
        saved        INTEGER NOT NULL,
        updated_at   TEXT NOT NULL,
        state        TEXT NOT NULL,
        history      TEXT NOT NULL
    );
INSERT INTO "sessions" VALUES('s1','ana',2,3,'2026-03-01T10:00:00+00:00','{"court": "A"}','[{"id": "msg_0001", "role": "user", "text": "Book \ud83c\u0000 \ud83c\udfbe"}, {"id": "msg_0002", "role": "assistant", "text": "", "tool_calls": [{"id": "c1", "name": "book", "arguments": {"court": "A"}, "invalid": null}]}, {"id": "msg_0003", "role": "tool", "text": "booked", "data": {"ok": true}, "call_id": "c1", "name": "book"}, {"id": "msg_0004", "role": "assistant", "text": "Done"}]');
INSERT INTO "sessions" VALUES('s2','bob',1,2,'','{}','[]');
CREATE UNIQUE INDEX sessions_by_save ON sessions (saved);
CREATE INDEX sessions_of_principal ON sessions (principal_id, saved);
CREATE INDEX runs_of_principal ON runs (principal_id, saved);
CREATE INDEX runs_of_request ON runs (request_key, principal_id) WHERE request_key <> '';
COMMIT;
PRAGMA application_id = 1112822610;
PRAGMA user_version = 1;
