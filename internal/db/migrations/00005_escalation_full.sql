-- +goose Up
-- How long the present acknowledgement holds (0: for ever), and when its holders are asked whether they are still on it.
ALTER TABLE incidents ADD COLUMN ack_hold_seconds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN ack_ask_at {{ts}};
CREATE INDEX incidents_ack_ask ON incidents (org_id, ack_ask_at) WHERE ack_ask_at IS NOT NULL;

-- Since when a step that is due waits for its window or for somebody on call, and whether that wait has been ended.
ALTER TABLE escalation_runs ADD COLUMN waiting_since {{ts}};
ALTER TABLE escalation_runs ADD COLUMN wait_over BOOLEAN NOT NULL DEFAULT FALSE;

-- Whom a step that takes people in turn paged last.
CREATE TABLE escalation_turns (
  org_id BIGINT NOT NULL,
  policy_id BIGINT NOT NULL,
  turn_key VARCHAR(64) NOT NULL,
  last_user_id BIGINT NOT NULL,
  updated_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, policy_id, turn_key),
  FOREIGN KEY (org_id, policy_id) REFERENCES escalation_policies (org_id, id)
);
