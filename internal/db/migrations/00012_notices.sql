-- +goose Up
-- What a person does not want to be told: a notice is on until it is switched off.
CREATE TABLE notice_preferences (
  org_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  notice VARCHAR(50) NOT NULL,
  is_enabled BOOLEAN NOT NULL,
  updated_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, user_id, notice),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
