# Studies: question, spec, command, query, results, figure, finding.

EXTRA_DIST += \
	experiments/README.md \
	experiments/ste_gradients/README.md \
	experiments/ste_gradients/results.sql \
	experiments/ste_gradients/spec.yaml
