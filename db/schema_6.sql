-- schema_6.sql - what version 6 adds: what telemetry measures of layers, and runs that need other runs.
-- Users query the views layer_metric and run_link.

-- A sweep can have a hundred million of these values, so their rows are numbers alone, about 25 bytes
-- each, and what the numbers stand for is written once, for all runs.
CREATE TABLE measured_layer(
    measured_layer_id INTEGER PRIMARY KEY,
    ordinal INTEGER NOT NULL,                   -- of the operation in the network, from 0
    name TEXT NOT NULL,                         -- as in the table layer; sign_2 for a sign
    UNIQUE (name, ordinal)
) STRICT;

CREATE TABLE quantity(
    quantity_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    bin REAL,                                   -- of a histogram: each bin is a quantity of its own
    UNIQUE (name, bin)
) STRICT;

CREATE TABLE layer_value(
    run_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch > 0),
    quantity_id INTEGER NOT NULL REFERENCES quantity,
    measured_layer_id INTEGER NOT NULL REFERENCES measured_layer,
    attempt INTEGER NOT NULL,
    value REAL NOT NULL,                        -- what has no value, as the angle to zero, has no row
    PRIMARY KEY (run_id, epoch, quantity_id, measured_layer_id), -- as they come, so pages are full
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attempt_deleted_with_layers AFTER DELETE ON attempt BEGIN
    DELETE FROM layer_value WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
END;

-- What was asked for, since a network may have nothing of what that measures: a bit a topic, in the order of
-- db/README.md.
ALTER TABLE attempt ADD COLUMN telemetry INTEGER;

-- What others need a config for (start, teacher), when it is there for nothing else.
ALTER TABLE experiment_config ADD COLUMN need TEXT;

-- What a run was last trained with of another one of the same seed: of its teacher, or of the run whose
-- weights it starts from. A row stays when that is removed: the next bnnrun of the spec links it again.
CREATE TABLE run_need(
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    purpose TEXT NOT NULL,                      -- start, teacher
    need_run_id INTEGER REFERENCES run ON DELETE SET NULL,
    need_uid TEXT NOT NULL,
    sha256 TEXT NOT NULL,                       -- of the weights that were used
    PRIMARY KEY (run_id, purpose),
    CHECK (run_id IS NOT need_run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_need_of ON run_need(need_run_id);
CREATE INDEX run_need_by_uid ON run_need(need_uid);

CREATE TRIGGER run_deleted_with_needs AFTER DELETE ON run BEGIN
    DELETE FROM run_need WHERE run_id = OLD.run_id;
    UPDATE run_need SET need_run_id = NULL WHERE need_run_id = OLD.run_id;
END;

CREATE TRIGGER measured_layer_kept BEFORE DELETE ON measured_layer
WHEN EXISTS (SELECT 1 FROM layer_value WHERE measured_layer_id = OLD.measured_layer_id)
BEGIN SELECT RAISE(ABORT, 'values were measured of this layer'); END;
CREATE TRIGGER quantity_kept BEFORE DELETE ON quantity
WHEN EXISTS (SELECT 1 FROM layer_value WHERE quantity_id = OLD.quantity_id)
BEGIN SELECT RAISE(ABORT, 'values of this quantity were measured'); END;
