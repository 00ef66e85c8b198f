-- The agent for whom a key, and a log-in at the console, stands: it may be that agent's phone. Null: nobody's.
ALTER TABLE api_keys ADD COLUMN agent text REFERENCES agents ON DELETE SET NULL;
ALTER TABLE console_sessions ADD COLUMN agent text REFERENCES agents ON DELETE SET NULL;
