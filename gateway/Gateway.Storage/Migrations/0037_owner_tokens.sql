-- The number of nodes that have had a call: the fencing token of the one in node and node_start. A record that shows a smaller one is of a node
-- that has lost the call, and changes nothing. Programs from before it write 1, which is what a call has that was never taken over.
ALTER TABLE calls ADD COLUMN owner_token bigint NOT NULL DEFAULT 1;
