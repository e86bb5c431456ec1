-- The note of a run (?1), or all notes.
SELECT run_uid AS run, note
FROM run
WHERE CASE WHEN ?1 IS NULL THEN note NOTNULL ELSE run_uid = ?1 END
ORDER BY run_uid;
