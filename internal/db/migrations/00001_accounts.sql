-- +goose Up
{{sequences}}

CREATE TABLE schema_info (
  id INTEGER NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  min_version BIGINT NOT NULL,
  key_check TEXT
);
INSERT INTO schema_info (id, version, min_version) VALUES (1, 1, 1);

CREATE TABLE leases (
  name VARCHAR(100) NOT NULL PRIMARY KEY,
  holder VARCHAR(100) NOT NULL,
  expires_at {{ts}} NOT NULL
);

CREATE TABLE nodes (
  name VARCHAR(100) NOT NULL PRIMARY KEY,
  version VARCHAR(50) NOT NULL,
  started_at {{ts}} NOT NULL,
  seen_at {{ts}} NOT NULL,
  lag_ms BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE organizations (
  id {{id}} {{primary}},
  name VARCHAR(255) NOT NULL,
  slug VARCHAR(100) NOT NULL,
  settings {{json}} NOT NULL,
  created_at {{ts}} NOT NULL
);
CREATE UNIQUE INDEX organizations_slug ON organizations (slug);

CREATE TABLE settings (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  name VARCHAR(100) NOT NULL,
  value {{json}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, name)
);

CREATE TABLE teams (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  id {{id}},
  name VARCHAR(255) NOT NULL,
  description TEXT NOT NULL,
  is_active BOOLEAN NOT NULL,
  default_policy_id BIGINT,
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  {{key}}
);
CREATE UNIQUE INDEX teams_name ON teams (org_id, name);

CREATE TABLE users (
  org_id BIGINT NOT NULL REFERENCES organizations (id),
  id {{id}},
  email VARCHAR(320) NOT NULL,
  hashed_password VARCHAR(255),
  full_name VARCHAR(255) NOT NULL,
  phone_number VARCHAR(50) NOT NULL,
  role VARCHAR(50) NOT NULL,
  team_id BIGINT,
  is_active BOOLEAN NOT NULL,
  is_superuser BOOLEAN NOT NULL,
  timezone VARCHAR(100) NOT NULL,
  token_version BIGINT NOT NULL,
  created_at {{ts}} NOT NULL,
  updated_at {{ts}} NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id)
);
CREATE UNIQUE INDEX users_email ON users (org_id, email);
CREATE INDEX users_role ON users (org_id, role, id);
CREATE INDEX users_team ON users (org_id, team_id, id);

CREATE TABLE logins (
  email VARCHAR(320) NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);

CREATE TABLE team_members (
  org_id BIGINT NOT NULL,
  team_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role VARCHAR(50),
  created_at {{ts}} NOT NULL,
  PRIMARY KEY (org_id, team_id, user_id),
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX team_members_user ON team_members (org_id, user_id);

CREATE TABLE sessions (
  org_id BIGINT NOT NULL,
  id {{id}},
  user_id BIGINT NOT NULL,
  token_hash VARCHAR(64) NOT NULL,
  address VARCHAR(100) NOT NULL,
  user_agent VARCHAR(500) NOT NULL,
  created_at {{ts}} NOT NULL,
  seen_at {{ts}} NOT NULL,
  expires_at {{ts}} NOT NULL,
  {{key}},
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX sessions_token ON sessions (org_id, token_hash);
CREATE INDEX sessions_user ON sessions (org_id, user_id, id);

CREATE TABLE refresh_tokens (
  org_id BIGINT NOT NULL,
  id {{id}},
  user_id BIGINT NOT NULL,
  token_hash VARCHAR(64) NOT NULL,
  family VARCHAR(64) NOT NULL,
  created_at {{ts}} NOT NULL,
  expires_at {{ts}} NOT NULL,
  rotated_at {{ts}},
  revoked_at {{ts}},
  {{key}},
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX refresh_tokens_token ON refresh_tokens (org_id, token_hash);
CREATE INDEX refresh_tokens_family ON refresh_tokens (org_id, family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (org_id, user_id);

{{sequence "organizations"}}
{{sequence "teams"}}
{{sequence "users"}}
{{sequence "sessions"}}
{{sequence "refresh_tokens"}}
