-- schema_5.sql - what version 5 adds: what people say of runs.

ALTER TABLE run ADD COLUMN note TEXT;

CREATE TABLE run_tag(
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run_id, tag)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER run_deleted_with_tags AFTER DELETE ON run BEGIN
    DELETE FROM run_tag WHERE run_id = OLD.run_id;
END;
