-- A WhatsApp user as one channel knows them, with what they permit. Expiry is a fact of time: a temporary permission counts while
-- permission_expires_at lies ahead, whatever the row says. phone is in the one canonical spelling (Brazil, Argentina and Mexico have two).
CREATE TABLE contacts (
    id                     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel                text        NOT NULL REFERENCES channels,
    phone                  text        CHECK (phone ~ '^[0-9]{1,20}$'),
    user_id                text,
    parent_user_id         text,
    name                   text,
    username               text,
    window_until           timestamptz,
    permission             text        NOT NULL DEFAULT 'none' CHECK (permission IN ('none', 'temporary', 'permanent', 'declined', 'revoked')),
    permission_since       timestamptz,
    permission_expires_at  timestamptz,
    permission_source      text        CHECK (permission_source IN ('user', 'automatic', 'meta', 'operator')),
    unanswered             int         NOT NULL DEFAULT 0 CHECK (unanswered >= 0),
    last_unanswered_at     timestamptz,
    last_connected_at      timestamptz,
    -- What Meta refused although our own books allowed it: 138012 and 138009.
    calls_barred_until     timestamptz,
    requests_barred_until  timestamptz,
    -- The event of the expiry was written; that it has expired is a fact without it.
    expiry_is_told         boolean     NOT NULL DEFAULT false,
    -- Rows that turned out to be the same person: their events still carry these ids.
    former_ids             bigint[]    NOT NULL DEFAULT '{}',
    version                bigint      NOT NULL DEFAULT 1,
    created_at             timestamptz NOT NULL DEFAULT now(),
    CHECK (phone IS NOT NULL OR user_id IS NOT NULL),
    CHECK ((permission = 'temporary') = (permission_expires_at IS NOT NULL)),
    CHECK ((permission = 'none') = (permission_since IS NULL))
);

CREATE UNIQUE INDEX contacts_by_phone ON contacts (channel, phone) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX contacts_by_user_id ON contacts (channel, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX contacts_by_former_id ON contacts USING gin (former_ids);
CREATE INDEX contacts_to_expire ON contacts (permission_expires_at) WHERE permission = 'temporary' AND NOT expiry_is_told;

-- Every time a user was asked. The agent who dialled, where one did, is rung back when the user permits.
CREATE TABLE permission_requests (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact       bigint      NOT NULL REFERENCES contacts ON DELETE CASCADE,
    requested_at  timestamptz NOT NULL,
    requested_by  text        NOT NULL,
    message_id    text,
    state         text        NOT NULL CHECK (state IN ('sending', 'sent', 'failed', 'accepted', 'declined')),
    error_code    int,
    error_text    text,
    answered_at   timestamptz,
    trunk         text,
    agent         text,
    rung_back_at  timestamptz
);

CREATE INDEX permission_requests_by_contact ON permission_requests (contact, requested_at DESC);
CREATE INDEX permission_requests_by_message ON permission_requests (message_id) WHERE message_id IS NOT NULL;
