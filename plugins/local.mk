# One module a plugin, <kind>_<name>.so from the source of the same name. A plugin sees
# <bnn/plugin.h> and libc; it exports one symbol.

plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^bnn_plugin_entry$$'

pkglib_LTLIBRARIES += \
	plugins/layers/layer_avgpool.la \
	plugins/layers/layer_batchnorm.la \
	plugins/layers/layer_conv2d.la \
	plugins/layers/layer_dense.la \
	plugins/layers/layer_dropout.la \
	plugins/layers/layer_hardtanh.la \
	plugins/layers/layer_maxpool.la \
	plugins/layers/layer_prelu.la \
	plugins/layers/layer_relu.la \
	plugins/ste/ste_approx_sign.la \
	plugins/ste/ste_clipped.la \
	plugins/ste/ste_ede.la \
	plugins/ste/ste_identity.la \
	plugins/ste/ste_swish_sign.la \
	plugins/orderings/ordering_act_bn.la \
	plugins/orderings/ordering_act_pool_bn.la \
	plugins/orderings/ordering_bn_act.la \
	plugins/orderings/ordering_bn_pool_act.la \
	plugins/orderings/ordering_pool_bn_act.la \
	plugins/orderings/ordering_xnor.la \
	plugins/optimizers/optimizer_adam.la \
	plugins/optimizers/optimizer_bop.la \
	plugins/optimizers/optimizer_sgd.la

plugins_layers_layer_avgpool_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_batchnorm_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_conv2d_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_dense_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_dropout_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_hardtanh_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_maxpool_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_prelu_la_LDFLAGS = $(plugin_ldflags)
plugins_layers_layer_relu_la_LDFLAGS = $(plugin_ldflags)
plugins_ste_ste_approx_sign_la_LDFLAGS = $(plugin_ldflags)
plugins_ste_ste_clipped_la_LDFLAGS = $(plugin_ldflags)
plugins_ste_ste_ede_la_LDFLAGS = $(plugin_ldflags)
plugins_ste_ste_identity_la_LDFLAGS = $(plugin_ldflags)
plugins_ste_ste_swish_sign_la_LDFLAGS = $(plugin_ldflags)
plugins_orderings_ordering_act_bn_la_LDFLAGS = $(plugin_ldflags)
plugins_orderings_ordering_act_pool_bn_la_LDFLAGS = $(plugin_ldflags)
plugins_orderings_ordering_bn_act_la_LDFLAGS = $(plugin_ldflags)
plugins_orderings_ordering_bn_pool_act_la_LDFLAGS = $(plugin_ldflags)
plugins_orderings_ordering_pool_bn_act_la_LDFLAGS = $(plugin_ldflags)
plugins_orderings_ordering_xnor_la_LDFLAGS = $(plugin_ldflags)
plugins_optimizers_optimizer_adam_la_LDFLAGS = $(plugin_ldflags)
plugins_optimizers_optimizer_bop_la_LDFLAGS = $(plugin_ldflags)
plugins_optimizers_optimizer_sgd_la_LDFLAGS = $(plugin_ldflags)

EXTRA_DIST += \
	plugins/README.md
