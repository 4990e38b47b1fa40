-- +goose Up
-- What the reconciler could not mend: an incident whose ledger does not add up.
CREATE TABLE imbalances (
  org_id BIGINT NOT NULL,
  incident_id BIGINT NOT NULL,
  items {{json}} NOT NULL,
  found_at {{ts}} NOT NULL,
  checked_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, incident_id),
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id)
);

-- How far the reconciler has looked at what has happened.
CREATE TABLE reconciliations (
  org_id BIGINT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  looked_until {{ts}} NOT NULL
);

CREATE INDEX escalation_events_triggered ON escalation_events (org_id, triggered_at);
