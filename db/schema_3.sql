-- schema_3.sql - what version 3 adds: configs are found by label, whatever the revision of the spec.

CREATE INDEX experiment_config_of_label ON experiment_config(experiment_id, label);
