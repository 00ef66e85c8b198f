-- The time at which a node last said that Redis does not hear it. By it nodes tell an outage of Redis, which all of them have, from being cut
-- off alone, while the others go on by Redis.
ALTER TABLE nodes ADD COLUMN unheard_at timestamptz;
