-- All tags, and how many runs have them. (?1 is not used: no run is named.)
SELECT tag, count(*) AS runs FROM run_tag WHERE ?1 IS NULL GROUP BY tag ORDER BY tag;
