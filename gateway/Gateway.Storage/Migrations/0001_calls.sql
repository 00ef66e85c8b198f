-- One row per call attempt. It is begun when the attempt begins and completed when it has ended, so that an attempt cut short by a crash
-- is visible as one without ended_at. Where WhatsApp names its user by nothing at all, user_phone and user_id are both null.
CREATE TABLE calls (
    id                      text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    whatsapp_call_id        text,
    direction               text        NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    channel                 text        NOT NULL,
    user_phone              text        CHECK (user_phone ~ '^[0-9]{1,20}$'),
    user_id                 text,
    user_parent_id          text,
    user_name               text,
    user_username           text,
    trunk                   text,
    agent                   text,
    started_at              timestamptz NOT NULL,
    ringing_at              timestamptz CHECK (ringing_at >= started_at),
    answered_at             timestamptz CHECK (answered_at >= started_at),
    ended_at                timestamptz CHECK (ended_at >= started_at),
    cause                   text,
    sip_status              int         CHECK (sip_status BETWEEN 100 AND 699),
    whatsapp_error_code     int,
    whatsapp_error_message  text,
    whatsapp_error_details  text,
    whatsapp_quality        jsonb,
    pbx_quality             jsonb,
    node                    text        NOT NULL,
    CHECK ((ended_at IS NULL) = (cause IS NULL))
);

CREATE INDEX calls_by_start ON calls (started_at DESC, id);
CREATE UNIQUE INDEX calls_by_whatsapp_id ON calls (whatsapp_call_id) WHERE whatsapp_call_id IS NOT NULL AND direction = 'outbound';
