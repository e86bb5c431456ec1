# Specs to run and the data they name; bnnrun finds installed ones in $(pkgdatadir).

dist_pkgdata_DATA = \
	configs/best_lenet5.yaml \
	configs/binarization.yaml \
	configs/logic.yaml \
	configs/lr_search.yaml \
	configs/optimizer_sweep.yaml \
	configs/order_sweep.yaml \
	configs/quick.yaml \
	configs/stages.yaml \
	configs/ste_sweep.yaml \
	configs/telemetry.yaml \
	configs/time_to.yaml \
	configs/widths.yaml

topologiesdir = $(pkgdatadir)/topologies
dist_topologies_DATA = \
	configs/topologies/lenet5.yaml \
	configs/topologies/lenet5_wide.yaml \
	configs/topologies/logic_small.yaml \
	configs/topologies/mnist_11k.yaml \
	configs/topologies/mnist_3k.yaml \
	configs/topologies/mnist_7k.yaml \
	configs/topologies/mnist_bireal.yaml \
	configs/topologies/mnist_separable.yaml

datasetsdir = $(pkgdatadir)/datasets
dist_datasets_DATA = \
	configs/datasets/cifar10.yaml \
	configs/datasets/emnist_balanced.yaml \
	configs/datasets/emnist_byclass.yaml \
	configs/datasets/emnist_bymerge.yaml \
	configs/datasets/emnist_digits.yaml \
	configs/datasets/emnist_letters.yaml \
	configs/datasets/fashion_mnist.yaml \
	configs/datasets/kmnist.yaml \
	configs/datasets/mnist.yaml

# The reference of the language, from the tables that specs are read with, and the table of methods,
# from the plugins. tests/cli/reference.sh finds out when they are stale.
nobase_dist_doc_DATA += configs/REFERENCE.md
.PHONY: reference
reference: all
	$(AM_V_GEN)unset BNNRUN_PLUGIN_PATH; ./bnnrun help --spec-reference >'$(srcdir)/configs/REFERENCE.md'
	$(AM_V_at)unset BNNRUN_PLUGIN_PATH; ./bnnrun help --methods >'$(srcdir)/plugins/METHODS.md'
