-- schema_1.sql - the tables of version 1 of the database.
-- Times (*_us) are microseconds since 1970, UTC. Users query the views of views.sql.

-- A question: what is asked is in the spec, who answers is in experiment_config.
CREATE TABLE experiment(
    experiment_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    metric TEXT NOT NULL,                       -- the column of run_summary that it is about
    goal TEXT NOT NULL CHECK (goal IN ('max', 'min')),
    created_us INTEGER NOT NULL
) STRICT;

-- Every text of the spec that was ever run under the name.
CREATE TABLE spec_revision(
    experiment_id INTEGER NOT NULL REFERENCES experiment ON DELETE CASCADE,
    sha256 TEXT NOT NULL,                       -- of text
    path TEXT NOT NULL,
    text TEXT NOT NULL,
    first_us INTEGER NOT NULL,                  -- when it was run for the first time
    last_us INTEGER NOT NULL,                   -- and for the last
    PRIMARY KEY (experiment_id, sha256)
) STRICT;

-- One resolved point of a sweep, seed excluded; experiments share equal ones.
CREATE TABLE config(
    config_id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,                  -- SHA-256 of json
    json TEXT NOT NULL                          -- canonical
) STRICT;

-- Its settings, typed: booleans are 0 and 1.
CREATE TABLE config_param(
    config_id INTEGER NOT NULL REFERENCES config ON DELETE CASCADE,
    key TEXT NOT NULL,
    value ANY NOT NULL,
    PRIMARY KEY (config_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX config_param_by_value ON config_param(key, value);

CREATE TABLE experiment_config(
    experiment_id INTEGER NOT NULL REFERENCES experiment ON DELETE CASCADE,
    config_id INTEGER NOT NULL REFERENCES config,
    label TEXT NOT NULL,
    ordinal INTEGER NOT NULL,                   -- position in the sweep, from 0
    is_baseline INTEGER NOT NULL CHECK (is_baseline IN (0, 1)),
    in_spec INTEGER NOT NULL CHECK (in_spec IN (0, 1)), -- of the newest revision
    PRIMARY KEY (experiment_id, config_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX experiment_config_by_label ON experiment_config(experiment_id, label)
    WHERE in_spec;

-- The unit of work.
CREATE TABLE run(
    run_id INTEGER PRIMARY KEY,
    run_uid TEXT NOT NULL UNIQUE,
    experiment_id INTEGER NOT NULL,
    config_id INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'interrupted')),
    n_attempts INTEGER NOT NULL DEFAULT 0,      -- the newest attempt: the only one that may write
    created_us INTEGER NOT NULL,
    UNIQUE (experiment_id, config_id, seed),
    FOREIGN KEY (experiment_id, config_id) REFERENCES experiment_config ON DELETE CASCADE
) STRICT;
CREATE INDEX run_running ON run(run_id) WHERE state = 'running';

-- The machine and the build.
CREATE TABLE environment(
    environment_id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    os TEXT,
    cpu_model TEXT,
    n_cpu INTEGER NOT NULL,                     -- that the process may use
    kernels TEXT,                               -- the instruction set in use
    compiler TEXT,
    cflags TEXT,
    version TEXT NOT NULL,
    revision TEXT,
    libraries TEXT                              -- JSON: name to version
) STRICT;

CREATE TABLE dataset(
    dataset_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,                       -- of the raw content
    source TEXT NOT NULL,
    UNIQUE (name, sha256, source)
) STRICT;

-- One execution of a run. Rows are added, and completed once.
CREATE TABLE attempt(
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    attempt INTEGER NOT NULL,                   -- from 1
    environment_id INTEGER NOT NULL REFERENCES environment,
    dataset_id INTEGER NOT NULL REFERENCES dataset,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    boot_id TEXT NOT NULL,                      -- these three tell the process from any other that
    pid_namespace INTEGER NOT NULL,             -- has, had or will have its number
    process_start INTEGER NOT NULL,             -- in clock ticks since boot
    started_us INTEGER NOT NULL,
    resumed_from_epoch INTEGER NOT NULL DEFAULT 0,
    ended_us INTEGER,
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'interrupted', 'stale')),
    error TEXT,
    signal INTEGER,
    CHECK ((ended_us IS NULL) = (outcome IS NULL)),
    PRIMARY KEY (run_id, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin(
    plugin_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,                       -- of the file
    path TEXT NOT NULL,
    abi INTEGER NOT NULL,
    UNIQUE (kind, name, sha256, path)
) STRICT;

-- The plugin files that an attempt ran with.
CREATE TABLE run_plugin(
    run_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    plugin_id INTEGER NOT NULL REFERENCES plugin,
    PRIMARY KEY (run_id, attempt, plugin_id),
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Values of an epoch (from 1), or of the run (epoch 0). SQLite has no NaN, and a diverged run is a
-- result, so what is not finite is spelled out.
CREATE TABLE metric(
    run_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    attempt INTEGER NOT NULL,
    value REAL,
    special TEXT CHECK (special IN ('nan', 'inf', '-inf')),
    time_us INTEGER NOT NULL,
    CHECK ((value IS NULL) = (special IS NOT NULL)),
    PRIMARY KEY (run_id, name, epoch),
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE timing(
    run_id INTEGER NOT NULL,
    phase TEXT NOT NULL,                        -- train_epoch, evaluate, inference_1, inference_64
    rep INTEGER NOT NULL,                       -- the epoch, or the repetition
    attempt INTEGER NOT NULL,
    wall_ns INTEGER NOT NULL,                   -- of inference: per image
    cpu_ns INTEGER NOT NULL,
    co_runners INTEGER NOT NULL,                -- runs that were executed beside this one
    PRIMARY KEY (run_id, phase, rep),
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE layer(
    run_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,                   -- position in the network, from 0
    attempt INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                         -- the plugin
    n_parameters INTEGER NOT NULL,              -- trained values
    bits INTEGER NOT NULL,                      -- when deployed
    float32_bytes INTEGER NOT NULL,
    packed_bytes INTEGER NOT NULL,              -- bits in whole bytes
    macs INTEGER NOT NULL,                      -- multiply-accumulates per image
    binary_weights INTEGER NOT NULL CHECK (binary_weights IN (0, 1)),
    binary_inputs INTEGER NOT NULL CHECK (binary_inputs IN (0, 1)),
    PRIMARY KEY (run_id, ordinal),
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact(
    run_id INTEGER NOT NULL,
    kind TEXT NOT NULL,                         -- model, weights
    path TEXT NOT NULL,                         -- in the folder FILE.artifacts beside the database
    attempt INTEGER NOT NULL,
    n_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (run_id, kind, path),
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
