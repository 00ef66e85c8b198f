-- Sums of call_summaries: of each day by channel and direction, and of each month also by group, agent, country and account. A year is read from
-- some thousand of them, whatever the number of calls.
CREATE TABLE call_totals (
    LIKE call_summaries,
    PRIMARY KEY (dimension, at, channel, direction, key, currency),
    CHECK (dimension IN ('day', 'month', 'group', 'agent', 'country', 'account'))
);

-- The position up to which events are in call_totals. Where it is another than position, they are made anew.
ALTER TABLE call_summary_progress ADD COLUMN totals_position bigint NOT NULL DEFAULT -1;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON call_totals TO gateway_admin;
    END IF;
END
$$;
