-- +goose Up

ALTER TABLE accounts ADD COLUMN email TEXT NOT NULL DEFAULT '';           -- of an admin there, where there are no API keys
ALTER TABLE accounts ADD COLUMN password BYTEA NOT NULL DEFAULT '';       -- sealed
ALTER TABLE accounts ADD COLUMN signing_key_id TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN signing_key BYTEA NOT NULL DEFAULT '';    -- sealed PEM
ALTER TABLE accounts ADD COLUMN sdk_url TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN server TEXT NOT NULL DEFAULT '{}';        -- what it last said of itself

-- What a workspace or a user is called at the platform, so that renames are noticed.
ALTER TABLE identities ADD COLUMN upstream_name TEXT NOT NULL DEFAULT '';

-- Why an integration cannot be offered, a code; '' = it can.
ALTER TABLE integrations ADD COLUMN problem TEXT NOT NULL DEFAULT '';

ALTER TABLE slots ADD COLUMN predefined_id TEXT NOT NULL DEFAULT '';      -- the host gives this one
ALTER TABLE slots ADD COLUMN given BYTEA NOT NULL DEFAULT '';             -- sealed: what the person entered, until the platform has it
ALTER TABLE slots ADD COLUMN given_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE slots ADD COLUMN problem TEXT NOT NULL DEFAULT '';            -- why what was entered was not taken, in the service's words

ALTER TABLE authentications ADD COLUMN external_id TEXT NOT NULL DEFAULT ''; -- by which flows name it
ALTER TABLE authentications ADD COLUMN status TEXT NOT NULL DEFAULT '';      -- '' = good, 'error', 'missing'

CREATE TABLE pieces (                            -- services that an Activepieces knows
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  name         TEXT NOT NULL,                    -- '@activepieces/piece-slack'
  title        TEXT NOT NULL,
  description  TEXT NOT NULL DEFAULT '',
  version      TEXT NOT NULL DEFAULT '',
  logo_url     TEXT NOT NULL DEFAULT '',
  logo_fetched TEXT NOT NULL DEFAULT '',         -- the address that icon was made from
  icon         TEXT NOT NULL DEFAULT '',
  auth         TEXT NOT NULL DEFAULT '[]',       -- JSON: the ways to sign in
  search       TEXT NOT NULL,                    -- lower-case title and name
  gone_at      BIGINT NOT NULL DEFAULT 0,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (account_id, name)
);

CREATE TABLE predefined_connections (            -- templates of connections that the host makes for its workspaces
  id           TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  piece        TEXT NOT NULL,
  auth_type    TEXT NOT NULL,
  title        TEXT NOT NULL,                    -- the connections' display name
  name_pattern TEXT NOT NULL,
  fields       TEXT NOT NULL DEFAULT '[]',       -- JSON: key, source and attribute of each value
  fixed        BYTEA NOT NULL DEFAULT '',        -- sealed JSON: the values that are the same for all
  revision     BIGINT NOT NULL,
  stop_percent BIGINT NOT NULL,                  -- of failures, at which a rollout stops
  state        TEXT NOT NULL,                    -- 'active', 'removing' or 'removed'
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL
);
CREATE INDEX predefined_connections_by_piece ON predefined_connections (account_id, piece);

CREATE TABLE asked_values (                      -- what a workspace was asked for
  predefined_id TEXT NOT NULL REFERENCES predefined_connections (id),
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
  sealed        BYTEA NOT NULL,                  -- JSON, with the workspace's key
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (predefined_id, workspace_id)
);

CREATE TABLE workspace_connections (             -- a predefined connection in one workspace's project
  predefined_id TEXT NOT NULL REFERENCES predefined_connections (id),
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
  name          TEXT NOT NULL,                   -- the external ID by which flows name it
  upstream_id   TEXT NOT NULL DEFAULT '',
  revision      BIGINT NOT NULL DEFAULT 0,       -- of the template that the platform has
  state         TEXT NOT NULL,                   -- see store.WorkspaceConnection
  detail        TEXT NOT NULL DEFAULT '',        -- the platform's words
  resolves      BIGINT NOT NULL DEFAULT 0,       -- connections that the name led to in the project when last looked at
  tries         BIGINT NOT NULL DEFAULT 0,
  not_before    BIGINT NOT NULL DEFAULT 0,
  claimed_by    TEXT NOT NULL DEFAULT '',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  checked_at    BIGINT NOT NULL DEFAULT 0,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (predefined_id, workspace_id)
);
CREATE UNIQUE INDEX workspace_connections_by_name ON workspace_connections (workspace_id, name) WHERE state <> 'removed';
CREATE INDEX workspace_connections_by_state ON workspace_connections (predefined_id, state);
CREATE INDEX workspace_connections_claimed ON workspace_connections (claimed_until) WHERE claimed_until > 0;

