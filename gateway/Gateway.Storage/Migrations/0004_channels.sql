-- A WhatsApp business number. The toggles are ours; meta_* is what Meta was last seen to have. account NULL: its calls are not billed.
CREATE TABLE channels (
    id                            text        PRIMARY KEY,
    number                        text        NOT NULL CHECK (number ~ '^[0-9]{5,15}$'),
    country                       text        CHECK (country ~ '^[A-Z]{2}$'),
    name                          text        NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    account                       text        REFERENCES accounts,
    calling_enabled               boolean     NOT NULL DEFAULT true,
    contacts_may_call             boolean     NOT NULL DEFAULT true,
    we_may_call                   boolean     NOT NULL DEFAULT true,
    callback_permission           boolean     NOT NULL DEFAULT false,
    icon_is_visible               boolean     NOT NULL DEFAULT true,
    icon_countries                text[]      NOT NULL DEFAULT '{}',
    call_hours                    jsonb,
    asks_permission               boolean     NOT NULL DEFAULT false,
    permission_text               text        CHECK (length(permission_text) <= 1024),
    permission_template           text        CHECK (length(permission_template) <= 512),
    permission_template_language  text,
    is_managed                    boolean     NOT NULL DEFAULT false,
    version                       bigint      NOT NULL DEFAULT 1,
    created_at                    timestamptz NOT NULL DEFAULT now(),
    meta_settings                 jsonb,
    meta_read_at                  timestamptz,
    meta_pushed_version           bigint,
    meta_pushed_at                timestamptz,
    meta_pushed                   jsonb,
    meta_error                    text,
    meta_drift                    jsonb       NOT NULL DEFAULT '[]',
    CHECK ((permission_template IS NULL) = (permission_template_language IS NULL))
);

COMMENT ON COLUMN channels.country IS 'Of the number; null where it has none. The JSON columns are described by Gateway.Storage/Channels/ChannelDocument.cs.';
COMMENT ON COLUMN channels.is_managed IS 'False until an admin first saves the toggles: before that nothing of ours is pushed over what Meta has.';

-- Where the channel's calls go, in the order of position. None: what the node's configuration file says.
CREATE TABLE routes (
    channel   text NOT NULL REFERENCES channels ON DELETE CASCADE,
    position  int  NOT NULL CHECK (position >= 0),
    trunk     text NOT NULL CHECK (length(trunk) BETWEEN 1 AND 64),
    target    text CHECK (length(target) BETWEEN 1 AND 128),
    PRIMARY KEY (channel, position)
);

-- What Meta forbids a channel for now. is_listed: the channel's settings at Meta have named it, so it ends when they no longer do.
CREATE TABLE channel_restrictions (
    channel     text        NOT NULL REFERENCES channels ON DELETE CASCADE,
    type        text        NOT NULL,
    reason      text,
    since       timestamptz NOT NULL,
    expires_at  timestamptz,
    is_listed   boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (channel, type)
);

-- What each running node can reach: the trunks of its configuration. A node that stopped long ago is one whose seen_at is old.
CREATE TABLE node_trunks (
    node     text        PRIMARY KEY CHECK (length(node) BETWEEN 1 AND 64),
    trunks   text[]      NOT NULL,
    seen_at  timestamptz NOT NULL
);

-- Where calling is offered, by the country of the business number. A country without a row is served in both directions.
CREATE TABLE calling_countries (
    country   text    PRIMARY KEY CHECK (country ~ '^[A-Z]{2}$'),
    inbound   boolean NOT NULL,
    outbound  boolean NOT NULL,
    version   bigint  NOT NULL DEFAULT 1
);

-- Meta: Calling API, "Overview", 2026: businesses of these countries may not call users.
INSERT INTO calling_countries (country, inbound, outbound)
VALUES ('US', true, false), ('CA', true, false), ('EG', true, false), ('VN', true, false), ('NG', true, false);
