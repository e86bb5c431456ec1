# The library, low layers first; a file may include headers of its own and lower layers only
# (tests/tree/check_layers.sh). Then the program, and what is installed for authors of plugins.

# What libbnninfer takes of base/.
infer_base_sources = \
	framework/base/arena.c framework/base/arena.h \
	framework/base/child.c framework/base/child.h \
	framework/base/clock.h \
	framework/base/error.c framework/base/error.h \
	framework/base/fault.c framework/base/fault.h \
	framework/base/file.c framework/base/file.h \
	framework/base/size.h
base_sources = $(infer_base_sources) \
	framework/base/csv.c framework/base/csv.h framework/base/csv_read.c \
	framework/base/draft.c framework/base/draft.h \
	framework/base/fp_mode.h \
	framework/base/json.c framework/base/json.h \
	framework/base/memstream.c framework/base/memstream.h \
	framework/base/path.c framework/base/path.h \
	framework/base/program.c framework/base/program.h \
	framework/base/record.h \
	framework/base/rng.c framework/base/rng.h \
	framework/base/run.c framework/base/run.h \
	framework/base/sandbox.c framework/base/sandbox.h \
	framework/base/sha256.c framework/base/sha256.h \
	framework/base/statistics.c framework/base/statistics.h \
	framework/base/text.c framework/base/text.h
if COVERAGE
base_sources += tests/coverage/leave.c
endif
simd_sources = \
	framework/simd/bytes.h \
	framework/simd/count.h \
	framework/simd/cpu.c framework/simd/cpu.h \
	framework/simd/lanes.h \
	framework/simd/planes.h \
	framework/simd/tile.h \
	framework/simd/vec.h
kernel_table_sources = \
	framework/kernels/batchnorm_template.h \
	framework/kernels/bits_template.h \
	framework/kernels/conv_template.h \
	framework/kernels/dense_template.h \
	framework/kernels/elementwise_template.h \
	framework/kernels/gates_template.h \
	framework/kernels/loss_template.h \
	framework/kernels/pool_template.h \
	framework/kernels/table.c \
	framework/kernels/warp_template.h
kernels_sources = $(kernel_table_sources) \
	framework/kernels/kernels.c framework/kernels/kernels.h
spec_sources = \
	framework/spec/diag.c framework/spec/diag.h \
	framework/spec/effect.c framework/spec/effect.h \
	framework/spec/key.c framework/spec/key.h \
	framework/spec/key_text.c framework/spec/key_text.h \
	framework/spec/key_size.c \
	framework/spec/key_types.c \
	framework/spec/label.c \
	framework/spec/dotted.c \
	framework/spec/meant.c \
	framework/spec/override.c \
	framework/spec/rule.c framework/spec/rule.h \
	framework/spec/settings.c framework/spec/settings.h \
	framework/spec/sweep.c framework/spec/sweep.h framework/spec/sweep_internal.h \
	framework/spec/sweep_halving.c \
	framework/spec/sweep_random.c \
	framework/spec/sweep_section.c \
	framework/spec/tree.c framework/spec/tree.h \
	framework/spec/tree_parse.c
plugin_sources = \
	framework/plugin/call.c framework/plugin/call.h \
	framework/plugin/descriptor.c \
	framework/plugin/guard.c framework/plugin/guard.h \
	framework/plugin/kind.c framework/plugin/kind.h \
	framework/plugin/loader.c framework/plugin/loader.h \
	framework/plugin/registry.c framework/plugin/registry.h \
	framework/plugin/symbol.c framework/plugin/symbol.h \
	framework/plugin/use.c framework/plugin/use.h
conform_sources = \
	framework/conform/conform.c framework/conform/conform.h framework/conform/conform_internal.h \
	framework/conform/file.c \
	framework/conform/form.c \
	framework/conform/layer.c \
	framework/conform/lowered.c framework/conform/lowered_internal.h \
	framework/conform/memory.c \
	framework/conform/optimizer.c \
	framework/conform/ordering.c \
	framework/conform/rig.c framework/conform/rig_internal.h \
	framework/conform/ste.c \
	framework/conform/subject.c
data_sources = \
	framework/data/add/add.c framework/data/add/add.h framework/data/add/add_internal.h \
	framework/data/add/entry.c \
	framework/data/add/find_idx.c \
	framework/data/add/pictures.c \
	framework/data/catalogue.c framework/data/catalogue.h \
	framework/data/content.c framework/data/content.h \
	framework/data/dataset.c framework/data/dataset.h \
	framework/data/options.c \
	framework/data/fit.c framework/data/fit.h \
	framework/data/picture.c framework/data/picture.h \
	framework/data/recorded.c framework/data/recorded.h \
	framework/data/picture_internal.h framework/data/picture_jpeg.c \
	framework/data/picture_write.c \
	framework/data/formats/cifar.c \
	framework/data/formats/format.c framework/data/formats/format.h \
	framework/data/formats/idx.c framework/data/formats/idx.h \
	framework/data/formats/synthetic.c framework/data/formats/synthetic.h \
	framework/data/sources/directory.c framework/data/sources/directory.h \
	framework/data/sources/download.c \
	framework/data/sources/fetch.c \
	framework/data/sources/npm.c \
	framework/data/sources/tarball.c \
	framework/data/sources/source.h
