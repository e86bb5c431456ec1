-- How fast is each deployed model, and how many times as fast as its float forms?
SELECT experiment, label, seed, contender, engine, batch, us, low_us, high_us, images_per_second,
       times_float, times_twin, times_onnxruntime, times_onnxruntime_twin, co_runners, cpu_model,
       config, differs
FROM benchmark_summary
WHERE newest AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY experiment, label, config, seed, benchmark_id, batch, us;
