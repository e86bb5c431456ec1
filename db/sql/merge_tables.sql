-- merge_tables.sql - what is found out of another database, `source`, while it is merged into this one.

-- The runs that are taken, and the experiments all of whose runs are.
CREATE TEMP TABLE wanted(run_id INTEGER PRIMARY KEY);
CREATE TEMP VIEW whole AS
SELECT experiment_id FROM source.run GROUP BY experiment_id
HAVING min(run_id IN (SELECT run_id FROM temp.wanted));

-- The ids there, and what they are here.
CREATE TEMP TABLE merged_id(
    name TEXT, old INTEGER, new INTEGER NOT NULL,
    is_new INTEGER,                             -- the row is not here yet
    PRIMARY KEY (name, old)) WITHOUT ROWID;

-- Experiments. verdicts: looks and rungs are taken.
CREATE TEMP TABLE merged_spec(old INTEGER PRIMARY KEY, new INTEGER, is_older INTEGER, is_newer INTEGER,
                              verdicts INTEGER);

-- Runs. how and what: as in bnn_store_merged; last: the last attempt there.
CREATE TEMP TABLE merged_run(
    old INTEGER PRIMARY KEY, new INTEGER, from_uid TEXT UNIQUE, uid TEXT, how TEXT, last TEXT, what TEXT,
    made TEXT, promised INTEGER);

-- What two runs with other results were made with that is not the same. n: the order; promised: it should make no
-- difference.
CREATE TEMP TABLE merged_made(
    old INTEGER, n INTEGER, promised INTEGER, text TEXT,
    PRIMARY KEY (old, n)) WITHOUT ROWID;