model_sources = \
	framework/model/form.c framework/model/form.h \
	framework/model/idle.c \
	framework/model/layout.c \
	framework/model/network.c framework/model/network.h \
	framework/model/options.c framework/model/options.h \
	framework/model/pass.c \
	framework/model/size.c \
	framework/model/start.c \
	framework/model/topology.c \
	framework/model/weights.c framework/model/weights.h \
	framework/model/widths.c framework/model/widths.h \
	framework/model/wire.c framework/model/wire.h
train_sources = \
	framework/train/augment.c framework/train/augment.h \
	framework/train/augment_options.c \
	framework/train/average.c framework/train/average.h \
	framework/train/checkpoint.c \
	framework/train/clip.c framework/train/clip.h \
	framework/train/fit.c framework/train/fit.h \
	framework/train/hysteresis.c framework/train/hysteresis.h \
	framework/train/statistics.c framework/train/statistics.h \
	framework/train/cosine.h \
	framework/train/idle.c \
	framework/train/loss.c framework/train/loss.h \
	framework/train/mixup.c framework/train/mixup.h \
	framework/train/options.c framework/train/options.h \
	framework/train/schedule.c \
	framework/train/session.c framework/train/session.h \
	framework/train/telemetry/options.c framework/train/telemetry/options.h \
	framework/train/telemetry/telemetry.c framework/train/telemetry/telemetry.h \
	framework/train/telemetry/telemetry_activations.c \
	framework/train/telemetry/telemetry_hardening.c \
	framework/train/telemetry/telemetry_internal.h \
	framework/train/telemetry/telemetry_mismatch.c \
	framework/train/telemetry/telemetry_weights.c \
	framework/train/teacher.c framework/train/teacher.h \
	framework/train/trainer.c framework/train/trainer.h \
	framework/train/watch.c framework/train/watch.h
export_sources = \
	framework/export/build.c framework/export/build.h \
	framework/export/check.c framework/export/check.h \
	framework/export/forecast.c framework/export/forecast.h \
	framework/export/fold.c framework/export/fold.h \
	framework/export/fold_lines.c framework/export/fold_lines.h \
	framework/export/line.c framework/export/line.h \
	framework/export/logic.c framework/export/logic.h \
	framework/export/stages.c framework/export/stages.h \
	framework/export/graph.c framework/export/graph.h \
	framework/export/modelfile_encode.c framework/export/modelfile_encode.h \
	framework/export/stage_size.c framework/export/stage_size.h \
	framework/export/unfold.c framework/export/unfold.h \
	framework/export/c/c.c framework/export/c/c.h \
	framework/export/c/chain.c \
	framework/export/c/fold.c \
	framework/export/c/helpers.c \
	framework/export/c/integers.c \
	framework/export/c/interface.c \
	framework/export/c/lines.c \
	framework/export/c/logic.c \
	framework/export/c/ops.c \
	framework/export/c/pairs.c \
	framework/export/c/sums.c \
	framework/export/c/view.c \
	framework/export/c/writer.c framework/export/c/writer.h \
	framework/export/onnx/grid.c framework/export/onnx/grid.h \
	framework/export/onnx/logic.c \
	framework/export/onnx/onnx.c framework/export/onnx/onnx.h \
	framework/export/onnx/ops.c framework/export/onnx/ops.h \
	framework/export/onnx/qonnx.c \
	framework/export/onnx/stages.c \
	framework/export/onnx/writer.c framework/export/onnx/writer.h
exchange_sources = \
	framework/exchange/csv.c \
	framework/exchange/exchange.c framework/exchange/exchange.h \
	framework/exchange/folder.c framework/exchange/folder.h \
	framework/exchange/mlflow.c \
	framework/exchange/tensorboard.c \
	framework/exchange/trackio.c \
	framework/exchange/visit.c framework/exchange/visit.h
comparison_sources = \
	framework/comparison/bootstrap.c framework/comparison/bootstrap.h \
	framework/comparison/comparison.c framework/comparison/comparison.h \
	framework/comparison/design.c framework/comparison/design.h \
	framework/comparison/design_paths.h \
	framework/comparison/flips.c framework/comparison/flips.h \
	framework/comparison/halving.c framework/comparison/halving.h \
	framework/comparison/interval.c framework/comparison/interval.h \
	framework/comparison/looks.c framework/comparison/looks.h \
	framework/comparison/max_t.c framework/comparison/max_t.h \
	framework/comparison/paired.c framework/comparison/paired.h \
	framework/comparison/power.c framework/comparison/power.h \
	framework/comparison/quantile.c framework/comparison/quantile.h \
	framework/comparison/rank.c framework/comparison/rank.h \
	framework/comparison/verdict.c framework/comparison/verdict.h \
	framework/comparison/wins.c framework/comparison/wins.h
