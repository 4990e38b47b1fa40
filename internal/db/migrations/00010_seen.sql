-- +goose Up
-- When the person looked at what the page told of: at the page behind its link, or at the incident. NULL as long as nobody knows.
ALTER TABLE notifications ADD COLUMN seen_at {{ts}};
