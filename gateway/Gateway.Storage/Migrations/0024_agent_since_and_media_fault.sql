-- From when on the named agent had an answered call: the pick-up, or the later moment in which the PBX named somebody else. And the detail
-- behind the cause incompatible_media: whose description was refused, and for what.
ALTER TABLE calls ADD COLUMN agent_since timestamptz, ADD COLUMN media_fault text, ADD COLUMN media_fault_leg text;
