BEGIN TRANSACTION;
CREATE TABLE bookings (
        booking_id TEXT PRIMARY KEY,
        slot_id    TEXT NOT NULL,
        court      TEXT NOT NULL,
        day        TEXT NOT NULL,
        start_utc  TEXT NOT NULL,
        end_utc    TEXT NOT NULL,
        member_id  TEXT NOT NULL,
        key        TEXT NOT NULL,
        status     TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled')),
        booked_at  TEXT NOT NULL,
        UNIQUE (member_id, key)
    );
INSERT INTO "bookings" VALUES('BK-4XQPK-E95T7','2026-03-02T14:00/A','A','2026-03-02','2026-03-02T14:00:00+00:00','2026-03-02T15:00:00+00:00','ana','k1','confirmed','2026-03-01T09:00:00.000000+00:00');
INSERT INTO "bookings" VALUES('BK-5EJJT-YVWA1','2026-03-02T15:00/B','B','2026-03-02','2026-03-02T15:00:00+00:00','2026-03-02T16:00:00+00:00','bob','k1','cancelled','2026-03-01T09:00:00.000000+00:00');
CREATE UNIQUE INDEX one_booking_per_slot ON bookings (slot_id) WHERE status = 'confirmed';
CREATE INDEX bookings_of_day ON bookings (day);
CREATE INDEX bookings_of_member ON bookings (member_id, start_utc);
COMMIT;
PRAGMA application_id = 1112821331;
PRAGMA user_version = 1;
