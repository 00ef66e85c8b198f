-- What happened, for timelines, the event stream and the webhooks of others. Ids are handed out before transactions commit, so a smaller one
-- may appear after a greater. Who follows the events follows position, which is given under a lock to what is committed already: nothing
-- appears any more before a position that was seen.
CREATE TABLE events (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position bigint      UNIQUE,
    kind     text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    at       timestamptz NOT NULL,
    channel  text,
    contact  bigint,
    call_id  text,
    account  text,
    data     jsonb       NOT NULL DEFAULT '{}'
);

CREATE INDEX events_without_position ON events (id) WHERE position IS NULL;
CREATE INDEX events_by_contact ON events (contact, id DESC) WHERE contact IS NOT NULL;
CREATE INDEX events_by_call ON events (call_id) WHERE call_id IS NOT NULL;

-- Calls of users that nobody answered: a work list.
CREATE TABLE missed_calls (
    call_id      text        PRIMARY KEY,
    channel      text        NOT NULL,
    contact      bigint,
    user_handle  text        NOT NULL,
    user_name    text,
    missed_at    timestamptz NOT NULL,
    cause        text        NOT NULL,
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'assigned', 'closed')),
    assignee     text        CHECK (length(assignee) BETWEEN 1 AND 128),
    note         text        CHECK (length(note) <= 2000),
    closed_at    timestamptz,
    version      bigint      NOT NULL DEFAULT 1,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK (state <> 'assigned' OR assignee IS NOT NULL)
);

CREATE INDEX missed_calls_by_time ON missed_calls (missed_at DESC, call_id);
CREATE INDEX missed_calls_to_do ON missed_calls (missed_at DESC, call_id) WHERE state <> 'closed';

-- Where events are sent to. last_position is how far they were put into the outbox.
CREATE TABLE webhook_endpoints (
    id               text        PRIMARY KEY,
    url              text        NOT NULL CHECK (length(url) <= 2000),
    secret           text        NOT NULL,
    previous_secret  text,
    previous_until   timestamptz,
    kinds            text[]      NOT NULL DEFAULT '{}',
    is_enabled       boolean     NOT NULL DEFAULT true,
    last_position    bigint      NOT NULL,
    version          bigint      NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);

-- The outbox: one row for each event and endpoint until it is delivered or given up.
CREATE TABLE webhook_deliveries (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint      text        NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    event         bigint      NOT NULL REFERENCES events ON DELETE CASCADE,
    state         text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts      int         NOT NULL DEFAULT 0,
    next_at       timestamptz NOT NULL DEFAULT now(),
    last_status   int,
    last_error    text,
    ended_at      timestamptz,
    UNIQUE (endpoint, event),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE state <> 'waiting';
