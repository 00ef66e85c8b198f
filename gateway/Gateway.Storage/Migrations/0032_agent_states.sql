-- The state of each agent that the last event said: the nodes report every change, and each becomes one event.
CREATE TABLE agent_states (
    agent   text        PRIMARY KEY,
    state   text        NOT NULL,
    reason  text,
    since   timestamptz NOT NULL,
    before  text
);

DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT, INSERT, UPDATE ON agent_states TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT ON agent_states TO gateway_admin;
    END IF;
END
$roles$;
