-- schema_2.sql - what version 2 adds: benchmarks of deployed models.
-- Times are nanoseconds for one image. Users query benchmark_summary and benchmark_stage.

-- One call of `bnnrun bench`: contenders that took turns on one CPU.
CREATE TABLE benchmark(
    benchmark_id INTEGER PRIMARY KEY,
    run_id INTEGER REFERENCES run ON DELETE CASCADE,         -- NULL: a file of unknown origin
    twin_run_id INTEGER REFERENCES run ON DELETE SET NULL,   -- whose model the contenders *twin are
    environment_id INTEGER NOT NULL REFERENCES environment,
    model TEXT NOT NULL,                        -- the model file's path
    model_sha256 TEXT NOT NULL,                 -- and content
    images TEXT NOT NULL,                       -- the data set: mnist, a path, synthetic
    n_images INTEGER NOT NULL,                  -- different ones, met in turn
    rounds INTEGER NOT NULL CHECK (rounds > 0),
    started_us INTEGER NOT NULL,
    seconds REAL NOT NULL,
    cpu INTEGER,                                -- the one that all contenders were pinned to
    idle REAL,                                  -- its idle share just before; NULL: unknown
    load_average REAL,                          -- of the last minute before; NULL: unknown
    co_runners INTEGER                          -- most threads seen running beside; NULL: unknown
) STRICT;
CREATE INDEX benchmark_by_run ON benchmark(run_id);

-- A contender at a batch, over all rounds.
CREATE TABLE benchmark_result(
    benchmark_id INTEGER NOT NULL REFERENCES benchmark ON DELETE CASCADE,
    contender TEXT NOT NULL,                    -- binary; float (the same weights as floats); twin
                                                -- (trained in full precision); onnxruntime,
                                                -- onnxruntime_twin (the ONNX files of the model and
                                                -- its twin, weights as floats)
    engine TEXT NOT NULL,                       -- avx512, ..., or the version of onnxruntime
    batch INTEGER NOT NULL CHECK (batch > 0),
    median_ns REAL NOT NULL CHECK (median_ns > 0),
    low_ns REAL NOT NULL,                       -- first quartile of the rounds
    high_ns REAL NOT NULL,                      -- third quartile
    min_ns REAL NOT NULL,
    max_ns REAL NOT NULL,
    cpu_share REAL NOT NULL,                    -- CPU time of all samples over their wall time
    PRIMARY KEY (benchmark_id, contender, engine, batch)
) STRICT, WITHOUT ROWID;

-- The stages of our own contenders, from a pass of its own that looks at the clock between them.
CREATE TABLE benchmark_layer(
    benchmark_id INTEGER NOT NULL,
    contender TEXT NOT NULL,
    engine TEXT NOT NULL,
    batch INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,                   -- position in the model, from 0
    layer TEXT NOT NULL,                        -- the linear operation; what follows it is included
    integer_sums INTEGER NOT NULL CHECK (integer_sums IN (0, 1)), -- counts bits, not floats
    median_ns REAL NOT NULL,
    PRIMARY KEY (benchmark_id, contender, engine, batch, ordinal),
    FOREIGN KEY (benchmark_id, contender, engine, batch) REFERENCES benchmark_result
        ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
