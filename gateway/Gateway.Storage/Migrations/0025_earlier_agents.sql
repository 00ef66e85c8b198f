-- Who had an answered call before the agent of its end, in order: [{"agent", "since", "until"}]. Null: nobody.
ALTER TABLE calls ADD COLUMN earlier_agents jsonb;
