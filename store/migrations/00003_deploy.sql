-- +goose Up

-- What a change sends to a platform: JSON with method, url and redacted body, for "show as curl"; '' = nothing.
ALTER TABLE audit ADD COLUMN request TEXT NOT NULL DEFAULT '';

CREATE INDEX upstream_calls_by_journey ON upstream_calls (journey_id, id) WHERE journey_id <> '';

CREATE TABLE deploy_accounts (                   -- where admins deploy connectors to
  id          TEXT PRIMARY KEY,
  platform    TEXT NOT NULL,                     -- 'traycdk' or 'commercetools'
  name        TEXT NOT NULL UNIQUE,              -- the label by which people know it
  region      TEXT NOT NULL,
  api_url     TEXT NOT NULL,
  auth_url    TEXT NOT NULL DEFAULT '',          -- of commercetools
  project_key TEXT NOT NULL DEFAULT '',          -- of commercetools
  client_id   TEXT NOT NULL DEFAULT '',          -- of commercetools
  secret      BYTEA NOT NULL,                    -- sealed: the token, or the client's secret
  fingerprint TEXT NOT NULL,                     -- by which the secret is known again, and not found out
  git_key     BYTEA NOT NULL DEFAULT '',         -- sealed PEM, to read private repositories by SSH
  known_hosts TEXT NOT NULL DEFAULT '',
  position    BIGINT NOT NULL DEFAULT 0,         -- in the configuration
  scopes      TEXT NOT NULL DEFAULT '[]',        -- JSON, as last seen
  checked_at  BIGINT NOT NULL DEFAULT 0,
  problem     TEXT NOT NULL DEFAULT '',          -- why the last check failed
  gone_at     BIGINT NOT NULL DEFAULT 0,         -- it is configured no more
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);

