-- Every statement may be repeated: yoyo records a migration after committing its statements.

CREATE TABLE IF NOT EXISTS engine_schema (
    migration text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS deliveries (
    forge text NOT NULL,
    id text NOT NULL,
    event text NOT NULL,
    action text NOT NULL,
    repository_id bigint,
    repository text NOT NULL,
    installation bigint NOT NULL,
    number bigint,
    outcome text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (forge, id)
);

CREATE INDEX IF NOT EXISTS deliveries_received_at ON deliveries (received_at);

CREATE TABLE IF NOT EXISTS publications (
    forge text NOT NULL,
    repository_id bigint NOT NULL,
    number bigint NOT NULL,
    release_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('final', 'unwaived')),
    fingerprint text NOT NULL,
    head_sha text NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (forge, repository_id, number, release_key, kind, published_at, fingerprint)
);

-- `json`, not `jsonb`: reports quote file names, and jsonb refuses \u0000 and lone surrogates.
CREATE TABLE IF NOT EXISTS evaluations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forge text NOT NULL,
    repository_id bigint NOT NULL,
    repository text NOT NULL,
    number bigint NOT NULL,
    head_sha text NOT NULL,
    base_sha text NOT NULL,
    decision text NOT NULL,
    fingerprint text NOT NULL,
    report json NOT NULL,
    evaluated_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS evaluations_of_pull_request ON evaluations (forge, repository_id, number, id);

CREATE TABLE IF NOT EXISTS pull_requests (
    forge text NOT NULL,
    repository_id bigint NOT NULL,
    number bigint NOT NULL,
    repository text NOT NULL,
    installation bigint NOT NULL,
    head_sha text NOT NULL DEFAULT '',
    inputs_key text NOT NULL DEFAULT '',
    decision text NOT NULL DEFAULT '',
    next_look_at timestamptz,
    PRIMARY KEY (forge, repository_id, number)
);

CREATE INDEX IF NOT EXISTS pull_requests_due ON pull_requests (next_look_at) WHERE next_look_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS blobs (
    forge text NOT NULL,
    repository_id bigint NOT NULL,
    oid text NOT NULL,
    content bytea NOT NULL,
    size bigint NOT NULL,
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (forge, repository_id, oid)
);

CREATE INDEX IF NOT EXISTS blobs_used_at ON blobs (used_at);

CREATE TABLE IF NOT EXISTS installations (
    forge text NOT NULL,
    id bigint NOT NULL,
    account text NOT NULL,
    suspended boolean NOT NULL DEFAULT false,
    PRIMARY KEY (forge, id)
);

CREATE TABLE IF NOT EXISTS worker_deaths (
    key text PRIMARY KEY,
    deaths integer NOT NULL,
    last_job text NOT NULL,
    last_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS job_totals (
    task text NOT NULL,
    outcome text NOT NULL,
    jobs bigint NOT NULL,
    seconds double precision NOT NULL,
    PRIMARY KEY (task, outcome)
);
