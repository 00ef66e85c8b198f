-- Log-ins at the console. A link is one that can be used once, for a session. Of the secret text only the SHA-256 is kept.
CREATE TABLE console_sessions (
    hash       bytea       PRIMARY KEY CHECK (length(hash) = 32),
    is_link    boolean     NOT NULL,
    actor      text        NOT NULL,
    -- The key that was exchanged for it, which goes on deciding what it may do; null: key:configured, or a token of an issuer.
    key        text        REFERENCES api_keys ON DELETE CASCADE,
    scopes     text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE INDEX console_sessions_by_expiry ON console_sessions (expires_at);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT, INSERT, DELETE ON console_sessions TO gateway_admin;
    END IF;
END
$$;
