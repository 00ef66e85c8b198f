-- What happened to a call, message by message: one row for each node that has had it. Without secrets and without the user's number. Kept for
-- as long as trace.keep of the nodes says.
CREATE TABLE call_traces (
    call_id          text        NOT NULL,
    owner_token      bigint      NOT NULL,
    node             text        NOT NULL,
    direction        text        NOT NULL,
    channel          text        NOT NULL,
    whatsapp_call_id text,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz NOT NULL,
    -- The hang-up cause; null: another node went on with the call.
    cause            text,
    summary          text        NOT NULL,
    left_out         int         NOT NULL,
    entries          jsonb       NOT NULL,
    PRIMARY KEY (call_id, owner_token)
);

CREATE INDEX call_traces_by_end ON call_traces (ended_at);
CREATE INDEX call_traces_by_whatsapp_call ON call_traces (whatsapp_call_id) WHERE whatsapp_call_id IS NOT NULL;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT, INSERT, DELETE ON call_traces TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT ON call_traces TO gateway_admin;
    END IF;
END
$$;
