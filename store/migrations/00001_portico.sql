-- One dialect for SQLite and PostgreSQL. Times are BIGINT Unix microseconds, 0 = never. IDs are lower-case ULIDs.
-- JSON is kept as TEXT and read by the program alone. No STRICT: the same file runs on both.
-- +goose Up

CREATE TABLE accounts (
  id           TEXT PRIMARY KEY,
  platform     TEXT NOT NULL,
  name         TEXT NOT NULL UNIQUE,
  region       TEXT NOT NULL DEFAULT '',
  api_url      TEXT NOT NULL,
  dialog_url   TEXT NOT NULL,
  webhook_hosts TEXT NOT NULL DEFAULT '[]',
  embedded_id  TEXT NOT NULL,
  token        BYTEA NOT NULL,               -- sealed
  user_scope   TEXT NOT NULL,                -- 'user' or 'workspace': who is a user there
  is_default   BOOLEAN NOT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL
);

CREATE TABLE workspaces (
  id          TEXT PRIMARY KEY,
  external_id TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  account_id  TEXT NOT NULL REFERENCES accounts (id),
  personal    BOOLEAN NOT NULL DEFAULT FALSE, -- made for a user whose token names no workspace
  attributes  TEXT NOT NULL DEFAULT '{}',
  data_key    BYTEA NOT NULL,                 -- wrapped by the keys file
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE INDEX workspaces_by_name ON workspaces (name, id);

CREATE TABLE users (
  id           TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  external_id  TEXT NOT NULL,
  name         TEXT NOT NULL DEFAULT '',
  email        TEXT NOT NULL DEFAULT '',
  role         TEXT NOT NULL,
  locale       TEXT NOT NULL DEFAULT '',
  tags         TEXT NOT NULL DEFAULT 'null',  -- null: sees every integration
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  seen_at      BIGINT NOT NULL,
  UNIQUE (workspace_id, external_id)
);
CREATE INDEX users_by_name ON users (workspace_id, name, id);
CREATE INDEX users_by_external_id ON users (external_id);

CREATE TABLE identities (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES accounts (id),
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
  user_id       TEXT NOT NULL DEFAULT '',      -- '' where the workspace is the user there
  external_id   TEXT NOT NULL,                 -- what the platform knows it by
  upstream_id   TEXT NOT NULL DEFAULT '',      -- '' until the platform has confirmed it
  token         BYTEA NOT NULL DEFAULT '',     -- sealed
  token_expires_at BIGINT NOT NULL DEFAULT 0,
  claimed_by    TEXT NOT NULL DEFAULT '',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  synced_at     BIGINT NOT NULL DEFAULT 0,
  sync_error    TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  UNIQUE (account_id, workspace_id, user_id),
  UNIQUE (account_id, external_id)
);
CREATE INDEX identities_by_copy ON identities ((sync_error <> ''), synced_at) WHERE upstream_id <> '';
CREATE INDEX identities_claimed ON identities (claimed_until) WHERE claimed_until > 0;
CREATE UNIQUE INDEX identities_by_upstream_id ON identities (account_id, upstream_id) WHERE upstream_id <> '';

CREATE TABLE sessions (
  id         TEXT PRIMARY KEY,                 -- sha256 of what the cookie holds
  kind       TEXT NOT NULL,                    -- 'user' or 'staff'
  subject_id TEXT NOT NULL,
  data       TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_subject ON sessions (kind, subject_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE session_keys (
  id         TEXT PRIMARY KEY,
  keys       BYTEA NOT NULL,                   -- sealed: a hash key and a block key
  created_at BIGINT NOT NULL
);

CREATE TABLE tickets (                         -- one-time sign-in addresses
  id         TEXT PRIMARY KEY,                 -- sha256 of the ticket
  kind       TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  path       TEXT NOT NULL DEFAULT '',
  reusable   BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at BIGINT NOT NULL
);

CREATE TABLE used_tokens (                     -- jti of host tokens, kept until they would have expired
  id         TEXT PRIMARY KEY,                 -- sha256 of issuer and jti
  expires_at BIGINT NOT NULL
);

CREATE TABLE attempts (                        -- failed staff sign-ins, for the rate limit
  id         TEXT PRIMARY KEY,
  subject    TEXT NOT NULL,
  at         BIGINT NOT NULL
);
CREATE INDEX attempts_by_subject ON attempts (subject, at);

CREATE TABLE staff (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL DEFAULT '',
  password_hash TEXT NOT NULL,
  role          TEXT NOT NULL,
  disabled_at   BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  seen_at       BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE integrations (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES accounts (id),
  upstream_id   TEXT NOT NULL,
  upstream_title TEXT NOT NULL,
  upstream_description TEXT NOT NULL DEFAULT '',
  title         TEXT NOT NULL,                 -- what is shown: the staff's words, else the platform's
  description   TEXT NOT NULL DEFAULT '',
  staff_title   TEXT NOT NULL DEFAULT '',
  staff_description TEXT NOT NULL DEFAULT '',
  tags          TEXT NOT NULL DEFAULT '[]',
  custom_fields TEXT NOT NULL DEFAULT '{}',
  search        TEXT NOT NULL,                 -- lower-case title, description, tags
  kind          TEXT NOT NULL,                 -- 'auth', 'wizard' or 'none': what connecting asks
  auth_slots_known BOOLEAN NOT NULL DEFAULT FALSE,
  force_unique  BOOLEAN NOT NULL DEFAULT FALSE,
  enable_mode   TEXT NOT NULL,                 -- 'auto', 'manual' (the person) or 'checked' (after staff)
  staff_enable_mode TEXT NOT NULL DEFAULT '',
  shown         BOOLEAN NOT NULL DEFAULT TRUE,
  restricted    BOOLEAN NOT NULL DEFAULT FALSE, -- to the workspaces of its audience
  position      BIGINT NOT NULL DEFAULT 0,
  image_url     TEXT NOT NULL DEFAULT '',
  image_fetched TEXT NOT NULL DEFAULT '',      -- the address that icon was made from
  icon          TEXT NOT NULL DEFAULT '',      -- hash of an icon, '' = two letters
  gone_at       BIGINT NOT NULL DEFAULT 0,     -- no longer listed by the platform
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  UNIQUE (account_id, upstream_id)
);
CREATE INDEX integrations_in_order ON integrations (account_id, position, title, id);

CREATE TABLE integration_tags (
  integration_id TEXT NOT NULL REFERENCES integrations (id),
  tag            TEXT NOT NULL,
  PRIMARY KEY (integration_id, tag)
);
CREATE INDEX integration_tags_by_tag ON integration_tags (tag, integration_id);

CREATE TABLE integration_audience (            -- no rows: every workspace of the account
  integration_id TEXT NOT NULL REFERENCES integrations (id),
  workspace_id   TEXT NOT NULL REFERENCES workspaces (id),
  PRIMARY KEY (integration_id, workspace_id)
);

CREATE TABLE integration_slots (
  integration_id TEXT NOT NULL REFERENCES integrations (id),
  kind           TEXT NOT NULL,                -- 'auth' or 'config'
  external_id    TEXT NOT NULL,
  title          TEXT NOT NULL,
  service        TEXT NOT NULL DEFAULT '',
  default_value  TEXT NOT NULL DEFAULT '',
  position       BIGINT NOT NULL,
  source         TEXT NOT NULL,                -- 'platform' or 'staff'
  PRIMARY KEY (integration_id, kind, external_id)
);

CREATE TABLE icons (
  id         TEXT PRIMARY KEY,                 -- hash of the body
  body       BYTEA NOT NULL,
  type       TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE authentications (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES accounts (id),
  identity_id   TEXT NOT NULL REFERENCES identities (id),
  upstream_id   TEXT NOT NULL,
  name          TEXT NOT NULL,
  service       TEXT NOT NULL DEFAULT '',
  service_title TEXT NOT NULL DEFAULT '',
  service_icon  TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  gone_at       BIGINT NOT NULL DEFAULT 0,
  UNIQUE (account_id, upstream_id)
);
CREATE INDEX authentications_by_identity ON authentications (identity_id);

CREATE TABLE instances (
  id             TEXT PRIMARY KEY,
  workspace_id   TEXT NOT NULL REFERENCES workspaces (id),
  owner_id       TEXT NOT NULL REFERENCES users (id),
  account_id     TEXT NOT NULL REFERENCES accounts (id),
  identity_id    TEXT NOT NULL REFERENCES identities (id),
  integration_id TEXT NOT NULL REFERENCES integrations (id),
  shared         BOOLEAN NOT NULL DEFAULT FALSE,
  name           TEXT NOT NULL,
  upstream_name  TEXT NOT NULL DEFAULT '',
  upstream_id    TEXT NOT NULL DEFAULT '',
  state          TEXT NOT NULL,
  want_enabled   BOOLEAN NOT NULL DEFAULT FALSE,
  wizard_done    BOOLEAN NOT NULL DEFAULT FALSE, -- the wizard says it has finished; read the values next
  hold           TEXT NOT NULL DEFAULT '',       -- 'check': waits for staff before it is enabled
  unique_key     TEXT NOT NULL DEFAULT '',       -- set while a second one beside it is refused
  attention      TEXT NOT NULL DEFAULT '',       -- a cause code
  attention_who  TEXT NOT NULL DEFAULT '',       -- 'you', 'us' or 'them'
  attention_detail TEXT NOT NULL DEFAULT '',     -- the platform's words, for support
  attention_since BIGINT NOT NULL DEFAULT 0,
  version_flags  TEXT NOT NULL DEFAULT '{}',
  create_tried_at BIGINT NOT NULL DEFAULT 0,     -- a create may have been carried out since
  create_looked  BIGINT NOT NULL DEFAULT 0,      -- how often the marker was looked for since
  not_before     BIGINT NOT NULL DEFAULT 0,
  claimed_by     TEXT NOT NULL DEFAULT '',
  claimed_until  BIGINT NOT NULL DEFAULT 0,
  tries          BIGINT NOT NULL DEFAULT 0,      -- failures in a row of the present step
  journey_id     TEXT NOT NULL DEFAULT '',
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  upstream_created_at BIGINT NOT NULL DEFAULT 0, -- when the platform answered that it was created
  enabled_at     BIGINT NOT NULL DEFAULT 0,
  seen_at        BIGINT NOT NULL DEFAULT 0,      -- last seen at the platform by a sync
  deleted_at     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX instances_unique ON instances (unique_key) WHERE unique_key <> '';
CREATE UNIQUE INDEX instances_by_upstream_id ON instances (account_id, upstream_id) WHERE upstream_id <> '';
CREATE INDEX instances_by_owner ON instances (owner_id, workspace_id);
CREATE INDEX instances_by_workspace ON instances (workspace_id, id);
CREATE INDEX instances_shared ON instances (workspace_id) WHERE shared;
CREATE INDEX instances_by_integration ON instances (integration_id, id);
CREATE INDEX instances_by_identity ON instances (identity_id);
CREATE INDEX instances_by_state ON instances (state, id);
CREATE INDEX instances_needing ON instances (id) WHERE attention <> '';
CREATE INDEX instances_on_hold ON instances (hold, id) WHERE hold <> '';
-- The same words as the question has (UnderWay): else it would not be used.
CREATE INDEX instances_under_way ON instances (updated_at)
  WHERE CASE state WHEN 'creating' THEN TRUE WHEN 'enabling' THEN TRUE WHEN 'deleting' THEN TRUE
    WHEN 'authorizing' THEN enabled_at > 0 WHEN 'configuring' THEN wizard_done
    WHEN 'enabled' THEN NOT want_enabled WHEN 'disabled' THEN want_enabled ELSE FALSE END;
CREATE INDEX instances_claimed ON instances (claimed_until) WHERE claimed_until > 0;

CREATE TABLE slots (
  instance_id   TEXT NOT NULL REFERENCES instances (id),
  kind          TEXT NOT NULL,                  -- 'auth' or 'config'
  external_id   TEXT NOT NULL,
  title         TEXT NOT NULL,
  service       TEXT NOT NULL DEFAULT '',
  position      BIGINT NOT NULL,
  authentication_id TEXT NOT NULL DEFAULT '',   -- the platform's ID of the sign-in chosen
  attached_id   TEXT NOT NULL DEFAULT '',       -- the one that the platform has confirmed
  found         BOOLEAN NOT NULL DEFAULT FALSE, -- chosen by comparing, so "not this one" is offered
  baseline      TEXT NOT NULL DEFAULT 'null',   -- sign-ins there were when the dialog was first opened
  rejected      TEXT NOT NULL DEFAULT 'null',   -- sign-ins of which the person said "not this one"
  value         TEXT NOT NULL DEFAULT '',       -- JSON
  PRIMARY KEY (instance_id, kind, external_id)
);
CREATE INDEX slots_by_authentication ON slots (authentication_id) WHERE authentication_id <> '';

CREATE TABLE workflows (
  instance_id TEXT NOT NULL REFERENCES instances (id),
  upstream_id TEXT NOT NULL,
  source_id   TEXT NOT NULL DEFAULT '',
  name        TEXT NOT NULL DEFAULT '',
  trigger_url TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (instance_id, upstream_id)
);

CREATE TABLE flows (                            -- one opening of a dialog, redeemed once
  id          TEXT PRIMARY KEY,
  instance_id TEXT NOT NULL REFERENCES instances (id),
  user_id     TEXT NOT NULL REFERENCES users (id),
  kind        TEXT NOT NULL,                    -- 'auth' or 'wizard'
  slot        TEXT NOT NULL DEFAULT '',
  outcome     TEXT NOT NULL DEFAULT '',         -- '', 'finished', 'cancelled', 'failed'
  opened_at   BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX flows_by_instance ON flows (instance_id, opened_at);

CREATE TABLE events (
  id           TEXT PRIMARY KEY,
  at           BIGINT NOT NULL,
  code         TEXT NOT NULL,
  args         TEXT NOT NULL DEFAULT '{}',
  actor_kind   TEXT NOT NULL,                   -- user, staff, job, platform, host
  actor_id     TEXT NOT NULL DEFAULT '',
  actor_name   TEXT NOT NULL DEFAULT '',
  behalf_id    TEXT NOT NULL DEFAULT '',
  workspace_id TEXT NOT NULL DEFAULT '',
  subject_kind TEXT NOT NULL DEFAULT '',
  subject_id   TEXT NOT NULL DEFAULT '',
  duration_us  BIGINT NOT NULL DEFAULT 0,
  request_id   TEXT NOT NULL DEFAULT '',
  journey_id   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX events_by_subject ON events (subject_kind, subject_id, id);
CREATE INDEX events_by_code ON events (code, id);
CREATE INDEX events_by_request ON events (request_id) WHERE request_id <> '';

CREATE TABLE upstream_calls (                   -- kept 30 days
  id          TEXT PRIMARY KEY,
  at          BIGINT NOT NULL,
  account_id  TEXT NOT NULL,
  operation   TEXT NOT NULL,
  status      BIGINT NOT NULL,                  -- HTTP status, 0 = no answer
  outcome     TEXT NOT NULL,                    -- 'ok' or the kind of error
  duration_us BIGINT NOT NULL,
  tries       BIGINT NOT NULL,
  request     TEXT NOT NULL,                    -- redacted
  answer      TEXT NOT NULL,                    -- redacted
  instance_id TEXT NOT NULL DEFAULT '',
  request_id  TEXT NOT NULL DEFAULT '',
  journey_id  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX upstream_calls_by_instance ON upstream_calls (instance_id, id) WHERE instance_id <> '';
CREATE INDEX upstream_calls_by_time ON upstream_calls (at);
CREATE INDEX upstream_calls_by_request ON upstream_calls (request_id) WHERE request_id <> '';

CREATE TABLE audit (                            -- every change by anyone; the program only ever inserts
  id           TEXT PRIMARY KEY,
  at           BIGINT NOT NULL,
  code         TEXT NOT NULL,
  actor_kind   TEXT NOT NULL,
  actor_id     TEXT NOT NULL DEFAULT '',
  actor_name   TEXT NOT NULL DEFAULT '',
  behalf_id    TEXT NOT NULL DEFAULT '',
  workspace_id TEXT NOT NULL DEFAULT '',
  subject_kind TEXT NOT NULL DEFAULT '',
  subject_id   TEXT NOT NULL DEFAULT '',
  before       TEXT NOT NULL DEFAULT '',
  after        TEXT NOT NULL DEFAULT '',
  reason       TEXT NOT NULL DEFAULT '',
  address      TEXT NOT NULL DEFAULT '',
  request_id   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_by_subject ON audit (subject_kind, subject_id, id);

CREATE TABLE syncs (                            -- how fresh a copy of the platform is
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind       TEXT NOT NULL,                     -- 'catalogue' or 'instances'
  tried_at   BIGINT NOT NULL DEFAULT 0,
  done_at    BIGINT NOT NULL DEFAULT 0,
  error      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, kind)
);
