-- The SIP dialogs of an answered call, until it ends: by them its phone is hung up where its node dies and Redis has lost what it had of them.
ALTER TABLE calls ADD COLUMN dialogs text;
