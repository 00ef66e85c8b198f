-- A balance moves only with an entry of the ledger: at the end of a transaction that changed one, it is what the account's newest entry says.
CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    now_is numeric;
    ledger_says numeric;
BEGIN
    SELECT balance INTO now_is FROM accounts WHERE id = NEW.id;
    SELECT balance_after INTO ledger_says FROM ledger_entries WHERE account = NEW.id ORDER BY id DESC LIMIT 1;
    IF now_is IS DISTINCT FROM coalesce(ledger_says, 0) THEN
        RAISE EXCEPTION 'the balance of account % is not what its ledger says', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER balance_follows_the_ledger AFTER UPDATE OF balance ON accounts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.balance IS DISTINCT FROM OLD.balance) EXECUTE FUNCTION check_balance();

CREATE CONSTRAINT TRIGGER balance_begins_with_the_ledger AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.balance <> 0) EXECUTE FUNCTION check_balance();

-- What nobody but a call in progress changes, and what never changes, is out of the admin API's reach.
DO $roles$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_admin') THEN
        REVOKE INSERT, UPDATE ON accounts FROM gateway_admin;
        GRANT INSERT (id, name, currency, rate_card, minimum_inbound, minimum_outbound, is_closed) ON accounts TO gateway_admin;
        GRANT UPDATE (name, rate_card, balance, minimum_inbound, minimum_outbound, is_closed, version) ON accounts TO gateway_admin;
    END IF;
END
$roles$;
