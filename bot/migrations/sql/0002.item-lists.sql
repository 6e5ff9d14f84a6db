-- Every statement may be repeated: yoyo records a migration after committing its statements.
-- Only new tables: processes of the version before go on as they are.

-- The long lists of the latest evaluation of a pull request, and the hash of the token that opens them.
CREATE TABLE IF NOT EXISTS item_lists (
    forge text NOT NULL,
    repository_id bigint NOT NULL,
    number bigint NOT NULL,
    installation bigint NOT NULL,
    digest text NOT NULL,
    seed bytea NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (forge, repository_id, number)
);

CREATE INDEX IF NOT EXISTS item_lists_expiring ON item_lists (expires_at);

-- `content` is gzip.
CREATE TABLE IF NOT EXISTS item_list_files (
    forge text NOT NULL,
    repository_id bigint NOT NULL,
    number bigint NOT NULL,
    path text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (forge, repository_id, number, path),
    FOREIGN KEY (forge, repository_id, number) REFERENCES item_lists ON DELETE CASCADE
);
