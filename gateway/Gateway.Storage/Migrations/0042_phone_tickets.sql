-- Tickets by which a page of the console connects as an agent's registered phone, without its password: each is taken once. Of the secret text
-- only the SHA-256 is kept.
CREATE TABLE phone_tickets (
    hash            bytea          PRIMARY KEY CHECK (length(hash) = 32),
    agent           directory_name NOT NULL REFERENCES agents ON DELETE CASCADE,
    registered_user text           NOT NULL CHECK (length(registered_user) BETWEEN 1 AND 64),
    expires_at      timestamptz    NOT NULL
);

CREATE INDEX phone_tickets_by_expiry ON phone_tickets (expires_at);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT, DELETE ON phone_tickets TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT INSERT, DELETE, SELECT ON phone_tickets TO gateway_admin;
    END IF;
END
$$;