figure_sources = \
	framework/figure/clean.c \
	framework/figure/figure.c framework/figure/figure.h \
	framework/figure/figure_internal.h \
	framework/figure/gnuplot.c \
	framework/figure/layout.c \
	framework/figure/script.c \
	framework/figure/svg.c \
	framework/figure/ticks.c
cluster_sources = \
	framework/cluster/edited.c framework/cluster/edited.h \
	framework/cluster/queue.c framework/cluster/queue.h \
	framework/cluster/saved.c framework/cluster/saved.h \
	framework/cluster/script.c framework/cluster/script.h \
	framework/cluster/words.c framework/cluster/words.h
bench_sources = \
	framework/bench/beside.c framework/bench/beside.h \
	framework/bench/boards.c framework/bench/boards.h \
	framework/bench/engine.c framework/bench/engine.h \
	framework/bench/images.c \
	framework/bench/lineup.c framework/bench/lineup.h \
	framework/bench/machine.c \
	framework/bench/measure.c framework/bench/measure.h \
	framework/bench/ort.c framework/bench/ort.h \
	framework/bench/peer.c framework/bench/peer.h \
	framework/bench/times.c
runner_sources = \
	framework/results/metrics.c framework/results/metrics.h \
	framework/runner/artifacts.c framework/runner/artifacts.h \
	framework/runner/executor/child.c \
	framework/runner/executor/crash.c \
	framework/runner/executor/executor.c framework/runner/executor/executor.h \
	framework/runner/executor/family.c \
	framework/runner/executor/keeper.c \
	framework/runner/executor/output.c \
	framework/runner/executor/process.c framework/runner/executor/process_internal.h \
	framework/runner/executor/state.c \
	framework/runner/executor/thread.c \
	framework/runner/executor/watch.c \
	framework/runner/executor/zygote.c \
	framework/runner/finish.c framework/runner/finish.h \
	framework/runner/environment.c framework/runner/environment.h \
	framework/runner/estimate.c framework/runner/estimate.h \
	framework/runner/experiment.c framework/runner/experiment.h \
	framework/runner/experiment_internal.h \
	framework/runner/isolation.c \
	framework/runner/merge.c framework/runner/merge.h framework/runner/merge_internal.h \
	framework/runner/merge_archive.c \
	framework/runner/merge_files.c \
	framework/runner/needs.c \
	framework/runner/notify.c framework/runner/notify.h \
	framework/runner/pack.c framework/runner/pack.h \
	framework/runner/plan.c framework/runner/plan.h \
	framework/runner/plan_internal.h \
	framework/runner/plan_asked.c \
	framework/runner/plan_looks.c \
	framework/runner/plan_needs.c \
	framework/runner/plan_record.c \
	framework/runner/plan_rungs.c \
	framework/runner/plan_shard.c \
	framework/runner/pool.c framework/runner/pool.h framework/runner/pool_internal.h \
	framework/runner/pool_queue.c \
	framework/runner/reload.c framework/runner/reload.h \
	framework/runner/registered.c framework/runner/registered.h \
	framework/runner/predictions.c framework/runner/predictions.h \
	framework/runner/replay.c framework/runner/replay.h \
	framework/runner/restore.c framework/runner/restore.h \
	framework/runner/run.c framework/runner/run.h \
	framework/runner/rungs.c \
	framework/runner/seeds.c \
	framework/runner/selftest.c framework/runner/selftest.h \
	framework/runner/signals.c framework/runner/signals.h \
	framework/runner/spec_keys.c \
	framework/runner/spec_text.c framework/runner/spec_text.h \
	framework/runner/unpack.c \
	framework/runner/verify.c framework/runner/verify.h \
	framework/runner/writer.c framework/runner/writer.h

noinst_LIBRARIES += framework/libbnn.a
framework_libbnn_a_SOURCES = $(base_sources) $(simd_sources) $(kernels_sources) $(spec_sources) \
	$(infer_sources) $(plugin_sources) $(conform_sources) $(data_sources) $(model_sources) $(train_sources) \
	$(export_sources) $(exchange_sources) $(comparison_sources) $(figure_sources) $(cluster_sources) $(bench_sources) $(runner_sources) $(store_sources)
framework_libbnn_a_LIBADD = $(engine_objects)
# Not the objects themselves, for which make has no rule.
framework_libbnn_a_DEPENDENCIES = $(engine_lo)

