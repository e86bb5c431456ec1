-- Validation accuracy by epoch: mean over the seeds in percent, one column a config, for plot.gp.
SELECT m.epoch,
       round(100 * avg(CASE WHEN w.value = 0 THEN m.value END), 3) AS float,
       round(100 * avg(CASE WHEN s.value = 'clipped' THEN m.value END), 3) AS clipped,
       round(100 * avg(CASE WHEN s.value = 'approx_sign' THEN m.value END), 3) AS approx_sign,
       round(100 * avg(CASE WHEN s.value = 'swish_sign' THEN m.value END), 3) AS swish_sign,
       round(100 * avg(CASE WHEN s.value = 'ede' THEN m.value END), 3) AS ede,
       round(100 * avg(CASE WHEN s.value = 'identity' THEN m.value END), 3) AS identity
FROM epoch_metric m
JOIN run_summary r ON r.run_uid = m.run_uid AND r.experiment = 'ste_gradients' AND r.state = 'done'
JOIN run_param w ON w.run_uid = m.run_uid AND w.key = 'model.binarize.weights'
JOIN run_param s ON s.run_uid = m.run_uid AND s.key = 'model.ste'
WHERE m.name = 'validation_accuracy'
GROUP BY m.epoch
ORDER BY m.epoch;
