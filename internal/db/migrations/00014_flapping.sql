-- +goose Up
-- The last two times at which an incident fired again soon after its source had resolved it, and since when one that keeps doing so
-- counts as over, unless it fires before.
ALTER TABLE incidents ADD COLUMN refired_at {{ts}};
ALTER TABLE incidents ADD COLUMN refired_before_at {{ts}};
ALTER TABLE incidents ADD COLUMN quiet_at {{ts}};
CREATE INDEX incidents_quiet ON incidents (org_id, quiet_at) WHERE quiet_at IS NOT NULL;