# What is built once more for each instruction set that the host may have (framework/simd/vec.h).
avx2_flags = -DBNN_VEC_AVX2 -mavx2 -mfma $(BNN_LOOPS_UNWATCHED)
avx512_flags = -DBNN_VEC_AVX512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma \
	-mprefer-vector-width=512 $(BNN_LOOPS_UNWATCHED)
avx512_count_flags = $(avx512_flags) -mavx512vpopcntdq -mavx512vnni
neon_flags = -DBNN_VEC_NEON $(BNN_LOOPS_UNWATCHED)
kernel_libraries =

if CPU_X86_64
noinst_LIBRARIES += framework/libbnn_avx2.a framework/libbnn_avx512.a
framework_libbnn_avx2_a_SOURCES = $(kernel_table_sources)
framework_libbnn_avx2_a_CFLAGS = $(AM_CFLAGS) $(avx2_flags)
framework_libbnn_avx512_a_SOURCES = $(kernel_table_sources)
framework_libbnn_avx512_a_CFLAGS = $(AM_CFLAGS) $(avx512_flags)
kernel_libraries += framework/libbnn_avx2.a framework/libbnn_avx512.a
endif

if CPU_AARCH64
noinst_LIBRARIES += framework/libbnn_neon.a
framework_libbnn_neon_a_SOURCES = $(kernel_table_sources)
framework_libbnn_neon_a_CFLAGS = $(AM_CFLAGS) $(neon_flags)
kernel_libraries += framework/libbnn_neon.a
endif

# infer/: all that it takes to read and to run a model. Once for the program, and once, position-
# independent and with nothing visible but <bnn/infer.h>, as libbnninfer.
infer_sources = \
	framework/bnn/infer.h \
	framework/infer/engine/engine.c framework/infer/engine/engine.h \
	framework/infer/engine/engine_float.h \
	framework/infer/engine/engine_portable.c \
	framework/infer/engine/pack.c framework/infer/engine/pack.h \
	framework/infer/engine/pack_limits.h \
	framework/infer/engine/pack_logic.c framework/infer/engine/pack_logic.h \
	framework/infer/engine/pack_planes.c framework/infer/engine/pack_planes.h \
	framework/infer/engine/pack_products.c framework/infer/engine/pack_products.h \
	framework/infer/engine/places.c framework/infer/engine/places.h \
	framework/infer/engine/plain.c framework/infer/engine/plain.h \
	framework/infer/codes.c framework/infer/codes.h \
	framework/infer/decoder.c framework/infer/decoder.h \
	framework/infer/infer.c \
	framework/infer/lines.c framework/infer/lines.h \
	framework/infer/order.c framework/infer/order.h \
	framework/infer/logic.c framework/infer/logic.h \
	framework/infer/logic_decode.c framework/infer/logic_decode.h \
	framework/infer/model.c framework/infer/model.h \
	framework/infer/modelfile.c framework/infer/modelfile.h \
	framework/infer/op.c framework/infer/op.h \
	framework/infer/view.c framework/infer/view.h
libraries += framework/libbnninfer.la
framework_libbnninfer_la_SOURCES = $(infer_sources) $(simd_sources) $(infer_base_sources)
framework_libbnninfer_la_CFLAGS = $(AM_CFLAGS)
framework_libbnninfer_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined -rpath /nowhere
framework_libbnninfer_la_LIBADD = $(infer_engines) $(ZLIB_LIBS) -lm

# Its engines with vectors take long to compile, so the program has the same objects, from where libtool
# puts those that are position-independent.
engine_sources = \
	framework/infer/engine/convert_template.h \
	framework/infer/engine/engine_fast.c \
	framework/infer/engine/engine_float.c \
	framework/infer/engine/float_chain_template.h \
	framework/infer/engine/float_conv_template.h \
	framework/infer/engine/float_copy_template.h \
	framework/infer/engine/float_dense_template.h \
	framework/infer/engine/float_images_template.h \
	framework/infer/engine/float_prepare_template.h \
	framework/infer/engine/float_stage_template.h \
	framework/infer/engine/logic_template.h \
	framework/infer/engine/rows_template.h \
	framework/infer/engine/products_template.h \
	framework/infer/engine/sums_template.h
engine_lo =
engine_objects =
infer_engines =
engine_folder = framework/infer/engine/.libs

if CPU_X86_64
noinst_LTLIBRARIES += framework/libinfer_avx2.la framework/libinfer_avx512.la
framework_libinfer_avx2_la_SOURCES = $(engine_sources)
framework_libinfer_avx2_la_CFLAGS = $(AM_CFLAGS) $(avx2_flags)
framework_libinfer_avx512_la_SOURCES = $(engine_sources)
framework_libinfer_avx512_la_CFLAGS = $(AM_CFLAGS) $(avx512_count_flags)
engine_lo += $(framework_libinfer_avx2_la_OBJECTS) $(framework_libinfer_avx512_la_OBJECTS)
engine_objects += \
	$(engine_folder)/libinfer_avx2_la-engine_fast.o $(engine_folder)/libinfer_avx2_la-engine_float.o \
	$(engine_folder)/libinfer_avx512_la-engine_fast.o $(engine_folder)/libinfer_avx512_la-engine_float.o
