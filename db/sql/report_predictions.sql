-- What the runs that are compared take the test images for, a byte an image.
SELECT label, seed, test_set, n_images, n_classes, true_classes, predicted_classes
FROM run_summary JOIN run_prediction USING (run_uid)
WHERE experiment = :experiment AND in_spec AND state = 'done' AND need IS NULL
  AND dropped_at IS NULL AND seed IN (:seeds)
ORDER BY label, seed;
