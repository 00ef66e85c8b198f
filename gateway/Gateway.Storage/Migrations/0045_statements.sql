-- What a charge was for, so that an account's statement is read from its ledger alone, however long records of calls are kept. Null in entries
-- of programs before.
ALTER TABLE ledger_entries
    ADD COLUMN direction      text CHECK (direction IN ('inbound', 'outbound')),
    ADD COLUMN country        text,
    ADD COLUMN billed_seconds bigint;

CREATE INDEX ledger_entries_by_time ON ledger_entries (account, created_at);