CREATE TABLE fingerprint_keys (                  -- by which a secret is known again; one row
  id         TEXT PRIMARY KEY,
  sealed     BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE archives (                          -- connector.zip files, as uploaded
  id         TEXT PRIMARY KEY,
  state      TEXT NOT NULL,                      -- 'receiving' or 'ready'
  filename   TEXT NOT NULL,
  size       BIGINT NOT NULL DEFAULT 0,
  sha256     TEXT NOT NULL DEFAULT '',
  name       TEXT NOT NULL DEFAULT '',           -- of the connector in it
  version    TEXT NOT NULL DEFAULT '',
  report     TEXT NOT NULL DEFAULT '{}',         -- JSON: what was found in it
  actor_kind TEXT NOT NULL,
  actor_id   TEXT NOT NULL DEFAULT '',
  actor_name TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX archives_by_content ON archives (sha256) WHERE state = 'ready';
CREATE INDEX archives_receiving ON archives (created_at) WHERE state = 'receiving';

CREATE TABLE archive_chunks (
  archive_id TEXT NOT NULL REFERENCES archives (id),
  n          BIGINT NOT NULL,
  data       BYTEA NOT NULL,
  PRIMARY KEY (archive_id, n)
);

CREATE TABLE releases (                          -- a person's wish to bring an archive to some regions
  id         TEXT PRIMARY KEY,
  archive_id TEXT NOT NULL REFERENCES archives (id),
  name       TEXT NOT NULL,                      -- of the connector
  version    TEXT NOT NULL,
  emails     TEXT NOT NULL DEFAULT '[]',         -- JSON: to share with as soon as it is deployed
  again_of   TEXT NOT NULL DEFAULT '',           -- the release whose archive is deployed again
  actor_kind TEXT NOT NULL,
  actor_id   TEXT NOT NULL DEFAULT '',
  actor_name TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE INDEX releases_by_connector ON releases (name, version, id);

CREATE TABLE cdk_deployments (                   -- a release in one region
  id              TEXT PRIMARY KEY,
  release_id      TEXT NOT NULL REFERENCES releases (id),
  account_id      TEXT NOT NULL REFERENCES deploy_accounts (id),
  region          TEXT NOT NULL,
  label           TEXT NOT NULL,                 -- of the token that it is made with
  fingerprint     TEXT NOT NULL,                 -- of that token
  name            TEXT NOT NULL,                 -- of the connector
  version         TEXT NOT NULL,
  state           TEXT NOT NULL,                 -- see store.CDKDeployment
  upstream_id     TEXT NOT NULL DEFAULT '',
  upstream_status TEXT NOT NULL DEFAULT '',      -- the platform's own word
  latest_before   TEXT NOT NULL DEFAULT '',      -- the platform's newest deployment when ours was about to be sent; '?' = it would not say
  behind_id       TEXT NOT NULL DEFAULT '',      -- the deployment that ran already, so that ours was not taken
  behind_status   TEXT NOT NULL DEFAULT '',
  send_after      BOOLEAN NOT NULL DEFAULT FALSE, -- send ours when that one has ended
  problem         TEXT NOT NULL DEFAULT '',      -- a code
  detail          TEXT NOT NULL DEFAULT '',      -- the platform's words
  http_status     BIGINT NOT NULL DEFAULT 0,
  upstream_request TEXT NOT NULL DEFAULT '',     -- what to quote to the platform's support
  tries           BIGINT NOT NULL DEFAULT 0,
  sent_at         BIGINT NOT NULL DEFAULT 0,     -- the last time it was about to be sent
  accepted_at     BIGINT NOT NULL DEFAULT 0,
  polled_at       BIGINT NOT NULL DEFAULT 0,
  watch_from      BIGINT NOT NULL DEFAULT 0,     -- since when it is waited for; 0 = a person decides what is next
  waited_out      BOOLEAN NOT NULL DEFAULT FALSE, -- nobody waits for it any more; it goes on at the platform
  ended_at        BIGINT NOT NULL DEFAULT 0,
  not_before      BIGINT NOT NULL DEFAULT 0,
  claimed_by      TEXT NOT NULL DEFAULT '',
  claimed_until   BIGINT NOT NULL DEFAULT 0,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL
);
CREATE INDEX cdk_deployments_by_release ON cdk_deployments (release_id);
CREATE INDEX cdk_deployments_by_connector ON cdk_deployments (region, name, version, id);
-- One at a time: while the answer of one is out, the platform's newest deployment cannot be mistaken for another's.
CREATE UNIQUE INDEX cdk_deployments_sending ON cdk_deployments (region, name, version) WHERE state = 'sending';
CREATE INDEX cdk_deployments_under_way ON cdk_deployments (updated_at) WHERE ended_at = 0;
CREATE INDEX cdk_deployments_claimed ON cdk_deployments (claimed_until) WHERE claimed_until > 0;

CREATE TABLE cdk_shares (                        -- a deployed connector shown to people
  id            TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES cdk_deployments (id),
  emails        TEXT NOT NULL,                   -- JSON
  state         TEXT NOT NULL,                   -- 'waiting', 'done' or 'failed'
  answer        TEXT NOT NULL DEFAULT '',        -- the platform's words
  problem       TEXT NOT NULL DEFAULT '',        -- a code
  http_status   BIGINT NOT NULL DEFAULT 0,
  tries         BIGINT NOT NULL DEFAULT 0,
  not_before    BIGINT NOT NULL DEFAULT 0,
  claimed_by    TEXT NOT NULL DEFAULT '',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  actor_kind    TEXT NOT NULL,
  actor_id      TEXT NOT NULL DEFAULT '',
  actor_name    TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX cdk_shares_by_deployment ON cdk_shares (deployment_id, id);
CREATE INDEX cdk_shares_waiting ON cdk_shares (created_at) WHERE state = 'waiting';

CREATE TABLE connector_drafts (                  -- commercetools' connector drafts, as last seen
  id             TEXT PRIMARY KEY,
  account_id     TEXT NOT NULL REFERENCES deploy_accounts (id),
  upstream_id    TEXT NOT NULL,
  upstream_key   TEXT NOT NULL DEFAULT '',
  version        BIGINT NOT NULL,
  name           TEXT NOT NULL,
  status         TEXT NOT NULL,                  -- the platform's own word
  previewable    TEXT NOT NULL,                  -- 'none', 'pending', 'true', 'false' or what the platform says
  tag            TEXT NOT NULL,
  has_changes    BOOLEAN NOT NULL,
  listed         BOOLEAN NOT NULL,
  comments       BIGINT NOT NULL DEFAULT 0,      -- of the certification
  comments_read  BIGINT NOT NULL DEFAULT 0,
  connector_version BIGINT NOT NULL DEFAULT 0,   -- of the published connector; 0 = none was seen
  connector_tag  TEXT NOT NULL DEFAULT '',
  document       TEXT NOT NULL,                  -- JSON, as the platform has it
  connector      TEXT NOT NULL DEFAULT '',       -- JSON: the published connector
  seen_at        BIGINT NOT NULL,
  moved_at       BIGINT NOT NULL,                -- when it was last seen to differ from before
  gone_at        BIGINT NOT NULL DEFAULT 0,
  not_before     BIGINT NOT NULL DEFAULT 0,      -- of the next look while something is under way there
  watch_from     BIGINT NOT NULL DEFAULT 0,
  looked_at      BIGINT NOT NULL DEFAULT 0,      -- when somebody last began to look
  created_at     BIGINT NOT NULL,
  UNIQUE (account_id, upstream_id)
);
CREATE INDEX connector_drafts_watched ON connector_drafts (not_before) WHERE not_before > 0;

CREATE TABLE connect_deployments (               -- commercetools' deployments, as last seen
  id              TEXT PRIMARY KEY,
  account_id      TEXT NOT NULL REFERENCES deploy_accounts (id),
  upstream_id     TEXT NOT NULL,
  upstream_key    TEXT NOT NULL DEFAULT '',
  version         BIGINT NOT NULL,
  status          TEXT NOT NULL,                 -- the platform's own word
  type            TEXT NOT NULL,
  region          TEXT NOT NULL,
  connector_id    TEXT NOT NULL,                 -- the platform's
  connector_name  TEXT NOT NULL,
  connector_version BIGINT NOT NULL,
  tag             TEXT NOT NULL,
  warnings        BIGINT NOT NULL DEFAULT 0,     -- in its report
  document        TEXT NOT NULL,                 -- JSON, as the platform has it (it masks secured values itself)
  seen_at         BIGINT NOT NULL,
  moved_at        BIGINT NOT NULL,
  gone_at         BIGINT NOT NULL DEFAULT 0,
  not_before      BIGINT NOT NULL DEFAULT 0,
  watch_from      BIGINT NOT NULL DEFAULT 0,
  looked_at       BIGINT NOT NULL DEFAULT 0,
  created_at      BIGINT NOT NULL,
  UNIQUE (account_id, upstream_id)
);
CREATE INDEX connect_deployments_watched ON connect_deployments (not_before) WHERE not_before > 0;
CREATE INDEX connect_deployments_by_connector ON connect_deployments (connector_id);

CREATE TABLE connect_documents (                 -- drafts and deployments as they once were: what a person saw when they decided
  subject_kind TEXT NOT NULL,                    -- 'draft' or 'deployment'
  subject_id   TEXT NOT NULL,                    -- ours
  version      BIGINT NOT NULL,
  document     TEXT NOT NULL,                    -- JSON, as the platform had it
  seen_at      BIGINT NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, version)
);

CREATE TABLE connect_syncs (                     -- how fresh the copy of an account's drafts and deployments is
  account_id TEXT PRIMARY KEY REFERENCES deploy_accounts (id),
  tried_at   BIGINT NOT NULL DEFAULT 0,
  done_at    BIGINT NOT NULL DEFAULT 0,
  error      TEXT NOT NULL DEFAULT ''
);

CREATE TABLE operations (                        -- what people want changed at commercetools, until it is
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES deploy_accounts (id),
  kind          TEXT NOT NULL,                   -- see store.Operation
  subject_kind  TEXT NOT NULL,                   -- 'draft' or 'deployment'
  subject_id    TEXT NOT NULL DEFAULT '',        -- ours; '' while it is being made
  subject_key   TEXT NOT NULL DEFAULT '',        -- the platform's
  pipeline_id   TEXT NOT NULL DEFAULT '',
  state         TEXT NOT NULL,                   -- 'waiting', 'sending', 'done', 'moved' or 'failed'
  body          TEXT NOT NULL,                   -- JSON, redacted
  sealed        BYTEA NOT NULL DEFAULT '',       -- JSON, whole: what is sent; forgotten when it is done or left, and a day after it failed
  intent        TEXT NOT NULL DEFAULT '{}',      -- JSON: by which it is recognised as done, or as overtaken
  base_version  BIGINT NOT NULL DEFAULT 0,       -- of the subject as the person saw it
  sent_version  BIGINT NOT NULL DEFAULT 0,
  moved         TEXT NOT NULL DEFAULT '',        -- JSON: what changed there meanwhile, old beside new
  problem       TEXT NOT NULL DEFAULT '',        -- a code, the platform's or ours
  detail        TEXT NOT NULL DEFAULT '',        -- the platform's words
  http_status   BIGINT NOT NULL DEFAULT 0,
  upstream_request TEXT NOT NULL DEFAULT '',
  tries         BIGINT NOT NULL DEFAULT 0,
  not_before    BIGINT NOT NULL DEFAULT 0,
  claimed_by    TEXT NOT NULL DEFAULT '',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  actor_kind    TEXT NOT NULL,
  actor_id      TEXT NOT NULL DEFAULT '',
  actor_name    TEXT NOT NULL DEFAULT '',
  request_id    TEXT NOT NULL DEFAULT '',
  sent_at       BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL DEFAULT 0,
  dropped_at    BIGINT NOT NULL DEFAULT 0        -- since when nobody has to look at it any more, though it failed
);
CREATE INDEX operations_by_subject ON operations (subject_kind, subject_id, id);
CREATE INDEX operations_under_way ON operations (updated_at) WHERE ended_at = 0;
CREATE INDEX operations_asking ON operations (id) WHERE state IN ('moved', 'failed') AND dropped_at = 0;
CREATE INDEX operations_claimed ON operations (claimed_until) WHERE claimed_until > 0;
CREATE INDEX operations_by_pipeline ON operations (pipeline_id, id) WHERE pipeline_id <> '';

CREATE TABLE value_sets (                        -- configuration values: last sent to a deployment, kept under a name, or not sent yet
  id            TEXT PRIMARY KEY,
  kind          TEXT NOT NULL,                   -- 'deployment', 'profile' or 'form'
  deployment_id TEXT NOT NULL DEFAULT '',        -- ours
  name          TEXT NOT NULL DEFAULT '',        -- of a profile
  sealed        BYTEA NOT NULL DEFAULT '',       -- JSON: store.ValueSet's values
  updated_by    TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX value_sets_by_deployment ON value_sets (deployment_id) WHERE kind = 'deployment';
CREATE UNIQUE INDEX value_sets_by_name ON value_sets (name) WHERE kind = 'profile';

CREATE TABLE pipelines (                         -- a tag brought through preview and publication to what runs it
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES deploy_accounts (id),
  draft_id      TEXT NOT NULL REFERENCES connector_drafts (id),
  tag           TEXT NOT NULL,
  state         TEXT NOT NULL,                   -- see store.Pipeline
  plan          TEXT NOT NULL,                   -- JSON: store.PipelinePlan
  sealed        BYTEA NOT NULL DEFAULT '',       -- JSON: the values of the preview deployment; forgotten when it has ended
  step          BIGINT NOT NULL DEFAULT 0,
  actor_kind    TEXT NOT NULL,
  actor_id      TEXT NOT NULL DEFAULT '',
  actor_name    TEXT NOT NULL DEFAULT '',
  not_before    BIGINT NOT NULL DEFAULT 0,
  claimed_by    TEXT NOT NULL DEFAULT '',
  claimed_until BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX pipelines_running ON pipelines (draft_id) WHERE ended_at = 0;
CREATE INDEX pipelines_by_draft ON pipelines (draft_id, id);
CREATE INDEX pipelines_claimed ON pipelines (claimed_until) WHERE claimed_until > 0;

CREATE TABLE pipeline_steps (
  pipeline_id  TEXT NOT NULL REFERENCES pipelines (id),
  n            BIGINT NOT NULL,
  kind         TEXT NOT NULL,                    -- see store.PipelineStep
  subject_id   TEXT NOT NULL DEFAULT '',         -- of a redeployment: the deployment, ours
  state        TEXT NOT NULL,                    -- 'waiting', 'running', 'asking', 'done', 'skipped' or 'failed'
  operation_id TEXT NOT NULL DEFAULT '',
  problem      TEXT NOT NULL DEFAULT '',
  detail       TEXT NOT NULL DEFAULT '',
  answered_by  TEXT NOT NULL DEFAULT '',         -- who said yes
  started_at   BIGINT NOT NULL DEFAULT 0,
  ended_at     BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (pipeline_id, n)
);
