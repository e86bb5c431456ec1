-- schema_7.sql - what version 7 adds: the comparison that a spec registers, and what a run takes each
-- image of its test set for. Users query the view run_prediction.

-- JSON: baseline, configs (of the points, as the views have them), seeds, metric, margin, alpha. NULL: the
-- spec registers none. With first_us it tells a comparison that was planned from one that was not.
ALTER TABLE spec_revision ADD COLUMN comparison TEXT;

-- The true classes of test images, once for all runs that were tested on these.
CREATE TABLE test_set(
    test_set_id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,                       -- of the data set, as in the table dataset
    sample TEXT NOT NULL                        -- its whole test set, or as many as there are classes
        CHECK (sample IN ('all', 'random', 'first')),
    n_classes INTEGER NOT NULL CHECK (n_classes BETWEEN 1 AND 256),
    classes BLOB NOT NULL                       -- a byte an image, in the order of the images
) STRICT;
CREATE INDEX test_set_of ON test_set(sha256);

-- What the run's last attempt says of them: those of the model file, or, when it left none, of the
-- network in training.
CREATE TABLE prediction(
    run_id INTEGER PRIMARY KEY,
    attempt INTEGER NOT NULL,
    test_set_id INTEGER NOT NULL REFERENCES test_set,
    classes BLOB NOT NULL,                      -- a byte an image, as many as the test set has
    FOREIGN KEY (run_id, attempt) REFERENCES attempt ON DELETE CASCADE
) STRICT;
CREATE INDEX prediction_of ON prediction(test_set_id);

CREATE TRIGGER attempt_deleted_with_predictions AFTER DELETE ON attempt BEGIN
    DELETE FROM prediction WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
END;
CREATE TRIGGER test_set_kept BEFORE DELETE ON test_set
WHEN EXISTS (SELECT 1 FROM prediction WHERE test_set_id = OLD.test_set_id)
BEGIN SELECT RAISE(ABORT, 'runs were tested on these images'); END;
