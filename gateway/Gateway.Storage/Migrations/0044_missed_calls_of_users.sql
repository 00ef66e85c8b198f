-- A user who calls again and again is one entry of the work list: the newest missed call, which counts the others. They are closed, and name it.
ALTER TABLE missed_calls
    ADD COLUMN calls           int         NOT NULL DEFAULT 1 CHECK (calls >= 1),
    ADD COLUMN first_missed_at timestamptz,
    ADD COLUMN merged_into     text;

CREATE INDEX missed_calls_of_contact ON missed_calls (contact) WHERE state <> 'closed';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT UPDATE (calls, first_missed_at, merged_into, assignee, note) ON missed_calls TO gateway_worker;
    END IF;
END
$$;
