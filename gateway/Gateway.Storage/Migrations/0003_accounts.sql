-- balance is the sum of the account's ledger entries and held the sum of its holds; both are kept by the statements that write those.
CREATE TABLE accounts (
    id                text         PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    name              text         NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency          text         NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rate_card         text,
    balance           money_amount NOT NULL DEFAULT 0,
    held              money_amount NOT NULL DEFAULT 0 CHECK (held >= 0),
    minimum_inbound   money_amount NOT NULL DEFAULT 10.00 CHECK (minimum_inbound >= 0),
    minimum_outbound  money_amount NOT NULL DEFAULT 10.00 CHECK (minimum_outbound >= 0),
    is_closed         boolean      NOT NULL DEFAULT false,
    version           bigint       NOT NULL DEFAULT 1,
    created_at        timestamptz  NOT NULL DEFAULT now(),
    FOREIGN KEY (rate_card, currency) REFERENCES rate_cards (id, currency)
);

-- Append-only. idempotency_key makes each movement happen once: 'call:<call id>', 'top_up:<key>', 'rerating:<run>:<call id>'.
CREATE TABLE ledger_entries (
    id               bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account          text         NOT NULL REFERENCES accounts,
    kind             text         NOT NULL CHECK (kind IN ('top_up', 'charge', 'adjustment', 'rerating')),
    amount           money_amount NOT NULL,
    balance_after    money_amount NOT NULL,
    call_id          text,
    idempotency_key  text         NOT NULL UNIQUE,
    actor            text         NOT NULL,
    note             text,
    created_at       timestamptz  NOT NULL DEFAULT clock_timestamp(),
    CHECK (kind <> 'top_up' OR amount > 0),
    CHECK (kind <> 'charge' OR amount <= 0),
    CHECK ((kind IN ('charge', 'rerating')) = (call_id IS NOT NULL))
);

CREATE INDEX ledger_entries_by_account ON ledger_entries (account, id DESC);
CREATE INDEX ledger_entries_by_call ON ledger_entries (call_id) WHERE call_id IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Money that only a call in progress may spend. It goes when the call is settled. The rate stands here as it was at the start of the call,
-- so that a call whose node died can be rated whatever has become of the card since.
CREATE TABLE holds (
    call_id           text         PRIMARY KEY,
    account           text         NOT NULL REFERENCES accounts,
    amount            money_amount NOT NULL CHECK (amount >= 0),
    node              text         NOT NULL,
    node_start        text         NOT NULL DEFAULT '',
    taken_at          timestamptz  NOT NULL DEFAULT clock_timestamp(),
    extended_at       timestamptz  NOT NULL DEFAULT clock_timestamp(),
    rate_id           bigint       NOT NULL,
    rate_card         text         NOT NULL,
    rate_prefix       text         NOT NULL,
    price_per_minute  money_amount NOT NULL,
    connection_fee    money_amount NOT NULL,
    pulse_seconds     int          NOT NULL,
    minimum_seconds   int          NOT NULL,
    tiers             jsonb        NOT NULL
);

CREATE INDEX holds_by_account ON holds (account);

-- Minutes of each account, direction and calendar month (UTC): what the volume tiers look at.
CREATE TABLE volumes (
    account    text    NOT NULL REFERENCES accounts,
    direction  text    NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    month      date    NOT NULL CHECK (extract(day FROM month) = 1),
    seconds    bigint  NOT NULL CHECK (seconds >= 0),
    PRIMARY KEY (account, direction, month)
);
