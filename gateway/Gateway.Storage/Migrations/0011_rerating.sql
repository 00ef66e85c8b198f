-- Rating a past period anew by a card. A run goes through the charged calls by account, direction and start, a batch in a transaction;
-- done_* is how far it has come, so that one that was interrupted is taken up there.
CREATE TABLE rerating_runs (
    id                   bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state                text         NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished')),
    actor                text         NOT NULL,
    idempotency_key      text         NOT NULL,
    note                 text         CHECK (length(note) <= 500),
    card                 text         NOT NULL REFERENCES rate_cards,
    account              text         REFERENCES accounts,
    channel              text,
    period_from          timestamptz  NOT NULL,
    period_until         timestamptz  NOT NULL CHECK (period_until > period_from),
    started_at           timestamptz  NOT NULL DEFAULT clock_timestamp(),
    finished_at          timestamptz,
    calls                bigint       NOT NULL DEFAULT 0,
    changed              bigint       NOT NULL DEFAULT 0,
    unrated              bigint       NOT NULL DEFAULT 0,
    refund               money_amount NOT NULL DEFAULT 0,
    done_account         text,
    done_direction       text,
    done_started_at      timestamptz,
    done_call            text,
    done_volume_seconds  bigint       NOT NULL DEFAULT 0,
    UNIQUE (actor, idempotency_key),
    CHECK ((state = 'finished') = (finished_at IS NOT NULL))
);

CREATE INDEX calls_charged ON calls (account, direction, started_at, id) WHERE price IS NOT NULL;
