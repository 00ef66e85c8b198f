-- The call records of 0001, now partitioned by month of their start (retention drops whole partitions), with what a call costs.
ALTER TABLE calls RENAME TO calls_unpartitioned;
DROP INDEX calls_by_start, calls_by_whatsapp_id;

CREATE TABLE calls (
    id                      text         NOT NULL CHECK (id ~ '^[0-9a-f]{32}$'),
    whatsapp_call_id        text,
    direction               text         NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    channel                 text         NOT NULL,
    user_phone              text         CHECK (user_phone ~ '^[0-9]{1,20}$'),
    user_id                 text,
    user_parent_id          text,
    user_name               text,
    user_username           text,
    trunk                   text,
    agent                   text,
    started_at              timestamptz  NOT NULL,
    ringing_at              timestamptz  CHECK (ringing_at >= started_at),
    answered_at             timestamptz  CHECK (answered_at >= started_at),
    ended_at                timestamptz  CHECK (ended_at >= started_at),
    cause                   text,
    sip_status              int          CHECK (sip_status BETWEEN 100 AND 699),
    whatsapp_error_code     int,
    whatsapp_error_message  text,
    whatsapp_error_details  text,
    whatsapp_quality        jsonb,
    pbx_quality             jsonb,
    node                    text         NOT NULL,
    -- The node's start that this attempt belongs to: what an earlier one left open is closed when the node comes back.
    node_start              text         NOT NULL DEFAULT '',
    account                 text         REFERENCES accounts,
    currency                text,
    rate_id                 bigint,
    rate_card               text,
    rate_prefix             text,
    price_per_minute        money_amount,
    connection_fee          money_amount,
    pulse_seconds           int,
    minimum_seconds         int,
    pulses                  int          CHECK (pulses >= 0),
    price                   money_amount CHECK (price >= 0),
    PRIMARY KEY (started_at, id),
    CHECK ((ended_at IS NULL) = (cause IS NULL)),
    CHECK ((price IS NULL) = (pulses IS NULL)),
    -- What pays for a call stands here with the rate that it is rated by, or not at all; a price only of what was answered.
    CHECK (num_nulls(account, currency, rate_id, rate_card, rate_prefix, price_per_minute, connection_fee, pulse_seconds, minimum_seconds) IN (0, 9)),
    CHECK (price IS NULL OR (account IS NOT NULL AND answered_at IS NOT NULL))
) PARTITION BY RANGE (started_at);

CREATE TABLE calls_default PARTITION OF calls DEFAULT;

INSERT INTO calls (
    id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent, started_at, ringing_at,
    answered_at, ended_at, cause, sip_status, whatsapp_error_code, whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node)
SELECT id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent, started_at, ringing_at,
    answered_at, ended_at, cause, sip_status, whatsapp_error_code, whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node
FROM calls_unpartitioned;
DROP TABLE calls_unpartitioned;

-- The primary key, read backwards, is the list of all calls. The lists that are filtered have an index each; all of them are of completed
-- calls, so that a call in progress costs no more than the first two.
CREATE INDEX calls_by_id ON calls (id);
CREATE INDEX calls_open ON calls (node) WHERE ended_at IS NULL;
CREATE INDEX calls_by_channel ON calls (channel, started_at DESC, id DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX calls_by_phone ON calls (user_phone, started_at DESC, id DESC) WHERE ended_at IS NOT NULL AND user_phone IS NOT NULL;
CREATE INDEX calls_by_user_id ON calls (user_id, started_at DESC, id DESC) WHERE ended_at IS NOT NULL AND user_id IS NOT NULL;
CREATE INDEX calls_by_cause ON calls (cause, started_at DESC, id DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX calls_by_account ON calls (account, started_at DESC, id DESC) WHERE ended_at IS NOT NULL AND account IS NOT NULL;

-- Makes the partition of a month (its first day, UTC) unless it is there; what the default partition took in of that month moves into it.
-- Runs as the owner of the tables, so that the gateway needs no right to change the schema. Gives up rather than hold up calls.
CREATE FUNCTION make_call_partition(month date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '2s' AS
$$
DECLARE
    partition text := 'calls_' || to_char(month, 'YYYY_MM');
    from_time timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
    to_time timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('call partitions', 0));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE calls INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    LOCK TABLE calls_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format(
        'WITH moved AS (DELETE FROM calls_default WHERE started_at >= %L AND started_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
        from_time, to_time, partition);
    EXECUTE format('ALTER TABLE calls ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, from_time, to_time);
    RETURN true;
END
$$;

-- Drops the partitions of months that ended before a moment, and returns how many.
CREATE FUNCTION drop_call_partitions(ended_before timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '2s' AS
$$
DECLARE
    partition text;
    dropped int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('call partitions', 0));
    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'calls'::regclass AND c.relname ~ '^calls_[0-9]{4}_[0-9]{2}$'
            AND (to_date(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') AT TIME ZONE 'UTC' <= ended_before
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
