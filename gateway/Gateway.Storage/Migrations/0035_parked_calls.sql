-- Calls to users that wait: for the user's permission, then for an agent who is free. Every change is one statement with a condition, so that of
-- several nodes that try one does it. claim is the token of the last node that tried to place the call, and next_at the time before which no other
-- may: what a node that died had claimed is free again then. What has a call_id is not placed again, unless that call is known to have reached nobody.
CREATE TABLE parked_calls (
    id            text           PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    channel       text           NOT NULL,
    contact       bigint         NOT NULL REFERENCES contacts ON DELETE CASCADE,
    agent         directory_name,
    agent_group   directory_name,
    asks          boolean        NOT NULL,
    -- When the user may be asked for permission, and was: once for each parked call.
    ask_at        timestamptz    NOT NULL,
    asked_at      timestamptz,
    ring_seconds  int            CHECK (ring_seconds BETWEEN 5 AND 120),
    reference     text           CHECK (length(reference) BETWEEN 1 AND 200),
    state         text           NOT NULL CHECK (state IN (
        'waiting_permission', 'waiting_agent', 'placed', 'done', 'cancelled', 'expired', 'refused')),
    -- The calls that were begun for it and reached nobody, and why it waits still, or what became of it.
    attempts      int            NOT NULL DEFAULT 0,
    cause         text,
    next_at       timestamptz    NOT NULL,
    claim         bigint         NOT NULL DEFAULT 0,
    call_id       text,
    placed_at     timestamptz,
    called_agent  directory_name,
    answered      boolean,
    created_at    timestamptz    NOT NULL,
    created_by    text           NOT NULL,
    expires_at    timestamptz    NOT NULL,
    ended_at      timestamptz,
    CHECK (num_nulls(agent, agent_group) = 1),
    CHECK (num_nulls(call_id, placed_at, called_agent) IN (0, 3)),
    CHECK ((state IN ('placed', 'done')) = (call_id IS NOT NULL)),
    CHECK ((state = 'done') = (answered IS NOT NULL)),
    CHECK ((state IN ('done', 'cancelled', 'expired', 'refused')) = (ended_at IS NOT NULL))
);

CREATE INDEX parked_calls_by_time ON parked_calls (created_at DESC, id);
CREATE INDEX parked_calls_by_group ON parked_calls (agent_group, created_at DESC, id) WHERE agent_group IS NOT NULL;
CREATE INDEX parked_calls_by_contact ON parked_calls (contact, created_at DESC, id);
CREATE INDEX parked_calls_open ON parked_calls (state, created_at, id) WHERE ended_at IS NULL;

DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT, UPDATE ON parked_calls TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT, INSERT ON parked_calls TO gateway_admin;
        GRANT UPDATE (state, contact, ended_at) ON parked_calls TO gateway_admin;
    END IF;
END
$roles$;
