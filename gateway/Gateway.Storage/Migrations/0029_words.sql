-- One word for what a webhook or an event says: announced. Grants and the partial index follow a renamed column.
ALTER TABLE contacts RENAME COLUMN expiry_is_told TO expiry_is_announced;
