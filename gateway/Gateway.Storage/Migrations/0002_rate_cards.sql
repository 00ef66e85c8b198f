-- Money is numeric and never rounded on its way in: a value with more digits, or an absurd one, is refused.
CREATE DOMAIN money_amount AS numeric CHECK (abs(VALUE) < 1000000000000 AND scale(VALUE) <= 10);

-- Exclusion constraints compare text with = beside ranges.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE rate_cards (
    id          text        PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, currency)
);

-- One price of a card: for a direction and the numbers that begin with a prefix ('' is every number), while it is valid. The longest prefix
-- that is valid at the start of a call rates it. Tiers are [{"fromMinutes": 50000, "pricePerMinute": 0.0070}, …] by monthly volume.
CREATE TABLE rates (
    id                bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card              text         NOT NULL REFERENCES rate_cards ON DELETE CASCADE,
    direction         text         NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    prefix            text         NOT NULL CHECK (prefix ~ '^[0-9]{0,15}$'),
    valid_from        timestamptz  NOT NULL,
    valid_until       timestamptz  CHECK (valid_until > valid_from),
    price_per_minute  money_amount NOT NULL CHECK (price_per_minute >= 0),
    connection_fee    money_amount NOT NULL DEFAULT 0 CHECK (connection_fee >= 0),
    pulse_seconds     int          NOT NULL DEFAULT 6 CHECK (pulse_seconds BETWEEN 1 AND 3600),
    minimum_seconds   int          NOT NULL DEFAULT 0 CHECK (minimum_seconds BETWEEN 0 AND 3600),
    tiers             jsonb        NOT NULL DEFAULT '[]',
    version           bigint       NOT NULL DEFAULT 1,
    EXCLUDE USING gist (card WITH =, direction WITH =, prefix WITH =, tstzrange(valid_from, valid_until) WITH &&)
);

CREATE INDEX rates_by_prefix ON rates (card, direction, prefix, valid_from DESC);
