-- +goose Up
-- In the very order in which due runs are taken, so that none of them are sorted when thousands are due.
DROP INDEX escalation_runs_due;
CREATE INDEX escalation_runs_due ON escalation_runs (org_id, next_at, id) WHERE next_at IS NOT NULL;
