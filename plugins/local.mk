# One module a plugin, <kind>_<name>.so from the source of the same name. A plugin sees
# <bnn/plugin.h>, headers beside it and libc; it exports one symbol.

modules += \
	plugins/layers/layer_avgpool.la \
	plugins/layers/layer_batchnorm.la \
	plugins/layers/layer_conv2d.la \
	plugins/layers/layer_dense.la \
	plugins/layers/layer_dorefa.la \
	plugins/layers/layer_dprelu.la \
	plugins/layers/layer_dropout.la \
	plugins/layers/layer_group_sum.la \
	plugins/layers/layer_hardtanh.la \
	plugins/layers/layer_lsq.la \
	plugins/layers/layer_lut.la \
	plugins/layers/layer_maxpool.la \
	plugins/layers/layer_pact.la \
	plugins/layers/layer_prelu.la \
	plugins/layers/layer_relu.la \
	plugins/layers/layer_rprelu.la \
	plugins/layers/layer_shift.la \
	plugins/layers/layer_thermometer.la \
	plugins/ste/ste_approx_sign.la \
	plugins/ste/ste_arctan.la \
	plugins/ste/ste_clipped.la \
	plugins/ste/ste_dorefa.la \
	plugins/ste/ste_ede.la \
	plugins/ste/ste_fda_without_noise.la \
	plugins/ste/ste_gumbel.la \
	plugins/ste/ste_heaviside.la \
	plugins/ste/ste_hwgq.la \
	plugins/ste/ste_identity.la \
	plugins/ste/ste_leaky.la \
	plugins/ste/ste_polynomial.la \
	plugins/ste/ste_power.la \
	plugins/ste/ste_rbnn.la \
	plugins/ste/ste_reste.la \
	plugins/ste/ste_stochastic.la \
	plugins/ste/ste_swish_sign.la \
	plugins/ste/ste_tanh.la \
	plugins/forms/form_adabin.la \
	plugins/forms/form_bi_half.la \
	plugins/forms/form_biper.la \
	plugins/forms/form_dorefa.la \
	plugins/forms/form_layer_scale.la \
	plugins/forms/form_learned_scale.la \
	plugins/forms/form_libra.la \
	plugins/forms/form_lsq.la \
	plugins/forms/form_magnitude_aware.la \
	plugins/forms/form_plain.la \
	plugins/forms/form_react.la \
	plugins/forms/form_recu.la \
	plugins/forms/form_ternary.la \
	plugins/forms/form_xnor.la \
	plugins/orderings/ordering_act_bn.la \
	plugins/orderings/ordering_act_pool_bn.la \
	plugins/orderings/ordering_bn_act.la \
	plugins/orderings/ordering_bn_pool_act.la \
	plugins/orderings/ordering_letters.la \
	plugins/orderings/ordering_pool_bn_act.la \
	plugins/orderings/ordering_xnor.la \
	plugins/optimizers/optimizer_adam.la \
	plugins/optimizers/optimizer_adamw.la \
	plugins/optimizers/optimizer_boolean.la \
	plugins/optimizers/optimizer_bop.la \
	plugins/optimizers/optimizer_bop2.la \
	plugins/optimizers/optimizer_lion.la \
	plugins/optimizers/optimizer_rmsprop.la \
	plugins/optimizers/optimizer_sgd.la

# Where a plugin of one's own starts: built for the conformance suite, installed as sources only.
skeletons = \
	plugins/skeleton/form_skeleton.la \
	plugins/skeleton/layer_skeleton.la \
	plugins/skeleton/optimizer_skeleton.la \
	plugins/skeleton/ordering_skeleton.la \
	plugins/skeleton/ste_skeleton.la
check_LTLIBRARIES += $(skeletons)
skeletondir = $(pkgdatadir)/skeleton
dist_skeleton_DATA = $(skeletons:.la=.c)

nobase_dist_doc_DATA += plugins/METHODS.md plugins/README.md
EXTRA_DIST += \
	plugins/forms/filters.h \
	plugins/forms/rounding.h \
	plugins/layers/codes.h \
	plugins/layers/linear.h \
	plugins/layers/pool.h \
	plugins/layers/shifted_slopes.h \
	plugins/layers/gate_functions.h plugins/layers/learned_wires.h \
	plugins/layers/softmax.h plugins/layers/wiring.h \
	plugins/optimizers/adam.h \
	plugins/orderings/linear_first.h \
	plugins/ste/sine.h \
	plugins/ste/squash.h
