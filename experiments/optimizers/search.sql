-- Each config of a search: its validation accuracy in percent, by which the study takes the best of each kind.
-- bnnrun query experiments/optimizers/search.sql experiment=optimizers_search
SELECT label, count(*) AS n,
       round(100 * mean(validation_accuracy), 2) AS validation
FROM run_summary
WHERE state = 'done' AND in_spec AND (:experiment IS NULL OR experiment = :experiment)
GROUP BY experiment, config
ORDER BY experiment, validation DESC, label;
