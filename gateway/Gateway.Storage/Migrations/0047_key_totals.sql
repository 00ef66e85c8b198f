-- Sums of call_summaries over all channels and directions: of each day and of each month by group, agent, country and account. channel and
-- direction are empty in them. A year by agent is read from some thousand of them, however many channels the agents serve.
CREATE TABLE call_key_days (
    LIKE call_summaries,
    PRIMARY KEY (dimension, at, channel, direction, key, currency),
    CHECK (dimension IN ('group', 'agent', 'country', 'account'))
);
CREATE TABLE call_key_months (
    LIKE call_summaries,
    PRIMARY KEY (dimension, at, channel, direction, key, currency),
    CHECK (dimension IN ('group', 'agent', 'country', 'account'))
);

-- The position up to which events are in both. Where it is another than position, they are made anew.
ALTER TABLE call_summary_progress ADD COLUMN keys_position bigint NOT NULL DEFAULT -1;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON call_key_days, call_key_months TO gateway_admin;
    END IF;
END
$$;
