-- Who answers calls and on which way: agents, groups, flows, the rules that pick a flow, audio files. Together they are the directory, which
-- every node keeps in memory. Its version rises with each change, by triggers, so that a node asks for one number to know that nothing has
-- changed; its row is the lock of a change, so that nothing refers to what another transaction is deleting.
CREATE DOMAIN directory_name AS text CHECK (VALUE ~ '^[a-z0-9][a-z0-9._-]{0,63}$');

CREATE TABLE directory (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version  bigint  NOT NULL DEFAULT 1
);
INSERT INTO directory DEFAULT VALUES;

CREATE FUNCTION count_directory_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE directory SET version = version + 1; RETURN NULL; END $$;

CREATE TABLE agent_groups (
    id                     directory_name PRIMARY KEY,
    name                   text           NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    wrap_up_seconds        int            NOT NULL CHECK (wrap_up_seconds BETWEEN 0 AND 3600),
    answer_within_seconds  int            NOT NULL CHECK (answer_within_seconds BETWEEN 1 AND 3600),
    version                bigint         NOT NULL DEFAULT 1,
    created_at             timestamptz    NOT NULL DEFAULT now()
);

CREATE TABLE agents (
    id          directory_name PRIMARY KEY,
    name        text           NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    channel     text           REFERENCES channels,
    version     bigint         NOT NULL DEFAULT 1,
    created_at  timestamptz    NOT NULL DEFAULT now()
);

CREATE TABLE agent_memberships (
    agent        directory_name NOT NULL REFERENCES agents ON DELETE CASCADE,
    agent_group  directory_name NOT NULL REFERENCES agent_groups ON DELETE CASCADE,
    skill        int            NOT NULL DEFAULT 1 CHECK (skill BETWEEN 1 AND 100),
    place        int            NOT NULL DEFAULT 0,
    PRIMARY KEY (agent, agent_group)
);

CREATE INDEX agent_memberships_by_group ON agent_memberships (agent_group, agent);

-- An extension of a PBX, or a phone that registers at the gateway. A phone is one agent's: who dials or answers is known by it.
CREATE TABLE agent_phones (
    agent            directory_name NOT NULL REFERENCES agents ON DELETE CASCADE,
    position         int            NOT NULL CHECK (position >= 0),
    trunk            text           CHECK (length(trunk) BETWEEN 1 AND 64),
    number           text           CHECK (length(number) BETWEEN 1 AND 64),
    is_watched       boolean        NOT NULL DEFAULT false,
    registered_user  text           UNIQUE CHECK (length(registered_user) BETWEEN 1 AND 64),
    PRIMARY KEY (agent, position),
    UNIQUE (trunk, number),
    CHECK (num_nulls(trunk, number) IN (0, 2) AND (trunk IS NULL) = (registered_user IS NOT NULL))
);

-- A flow's current version; what was deleted keeps its versions, which calls still name. The document is json and not jsonb, so that steps
-- come back in the order in which they were written.
CREATE TABLE flows (
    id          directory_name PRIMARY KEY,
    version     bigint         NOT NULL,
    deleted_at  timestamptz
);

CREATE TABLE flow_versions (
    flow        directory_name NOT NULL REFERENCES flows,
    version     bigint         NOT NULL,
    document    json           NOT NULL,
    created_at  timestamptz    NOT NULL DEFAULT now(),
    created_by  text           NOT NULL,
    PRIMARY KEY (flow, version)
);

ALTER TABLE flows ADD FOREIGN KEY (id, version) REFERENCES flow_versions (flow, version) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER flow_versions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON flow_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The rules that pick a call's flow: one document, Gateway.Calls/Flows/FlowRouteDocument.cs.
CREATE TABLE flow_routes (
    is_only   boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    document  json    NOT NULL DEFAULT '[]',
    version   bigint  NOT NULL DEFAULT 1
);
INSERT INTO flow_routes DEFAULT VALUES;

-- Samples are 16-bit little-endian mono at both rates that calls use; checksum is the SHA-256 of the file that was uploaded.
CREATE TABLE audio_files (
    name         directory_name NOT NULL,
    language     text           NOT NULL CHECK (length(language) BETWEEN 2 AND 35),
    duration_ms  int            NOT NULL CHECK (duration_ms > 0),
    size         int            NOT NULL CHECK (size > 0),
    checksum     bytea          NOT NULL CHECK (length(checksum) = 32),
    at_8_khz     bytea          NOT NULL,
    at_16_khz    bytea          NOT NULL,
    uploaded_at  timestamptz    NOT NULL DEFAULT now(),
    uploaded_by  text           NOT NULL,
    version      bigint         NOT NULL DEFAULT 1,
    PRIMARY KEY (name, language)
);
ALTER TABLE audio_files ALTER COLUMN at_8_khz SET STORAGE EXTERNAL, ALTER COLUMN at_16_khz SET STORAGE EXTERNAL;

CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON agent_groups FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON agents FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON agent_memberships FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON agent_phones FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON flows FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON flow_routes FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER directory_changes AFTER INSERT OR UPDATE OR DELETE ON audio_files FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change();

DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT ON directory, agent_groups, agents, agent_memberships, agent_phones, flows, flow_versions, flow_routes, audio_files
            TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT ON directory, flows, flow_versions, flow_routes TO gateway_admin;
        GRANT UPDATE (version) ON directory TO gateway_admin;
        GRANT SELECT, INSERT, UPDATE, DELETE ON agent_groups, agents, agent_memberships, agent_phones, audio_files TO gateway_admin;
        GRANT INSERT, UPDATE ON flows TO gateway_admin;
        GRANT INSERT ON flow_versions TO gateway_admin;
        GRANT UPDATE (document, version) ON flow_routes TO gateway_admin;
    END IF;
END
$roles$;
