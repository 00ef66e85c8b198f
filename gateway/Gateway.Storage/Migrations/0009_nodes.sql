-- Every start of every node, by the database's clock: seen_at is its last heartbeat, steady_since the first of those that came without a long
-- gap. A node that has not been steady for as long as the silence by which it would close others was itself cut off, so it closes none.
CREATE TABLE nodes (
    node          text        NOT NULL,
    start         text        NOT NULL,
    seen_at       timestamptz NOT NULL,
    steady_since  timestamptz NOT NULL,
    PRIMARY KEY (node, start)
);
