-- What a flow did with a call: who of our agents had it last, which group it was for, from when on it waited, and when an agent answered.
ALTER TABLE calls ADD COLUMN agent_id text, ADD COLUMN flow text, ADD COLUMN flow_version bigint, ADD COLUMN agent_group text,
    ADD COLUMN waited_from timestamptz, ADD COLUMN agent_answered_at timestamptz;

CREATE INDEX calls_by_agent ON calls (agent_id, started_at DESC, id DESC) WHERE ended_at IS NOT NULL AND agent_id IS NOT NULL;
CREATE INDEX calls_by_group ON calls (agent_group, started_at DESC, id DESC) WHERE ended_at IS NOT NULL AND agent_group IS NOT NULL;
CREATE INDEX calls_by_flow ON calls (flow, started_at DESC, id DESC) WHERE ended_at IS NOT NULL AND flow IS NOT NULL;

ALTER TABLE missed_calls ADD COLUMN agent_group text, ADD COLUMN waited_from timestamptz;

-- Whom the contact talked to last: admission reads it with the contact's row.
ALTER TABLE contacts ADD COLUMN last_agent text, ADD COLUMN last_agent_at timestamptz;

-- Messages that callers left. The audio is a file of the node that recorded it; path is below its folder of recordings.
CREATE TABLE voicemails (
    id           text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    call_id      text        NOT NULL,
    channel      text        NOT NULL,
    contact      bigint,
    user_handle  text        NOT NULL,
    user_name    text,
    agent_group  text,
    node         text        NOT NULL,
    path         text        NOT NULL CHECK (length(path) BETWEEN 1 AND 500),
    duration_ms  int         NOT NULL CHECK (duration_ms >= 0),
    left_at      timestamptz NOT NULL,
    heard_at     timestamptz,
    heard_by     text,
    closed_at    timestamptz,
    closed_by    text,
    version      bigint      NOT NULL DEFAULT 1,
    CHECK ((heard_at IS NULL) = (heard_by IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);

CREATE INDEX voicemails_by_time ON voicemails (left_at DESC, id);
CREATE INDEX voicemails_to_do ON voicemails (left_at DESC, id) WHERE closed_at IS NULL;

DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT, INSERT ON voicemails TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT ON voicemails TO gateway_admin;
        GRANT UPDATE (heard_at, heard_by, closed_at, closed_by, version) ON voicemails TO gateway_admin;
    END IF;
END
$roles$;
