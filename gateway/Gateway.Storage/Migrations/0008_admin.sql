-- Keys of the admin API. Only a hash is kept: a lost key cannot be found again, only rotated.
CREATE TABLE api_keys (
    id            text        PRIMARY KEY CHECK (id ~ '^[a-z0-9]{8,32}$'),
    name          text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    hash          bytea       NOT NULL CHECK (length(hash) = 32),
    previous_hash bytea       CHECK (length(previous_hash) = 32),
    previous_until timestamptz,
    scopes        text[]      NOT NULL CHECK (scopes <@ '{read,operate,billing,admin}' AND cardinality(scopes) > 0),
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz,
    created_by    text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    version       bigint      NOT NULL DEFAULT 1,
    CHECK ((previous_hash IS NULL) = (previous_until IS NULL))
);

CREATE TABLE audit_entries (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor    text        NOT NULL,
    action   text        NOT NULL,
    subject  text        NOT NULL,
    before   jsonb,
    after    jsonb
);

CREATE INDEX audit_entries_by_subject ON audit_entries (subject, id DESC);
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Answers to requests that spend or send, kept so that a repetition gets the same one.
CREATE TABLE idempotent_requests (
    actor         text        NOT NULL,
    key           text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash  bytea       NOT NULL,
    status        int,
    headers       jsonb,
    body          bytea,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);
