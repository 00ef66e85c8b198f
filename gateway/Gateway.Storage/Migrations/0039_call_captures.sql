-- Capture files of calls, made on demand: SIP and audio in the clear. They are deleted a day after they were made.
CREATE TABLE call_captures (
    id       text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    call_id  text        NOT NULL,
    node     text        NOT NULL,
    made_at  timestamptz NOT NULL,
    packets  int         NOT NULL,
    is_full  boolean     NOT NULL,
    file     bytea       NOT NULL
);

CREATE INDEX call_captures_by_time ON call_captures (made_at);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT SELECT (id, made_at), INSERT, DELETE ON call_captures TO gateway_worker;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        GRANT SELECT ON call_captures TO gateway_admin;
    END IF;
END
$$;
