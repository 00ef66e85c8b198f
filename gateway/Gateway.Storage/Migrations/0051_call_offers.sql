-- The call that an offer of Meta's has become. The first node that admits it has it, also where Redis does not tell the nodes of each other:
-- Meta repeats an offer whose answer was late, to any node. Rows of more than a day ago are deleted.
CREATE TABLE call_offers (
    whatsapp_call_id text        PRIMARY KEY,
    call_id          text        NOT NULL,
    offered_at       timestamptz NOT NULL
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON call_offers TO gateway_worker;
    END IF;
END
$$;
