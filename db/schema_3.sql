-- schema_3.sql - what version 3 adds: configs are found by label, whatever the revision of the spec.

CREATE INDEX experiment_config_of_label ON experiment_config(experiment_id, label);

-- The views show the first digits of a config's hash.
CREATE INDEX config_by_digits ON config(substr(hash, 1, 12));
