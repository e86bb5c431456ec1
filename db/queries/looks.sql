-- What did each look at an experiment with seeds.until say, and which configs had their verdict by then?
SELECT experiment, look, seeds, label, n, n_failed, difference, low, high, p, level, verdict,
       config, differs
FROM comparison_look
WHERE :experiment IS NULL OR experiment = :experiment
ORDER BY experiment, look, ordinal;
