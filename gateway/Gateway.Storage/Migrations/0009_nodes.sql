-- Every start of every node, by the database's clock: seen_at is its last heartbeat, steady_since the first of those that came without a long
-- gap. Who has not been steady for as long as the silence that it would bury others for has itself been away, so it buries nobody.
CREATE TABLE nodes (
    node          text        NOT NULL,
    start         text        NOT NULL,
    seen_at       timestamptz NOT NULL,
    steady_since  timestamptz NOT NULL,
    PRIMARY KEY (node, start)
);
