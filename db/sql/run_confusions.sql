-- Which classes a run (?1) takes for another, the most frequent first.
WITH RECURSIVE
position(i) AS (
    SELECT 0 UNION ALL SELECT i + 1 FROM position
    WHERE i < (SELECT max(255, n_images / 256) FROM run_prediction WHERE run_uid = ?1)),
part AS MATERIALIZED ( -- of 256 images: SQLite reads the whole blob for each byte of it
    SELECT substr(true_classes, 256 * i + 1, 256) AS is_part,
           substr(predicted_classes, 256 * i + 1, 256) AS said_part
    FROM run_prediction CROSS JOIN position
    WHERE run_uid = ?1 AND 256 * i < n_images),
pair AS (
    SELECT hex(substr(is_part, i + 1, 1)) AS is_hex, hex(substr(said_part, i + 1, 1)) AS said_hex,
           count(*) AS n
    FROM part CROSS JOIN position
    WHERE i < length(is_part) AND substr(is_part, i + 1, 1) <> substr(said_part, i + 1, 1)
    GROUP BY is_hex, said_hex)
SELECT 16 * instr('123456789ABCDEF', substr(is_hex, 1, 1))
           + instr('123456789ABCDEF', substr(is_hex, 2)) AS true_class,
       16 * instr('123456789ABCDEF', substr(said_hex, 1, 1))
           + instr('123456789ABCDEF', substr(said_hex, 2)) AS predicted_class, n AS images
FROM pair
ORDER BY images DESC, true_class, predicted_class
LIMIT 5;
