-- Validation accuracy by epoch: mean over the seeds in percent, one column a config, for plot.gp.
SELECT m.epoch,
       round(100 * avg(CASE WHEN r.is_baseline THEN m.value END), 3) AS float,
       round(100 * avg(CASE WHEN r.label = 'ste=clipped' THEN m.value END), 3) AS clipped,
       round(100 * avg(CASE WHEN r.label = 'ste=approx_sign' THEN m.value END), 3) AS approx_sign,
       round(100 * avg(CASE WHEN r.label = 'ste=swish_sign' THEN m.value END), 3) AS swish_sign,
       round(100 * avg(CASE WHEN r.label = 'ste=ede' THEN m.value END), 3) AS ede,
       round(100 * avg(CASE WHEN r.label = 'ste=identity' THEN m.value END), 3) AS identity
FROM epoch_metric m
JOIN run_summary r ON r.run_uid = m.run_uid AND r.experiment = 'ste_gradients'
                  AND r.state = 'done' AND r.in_spec
WHERE m.name = 'validation_accuracy'
GROUP BY m.epoch
ORDER BY m.epoch;