infer_engines += framework/libinfer_avx2.la framework/libinfer_avx512.la
endif

if CPU_AARCH64
noinst_LTLIBRARIES += framework/libinfer_neon.la
framework_libinfer_neon_la_SOURCES = $(engine_sources)
framework_libinfer_neon_la_CFLAGS = $(AM_CFLAGS) $(neon_flags)
engine_lo += $(framework_libinfer_neon_la_OBJECTS)
engine_objects += \
	$(engine_folder)/libinfer_neon_la-engine_fast.o $(engine_folder)/libinfer_neon_la-engine_float.o
infer_engines += framework/libinfer_neon.la
endif

# Reading and writing of the messages of ONNX and TensorBoard, generated from their schemas. Not ours to be warned about.
onnx_messages = framework/onnx/onnx.pb-c.c framework/onnx/onnx.pb-c.h
event_messages = framework/exchange/tensorboard.pb-c.c framework/exchange/tensorboard.pb-c.h
message_library = framework/libbnn_messages.a
noinst_LIBRARIES += $(message_library)
nodist_framework_libbnn_messages_a_SOURCES = $(onnx_messages) $(event_messages)
framework_libbnn_messages_a_CFLAGS = $(BNN_FLAGS) $(BNN_PREFIX_MAP) $(BNN_INSTRUMENT)
BUILT_SOURCES += $(onnx_messages) $(event_messages)
CLEANFILES += $(onnx_messages) $(event_messages)
EXTRA_DIST += framework/exchange/tensorboard.proto
framework/exchange/tensorboard.pb-c.c: framework/exchange/tensorboard.proto
	$(AM_V_GEN)$(MKDIR_P) framework/exchange && \
	  $(PROTOC_C) -I '$(srcdir)/framework/exchange' --c_out=framework/exchange \
	    '$(srcdir)/framework/exchange/tensorboard.proto'
framework/exchange/tensorboard.pb-c.h: framework/exchange/tensorboard.pb-c.c
framework/onnx/onnx.pb-c.c: $(ONNX_PROTO_DIR)/onnx.proto
	$(AM_V_GEN)$(MKDIR_P) framework/onnx && \
	  $(PROTOC_C) -I '$(ONNX_PROTO_DIR)' --c_out=framework/onnx '$(ONNX_PROTO_DIR)/onnx.proto'
framework/onnx/onnx.pb-c.h: framework/onnx/onnx.pb-c.c

# What a program that uses the library is linked with.
bnn_system_libraries = $(YAML_LIBS) $(SQLITE_LIBS) $(CURL_LIBS) $(ZLIB_LIBS) \
	$(ARCHIVE_LIBS) $(JANSSON_LIBS) $(LIBMD_LIBS) $(PNG_LIBS) $(JPEG_LIBS) $(PROTOBUF_C_LIBS) -ldl -lm
bnn_libraries = framework/libbnn.a $(kernel_libraries) $(message_library) $(bnn_system_libraries)

