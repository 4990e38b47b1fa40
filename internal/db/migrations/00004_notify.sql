-- +goose Up
-- The method of_account is the account's own e-mail: its address is empty here and follows the account. One that was deleted stays
-- for the notifications that name it, without its address, which may hold a secret. code_serial counts the codes that were sent to
-- prove the address; a code itself is never stored.
CREATE TABLE contact_methods (
  org_id BIGINT NOT NULL,
  id {{id}},
  user_id BIGINT NOT NULL,
  channel VARCHAR(50) NOT NULL,
  address VARCHAR(2000) NOT NULL,
  label VARCHAR(255) NOT NULL,
  of_account BOOLEAN NOT NULL,
  verified BOOLEAN NOT NULL,
  enabled BOOLEAN NOT NULL,
  code_serial BIGINT NOT NULL,
  code_tries BIGINT NOT NULL,
  code_sent_at {{ts}},
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  deleted_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX contact_methods_address ON contact_methods (org_id, user_id, channel, address) WHERE deleted_at IS NULL;
CREATE INDEX contact_methods_user ON contact_methods (org_id, user_id, id);

CREATE TABLE notification_rules (
  org_id BIGINT NOT NULL,
  id {{id}},
  user_id BIGINT NOT NULL,
  urgency VARCHAR(10) NOT NULL,
  position BIGINT NOT NULL,
  delay_seconds BIGINT NOT NULL,
  contact_method_id BIGINT NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id),
  FOREIGN KEY (org_id, contact_method_id) REFERENCES contact_methods (org_id, id)
);
CREATE UNIQUE INDEX notification_rules_position ON notification_rules (org_id, user_id, urgency, position);
CREATE INDEX notification_rules_method ON notification_rules (org_id, contact_method_id);

CREATE TABLE notification_preferences (
  org_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  channel VARCHAR(50) NOT NULL,
  is_enabled BOOLEAN NOT NULL,
  updated_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, user_id, channel),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);

-- The rows of one page to one person share page_key; dedup_key adds the destination. The provider is what a breaker guards.
CREATE TABLE notifications (
  org_id BIGINT NOT NULL,
  id {{id}},
  user_id BIGINT NOT NULL,
  incident_id BIGINT,
  episode BIGINT NOT NULL,
  event_id BIGINT,
  contact_method_id BIGINT,
  title VARCHAR(500) NOT NULL,
  message TEXT NOT NULL,
  channel VARCHAR(50) NOT NULL,
  recipient VARCHAR(2000) NOT NULL,
  urgency VARCHAR(10) NOT NULL,
  action_type VARCHAR(50) NOT NULL,
  status VARCHAR(20) NOT NULL,
  reason VARCHAR(100) NOT NULL,
  wanted_until VARCHAR(30) NOT NULL,
  page_key VARCHAR(255) NOT NULL,
  dedup_key VARCHAR(255) NOT NULL,
  provider VARCHAR(255) NOT NULL,
  first_due_at {{ts}} NOT NULL,
  next_attempt_at {{ts}},
  attempts BIGINT NOT NULL,
  locked_until {{ts}},
  cancel_requested BOOLEAN NOT NULL,
  maybe_duplicate BOOLEAN NOT NULL,
  provider_ref VARCHAR(500) NOT NULL,
  error TEXT NOT NULL,
  metadata {{json}} NOT NULL,
  created_at {{ts}} NOT NULL,
  sent_at {{ts}},
  delivered_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id),
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, event_id) REFERENCES escalation_events (org_id, id),
  FOREIGN KEY (org_id, contact_method_id) REFERENCES contact_methods (org_id, id)
);
CREATE UNIQUE INDEX notifications_dedup ON notifications (org_id, dedup_key);
CREATE INDEX notifications_due ON notifications (org_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX notifications_sending ON notifications (org_id, locked_until) WHERE status = 'sending';
CREATE INDEX notifications_incident ON notifications (org_id, incident_id, id);
CREATE INDEX notifications_user ON notifications (org_id, user_id, id);
CREATE INDEX notifications_status ON notifications (org_id, status, id);
CREATE INDEX notifications_event ON notifications (org_id, event_id, id);

CREATE TABLE notification_attempts (
  org_id BIGINT NOT NULL,
  id {{id}},
  notification_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  node VARCHAR(100) NOT NULL,
  started_at {{ts}} NOT NULL,
  finished_at {{ts}},
  result VARCHAR(20) NOT NULL,
  detail TEXT NOT NULL,
  provider_ref VARCHAR(500) NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, notification_id) REFERENCES notifications (org_id, id)
);
CREATE UNIQUE INDEX notification_attempts_number ON notification_attempts (org_id, notification_id, number);

{{sequence "contact_methods"}}
{{sequence "notification_rules"}}
{{sequence "notifications"}}
{{sequence "notification_attempts"}}
