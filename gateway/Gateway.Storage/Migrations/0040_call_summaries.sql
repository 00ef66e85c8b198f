-- Counts of ended calls, from which statistics of any period are read: of each hour by channel and direction, and of each day also by group,
-- agent, country and account. Added up by the positions of the events that end calls, so that no settlement waits for a row of it.
CREATE TABLE call_summaries (
    dimension        text        NOT NULL CHECK (dimension IN ('hour', 'group', 'agent', 'country', 'account')),
    at               timestamptz NOT NULL,
    channel          text        NOT NULL,
    direction        text        NOT NULL,
    -- The group, agent, country or account; empty where the dimension is the hour.
    key              text        NOT NULL,
    -- Empty: calls without a price.
    currency         text        NOT NULL,
    calls            bigint      NOT NULL,
    answered         bigint      NOT NULL,
    missed           bigint      NOT NULL,
    refused          bigint      NOT NULL,
    talk_seconds     float8      NOT NULL,
    waited           bigint      NOT NULL,
    agent_answered   bigint      NOT NULL,
    in_time          bigint      NOT NULL,
    wait_seconds     float8      NOT NULL,
    handling_seconds float8      NOT NULL,
    whatsapp_scored  bigint      NOT NULL,
    whatsapp_mos     float8      NOT NULL,
    pbx_scored       bigint      NOT NULL,
    pbx_mos          float8      NOT NULL,
    whatsapp_packets bigint      NOT NULL,
    whatsapp_lost    bigint      NOT NULL,
    pbx_packets      bigint      NOT NULL,
    pbx_lost         bigint      NOT NULL,
    cost             numeric     NOT NULL,
    PRIMARY KEY (dimension, at, channel, direction, key, currency)
);

-- The position up to which events are in call_summaries.
CREATE TABLE call_summary_progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint  NOT NULL
);
INSERT INTO call_summary_progress (position) VALUES (0);

-- Days (UTC) that are counted anew, because prices in them were changed.
CREATE TABLE call_summary_days (
    day date PRIMARY KEY
);

CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (event);

-- Below it `balance.low` is published; null: the greater of both minimums.
ALTER TABLE accounts ADD COLUMN low_balance money_amount CHECK (low_balance >= 0);

-- Deletes some of the events that happened before a time, and returns how many. Runs as the owner of the tables, so that no program may delete
-- events otherwise. What is not counted yet, or an endpoint has not been sent yet, stays; the newest stays, since positions follow it.
CREATE FUNCTION purge_events(happened_before timestamptz, batch int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS
$$
    WITH purged AS (
        DELETE FROM events WHERE id IN (
            SELECT e.id FROM events e
            WHERE e.at < least(happened_before, now() - interval '1 day') AND e.position <= (SELECT position FROM call_summary_progress)
                AND e.position < (SELECT max(position) FROM events)
                AND e.position <= coalesce((SELECT min(last_position) FROM webhook_endpoints WHERE is_enabled), 9223372036854775807)
                AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event = e.id AND d.state = 'waiting')
            ORDER BY e.at LIMIT batch)
        RETURNING 1)
    SELECT count(*)::int FROM purged
$$;
REVOKE EXECUTE ON FUNCTION purge_events(timestamptz, int) FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON call_summaries, call_summary_days TO gateway_admin;
        GRANT SELECT, UPDATE ON call_summary_progress TO gateway_admin;
        GRANT INSERT (low_balance), UPDATE (low_balance) ON accounts TO gateway_admin;
        GRANT EXECUTE ON FUNCTION purge_events(timestamptz, int) TO gateway_admin;
    END IF;
END
$$;
