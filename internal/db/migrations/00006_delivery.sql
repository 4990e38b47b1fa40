-- +goose Up
-- How much of a person's limit on a channel is used up: all of it is free again at full_at.
CREATE TABLE delivery_limits (
  org_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  channel VARCHAR(50) NOT NULL,
  full_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, user_id, channel),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);

-- bundle_id is the notification whose message carries this one; passed_on says that the person's next method was brought forward
-- because this one is in trouble. bundle_id has no foreign key: SQLite cannot add one of two columns.
ALTER TABLE notifications ADD COLUMN bundle_id BIGINT;
ALTER TABLE notifications ADD COLUMN passed_on BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX notifications_bundle ON notifications (org_id, bundle_id) WHERE bundle_id IS NOT NULL;