# The command but for its main(), for the tests that call it.
noinst_LIBRARIES += framework/libcli.a
framework_libcli_a_SOURCES = \
	framework/cli/augment_sheet.c framework/cli/augment_sheet.h \
	framework/cli/bars.c framework/cli/bars.h \
	framework/cli/commands/bench.c \
	framework/cli/bench_beside.c framework/cli/bench_beside.h \
	framework/cli/bench_report.c framework/cli/bench_report.h \
	framework/cli/boards_report.c framework/cli/boards_report.h \
	framework/cli/block_flow.c framework/cli/block_flow.h \
	framework/cli/cli.c framework/cli/cli.h \
	framework/cli/commands/completion.c \
	framework/cli/compare/compare.h \
	framework/cli/compare/arms.c \
	framework/cli/compare/ask.c framework/cli/compare/ask.h \
	framework/cli/compare/cautions.c \
	framework/cli/compare/images.c \
	framework/cli/compare/looks.c \
	framework/cli/compare/judge.c \
	framework/cli/compare/named.c \
	framework/cli/compare/paper.c \
	framework/cli/compare/plan.c \
	framework/cli/compare/print.c \
	framework/cli/compare/programs.c \
	framework/cli/compare/registered.c \
	framework/cli/compare/seeds.c \
	framework/cli/compare/sheet.c framework/cli/compare/sheet.h \
	framework/cli/compare/words.c framework/cli/compare/words.h \
	framework/cli/commands/compare.c framework/cli/commands/compare.h \
	framework/cli/commands/compare_two.c \
	framework/cli/complete.c framework/cli/complete.h framework/cli/complete_sources.c \
	framework/cli/confirm.c framework/cli/confirm.h \
	framework/cli/commands/data.c \
	framework/cli/commands/diff.c \
	framework/cli/commands/doctor.c \
	framework/cli/data_check.c framework/cli/data_check.h \
	framework/cli/doctor/data.c \
	framework/cli/doctor/database.c \
	framework/cli/doctor/doctor.c framework/cli/doctor/doctor.h \
	framework/cli/doctor/kernels.c \
	framework/cli/doctor/machine.c \
	framework/cli/doctor/place.c \
	framework/cli/doctor/plugins.c \
	framework/cli/doctor/tools.c \
	framework/cli/commands/export.c framework/cli/commands/export.h \
	framework/cli/commands/export_results.c \
	framework/cli/commands/help.c \
	framework/cli/commands/looks.c framework/cli/commands/looks.h \
	framework/cli/deployment.c framework/cli/deployment.h \
	framework/cli/epochs.c framework/cli/epochs.h \
	framework/cli/evaluate.c framework/cli/evaluate.h \
	framework/cli/grid.c framework/cli/grid.h \
	framework/cli/commands/gc.c \
	framework/cli/images.c framework/cli/images.h \
	framework/cli/label.c framework/cli/label.h \
	framework/cli/latex.c framework/cli/latex.h \
	framework/cli/leaderboard.c framework/cli/leaderboard.h \
	framework/cli/load.c framework/cli/load.h \
	framework/cli/dispatch.c \
	framework/cli/man.c framework/cli/man.h \
	framework/cli/commands/merge.c \
	framework/cli/commands/pack.c \
	framework/cli/commands/unpack.c \
	framework/cli/commands/mv.c \
	framework/cli/commands/note.c \
	framework/cli/merged.c framework/cli/merged.h \
	framework/cli/operand.c framework/cli/operand.h \
	framework/cli/options.c framework/cli/options.h \
	framework/cli/commands/plan.c framework/cli/commands/plan.h \
	framework/cli/commands/plan_networks.c \
	framework/cli/plot/curves.c \
	framework/cli/plot/draft.c \
	framework/cli/plot/effects.c \
	framework/cli/plot/epochs.c framework/cli/plot/epochs.h \
	framework/cli/plot/names.c framework/cli/plot/names.h \
	framework/cli/plot/pareto.c \
	framework/cli/plot/plot.c framework/cli/plot/plot.h \
	framework/cli/plot/others.c framework/cli/plot/others.h \
	framework/cli/plot/plot_internal.h \
	framework/cli/plot/published.c framework/cli/plot/published.h \
	framework/cli/plot/run.c \
	framework/cli/plot/seeds.c \
	framework/cli/plot/telemetry.c \
	framework/cli/notify.c framework/cli/notify.h \
	framework/cli/commands/plot.c \
	framework/cli/commands/plugins.c \
	framework/cli/commands/plugins_show.c framework/cli/commands/plugins_show.h \
	framework/cli/commands/plugins_test.c framework/cli/commands/plugins_test.h \
	framework/cli/commands/predict.c \
	framework/cli/progress.c framework/cli/progress.h \
	framework/cli/commands/query.c \
	framework/cli/reference.c \
	framework/cli/report/confusion.c \
	framework/cli/report/costs.c \
	framework/cli/report/environment.c \
	framework/cli/report/figures.c \
	framework/cli/report/html.c framework/cli/report/html.h \
	framework/cli/report/models.c \
	framework/cli/report/page.c framework/cli/report/page.h \
	framework/cli/report/part.c framework/cli/report/part.h \
	framework/cli/report/report.h \
	framework/cli/report/runs.c \
	framework/cli/report/verdict.c \
	framework/cli/commands/report.c \
	framework/cli/result.c framework/cli/result.h \
	framework/cli/selection.c framework/cli/selection.h \
	framework/cli/serve/document.c framework/cli/serve/document.h \
	framework/cli/serve/page.h \
	framework/cli/serve/progress.c \
	framework/cli/serve/render.c \
	framework/cli/serve/request.c framework/cli/serve/request.h \
	framework/cli/serve/run.c \
	framework/cli/serve/serve.h \
	framework/cli/commands/serve.c \
	framework/cli/commands/rm.c \
	framework/cli/commands/run.c framework/cli/commands/run.h \
	framework/cli/commands/run_end.c \
	framework/cli/commands/run_notify.c \
	framework/cli/commands/rungs.c \
	framework/cli/commands/runs.c \
	framework/cli/commands/schema.c \
	framework/cli/commands/slurm.c framework/cli/commands/slurm.h \
	framework/cli/commands/slurm_look.c \
	framework/cli/commands/slurm_notify.c \
	framework/cli/commands/slurm_status.c \
	framework/cli/commands/slurm_write.c \
	framework/cli/commands/show.c \
	framework/cli/show_log.c framework/cli/show_log.h \
	framework/cli/show_model.c framework/cli/show_model.h \
	framework/cli/spec_help.c framework/cli/spec_help.h \
	framework/cli/spec_schema.c framework/cli/spec_schema.h \
	framework/cli/spec_schema_blocks.c \
	framework/cli/spec_schema_dotted.c framework/cli/spec_schema_internal.h \
	framework/cli/spec_schema_known.c \
	framework/cli/spec_schema_rules.c \
	framework/cli/spec_schema_terms.c framework/cli/spec_schema_terms.h \
	framework/cli/status.c framework/cli/status.h \
	framework/cli/ste_curves.c framework/cli/ste_curves.h \
	framework/cli/table.c framework/cli/table.h \
	framework/cli/text_plot.c framework/cli/text_plot.h \
	framework/cli/time_to.c framework/cli/time_to.h \
	framework/cli/commands/verify.c
