-- +goose Up
CREATE TABLE services (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  id {{id}},
  name VARCHAR(255) NOT NULL,
  name_key VARCHAR(255) NOT NULL,
  aliases {{json}} NOT NULL,
  description TEXT NOT NULL,
  team_id BIGINT,
  policy_id BIGINT,
  runbook_url VARCHAR(2000) NOT NULL,
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  deleted_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id)
);
CREATE UNIQUE INDEX services_name ON services (org_id, name_key) WHERE deleted_at IS NULL;

-- One row per name or alias, lower-cased, so that a look-up is one key and two services cannot share a name.
CREATE TABLE service_names (
  org_id BIGINT NOT NULL,
  name_key VARCHAR(255) NOT NULL,
  service_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, name_key),
  FOREIGN KEY (org_id, service_id) REFERENCES services (org_id, id)
);

CREATE TABLE integrations (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  id {{id}},
  name VARCHAR(255) NOT NULL,
  kind VARCHAR(50) NOT NULL,
  team_id BIGINT,
  service VARCHAR(255) NOT NULL,
  severity VARCHAR(20) NOT NULL,
  is_active BOOLEAN NOT NULL,
  key_hash VARCHAR(64) NOT NULL,
  key_prefix VARCHAR(20) NOT NULL,
  old_key_hash VARCHAR(64),
  old_key_until {{ts}},
  old_key_used_at {{ts}},
  config {{json}} NOT NULL,
  last_event_at {{ts}},
  error TEXT NOT NULL,
  created_by BIGINT,
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  deleted_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id)
);
CREATE UNIQUE INDEX integrations_name ON integrations (org_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integrations_key ON integrations (org_id, key_hash);
CREATE INDEX integrations_old_key ON integrations (org_id, old_key_hash);

CREATE TABLE inbound_messages (
  org_id BIGINT NOT NULL,
  id {{id}},
  integration_id BIGINT NOT NULL,
  content_type VARCHAR(255) NOT NULL,
  body {{bytes}} NOT NULL,
  truncated BOOLEAN NOT NULL,
  readable BOOLEAN NOT NULL,
  outcome {{json}} NOT NULL,
  error TEXT NOT NULL,
  received_at {{ts}} NOT NULL,
  replayed_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, integration_id) REFERENCES integrations (org_id, id)
);
CREATE INDEX inbound_messages_integration ON inbound_messages (org_id, integration_id, id);

