-- A talk with whom the business called back closes what was missed of them.
CREATE INDEX missed_calls_of_user ON missed_calls (channel, user_handle) WHERE state <> 'closed';

-- Until then the other side wants to be left alone.
ALTER TABLE webhook_endpoints ADD COLUMN paused_until timestamptz;

DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_worker') THEN
        GRANT UPDATE (state, closed_at, version) ON missed_calls TO gateway_worker;
    END IF;
END
$roles$;
