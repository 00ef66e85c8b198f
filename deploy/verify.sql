-- Fails where the money and the records of a database do not agree, and names what does not; changes nothing. For a restored one:
--   psql -v ON_ERROR_STOP=1 -f deploy/verify.sql
DO $verify$
DECLARE
    faults text;
BEGIN
    SELECT string_agg(fault || ': ' || id, E'\n' ORDER BY fault, id) INTO faults FROM (
        SELECT 'the balance is not the sum of the ledger' AS fault, a.id FROM accounts a
        WHERE a.balance <> (SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = a.id)
        UNION ALL
        SELECT 'what is held is not the sum of the holds', a.id FROM accounts a
        WHERE a.held <> (SELECT coalesce(sum(amount), 0) FROM holds WHERE account = a.id)
        UNION ALL
        SELECT 'a call has two records', id FROM calls GROUP BY id HAVING count(*) > 1
        UNION ALL
        SELECT 'a call is charged twice', call_id FROM ledger_entries WHERE kind = 'charge' GROUP BY call_id HAVING count(*) > 1
        UNION ALL
        SELECT 'a call is charged otherwise than its record says', c.id FROM calls c
        WHERE c.price IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_entries WHERE call_id = c.id AND kind IN ('charge', 'rerating') HAVING coalesce(sum(amount), 0) = -c.price)
        UNION ALL
        SELECT 'a call has ended and still holds money', c.id FROM calls c JOIN holds ON holds.call_id = c.id WHERE c.ended_at IS NOT NULL
    ) wrong;
    IF faults IS NOT NULL THEN
        RAISE EXCEPTION '%', faults;
    END IF;
END
$verify$;
