-- Which order of the layers in a block gives the best test accuracy? Float networks come last. (without starts and teachers)
SELECT experiment, ordering.value AS ordering, n, mean AS mean_test_accuracy,
       sd AS sd_test_accuracy, lowest AS worst, highest AS best, label
FROM spread JOIN config_setting AS ordering USING (config)
WHERE ordering.key = 'model.ordering' AND quantity = 'test_accuracy' AND in_spec
  AND need IS NULL AND dropped_at IS NULL
  AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY experiment,
         NOT EXISTS (SELECT 1 FROM config_setting AS binarize
                     WHERE binarize.config = spread.config AND binarize.value = 1
                       AND binarize.key IN ('model.binarize.weights',
                                            'model.binarize.activations')),
         mean_test_accuracy DESC, label;
