-- The lists of contacts by person whatever the channel, and of events by kind, account, channel or time: each goes along an index.
CREATE INDEX contacts_of_phone ON contacts (phone, id DESC) WHERE phone IS NOT NULL;
CREATE INDEX contacts_of_user_id ON contacts (user_id, id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id DESC);
CREATE INDEX events_by_account ON events (account, id DESC) WHERE account IS NOT NULL;
CREATE INDEX events_by_channel ON events (channel, id DESC) WHERE channel IS NOT NULL;
CREATE INDEX events_by_time ON events (at);