CREATE TABLE incidents (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  id {{id}},
  title VARCHAR(255) NOT NULL,
  description TEXT NOT NULL,
  status VARCHAR(20) NOT NULL,
  severity VARCHAR(20) NOT NULL,
  person_severity VARCHAR(20),
  service VARCHAR(255) NOT NULL,
  service_id BIGINT,
  team_id BIGINT,
  created_by BIGINT,
  assigned_to BIGINT,
  source VARCHAR(50) NOT NULL,
  integration_id BIGINT,
  alert_id VARCHAR(255) NOT NULL,
  group_key VARCHAR(64),
  labels {{json}} NOT NULL,
  metadata {{json}} NOT NULL,
  alert_count BIGINT NOT NULL,
  firing_count BIGINT NOT NULL,
  firing {{json}} NOT NULL,
  episode BIGINT NOT NULL,
  version BIGINT NOT NULL,
  unescalated BOOLEAN NOT NULL,
  still_firing_used BOOLEAN NOT NULL,
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  opened_at {{ts}} NOT NULL,
  acknowledged_at {{ts}},
  acknowledged_by BIGINT,
  ack_expires_at {{ts}},
  resolved_at {{ts}},
  resolved_by BIGINT,
  resolved_how VARCHAR(20) NOT NULL,
  snoozed_until {{ts}},
  snoozed_by BIGINT,
  status_before_snooze VARCHAR(20),
  deleted_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id),
  FOREIGN KEY (org_id, service_id) REFERENCES services (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES users (org_id, id),
  FOREIGN KEY (org_id, assigned_to) REFERENCES users (org_id, id),
  FOREIGN KEY (org_id, integration_id) REFERENCES integrations (org_id, id)
);
CREATE UNIQUE INDEX incidents_open_group ON incidents (org_id, group_key) WHERE status <> 'resolved' AND deleted_at IS NULL;
CREATE INDEX incidents_group ON incidents (org_id, group_key, opened_at, id) WHERE deleted_at IS NULL;
CREATE INDEX incidents_created ON incidents (org_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX incidents_status ON incidents (org_id, status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX incidents_team ON incidents (org_id, team_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX incidents_service ON incidents (org_id, lower(service), created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX incidents_reporter ON incidents (org_id, created_by, created_at, id) WHERE created_by IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX incidents_resolved ON incidents (org_id, resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX incidents_unescalated ON incidents (org_id, id) WHERE unescalated;
CREATE INDEX incidents_assignee ON incidents (org_id, assigned_to) WHERE assigned_to IS NOT NULL AND status <> 'resolved' AND deleted_at IS NULL;
CREATE INDEX incidents_snoozed ON incidents (org_id, snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX incidents_ack_expiry ON incidents (org_id, ack_expires_at) WHERE ack_expires_at IS NOT NULL;

CREATE TABLE alerts (
  org_id BIGINT NOT NULL,
  id {{id}},
  incident_id BIGINT NOT NULL,
  integration_id BIGINT,
  alert_key VARCHAR(64) NOT NULL,
  sender_key VARCHAR(500) NOT NULL,
  status VARCHAR(20) NOT NULL,
  severity VARCHAR(20) NOT NULL,
  title VARCHAR(255) NOT NULL,
  labels {{json}} NOT NULL,
  annotations {{json}} NOT NULL,
  links {{json}} NOT NULL,
  starts_at {{ts}},
  ends_at {{ts}},
  created_at {{ts}} NOT NULL,
  last_at {{ts}} NOT NULL,
  count BIGINT NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, integration_id) REFERENCES integrations (org_id, id)
);
CREATE UNIQUE INDEX alerts_firing ON alerts (org_id, alert_key) WHERE status = 'firing';
CREATE INDEX alerts_key ON alerts (org_id, alert_key, incident_id);
CREATE INDEX alerts_incident ON alerts (org_id, incident_id, id);

CREATE TABLE incident_assignments (
  org_id BIGINT NOT NULL,
  id {{id}},
  incident_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role VARCHAR(50) NOT NULL,
  assigned_at {{ts}} NOT NULL,
  assigned_by BIGINT,
  {{key}},
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX incident_assignments_person ON incident_assignments (org_id, incident_id, user_id);
CREATE INDEX incident_assignments_user ON incident_assignments (org_id, user_id, incident_id);

CREATE TABLE incident_acknowledgements (
  org_id BIGINT NOT NULL,
  incident_id BIGINT NOT NULL,
  episode BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, incident_id, episode, user_id),
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);

CREATE TABLE incident_comments (
  org_id BIGINT NOT NULL,
  id {{id}},
  incident_id BIGINT NOT NULL,
  user_id BIGINT,
  content TEXT NOT NULL,
  created_at {{ts}} NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX incident_comments_incident ON incident_comments (org_id, incident_id, id);

CREATE TABLE timeline_events (
  org_id BIGINT NOT NULL,
  id {{id}},
  incident_id BIGINT NOT NULL,
  event_type VARCHAR(50) NOT NULL,
  description TEXT NOT NULL,
  user_id BIGINT,
  metadata {{json}} NOT NULL,
  created_at {{ts}} NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX timeline_events_incident ON timeline_events (org_id, incident_id, id);

{{sequence "services"}}
{{sequence "integrations"}}
{{sequence "inbound_messages"}}
{{sequence "incidents"}}
{{sequence "alerts"}}
{{sequence "incident_assignments"}}
{{sequence "incident_comments"}}
{{sequence "timeline_events"}}
