-- At which rung of sweep.halving was each point dropped, with which validation accuracy, and where was the cut?
SELECT experiment, rung, epochs, n, place, label, n_failed, validation_accuracy, cut,
       CASE WHEN kept THEN 'kept' ELSE 'dropped' END AS what, config, differs
FROM halving_rung
WHERE :experiment IS NULL OR experiment = :experiment
ORDER BY experiment, rung, place;