cli_libraries = framework/libcli.a $(bnn_libraries)
if MICROHTTPD
framework_libcli_a_SOURCES += framework/cli/serve/http.c
cli_libraries += $(MICROHTTPD_LIBS)
else
framework_libcli_a_SOURCES += framework/cli/serve/missing.c
endif

bin_PROGRAMS += bnnrun
bnnrun_SOURCES = framework/cli/main.c
bnnrun_LDADD = $(cli_libraries)

EXTRA_DIST += \
	framework/ARCHITECTURE.md \
	framework/PROMISES.md \
	framework/base/README.md \
	framework/bench/README.md \
	framework/bench/boards/README.md \
	framework/bnn/README.md \
	framework/cli/README.md \
	framework/cli/commands/README.md \
	framework/cli/compare/README.md \
	framework/cli/doctor/README.md \
	framework/cli/plot/README.md \
	framework/cli/report/README.md \
	framework/cli/serve/README.md \
	framework/comparison/README.md \
	framework/conform/README.md \
	framework/data/README.md \
	framework/data/add/README.md \
	framework/data/formats/README.md \
	framework/data/sources/README.md \
	framework/exchange/README.md \
	framework/export/README.md \
	framework/export/c/README.md \
	framework/export/onnx/README.md \
	framework/cluster/CLUSTERS.md \
	framework/cluster/README.md \
	framework/figure/README.md \
	framework/infer/README.md \
	framework/infer/engine/README.md \
	framework/kernels/README.md \
	framework/model/README.md \
	framework/plugin/README.md \
	framework/results/README.md \
	framework/runner/README.md \
	framework/runner/executor/README.md \
	framework/simd/README.md \
	framework/spec/README.md \
	framework/train/README.md \
	framework/train/telemetry/README.md

