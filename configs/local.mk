# Specs to run and the data they name; bnnrun finds installed ones in $(pkgdatadir).

dist_pkgdata_DATA = \
	configs/binarization.yaml \
	configs/optimizer_sweep.yaml \
	configs/order_sweep.yaml \
	configs/quick.yaml \
	configs/ste_sweep.yaml

topologiesdir = $(pkgdatadir)/topologies
dist_topologies_DATA = \
	configs/topologies/lenet5.yaml

datasetsdir = $(pkgdatadir)/datasets
dist_datasets_DATA = \
	configs/datasets/cifar10.yaml \
	configs/datasets/fashion_mnist.yaml \
	configs/datasets/mnist.yaml
