-- The longest that an answered call of the channel may last; null: any time.
ALTER TABLE channels ADD COLUMN max_call_seconds int CHECK (max_call_seconds > 0);
