-- +goose Up
CREATE TABLE notification_templates (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  event VARCHAR(50) NOT NULL,
  channel VARCHAR(50) NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  html TEXT NOT NULL,
  version BIGINT NOT NULL,
  updated_by BIGINT,
  updated_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, event, channel),
  FOREIGN KEY (org_id, updated_by) REFERENCES users (org_id, id)
);
