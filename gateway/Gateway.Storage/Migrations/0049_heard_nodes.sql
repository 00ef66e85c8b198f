-- The time at which Redis last answered a node, as the node says while it does not. One that Redis answered for longer than others may hold
-- agents of whom these have not heard.
ALTER TABLE nodes ADD COLUMN heard_at timestamptz;
