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
    CHECK (price IS NULL OR (account IS NOT NULL AND currency IS NOT NULL))
) PARTITION BY RANGE (started_at);

CREATE TABLE calls_default PARTITION OF calls DEFAULT;

INSERT INTO calls (
    id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent, started_at, ringing_at,
    answered_at, ended_at, cause, sip_status, whatsapp_error_code, whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node)
SELECT id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent, started_at, ringing_at,
    answered_at, ended_at, cause, sip_status, whatsapp_error_code, whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node
FROM calls_unpartitioned;
DROP TABLE calls_unpartitioned;

CREATE INDEX calls_by_start ON calls (started_at DESC, id DESC);
CREATE INDEX calls_by_id ON calls (id);
CREATE INDEX calls_open ON calls (node) WHERE ended_at IS NULL;
