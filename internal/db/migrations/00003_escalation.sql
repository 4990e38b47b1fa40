-- +goose Up
CREATE TABLE escalation_policies (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  id {{id}},
  name VARCHAR(255) NOT NULL,
  description TEXT NOT NULL,
  is_active BOOLEAN NOT NULL,
  is_fallback BOOLEAN NOT NULL,
  priority BIGINT NOT NULL,
  team_id BIGINT,
  conditions {{json}} NOT NULL,
  steps {{json}} NOT NULL,
  repeat {{json}},
  ack_timeout_minutes BIGINT,
  exclusive BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  deleted_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id)
);
CREATE UNIQUE INDEX escalation_policies_name ON escalation_policies (org_id, name) WHERE deleted_at IS NULL;

-- Immutable: one row per save; runs point here, so that an edit never changes who an escalation under way will page.
CREATE TABLE escalation_policy_versions (
  org_id BIGINT NOT NULL,
  policy_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL,
  definition {{json}} NOT NULL,
  created_by BIGINT,
  created_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, policy_id, version),
  FOREIGN KEY (org_id, policy_id) REFERENCES escalation_policies (org_id, id)
);

-- A run without a policy is the fallback run: it pages the organisation's fallback contacts.
CREATE TABLE escalation_runs (
  org_id BIGINT NOT NULL,
  id {{id}},
  incident_id BIGINT NOT NULL,
  episode BIGINT NOT NULL,
  policy_id BIGINT,
  version BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  state VARCHAR(20) NOT NULL,
  reason VARCHAR(20) NOT NULL,
  round BIGINT NOT NULL,
  repeats_left BIGINT NOT NULL,
  next_step BIGINT NOT NULL,
  started_at {{ts}} NOT NULL,
  last_taken_at {{ts}},
  next_at {{ts}},
  finished_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, policy_id) REFERENCES escalation_policies (org_id, id)
);
CREATE UNIQUE INDEX escalation_runs_unfinished ON escalation_runs (org_id, incident_id, policy_id) WHERE state <> 'finished' AND policy_id IS NOT NULL;
CREATE UNIQUE INDEX escalation_runs_fallback ON escalation_runs (org_id, incident_id) WHERE state <> 'finished' AND policy_id IS NULL;
CREATE INDEX escalation_runs_incident ON escalation_runs (org_id, incident_id, id);
CREATE INDEX escalation_runs_due ON escalation_runs (org_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX escalation_runs_paused ON escalation_runs (org_id, id) WHERE state = 'paused';

CREATE TABLE escalation_events (
  org_id BIGINT NOT NULL,
  id {{id}},
  incident_id BIGINT NOT NULL,
  episode BIGINT NOT NULL,
  policy_id BIGINT,
  policy_version BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  round BIGINT NOT NULL,
  step BIGINT NOT NULL,
  status VARCHAR(20) NOT NULL,
  metadata {{json}} NOT NULL,
  settle_at {{ts}},
  triggered_at {{ts}} NOT NULL,
  completed_at {{ts}},
  created_at {{ts}} NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id),
  FOREIGN KEY (org_id, policy_id) REFERENCES escalation_policies (org_id, id),
  FOREIGN KEY (org_id, run_id) REFERENCES escalation_runs (org_id, id)
);
CREATE UNIQUE INDEX escalation_events_step ON escalation_events (org_id, run_id, round, step);
CREATE INDEX escalation_events_incident ON escalation_events (org_id, incident_id, id);
CREATE INDEX escalation_events_policy ON escalation_events (org_id, policy_id, id);
CREATE INDEX escalation_events_unsettled ON escalation_events (org_id, settle_at) WHERE settle_at IS NOT NULL;

{{sequence "escalation_policies"}}
{{sequence "escalation_runs"}}
{{sequence "escalation_events"}}