CREATE TABLE rollouts (                          -- staff's work over many workspaces
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES accounts (id),
  kind          TEXT NOT NULL,                   -- 'backfill', 'apply' or 'remove'
  predefined_id TEXT NOT NULL DEFAULT '',
  state         TEXT NOT NULL,                   -- 'running', 'stopped' or 'done'
  stop_percent  BIGINT NOT NULL,
  total         BIGINT NOT NULL,
  actor_name    TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX rollouts_running ON rollouts (account_id, kind, predefined_id) WHERE state = 'running';
CREATE INDEX rollouts_by_time ON rollouts (account_id, id);

CREATE TABLE rollout_items (
  rollout_id   TEXT NOT NULL REFERENCES rollouts (id),
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  state        TEXT NOT NULL,                    -- 'waiting', 'done', 'asked' or 'failed'
  detail       TEXT NOT NULL DEFAULT '',
  tries        BIGINT NOT NULL DEFAULT 0,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (rollout_id, workspace_id)
);
CREATE INDEX rollout_items_by_state ON rollout_items (rollout_id, state, tries, workspace_id);

CREATE TABLE automations (                       -- the flows of a workspace's project
  id           TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  identity_id  TEXT NOT NULL REFERENCES identities (id),
  instance_id  TEXT NOT NULL DEFAULT '',         -- the instance that it runs; '' = made in the builder
  upstream_id  TEXT NOT NULL,
  name         TEXT NOT NULL,
  enabled      BOOLEAN NOT NULL,
  published    BOOLEAN NOT NULL,
  valid        BOOLEAN NOT NULL,
  seen_at      BIGINT NOT NULL,
  gone_at      BIGINT NOT NULL DEFAULT 0,
  created_at   BIGINT NOT NULL,
  UNIQUE (account_id, upstream_id)
);
CREATE INDEX automations_by_workspace ON automations (workspace_id, name, id);
CREATE INDEX automations_by_instance ON automations (instance_id) WHERE instance_id <> '';

CREATE TABLE runs (                              -- executions, kept 30 days
  id            TEXT PRIMARY KEY,
  automation_id TEXT NOT NULL REFERENCES automations (id),
  upstream_id   TEXT NOT NULL,
  status        TEXT NOT NULL,                   -- the platform's word
  step          TEXT NOT NULL DEFAULT '',        -- that failed
  message       TEXT NOT NULL DEFAULT '',        -- why, in the step's own words
  at            BIGINT NOT NULL,                 -- made; a retry from the failed step keeps it
  started_at    BIGINT NOT NULL DEFAULT 0,
  ended_at      BIGINT NOT NULL DEFAULT 0,
  seen_at       BIGINT NOT NULL,                 -- when the platform was asked for what is here
  retried_at    BIGINT NOT NULL DEFAULT 0,       -- when a person last asked for it again
  UNIQUE (automation_id, upstream_id)
);
CREATE INDEX runs_by_time ON runs (automation_id, at);
CREATE INDEX runs_by_age ON runs (at);
CREATE INDEX runs_unfinished ON runs (automation_id) WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED');

CREATE TABLE automation_syncs (                  -- how fresh the copies of a project's flows and runs are
  identity_id TEXT PRIMARY KEY REFERENCES identities (id),
  tried_at    BIGINT NOT NULL,
  done_at     BIGINT NOT NULL DEFAULT 0,
  error       TEXT NOT NULL DEFAULT ''
);

CREATE TABLE scripts (                           -- what we serve of a platform's own scripts, once staff have agreed
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  hash         TEXT NOT NULL,                    -- sha256 of the body, hex
  url          TEXT NOT NULL,
  body         BYTEA NOT NULL,
  fetched_at   BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL DEFAULT 0,
  confirmed_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, hash)
);
