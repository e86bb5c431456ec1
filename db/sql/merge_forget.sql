-- merge_forget.sql - undoes merge_tables.sql and what merge_explain.sql and merge_fill.sql add.
DROP VIEW IF EXISTS temp.measured_there;
DROP VIEW IF EXISTS temp.made_there;
DROP VIEW IF EXISTS temp.made_here;
DROP TABLE IF EXISTS temp.merged_made;
DROP TABLE IF EXISTS temp.merged_run;
DROP TABLE IF EXISTS temp.merged_spec;
DROP TABLE IF EXISTS temp.merged_id;
DROP VIEW IF EXISTS temp.whole;
DROP TABLE IF EXISTS temp.wanted;
