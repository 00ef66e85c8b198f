-- Two group roles with just what each program needs, for login roles of your own (GRANT gateway_worker TO …). The owner of the tables migrates
-- (`migrate CONFIG`); the programs then run without any right to change the schema, the ledger, or what the audit log says. Where the
-- migrating user may not create roles, and they are not there, this does nothing.
DO $roles$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY '{gateway_worker,gateway_admin}'::text[] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role);
        IF NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
            RAISE NOTICE 'role % is not there and cannot be created', role;
            RETURN;
        END IF;
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this server was migrated at the same moment
        END;
    END LOOP;

    REVOKE EXECUTE ON FUNCTION make_call_partition(date), drop_call_partitions(timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION make_call_partition(date), drop_call_partitions(timestamptz) TO gateway_worker;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gateway_worker, gateway_admin', current_schema());

    GRANT SELECT ON schema_migrations, accounts, holds, ledger_entries, volumes, calls, calls_default, rate_cards, rates, channels, routes,
        channel_restrictions, calling_countries, contacts, permission_requests, events, missed_calls, nodes, node_trunks
        TO gateway_worker, gateway_admin;
    GRANT INSERT ON ledger_entries, events, audit_entries TO gateway_worker, gateway_admin;
    GRANT UPDATE (position) ON events TO gateway_worker, gateway_admin;
    GRANT INSERT, UPDATE ON channels, permission_requests TO gateway_worker, gateway_admin;
    GRANT INSERT, UPDATE, DELETE ON contacts, channel_restrictions TO gateway_worker, gateway_admin;

    GRANT UPDATE (balance, held) ON accounts TO gateway_worker;
    GRANT INSERT, UPDATE ON calls, volumes, node_trunks TO gateway_worker;
    GRANT INSERT, UPDATE, DELETE ON holds, nodes TO gateway_worker;
    GRANT INSERT ON missed_calls TO gateway_worker;

    GRANT SELECT ON audit_entries, rerating_runs TO gateway_admin;
    GRANT INSERT, UPDATE ON accounts, rerating_runs TO gateway_admin;
    GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, idempotent_requests, webhook_endpoints, webhook_deliveries TO gateway_admin;
    GRANT INSERT, UPDATE, DELETE ON rate_cards, rates, routes, calling_countries TO gateway_admin;
    GRANT UPDATE ON missed_calls, volumes TO gateway_admin;
    GRANT UPDATE (rate_id, rate_card, rate_prefix, price_per_minute, connection_fee, pulse_seconds, minimum_seconds, pulses, price) ON calls TO gateway_admin;
END
$roles$;
