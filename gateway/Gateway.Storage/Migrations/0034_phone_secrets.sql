-- What a registered phone proves that it is its user by: H(A1) of user, realm and password (RFC 7616 3.4.2), never the password. Each is as good
-- as the password for that realm, so nobody but the registrar reads them.
CREATE TABLE phone_secrets (
    registered_user  text           PRIMARY KEY CHECK (length(registered_user) BETWEEN 1 AND 64),
    agent            directory_name NOT NULL REFERENCES agents ON DELETE CASCADE,
    realm            text           NOT NULL CHECK (length(realm) BETWEEN 1 AND 255),
    md5              text           NOT NULL CHECK (md5 ~ '^[0-9a-f]{32}$'),
    sha256           text           NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    set_at           timestamptz    NOT NULL DEFAULT now()
);

CREATE INDEX phone_secrets_by_agent ON phone_secrets (agent);

DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT ON phone_secrets TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT INSERT, DELETE, SELECT (registered_user, agent, realm, set_at) ON phone_secrets TO gateway_admin;
    END IF;
END
$roles$;
