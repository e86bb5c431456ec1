# Studies: question, spec, command, query, results, figure, finding.

nobase_dist_doc_DATA += \
	experiments/README.md \
	experiments/best_lenet5/README.md \
	experiments/binarization_levels/README.md \
	experiments/binarization_levels/figure.svg \
	experiments/binarization_levels/spec.yaml \
	experiments/float_vs_binary/README.md \
	experiments/float_vs_binary/figure.svg \
	experiments/float_vs_binary/spec.yaml \
	experiments/fronts/README.md \
	experiments/fronts/bytes.yaml \
	experiments/fronts/fast.yaml \
	experiments/fronts/figure.svg \
	experiments/fronts/gates.yaml \
	experiments/fronts/int8.yaml \
	experiments/fronts/search.yaml \
	experiments/fronts/spec.yaml \
	experiments/layer_order/README.md \
	experiments/layer_order/figure.svg \
	experiments/layer_order/spec.yaml \
	experiments/optimizers/README.md \
	experiments/optimizers/figure.svg \
	experiments/optimizers/search.yaml \
	experiments/optimizers/spec.yaml \
	experiments/ste_sweep.svg \
	experiments/speed/README.md \
	experiments/ste_gradients/README.md \
	experiments/ste_gradients/figure.svg \
	experiments/ste_gradients/spec.yaml \
	experiments/weight_forms/README.md \
	experiments/weight_forms/figure.svg \
	experiments/weight_forms/spec.yaml
EXTRA_DIST += \
	experiments/results.sql \
	experiments/best_lenet5/results.csv \
	experiments/binarization_levels/results.csv \
	experiments/float_vs_binary/results.csv \
	experiments/fronts/bytes.csv \
	experiments/fronts/fast.csv \
	experiments/fronts/fast_bench.csv \
	experiments/fronts/gates.csv \
	experiments/fronts/gates_beside.csv \
	experiments/fronts/gates_bench.csv \
	experiments/fronts/boards.csv \
	experiments/fronts/published.csv \
	experiments/fronts/results.csv \
	experiments/fronts/search.csv \
	experiments/layer_order/results.csv \
	experiments/optimizers/results.csv \
	experiments/optimizers/search.csv \
	experiments/optimizers/search.sql \
	experiments/speed/results.sql \
	experiments/ste_gradients/results.csv \
	experiments/weight_forms/results.csv