# Man pages, which the program writes itself. Where it does not run, as when it was built for another
# machine, those of the tarball are taken.
man/made: bnnrun$(EXEEXT) $(modules)
	$(AM_V_GEN)$(MKDIR_P) man && unset BNNRUN_PLUGIN_PATH && \
	if ./bnnrun$(EXEEXT) help --man-pages >man/list 2>man/log; then \
	  while read -r page name; do \
	    ./bnnrun$(EXEEXT) help --man $$name >man/$$page || exit 1; \
	  done <man/list; \
	elif test -e $(srcdir)/framework/cli/man/bnnrun.1; then \
	  cp $(srcdir)/framework/cli/man/*.[15] man; \
	else \
	  echo "no man pages: bnnrun does not run here, and only a tarball has them" >&2; \
	fi
	@touch $@
all-local: man/made
dist-hook: man/made
	$(MKDIR_P) $(distdir)/framework/cli/man && cp man/*.[15] $(distdir)/framework/cli/man
install-data-local: man/made
	@$(NORMAL_INSTALL)
	$(MKDIR_P) "$(DESTDIR)$(mandir)/man1" "$(DESTDIR)$(mandir)/man5"
	for section in 1 5; do \
	  test ! -e man/bnnrun.1 || $(INSTALL_DATA) man/*.$$section "$(DESTDIR)$(mandir)/man$$section"; \
	done

plugin_includedir = $(includedir)/bnn
plugin_include_HEADERS = \
	framework/bnn/infer.h \
	framework/bnn/plugin.h \
	framework/bnn/plugin_helpers.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = framework/bnn/bnn.pc framework/bnn/bnn-infer.pc

# The script that runs onnxruntime in node, as a C string.
EXTRA_DIST += framework/bench/ort.js
BUILT_SOURCES += framework/bench/ort.inc
CLEANFILES += framework/bench/ort.inc
framework/bench/ort.inc: framework/bench/ort.js db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/bench
	$(AM_V_GEN)$(AWK) -f $(srcdir)/db/embed.awk $(srcdir)/framework/bench/ort.js >$@.tmp && \
	  mv $@.tmp $@

# What runs on emulated boards, as C strings.
board_sources = framework/bench/boards/arm.c framework/bench/boards/board.h framework/bench/boards/common.c \
	framework/bench/boards/main.c framework/bench/boards/mps2.ld framework/bench/boards/riscv.c framework/bench/boards/virt.ld
EXTRA_DIST += $(board_sources)
BUILT_SOURCES += framework/bench/boards.inc
CLEANFILES += framework/bench/boards.inc
framework/bench/boards.inc: $(board_sources) db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/bench
	$(AM_V_GEN)(cd $(srcdir) && $(AWK) -f db/embed.awk $(board_sources)) >$@.tmp && mv $@.tmp $@

# The scripts that Slurm gets, as C strings.
cluster_scripts = framework/cluster/array.sh framework/cluster/merge.sh
cluster_made = framework/cluster/array.inc framework/cluster/merge.inc
EXTRA_DIST += $(cluster_scripts)
BUILT_SOURCES += $(cluster_made)
CLEANFILES += $(cluster_made)
$(cluster_made): $(cluster_scripts) db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/cluster
	$(AM_V_GEN)script=framework/cluster/`basename $@ .inc`.sh && (cd $(srcdir) && $(AWK) -f db/embed.awk $$script) >$@.tmp && mv $@.tmp $@

# The page of a report: its style and its scripts, as C strings.
page_style = framework/cli/report/page/page.css
page_script = framework/cli/report/page/model.js framework/cli/report/page/page.js
page_live = framework/cli/report/page/live.js
page_made = framework/cli/report/page_style.inc framework/cli/report/page_script.inc framework/cli/report/page_live.inc
EXTRA_DIST += $(page_style) $(page_script) $(page_live)
BUILT_SOURCES += $(page_made)
CLEANFILES += $(page_made)
framework/cli/report/page_style.inc: $(page_style) db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/cli/report
	$(AM_V_GEN)(cd $(srcdir) && $(AWK) -f db/embed.awk $(page_style)) >$@.tmp && mv $@.tmp $@
framework/cli/report/page_script.inc: $(page_script) db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/cli/report
	$(AM_V_GEN)(cd $(srcdir) && $(AWK) -f db/embed.awk $(page_script)) >$@.tmp && mv $@.tmp $@
framework/cli/report/page_live.inc: $(page_live) db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/cli/report
	$(AM_V_GEN)(cd $(srcdir) && $(AWK) -f db/embed.awk $(page_live)) >$@.tmp && mv $@.tmp $@

# What shells complete by, installed as it is, and as C strings.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = framework/cli/completion/bnnrun
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = framework/cli/completion/_bnnrun
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = framework/cli/completion/bnnrun.fish
completion_scripts = $(dist_bashcompletion_DATA) $(dist_zshcompletion_DATA) $(dist_fishcompletion_DATA)
BUILT_SOURCES += framework/cli/completion.inc
CLEANFILES += framework/cli/completion.inc
framework/cli/completion.inc: $(completion_scripts) db/embed.awk
	$(AM_V_at)$(MKDIR_P) framework/cli
	$(AM_V_GEN)(cd $(srcdir) && $(AWK) -f db/embed.awk $(completion_scripts)) >$@.tmp && mv $@.tmp $@

# How this program was built, for the database. Looked at in every make; touched only on a change.
BUILT_SOURCES += framework/build_info.h
CLEANFILES += framework/build_info.h
framework/build_info.h: FORCE
	$(AM_V_at)$(MKDIR_P) framework
	$(AM_V_at)revision='$(VERSION)'; \
	if test -e '$(top_srcdir)/.git'; then \
	  revision=`git -C '$(top_srcdir)' describe --always --dirty --abbrev=12 --exclude='*' \
	    2>/dev/null || echo '$(VERSION)'`; \
	fi; \
	flags=`echo '$(BNN_FLAGS) $(BNN_INSTRUMENT) $(CFLAGS)' | $(SED) 's/["\\]/\\&/g; s/  */ /g'`; \
	{ echo '/* build_info.h - made by make: how this program was built. */'; \
	  echo '#ifndef BNN_BUILD_INFO_H'; \
	  echo '#define BNN_BUILD_INFO_H'; \
	  echo '#define BNN_VERSION "$(VERSION)"'; \
	  echo '#define BNN_RELEASED "$(BNN_RELEASED)"'; \
	  echo "#define BNN_REVISION \"$$revision\""; \
	  echo "#define BNN_CFLAGS \"$$flags\""; \
	  echo '#ifdef __clang__'; \
	  echo '#    define BNN_COMPILER __VERSION__'; \
	  echo '#else'; \
	  echo '#    define BNN_COMPILER "GCC " __VERSION__'; \
	  echo '#endif'; \
	  echo '#endif'; } >$@.tmp; \
	if cmp -s $@.tmp $@; then rm -f $@.tmp; else mv $@.tmp $@; fi
