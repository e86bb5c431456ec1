-- How fast is each benchmarked model, alone on one core? Microseconds for an image; times_baseline and
-- times_onnxruntime: how many times as fast as the baseline here, and as the baseline in onnxruntime.
SELECT one.label, one.config, one.seed, one.contender, one.engine,
       round(one.us, 2) AS one_image_us, round(many.us, 2) AS batch_64_us,
       CAST(round(many.images_per_second) AS INTEGER) AS images_per_second,
       round(many.times_twin, 1) AS times_baseline,
       round(one.times_twin, 1) AS times_baseline_one_image,
       round(many.times_onnxruntime_twin, 1) AS times_onnxruntime,
       round(one.times_onnxruntime_twin, 1) AS times_onnxruntime_one_image, one.cpu_model
FROM benchmark_summary AS one
JOIN benchmark_summary AS many USING (benchmark_id, contender, engine)
WHERE one.newest AND one.batch = 1 AND many.batch = 64
ORDER BY one.label, one.config, one.seed, one.benchmark_id, batch_64_us;
