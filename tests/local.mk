# Check programs (one line a test, through TAP), shell tests of the command, plugins that must be
# refused, and fuzz targets with their corpus.

TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = $(SHELL)
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
built_plugins = $(abs_top_builddir)/plugins
AM_TESTS_ENVIRONMENT = \
	srcdir='$(abs_top_srcdir)'; export srcdir; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	BNNRUN='$(abs_top_builddir)/bnnrun'; export BNNRUN; \
	plugins='$(built_plugins)/layers/.libs:$(built_plugins)/ste/.libs'; \
	plugins=$$plugins:'$(built_plugins)/orderings/.libs:$(built_plugins)/optimizers/.libs'; \
	plugins=$$plugins:'$(built_plugins)/forms/.libs'; \
	BNNRUN_PLUGIN_PATH=$$plugins$${BNNRUN_PLUGIN_PATH:+:$$BNNRUN_PLUGIN_PATH}; \
	export BNNRUN_PLUGIN_PATH; \
	BNNRUN_TRUST_PLUGINS=1; export BNNRUN_TRUST_PLUGINS; \
	CC='$(CC)'; export CC; \
	CLANG_FORMAT='$(CLANG_FORMAT)'; export CLANG_FORMAT; \
	BNN_SKELETONS='$(built_plugins)/skeleton/.libs'; export BNN_SKELETONS; \
	BNN_TEST_PLUGINS='$(abs_top_builddir)/tests/fixtures/plugins/.libs'; export BNN_TEST_PLUGINS; \
	CK_TAP_LOG_FILE_NAME=-; export CK_TAP_LOG_FILE_NAME; \
	CK_VERBOSITY=silent; export CK_VERBOSITY; \
	CK_DEFAULT_TIMEOUT=300; export CK_DEFAULT_TIMEOUT; \
	ASAN_OPTIONS=allocator_may_return_null=1; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS; \
	TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1; export TSAN_OPTIONS;

# What several suites use. A suite is one file; automake knows its name from that of the program.
check_LIBRARIES = tests/libfixtures.a
tests_libfixtures_a_SOURCES = \
	tests/fixtures/buffers.h \
	tests/fixtures/check_main.h \
	tests/fixtures/checks.h \
	tests/fixtures/data_fixture.c tests/fixtures/data_fixture.h \
	tests/fixtures/deploy_fixture.h \
	tests/fixtures/hostile_model.h \
	tests/fixtures/hostile_picture.h \
	tests/fixtures/model_fixture.h \
	tests/fixtures/pass_fixture.h \
	tests/fixtures/plugin_fixture.h \
	tests/fixtures/pool_fixture.h \
	tests/fixtures/naive_kernels.h \
	tests/fixtures/random_model.h \
	tests/fixtures/runner_fixture.h \
	tests/fixtures/sample_database.c tests/fixtures/sample_database.h \
	tests/fixtures/spec_fixture.h \
	tests/fixtures/store_fixture.c tests/fixtures/store_fixture.h \
	tests/fixtures/telemetry_fixture.h \
	tests/fixtures/train_fixture.h \
	tests/fixtures/trained_fixture.h \
	tests/nulls/sweeps.c tests/nulls/sweeps.h
LDADD = tests/libfixtures.a $(bnn_libraries) $(CHECK_LIBS)

check_suites = \
	tests/conform/check_drawn \
	tests/conform/check_learned \
	tests/conform/check_plugins \
	tests/conform/check_ste_facts \
	tests/unit/base/check_base \
	tests/unit/base/check_memory \
	tests/unit/base/check_path \
	tests/unit/base/check_statistics \
	tests/unit/base/check_text \
	tests/unit/bench/check_measure \
	tests/unit/cli/check_waiting \
	tests/unit/cluster/check_slurm \
	tests/unit/comparison/check_bootstrap \
	tests/unit/comparison/check_comparison \
	tests/unit/comparison/check_design \
	tests/unit/comparison/check_error_rates \
	tests/unit/comparison/check_halving \
	tests/unit/comparison/check_theory \
	tests/unit/figure/check_figure \
	tests/unit/data/check_add \
	tests/unit/data/check_cifar \
	tests/unit/data/check_data \
	tests/unit/data/check_fetch \
	tests/unit/data/check_fit \
	tests/unit/data/check_locate \
	tests/unit/data/check_picture \
	tests/unit/data/check_pins \
	tests/unit/db/check_store \
	tests/unit/db/check_store_attempts \
	tests/unit/db/check_store_bench \
	tests/unit/db/check_store_crash \
	tests/unit/db/check_store_curate \
	tests/unit/db/check_store_delete \
	tests/unit/db/check_store_layers \
	tests/unit/db/check_store_looks \
	tests/unit/db/check_store_means \
	tests/unit/db/check_store_memory \
	tests/unit/db/check_store_merge \
	tests/unit/db/check_store_moved \
	tests/unit/db/check_store_predictions \
	tests/unit/db/check_store_query \
	tests/unit/db/check_store_readonly \
	tests/unit/db/check_store_sql \
	tests/unit/export/check_deploy \
	tests/unit/export/check_fold \
	tests/unit/export/check_forecast \
	tests/unit/export/check_logic \
	tests/unit/export/check_modelfile \
	tests/unit/export/check_lines \
	tests/unit/export/check_refusals \
	tests/unit/export/check_topologies \
	tests/unit/export/check_unfold \
	tests/unit/infer/check_codes \
	tests/unit/infer/check_engine_float \
	tests/unit/infer/check_engines \
	tests/unit/infer/check_infer \
	tests/unit/infer/check_view \
	tests/unit/kernels/check_functions \
	tests/unit/kernels/check_kernels \
	tests/unit/kernels/check_numerics \
	tests/unit/model/check_model \
	tests/unit/model/check_groups \
	tests/unit/model/check_orderings \
	tests/unit/model/check_passes \
	tests/unit/model/check_reference \
	tests/unit/model/check_skips \
	tests/unit/model/check_weights \
	tests/unit/plugin/check_params \
	tests/unit/plugin/check_registry \
	tests/unit/results/check_leaderboard \
	tests/unit/runner/check_artifacts \
	tests/unit/runner/check_chain \
	tests/unit/runner/check_executor \
	tests/unit/runner/check_foreign \
	tests/unit/runner/check_hashes \
	tests/unit/runner/check_hostile \
	tests/unit/runner/check_experiment \
	tests/unit/runner/check_faults \
	tests/unit/runner/check_merge \
	tests/unit/runner/check_needs \
	tests/unit/runner/check_plan \
	tests/unit/runner/check_reload \
	tests/unit/runner/check_runner \
	tests/unit/runner/check_vandals \
	tests/unit/spec/check_schema \
	tests/unit/spec/check_spec \
	tests/unit/spec/check_sweep \
	tests/unit/spec/check_values \
	tests/unit/train/check_augment \
	tests/unit/train/check_checkpoint \
	tests/unit/train/check_draws \
	tests/unit/train/check_failures \
	tests/unit/train/check_forms \
	tests/unit/train/check_loss \
	tests/unit/train/check_mismatch \
	tests/unit/train/check_mixup \
	tests/unit/train/check_telemetry \
	tests/unit/train/check_telemetry_values \
	tests/unit/train/check_teacher \
	tests/unit/train/check_optimizers \
	tests/unit/train/check_train \
	tests/unit/train/check_update \
	tests/unit/train/check_watch
check_PROGRAMS += $(check_suites)

# The suites above are tests, and so are these scripts.
shell_tests = \
	tests/torture/torture.sh \
	tests/cli/bad_specs.sh \
	tests/cli/reference.sh \
	tests/cli/bench.sh \
	tests/cli/bench_beside.sh \
	tests/cli/boards.sh \
	tests/cli/cifar.sh \
	tests/cli/cli.sh \
	tests/cli/compare.sh \
	tests/cli/completion.sh \
	tests/cli/data.sh \
	tests/cli/docs.sh \
	tests/cli/doctor.sh \
	tests/cli/exchange.sh \
	tests/cli/house.sh \
	tests/cli/identity.sh \
	tests/cli/install.sh \
	tests/cli/manual.sh \
	tests/cli/model.sh \
	tests/cli/halving.sh \
	tests/cli/looks.sh \
	tests/cli/needs.sh \
	tests/cli/notify.sh \
	tests/cli/old.sh \
	tests/cli/report.sh \
	tests/cli/report_costs.sh \
	tests/cli/report_counts.sh \
	tests/cli/report_limits.sh \
	tests/cli/report_pictures.sh \
	tests/cli/serve.sh \
	tests/cli/pack.sh \
	tests/cli/shards.sh \
	tests/cli/slurm.sh \
	tests/cli/slurm_scripts.sh \
	tests/cli/shared.sh \
	tests/cli/plot.sh \
	tests/cli/published.sh \
	tests/cli/refusals.sh \
	tests/cli/run.sh \
	tests/cli/schema.sh \
	tests/cli/third_party.sh \
	tests/cli/telemetry.sh \
	tests/cli/terminal.sh \
	tests/cli/verify.sh \
	tests/cli/views.sh \
	tests/fuzz/fuzz_replay.sh \
	tests/matrix/matrix.sh \
	tests/sim/sim.sh \
	tests/tree/check_format.sh \
	tests/tree/check_layers.sh \
	tests/tree/check_lists.sh \
	tests/tree/check_names.sh \
	tests/tree/check_readmes.sh
# Scripts that take long or are not about how the program was built. They begin first, or there would be
# nothing left to run beside the last of them.
long_tests = \
	tests/export/cexport.sh \
	tests/export/check_onnx.sh \
	tests/tree/cross_aarch64.sh \
	tests/cli/crash.sh \
	tests/cli/bench_ort.sh
TESTS += $(long_tests) $(check_suites) $(shell_tests)

# Writes the programs that tests/export/cexport.sh compiles and runs.
check_PROGRAMS += tests/export/c/make
EXTRA_DIST += \
	tests/export/c/board.c \
	tests/export/c/host.c

# Writes the ONNX files that tests/export/check_onnx.sh has run.
check_PROGRAMS += tests/export/onnx/onnx_cases
EXTRA_DIST += tests/export/onnx/check_onnx.py tests/export/onnx/run_onnx.js

# Writes the models and logits against which tests/cli/report.sh holds the script of the page.
check_PROGRAMS += tests/cli/page/page_cases
EXTRA_DIST += tests/cli/page/browse.js tests/cli/page/cells.js tests/cli/page/chromium.js tests/cli/page/many.js
EXTRA_DIST += tests/cli/page/keyboard.js tests/cli/page/run_model.js tests/cli/page/watch.js

tests_unit_cli_check_waiting_LDADD = tests/libfixtures.a $(cli_libraries) $(CHECK_LIBS)

# Makes the requests of tests/cli/serve.sh.
check_PROGRAMS += tests/cli/page/ask
tests_cli_page_ask_LDADD =

# Plugins that must be refused; one of an older header; one at which tests hold a sweep; and one whose
# deployment is wrong.
check_LTLIBRARIES += \
	tests/fixtures/plugins/layer_lies.la \
	tests/fixtures/plugins/ordering_hostile.la \
	tests/fixtures/plugins/ste_bad_abi.la \
	tests/fixtures/plugins/ste_bad_default.la \
	tests/fixtures/plugins/ste_flushes.la \
	tests/fixtures/plugins/ste_former.la \
	tests/fixtures/plugins/ste_gate.la \
	tests/fixtures/plugins/ste_hostile.la \
	tests/fixtures/plugins/ste_no_descriptor.la \
	tests/fixtures/plugins/ste_no_grad.la \
	tests/fixtures/plugins/ste_no_symbol.la \
	tests/fixtures/plugins/ste_stillborn.la \
	tests/fixtures/plugins/ste_too_small.la \
	tests/fixtures/plugins/ste_undefined.la \
	tests/fixtures/plugins/ste_vandal.la \
	tests/fixtures/plugins/ste_wrong_kind.la \
	tests/fixtures/plugins/ste_wrong_name.la
tests_fixtures_plugins_ordering_hostile_la_SOURCES = \
	tests/fixtures/plugins/ordering_hostile.c tests/fixtures/plugins/denormals.h
tests_fixtures_plugins_ste_flushes_la_SOURCES = tests/fixtures/plugins/ste_flushes.c \
	tests/fixtures/plugins/denormals.h tests/fixtures/plugins/pass.h

# Fuzz targets. `make check` replays their corpus; `make fuzz` builds them for libFuzzer, in fuzz/, and runs those
# that FUZZ_FLAGS names, with libFuzzer's options; `make fuzz-coverage` says what of the parsers the corpus reaches.
fuzz_targets = catalogue checkpoint command config data database descriptor experiment model pack picture request spec \
	tarball weights
fuzz_support = tests/fuzz/commands.c tests/fuzz/network.c tests/fuzz/support.c tests/fixtures/sample_database.c
check_PROGRAMS += tests/fuzz/replay
tests_fuzz_replay_SOURCES = \
	tests/fuzz/commands.c tests/fuzz/commands.h \
	tests/fuzz/fuzz.h \
	tests/fuzz/fuzz_catalogue.c \
	tests/fuzz/fuzz_checkpoint.c \
	tests/fuzz/fuzz_command.c \
	tests/fuzz/fuzz_config.c \
	tests/fuzz/fuzz_data.c \
	tests/fuzz/fuzz_database.c \
	tests/fuzz/fuzz_descriptor.c \
	tests/fuzz/fuzz_experiment.c \
	tests/fuzz/fuzz_model.c \
	tests/fuzz/fuzz_pack.c \
	tests/fuzz/fuzz_picture.c \
	tests/fuzz/fuzz_request.c \
	tests/fuzz/fuzz_spec.c \
	tests/fuzz/fuzz_tarball.c \
	tests/fuzz/fuzz_weights.c \
	tests/fuzz/network.c tests/fuzz/network.h \
	tests/fuzz/replay.c \
	tests/fuzz/support.c
tests_fuzz_replay_CPPFLAGS = $(AM_CPPFLAGS) -DBNN_FUZZ_REPLAY
tests_fuzz_replay_LDADD = tests/libfixtures.a $(cli_libraries)
EXTRA_DIST += tests/old/databases.tar.xz tests/old/plugins.tar.xz
EXTRA_DIST += tests/fuzz/fuzz.sh tests/fuzz/parsers.txt tests/fixtures/sample/rows.sql tests/fixtures/sample/tiny.yaml
EXTRA_DIST += tests/fixtures/many_runs.sql tests/fixtures/many_runs.yaml

fuzz_flags = -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all $(BNN_FLAGS)
fuzz_objects = $(kernel_libraries) $(engine_objects) $(message_library) $(bnn_system_libraries) $(MICROHTTPD_LIBS)
# What tests/fuzz/fuzz.sh builds with.
fuzz_environment = $(AM_TESTS_ENVIRONMENT) \
	$(MKDIR_P) fuzz && printf '%s\n' $(fuzz_flags) $(AM_CPPFLAGS) $(CPPFLAGS) | $(SED) 's/"/\\"/g' >fuzz/flags; \
	FUZZ_CC='$(FUZZ_CC)'; \
	FUZZ_SOURCES='$(framework_libbnn_a_SOURCES) $(framework_libcli_a_SOURCES) $(fuzz_support)'; \
	FUZZ_OBJECTS='$(fuzz_objects)'; FUZZ_TARGETS='$(fuzz_targets)'; \
	export FUZZ_CC FUZZ_SOURCES FUZZ_OBJECTS FUZZ_TARGETS;

.PHONY: fuzz fuzz-coverage
fuzz: $(BUILT_SOURCES) $(kernel_libraries) $(engine_lo) $(message_library) $(modules)
	@$(fuzz_environment) $(SHELL) $(srcdir)/tests/fuzz/fuzz.sh run $(FUZZ_FLAGS)
fuzz-coverage: $(BUILT_SOURCES) $(kernel_libraries) $(engine_lo) $(message_library) $(modules)
	@$(fuzz_environment) $(SHELL) $(srcdir)/tests/fuzz/fuzz.sh coverage

clean-local:
	rm -rf fuzz man

# Static analysis and valgrind, in minutes; LINT names some of the tools: tests/lint/lint.sh. What make would do if all
# sources were new tells with which flags each is compiled.
lint_suites = \
	tests/unit/base/check_base \
	tests/unit/base/check_path \
	tests/unit/base/check_text \
	tests/unit/data/check_picture \
	tests/unit/db/check_store_query \
	tests/unit/infer/check_infer \
	tests/unit/plugin/check_params \
	tests/unit/spec/check_spec \
	tests/unit/spec/check_sweep
.PHONY: lint
lint: all $(lint_suites)
	@set X; for source in $(SOURCES); do set "$$@" -W $(srcdir)/$$source; done; shift; \
	  $(MAKE) -n V=1 CC=lint-cc "$$@" all-am >lint.made
	@$(AM_TESTS_ENVIRONMENT) CLANG_FORMAT='$(CLANG_FORMAT)' LINT_SUITES='$(lint_suites)' \
	  $(srcdir)/tests/lint/lint.sh lint.made $(LINT); status=$$?; rm -f lint.made; exit $$status
EXTRA_DIST += \
	tests/lint/analyzer.txt \
	tests/lint/commands.awk \
	tests/lint/cppcheck.cfg \
	tests/lint/cppcheck.txt \
	tests/lint/failing.h \
	tests/lint/lint.sh \
	tests/lint/valgrind.supp

# Whether what was installed works; with DESTDIR, too.
installcheck-local:
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' CC='$(CC)' \
	  $(SHELL) $(srcdir)/tests/cli/install.sh "$(DESTDIR)$(prefix)" || test $$? -eq 77

# The benchmark, built and run by `make bench`, with the fastest loop of each instruction set as its
# measure.
EXTRA_PROGRAMS = tests/bench/bnnbench
tests_bench_bnnbench_SOURCES = \
	tests/bench/bench.c tests/bench/bench.h \
	tests/bench/growth.c \
	tests/bench/kernels.c \
	tests/bench/machine.c \
	tests/bench/memory.c tests/bench/memory.h \
	tests/bench/operands.c tests/bench/operands.h \
	tests/bench/peak.c tests/bench/peak.h \
	tests/bench/peak_loop.c \
	tests/bench/report.c tests/bench/report.h \
	tests/bench/samples.c tests/bench/samples.h \
	tests/bench/scratch.c tests/bench/scratch.h \
	tests/bench/setup.c tests/bench/setup.h \
	tests/bench/smoke_config.c tests/bench/smoke_config.h \
	tests/bench/torch.c \
	tests/bench/torch_child.c tests/bench/torch_child.h \
	tests/bench/training.c
peak_libraries =
if CPU_X86_64
EXTRA_LIBRARIES += tests/bench/libpeak_avx2.a tests/bench/libpeak_avx512.a
tests_bench_libpeak_avx2_a_SOURCES = tests/bench/peak_loop.c
tests_bench_libpeak_avx2_a_CFLAGS = $(AM_CFLAGS) $(avx2_flags)
tests_bench_libpeak_avx512_a_SOURCES = tests/bench/peak_loop.c
tests_bench_libpeak_avx512_a_CFLAGS = $(AM_CFLAGS) $(avx512_flags)
peak_libraries += tests/bench/libpeak_avx2.a tests/bench/libpeak_avx512.a
endif
if CPU_AARCH64
EXTRA_LIBRARIES += tests/bench/libpeak_neon.a
tests_bench_libpeak_neon_a_SOURCES = tests/bench/peak_loop.c
tests_bench_libpeak_neon_a_CFLAGS = $(AM_CFLAGS) $(neon_flags)
peak_libraries += tests/bench/libpeak_neon.a
endif
tests_bench_bnnbench_LDADD = $(peak_libraries) $(bnn_libraries)
CLEANFILES += $(EXTRA_PROGRAMS) $(EXTRA_LIBRARIES)

.PHONY: bench
bench: all tests/bench/bnnbench
	@$(AM_TESTS_ENVIRONMENT) tests/bench/bnnbench $(BENCH_FLAGS)

# What a database of many runs costs; --shards N: done in N databases, which are merged.
.PHONY: scale
scale: all
	@$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/tests/bench/scale.py ./bnnrun $(SCALE_FLAGS)

# Error rates and power of comparisons, on simulated sweeps; minutes.
EXTRA_PROGRAMS += tests/nulls/nulls
.PHONY: nulls
nulls: tests/nulls/nulls
	@tests/nulls/nulls $(NULLS_FLAGS)

# The runner on a simulated machine: bnnrun with another main(), a trainer of microseconds, and its own functions in
# place of the C library's. `make check` tries a few seeds, `make sim` as many as are wanted.
check_PROGRAMS += tests/sim/bnnsim
tests_sim_bnnsim_SOURCES = \
	tests/sim/check.c \
	tests/sim/disk.c \
	tests/sim/history.c \
	tests/sim/meddle.c \
	tests/sim/os.h \
	tests/sim/process.c \
	tests/sim/schedule.c \
	tests/sim/seam.h \
	tests/sim/seam_file.c \
	tests/sim/seam_thread.c \
	tests/sim/sim.c tests/sim/sim.h \
	tests/sim/trainer.c \
	$(bnnrun_SOURCES)
tests_sim_bnnsim_LDFLAGS = $(AM_LDFLAGS) -Wl,-z,now \
	-Wl,--wrap=main -Wl,--wrap=cli_request_load -Wl,--wrap=bnn_plan_record -Wl,--wrap=bnn_pool_execute \
	-Wl,--wrap=bnn_plan_open_data -Wl,--wrap=bnn_plan_close_data -Wl,--wrap=bnn_estimate_configs \
	-Wl,--wrap=bnn_registry_destroy -Wl,--wrap=bnn_store_liveness -Wl,--wrap=bnn_train_run \
	-Wl,--wrap=bnn_finish -Wl,--wrap=bnn_writer_open -Wl,--wrap=bnn_writer_close \
	-Wl,--wrap=bnn_environment_add
tests_sim_bnnsim_LDADD = $(bnnrun_LDADD)
EXTRA_DIST += \
	tests/sim/chain.yaml \
	tests/sim/halving.yaml \
	tests/sim/plain.yaml \
	tests/sim/planted.sh \
	tests/sim/planted/claimed_twice.patch \
	tests/sim/planted/commit_not_synced.patch \
	tests/sim/planted/dead_not_recovered.patch \
	tests/sim/planted/file_not_synced.patch \
	tests/sim/planted/folder_not_synced.patch \
	tests/sim/planted/half_file_stays.patch \
	tests/sim/planted/living_taken_over.patch \
	tests/sim/planted/no_fence.patch \
	tests/sim/planted/rename_not_synced.patch \
	tests/sim/planted/told_before_commit.patch

.PHONY: sim
sim: all tests/sim/bnnsim
	@$(AM_TESTS_ENVIRONMENT) tests/sim/bnnsim $(SIM_FLAGS)

# Whether it finds mistakes that are planted in the product; SIM_PLANTED: one of them.
.PHONY: sim-planted
sim-planted: all tests/sim/bnnsim
	@$(AM_TESTS_ENVIRONMENT) compile='$(COMPILE)' link='$(tests_sim_bnnsim_LINK)' \
	  objects='$(tests_sim_bnnsim_OBJECTS)' libraries='$(tests_sim_bnnsim_LDADD) $(LIBS)' \
	  $(SHELL) $(srcdir)/tests/sim/planted.sh $(SIM_PLANTED)

# Every weight form x STE x order, trained for a moment and deployed. `make check` tries a diagonal of
# them (tests/matrix/matrix.sh), `make matrix` all.
check_PROGRAMS += tests/matrix/bnnmatrix
tests_matrix_bnnmatrix_SOURCES = \
	tests/matrix/axes.c tests/matrix/axes.h \
	tests/matrix/exports.c tests/matrix/exports.h \
	tests/matrix/matrix.c tests/matrix/matrix.h \
	tests/matrix/network.c tests/matrix/network.h \
	tests/matrix/workers.c tests/matrix/workers.h
tests_matrix_bnnmatrix_LDADD = $(bnn_libraries)
EXTRA_DIST += tests/matrix/classify.js

.PHONY: matrix
matrix: all tests/matrix/bnnmatrix
	@$(AM_TESTS_ENVIRONMENT) tests/matrix/bnnmatrix $(MATRIX_FLAGS)

# The n-th allocation, write, fsync ... of each command fails. `make check` tries a few of them
# (tests/torture/torture.sh), `make torture` all. The library is preloaded before sanitizers, and has none.
check_PROGRAMS += tests/torture/torture
tests_torture_torture_SOURCES = \
	tests/torture/commands.c tests/torture/commands.h \
	tests/torture/describe.c \
	tests/torture/faults.h \
	tests/torture/judge.c tests/torture/judge.h \
	tests/torture/suites.c tests/torture/suites.h \
	tests/torture/torture.c \
	tests/torture/trial.c tests/torture/trial.h
tests_torture_torture_LDADD = $(bnn_libraries)
check_LTLIBRARIES += tests/torture/inject.la
tests_torture_inject_la_SOURCES = \
	tests/torture/inject.c \
	tests/torture/symbols.c tests/torture/symbols.h
tests_torture_inject_la_CFLAGS = $(BNN_FLAGS) $(BNN_WARNINGS) -U_FORTIFY_SOURCE -fvisibility=default \
	-fno-builtin -ftls-model=initial-exec
tests_torture_inject_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_torture_inject_la_LIBADD = -ldl

EXTRA_DIST += \
	tests/torture/bits.yaml \
	tests/torture/floats.yaml \
	tests/torture/gates.yaml \
	tests/torture/looks.yaml \
	tests/torture/random.yaml \
	tests/torture/skips.yaml \
	tests/torture/widths.yaml
.PHONY: torture
torture: all tests/torture/torture tests/torture/inject.la
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/tests/torture/torture.sh all $(TORTURE_FLAGS)

# Error branches that nothing has taken in this folder, which was configured with --enable-coverage; ERRORS names files or
# folders: make check TESTS=... torture TORTURE_FLAGS=... error-coverage ERRORS=db
EXTRA_DIST += tests/coverage/errors.py
.PHONY: error-coverage
if COVERAGE
error-coverage:
	@python3 $(srcdir)/tests/coverage/errors.py --gcov '$(GCOV)' $(abs_top_srcdir) $(ERRORS)
else
error-coverage:
	@echo "error-coverage: configure with --enable-coverage first" >&2; exit 1
endif

# Scripts, fixtures and expected results.
EXTRA_DIST += $(long_tests) $(shell_tests) tests/cli/command.sh tests/cli/slurm_cluster.sh
EXTRA_DIST += \
	tests/cli/exchange.py \
	tests/cli/schema.py \
	tests/cli/schema_good.yaml \
	tests/cli/schema_good_sweep.yaml \
	tests/cli/schema_takes.txt \
	tests/cli/bad_specs/data.txt \
	tests/cli/bad_specs/effect.txt \
	tests/cli/bad_specs/keys.txt \
	tests/cli/bad_specs/model.txt \
	tests/cli/bad_specs/overrides.txt \
	tests/cli/bad_specs/plugins.txt \
	tests/cli/bad_specs/several.txt \
	tests/cli/bad_specs/sweep.txt \
	tests/cli/bad_specs/syntax.txt \
	tests/cli/bad_specs/values.txt \
	tests/cli/bad_specs/words.txt \
	tests/bench/lenet_torch.py \
	tests/bench/scale.py \
	tests/bench/smoke.sh \
	tests/fuzz/corpus/catalogue/absolute.yaml \
	tests/fuzz/corpus/catalogue/bad_hash.yaml \
	tests/fuzz/corpus/catalogue/cifar.yaml \
	tests/fuzz/corpus/catalogue/empty \
	tests/fuzz/corpus/catalogue/home.yaml \
	tests/fuzz/corpus/catalogue/idx.yaml \
	tests/fuzz/corpus/catalogue/list \
	tests/fuzz/corpus/catalogue/many_files.yaml \
	tests/fuzz/corpus/catalogue/pinned.yaml \
	tests/fuzz/corpus/catalogue/upwards.yaml \
	tests/fuzz/corpus/catalogue/wrong_types.yaml \
	tests/fuzz/corpus/catalogue/wrong_values.yaml \
	tests/fuzz/corpus/checkpoint/as_it_is \
	tests/fuzz/corpus/checkpoint/best_epoch \
	tests/fuzz/corpus/checkpoint/empty \
	tests/fuzz/corpus/checkpoint/epoch_beyond \
	tests/fuzz/corpus/checkpoint/epoch_done \
	tests/fuzz/corpus/checkpoint/identity \
	tests/fuzz/corpus/checkpoint/identity_without_end \
	tests/fuzz/corpus/checkpoint/longer \
	tests/fuzz/corpus/checkpoint/loss_nan \
	tests/fuzz/corpus/checkpoint/magic \
	tests/fuzz/corpus/checkpoint/magic_only \
	tests/fuzz/corpus/checkpoint/parameters \
	tests/fuzz/corpus/checkpoint/seed \
	tests/fuzz/corpus/checkpoint/step \
	tests/fuzz/corpus/checkpoint/step_beyond \
	tests/fuzz/corpus/checkpoint/step_end \
	tests/fuzz/corpus/checkpoint/step_of_no_epoch \
	tests/fuzz/corpus/checkpoint/telemetry \
	tests/fuzz/corpus/checkpoint/tensors_nan \
	tests/fuzz/corpus/checkpoint/version \
	tests/fuzz/corpus/checkpoint/version_before \
	tests/fuzz/corpus/command/ambiguous \
	tests/fuzz/corpus/command/color \
	tests/fuzz/corpus/command/color_auto \
	tests/fuzz/corpus/command/color_wrong \
	tests/fuzz/corpus/command/heading_controls \
	tests/fuzz/corpus/command/compare \
	tests/fuzz/corpus/command/compare_all \
	tests/fuzz/corpus/command/compare_begins \
	tests/fuzz/corpus/command/compare_by \
	tests/fuzz/corpus/command/compare_hash \
	tests/fuzz/corpus/command/compare_items \
	tests/fuzz/corpus/command/compare_label \
	tests/fuzz/corpus/command/compare_margin \
	tests/fuzz/corpus/command/compare_named \
	tests/fuzz/corpus/command/compare_none_has \
	tests/fuzz/corpus/command/compare_nothing \
	tests/fuzz/corpus/command/compare_settings \
	tests/fuzz/corpus/command/compare_several \
	tests/fuzz/corpus/command/compare_two \
	tests/fuzz/corpus/command/count \
	tests/fuzz/corpus/command/count_huge \
	tests/fuzz/corpus/command/csv_of_a_run \
	tests/fuzz/corpus/command/csv_of_none \
	tests/fuzz/corpus/command/dashes \
	tests/fuzz/corpus/command/database_given \
	tests/fuzz/corpus/command/database_in_front \
	tests/fuzz/corpus/command/diff \
	tests/fuzz/corpus/command/diff_one \
	tests/fuzz/corpus/command/diff_same \
	tests/fuzz/corpus/command/help \
	tests/fuzz/corpus/command/help_acts \
	tests/fuzz/corpus/command/help_choice \
	tests/fuzz/corpus/command/help_command \
	tests/fuzz/corpus/command/help_every_key \
	tests/fuzz/corpus/command/help_halving \
	tests/fuzz/corpus/command/help_key \
	tests/fuzz/corpus/command/help_man \
	tests/fuzz/corpus/command/help_spec \
	tests/fuzz/corpus/command/help_unknown \
	tests/fuzz/corpus/command/leading_help \
	tests/fuzz/corpus/command/leading_many \
	tests/fuzz/corpus/command/leading_unknown \
	tests/fuzz/corpus/command/leading_value \
	tests/fuzz/corpus/command/leading_version \
	tests/fuzz/corpus/command/leading_without_value \
	tests/fuzz/corpus/command/letters \
	tests/fuzz/corpus/command/many \
	tests/fuzz/corpus/command/model_file \
	tests/fuzz/corpus/command/model_is_a_folder \
	tests/fuzz/corpus/command/operands_many \
	tests/fuzz/corpus/command/option_abbreviated \
	tests/fuzz/corpus/command/option_as_key \
	tests/fuzz/corpus/command/option_both \
	tests/fuzz/corpus/command/option_like \
	tests/fuzz/corpus/command/option_unknown \
	tests/fuzz/corpus/command/option_value \
	tests/fuzz/corpus/command/query \
	tests/fuzz/corpus/command/query_aggregates \
	tests/fuzz/corpus/command/query_attach \
	tests/fuzz/corpus/command/query_blob \
	tests/fuzz/corpus/command/query_list \
	tests/fuzz/corpus/command/query_no_argument \
	tests/fuzz/corpus/command/query_nothing \
	tests/fuzz/corpus/command/query_pragma \
	tests/fuzz/corpus/command/query_pragma_plain \
	tests/fuzz/corpus/command/query_run \
	tests/fuzz/corpus/command/query_several \
	tests/fuzz/corpus/command/query_sql \
	tests/fuzz/corpus/command/query_two_arguments \
	tests/fuzz/corpus/command/query_wide \
	tests/fuzz/corpus/command/query_writes \
	tests/fuzz/corpus/command/regular_file \
	tests/fuzz/corpus/command/run_near \
	tests/fuzz/corpus/command/run_of_experiment \
	tests/fuzz/corpus/command/run_upper \
	tests/fuzz/corpus/command/runs \
	tests/fuzz/corpus/command/runs_dates \
	tests/fuzz/corpus/command/runs_no_key \
	tests/fuzz/corpus/command/runs_percent \
	tests/fuzz/corpus/command/runs_quote \
	tests/fuzz/corpus/command/runs_sort \
	tests/fuzz/corpus/command/runs_states \
	tests/fuzz/corpus/command/runs_true \
	tests/fuzz/corpus/command/show \
	tests/fuzz/corpus/command/show_ambiguous \
	tests/fuzz/corpus/command/show_control \
	tests/fuzz/corpus/command/show_unknown \
	tests/fuzz/corpus/command/since_nonsense \
	tests/fuzz/corpus/command/state_key \
	tests/fuzz/corpus/command/surplus \
	tests/fuzz/corpus/command/switch_with_value \
	tests/fuzz/corpus/config/array \
	tests/fuzz/corpus/config/bad_utf8 \
	tests/fuzz/corpus/config/baseline.json \
	tests/fuzz/corpus/config/block_missing \
	tests/fuzz/corpus/config/dataset_path \
	tests/fuzz/corpus/config/deep \
	tests/fuzz/corpus/config/dots \
	tests/fuzz/corpus/config/empty \
	tests/fuzz/corpus/config/huge_network \
	tests/fuzz/corpus/config/list \
	tests/fuzz/corpus/config/long_key \
	tests/fuzz/corpus/config/many_blocks \
	tests/fuzz/corpus/config/negative \
	tests/fuzz/corpus/config/nested \
	tests/fuzz/corpus/config/no_validation \
	tests/fuzz/corpus/config/not_json \
	tests/fuzz/corpus/config/nul_key \
	tests/fuzz/corpus/config/null_value \
	tests/fuzz/corpus/config/number \
	tests/fuzz/corpus/config/path_of_no_file \
	tests/fuzz/corpus/config/sweep.json \
	tests/fuzz/corpus/config/teacher.json \
	tests/fuzz/corpus/config/text_for_number \
	tests/fuzz/corpus/config/unknown_plugin \
	tests/fuzz/corpus/data/bad_crc.gz \
	tests/fuzz/corpus/data/bomb.gz \
	tests/fuzz/corpus/data/cifar.gz \
	tests/fuzz/corpus/data/cifar_one_byte \
	tests/fuzz/corpus/data/cifar_set \
	tests/fuzz/corpus/data/cifar_set_cut \
	tests/fuzz/corpus/data/cifar_set_label \
	tests/fuzz/corpus/data/claims_a_gigabyte.gz \
	tests/fuzz/corpus/data/empty \
	tests/fuzz/corpus/data/five_dims.idx \
	tests/fuzz/corpus/data/float.idx \
	tests/fuzz/corpus/data/four_dims.idx \
	tests/fuzz/corpus/data/header_cut.idx \
	tests/fuzz/corpus/data/huge.idx \
	tests/fuzz/corpus/data/idx_set \
	tests/fuzz/corpus/data/idx_set_counts \
	tests/fuzz/corpus/data/idx_set_label \
	tests/fuzz/corpus/data/idx_set_turned \
	tests/fuzz/corpus/data/images.gz \
	tests/fuzz/corpus/data/images.idx \
	tests/fuzz/corpus/data/labels.gz \
	tests/fuzz/corpus/data/labels.idx \
	tests/fuzz/corpus/data/magic.idx \
	tests/fuzz/corpus/data/magic_only.gz \
	tests/fuzz/corpus/data/no_dims.idx \
	tests/fuzz/corpus/data/overflow.idx \
	tests/fuzz/corpus/data/trailing.gz \
	tests/fuzz/corpus/data/trailing.idx \
	tests/fuzz/corpus/data/truncated.gz \
	tests/fuzz/corpus/data/truncated.idx \
	tests/fuzz/corpus/data/two_members.gz \
	tests/fuzz/corpus/data/zero_dim.idx \
	tests/fuzz/corpus/database/all_blobs \
	tests/fuzz/corpus/database/all_huge \
	tests/fuzz/corpus/database/all_infinite \
	tests/fuzz/corpus/database/all_least \
	tests/fuzz/corpus/database/all_long \
	tests/fuzz/corpus/database/all_null \
	tests/fuzz/corpus/database/all_texts \
	tests/fuzz/corpus/database/artifact_absolute \
	tests/fuzz/corpus/database/artifact_upwards \
	tests/fuzz/corpus/database/as_it_is \
	tests/fuzz/corpus/database/attempts_many \
	tests/fuzz/corpus/database/bench_no_twin \
	tests/fuzz/corpus/database/bench_twin \
	tests/fuzz/corpus/database/classes_odd \
	tests/fuzz/corpus/database/columns_named \
	tests/fuzz/corpus/database/data_elsewhere \
	tests/fuzz/corpus/database/data_of_a_path \
	tests/fuzz/corpus/database/experiments_none \
	tests/fuzz/corpus/database/files_missing \
	tests/fuzz/corpus/database/folder_missing \
	tests/fuzz/corpus/database/hash_of_files \
	tests/fuzz/corpus/database/hash_of_files_stale \
	tests/fuzz/corpus/database/header_damaged \
	tests/fuzz/corpus/database/keys_null \
	tests/fuzz/corpus/database/label_controls \
	tests/fuzz/corpus/database/label_empty \
	tests/fuzz/corpus/database/layer_texts \
	tests/fuzz/corpus/database/model_is_the_weights \
	tests/fuzz/corpus/database/model_missing \
	tests/fuzz/corpus/database/model_missing_verify \
	tests/fuzz/corpus/database/negative_version \
	tests/fuzz/corpus/database/newer \
	tests/fuzz/corpus/database/no_attempt \
	tests/fuzz/corpus/database/no_config \
	tests/fuzz/corpus/database/no_experiment_config \
	tests/fuzz/corpus/database/no_metric \
	tests/fuzz/corpus/database/no_prediction \
	tests/fuzz/corpus/database/no_rows \
	tests/fuzz/corpus/database/no_views \
	tests/fuzz/corpus/database/older \
	tests/fuzz/corpus/database/other_program \
	tests/fuzz/corpus/database/page_damaged \
	tests/fuzz/corpus/database/predict_file \
	tests/fuzz/corpus/database/quantity_unknown \
	tests/fuzz/corpus/database/run_gone \
	tests/fuzz/corpus/database/run_not_done \
	tests/fuzz/corpus/database/run_running \
	tests/fuzz/corpus/database/seeds_equal \
	tests/fuzz/corpus/database/settings_damaged \
	tests/fuzz/corpus/database/settings_none \
	tests/fuzz/corpus/database/spec_text \
	tests/fuzz/corpus/database/state_unknown \
	tests/fuzz/corpus/database/trigger_in_view \
	tests/fuzz/corpus/database/uid_of_plan \
	tests/fuzz/corpus/database/uid_of_verify \
	tests/fuzz/corpus/database/uid_upwards \
	tests/fuzz/corpus/database/version_4 \
	tests/fuzz/corpus/database/view_is_a_table \
	tests/fuzz/corpus/database/view_of_integers \
	tests/fuzz/corpus/database/view_of_itself \
	tests/fuzz/corpus/database/virtual_table \
	tests/fuzz/corpus/database/weights_are_the_model \
	tests/fuzz/corpus/database/weights_missing \
	tests/fuzz/corpus/database/weights_missing_export \
	tests/fuzz/corpus/descriptor/abi \
	tests/fuzz/corpus/descriptor/choice_beyond \
	tests/fuzz/corpus/descriptor/choice_one \
	tests/fuzz/corpus/descriptor/choices_empty \
	tests/fuzz/corpus/descriptor/choices_twice \
	tests/fuzz/corpus/descriptor/default_outside \
	tests/fuzz/corpus/descriptor/empty \
	tests/fuzz/corpus/descriptor/form_flags \
	tests/fuzz/corpus/descriptor/four \
	tests/fuzz/corpus/descriptor/function_missing \
	tests/fuzz/corpus/descriptor/integer_half \
	tests/fuzz/corpus/descriptor/kind_of_another \
	tests/fuzz/corpus/descriptor/kind_of_none \
	tests/fuzz/corpus/descriptor/layer_flags \
	tests/fuzz/corpus/descriptor/layer_role \
	tests/fuzz/corpus/descriptor/name \
	tests/fuzz/corpus/descriptor/name_missing \
	tests/fuzz/corpus/descriptor/name_null \
	tests/fuzz/corpus/descriptor/name_of_another \
	tests/fuzz/corpus/descriptor/no_help \
	tests/fuzz/corpus/descriptor/offset_huge \
	tests/fuzz/corpus/descriptor/offset_odd \
	tests/fuzz/corpus/descriptor/offset_same \
	tests/fuzz/corpus/descriptor/one_number \
	tests/fuzz/corpus/descriptor/optimizer_flags \
	tests/fuzz/corpus/descriptor/optimizer_rate \
	tests/fuzz/corpus/descriptor/optimizer_slots \
	tests/fuzz/corpus/descriptor/params_huge \
	tests/fuzz/corpus/descriptor/params_many \
	tests/fuzz/corpus/descriptor/params_none_of_size \
	tests/fuzz/corpus/descriptor/params_without_size \
	tests/fuzz/corpus/descriptor/plain_0 \
	tests/fuzz/corpus/descriptor/plain_1 \
	tests/fuzz/corpus/descriptor/plain_2 \
	tests/fuzz/corpus/descriptor/plain_3 \
	tests/fuzz/corpus/descriptor/plain_4 \
	tests/fuzz/corpus/descriptor/range_falls \
	tests/fuzz/corpus/descriptor/range_infinite \
	tests/fuzz/corpus/descriptor/range_nan \
	tests/fuzz/corpus/descriptor/size_least \
	tests/fuzz/corpus/descriptor/size_longer \
	tests/fuzz/corpus/descriptor/sound_form \
	tests/fuzz/corpus/descriptor/sound_layer \
	tests/fuzz/corpus/descriptor/sound_optimizer \
	tests/fuzz/corpus/descriptor/sound_rows \
	tests/fuzz/corpus/descriptor/sound_ste \
	tests/fuzz/corpus/descriptor/ste_draws_no_forward \
	tests/fuzz/corpus/descriptor/ste_flags \
	tests/fuzz/corpus/descriptor/ste_levels \
	tests/fuzz/corpus/descriptor/ste_unit_no_forward \
	tests/fuzz/corpus/descriptor/ste_unit_of_weights \
	tests/fuzz/corpus/descriptor/summary_missing \
	tests/fuzz/corpus/descriptor/summary_of_lines \
	tests/fuzz/corpus/descriptor/too_many \
	tests/fuzz/corpus/descriptor/type \
	tests/fuzz/corpus/experiment/all_keys \
	tests/fuzz/corpus/experiment/anchors_many \
	tests/fuzz/corpus/experiment/dataset_unknown \
	tests/fuzz/corpus/experiment/dataset_unlike_any \
	tests/fuzz/corpus/experiment/dataset_upwards \
	tests/fuzz/corpus/experiment/deep \
	tests/fuzz/corpus/experiment/everything_is_out \
	tests/fuzz/corpus/experiment/excludes \
	tests/fuzz/corpus/experiment/expected_durations \
	tests/fuzz/corpus/experiment/expected_else \
	tests/fuzz/corpus/experiment/expected_lists \
	tests/fuzz/corpus/experiment/expected_switches \
	tests/fuzz/corpus/experiment/grid_explodes \
	tests/fuzz/corpus/experiment/halving \
	tests/fuzz/corpus/experiment/halving_metric \
	tests/fuzz/corpus/experiment/halving_metric_list \
	tests/fuzz/corpus/experiment/halving_seeds \
	tests/fuzz/corpus/experiment/halving_wrong \
	tests/fuzz/corpus/experiment/idle_keys \
	tests/fuzz/corpus/experiment/labels \
	tests/fuzz/corpus/experiment/labels_of_lists \
	tests/fuzz/corpus/experiment/labels_of_zero \
	tests/fuzz/corpus/experiment/looks \
	tests/fuzz/corpus/experiment/merge_keys \
	tests/fuzz/corpus/experiment/name \
	tests/fuzz/corpus/experiment/no_map \
	tests/fuzz/corpus/experiment/override_blocks \
	tests/fuzz/corpus/experiment/override_carriage_return \
	tests/fuzz/corpus/experiment/override_grid_is_a_list \
	tests/fuzz/corpus/experiment/override_keys \
	tests/fuzz/corpus/experiment/override_list_of_blocks \
	tests/fuzz/corpus/experiment/override_listed \
	tests/fuzz/corpus/experiment/override_maps \
	tests/fuzz/corpus/experiment/override_of_lists \
	tests/fuzz/corpus/experiment/override_sweeps \
	tests/fuzz/corpus/experiment/override_switches_baseline \
	tests/fuzz/corpus/experiment/override_switches_off \
	tests/fuzz/corpus/experiment/override_switches_other \
	tests/fuzz/corpus/experiment/override_switches_schedule \
	tests/fuzz/corpus/experiment/override_texts \
	tests/fuzz/corpus/experiment/override_varied \
	tests/fuzz/corpus/experiment/overrides \
	tests/fuzz/corpus/experiment/random \
	tests/fuzz/corpus/experiment/random_choice \
	tests/fuzz/corpus/experiment/random_list \
	tests/fuzz/corpus/experiment/random_log \
	tests/fuzz/corpus/experiment/random_many \
	tests/fuzz/corpus/experiment/random_no_n \
	tests/fuzz/corpus/experiment/random_ranges \
	tests/fuzz/corpus/experiment/random_wrong \
	tests/fuzz/corpus/experiment/seeds \
	tests/fuzz/corpus/experiment/several_ways \
	tests/fuzz/corpus/experiment/skips \
	tests/fuzz/corpus/experiment/skips_wrong \
	tests/fuzz/corpus/experiment/stages \
	tests/fuzz/corpus/experiment/start_of_itself \
	tests/fuzz/corpus/experiment/sweep_excludes_none \
	tests/fuzz/corpus/experiment/sweep_fixed \
	tests/fuzz/corpus/experiment/sweep_lists \
	tests/fuzz/corpus/experiment/sweep_many_keys \
	tests/fuzz/corpus/experiment/sweep_maps \
	tests/fuzz/corpus/experiment/sweep_of_nothing \
	tests/fuzz/corpus/experiment/sweep_of_sections \
	tests/fuzz/corpus/experiment/sweep_order \
	tests/fuzz/corpus/experiment/sweep_too_many \
	tests/fuzz/corpus/experiment/sweep_too_many_runs \
	tests/fuzz/corpus/experiment/topology \
	tests/fuzz/corpus/experiment/topology_blocks \
	tests/fuzz/corpus/experiment/topology_empty \
	tests/fuzz/corpus/experiment/topology_huge \
	tests/fuzz/corpus/experiment/topology_input \
	tests/fuzz/corpus/experiment/topology_layers \
	tests/fuzz/corpus/experiment/topology_list \
	tests/fuzz/corpus/experiment/topology_name \
	tests/fuzz/corpus/experiment/topology_not_there \
	tests/fuzz/corpus/experiment/topology_shape \
	tests/fuzz/corpus/experiment/topology_too_small \
	tests/fuzz/corpus/experiment/topology_upwards \
	tests/fuzz/corpus/experiment/warmup \
	tests/fuzz/corpus/experiment/zip \
	tests/fuzz/corpus/model/average.bnn \
	tests/fuzz/corpus/model/block_by_hand \
	tests/fuzz/corpus/model/by_hand.bnn \
	tests/fuzz/corpus/model/codes_beyond \
	tests/fuzz/corpus/model/codes_by_hand.bnn \
	tests/fuzz/corpus/model/codes_of_chains_by_hand \
	tests/fuzz/corpus/model/codes_of_gates_by_hand \
	tests/fuzz/corpus/model/lines_by_hand \
	tests/fuzz/corpus/model/logic_by_hand.bnn \
	tests/fuzz/corpus/model/float.bnn \
	tests/fuzz/corpus/model/fully_binary.bnn \
	tests/fuzz/corpus/model/groups_by_hand.bnn \
	tests/fuzz/corpus/model/pool_bn_act.bnn \
	tests/fuzz/corpus/model/shifts.bnn \
	tests/fuzz/corpus/model/skips.bnn \
	tests/fuzz/corpus/model/skips_from_nowhere \
	tests/fuzz/corpus/model/skips_of_bits \
	tests/fuzz/corpus/model/skips_unread \
	tests/fuzz/corpus/model/slopes.bnn \
	tests/fuzz/corpus/model/ternary.bnn \
	tests/fuzz/corpus/model/ternary_beyond \
	tests/fuzz/corpus/model/view_by_hand.bnn \
	tests/fuzz/corpus/model/weights_only.bnn \
	tests/fuzz/corpus/pack/behind_the_last.tar \
	tests/fuzz/corpus/pack/claims_much.tar \
	tests/fuzz/corpus/pack/cut.tar \
	tests/fuzz/corpus/pack/cut.tar.zst \
	tests/fuzz/corpus/pack/empty \
	tests/fuzz/corpus/pack/folder.tar \
	tests/fuzz/corpus/pack/gzip_in_gzip.tar.gz \
	tests/fuzz/corpus/pack/hard_link.tar \
	tests/fuzz/corpus/pack/link.tar \
	tests/fuzz/corpus/pack/no_sums.tar \
	tests/fuzz/corpus/pack/other_sums.tar \
	tests/fuzz/corpus/pack/pipe.tar \
	tests/fuzz/corpus/pack/sparse.tar \
	tests/fuzz/corpus/pack/twice.tar \
	tests/fuzz/corpus/pack/upwards.tar \
	tests/fuzz/corpus/pack/upwards_in_a_run.tar \
	tests/fuzz/corpus/pack/whole.tar \
	tests/fuzz/corpus/pack/whole.tar.gz \
	tests/fuzz/corpus/pack/whole.tar.xz \
	tests/fuzz/corpus/pack/whole.tar.zst \
	tests/fuzz/corpus/picture/bad_crc.png \
	tests/fuzz/corpus/picture/blocks.jpg \
	tests/fuzz/corpus/picture/blocks_arithmetic.jpg \
	tests/fuzz/corpus/picture/blocks_progressive.jpg \
	tests/fuzz/corpus/picture/colour.jpg \
	tests/fuzz/corpus/picture/colour.ppm \
	tests/fuzz/corpus/picture/comment.pgm \
	tests/fuzz/corpus/picture/digit.jpg \
	tests/fuzz/corpus/picture/digit.pgm \
	tests/fuzz/corpus/picture/digit.png \
	tests/fuzz/corpus/picture/digit_on_white.pgm \
	tests/fuzz/corpus/picture/empty \
	tests/fuzz/corpus/picture/gamma.png \
	tests/fuzz/corpus/picture/grey.png \
	tests/fuzz/corpus/picture/grey_16.png \
	tests/fuzz/corpus/picture/grey_alpha.png \
	tests/fuzz/corpus/picture/huge.jpg \
	tests/fuzz/corpus/picture/huge.pgm \
	tests/fuzz/corpus/picture/huge.png \
	tests/fuzz/corpus/picture/inks.jpg \
	tests/fuzz/corpus/picture/interlaced.png \
	tests/fuzz/corpus/picture/large.pgm \
	tests/fuzz/corpus/picture/long_chunk.png \
	tests/fuzz/corpus/picture/magic_only.jpg \
	tests/fuzz/corpus/picture/magic_only.png \
	tests/fuzz/corpus/picture/one_bit.png \
	tests/fuzz/corpus/picture/over_maximum.pgm \
	tests/fuzz/corpus/picture/palette_transparent.png \
	tests/fuzz/corpus/picture/plain.pgm \
	tests/fuzz/corpus/picture/plain_cut.pgm \
	tests/fuzz/corpus/picture/raw.pgm \
	tests/fuzz/corpus/picture/raw_16.pgm \
	tests/fuzz/corpus/picture/red.png \
	tests/fuzz/corpus/picture/rgb.png \
	tests/fuzz/corpus/picture/rgba.png \
	tests/fuzz/corpus/picture/scans.jpg \
	tests/fuzz/corpus/picture/text.png \
	tests/fuzz/corpus/picture/too_few.pgm \
	tests/fuzz/corpus/picture/too_few_rows.png \
	tests/fuzz/corpus/picture/trailing.jpg \
	tests/fuzz/corpus/picture/trailing.pgm \
	tests/fuzz/corpus/picture/truncated.jpg \
	tests/fuzz/corpus/picture/truncated.png \
	tests/fuzz/corpus/picture/turned.jpg \
	tests/fuzz/corpus/picture/turned_colour.jpg \
	tests/fuzz/corpus/picture/white_ink.png \
	tests/fuzz/corpus/picture/zero_maximum.pgm \
	tests/fuzz/corpus/picture/zero_width.png \
	tests/fuzz/corpus/request/elsewhere \
	tests/fuzz/corpus/request/host_begins \
	tests/fuzz/corpus/request/link_of_another \
	tests/fuzz/corpus/request/of_another_page \
	tests/fuzz/corpus/request/port_of_letters \
	tests/fuzz/corpus/request/progress \
	tests/fuzz/corpus/request/report \
	tests/fuzz/corpus/request/run \
	tests/fuzz/corpus/request/run_long \
	tests/fuzz/corpus/request/run_nothing \
	tests/fuzz/corpus/request/run_upper \
	tests/fuzz/corpus/request/run_upwards \
	tests/fuzz/corpus/request/unknown \
	tests/fuzz/corpus/spec/alias_of_itself \
	tests/fuzz/corpus/spec/alias_unknown \
	tests/fuzz/corpus/spec/aliases_explode \
	tests/fuzz/corpus/spec/bad_utf8 \
	tests/fuzz/corpus/spec/byte_order_mark \
	tests/fuzz/corpus/spec/deep_lists \
	tests/fuzz/corpus/spec/deep_maps \
	tests/fuzz/corpus/spec/duplicate_keys \
	tests/fuzz/corpus/spec/durations \
	tests/fuzz/corpus/spec/grid_explodes \
	tests/fuzz/corpus/spec/no_map \
	tests/fuzz/corpus/spec/key_is_a_list \
	tests/fuzz/corpus/spec/keys_empty \
	tests/fuzz/corpus/spec/misplaced_keys \
	tests/fuzz/corpus/spec/nothing \
	tests/fuzz/corpus/spec/number_forms \
	tests/fuzz/corpus/spec/numbers \
	tests/fuzz/corpus/spec/only_a_comment \
	tests/fuzz/corpus/spec/override_deep_map \
	tests/fuzz/corpus/spec/override_empty_key \
	tests/fuzz/corpus/spec/override_empty_value \
	tests/fuzz/corpus/spec/override_epochs \
	tests/fuzz/corpus/spec/override_grid_of_stes \
	tests/fuzz/corpus/spec/override_list_item \
	tests/fuzz/corpus/spec/override_plugin_parameter \
	tests/fuzz/corpus/spec/override_seeds \
	tests/fuzz/corpus/spec/override_whole_grid \
	tests/fuzz/corpus/spec/tab \
	tests/fuzz/corpus/spec/tag \
	tests/fuzz/corpus/spec/two_documents \
	tests/fuzz/corpus/spec/utf16 \
	tests/fuzz/corpus/spec/zip_uneven \
	tests/fuzz/corpus/tarball/claims_much.tar \
	tests/fuzz/corpus/tarball/cut.tgz \
	tests/fuzz/corpus/tarball/empty \
	tests/fuzz/corpus/tarball/gzip_in_gzip.tgz \
	tests/fuzz/corpus/tarball/links.tgz \
	tests/fuzz/corpus/tarball/negative_size.tar \
	tests/fuzz/corpus/tarball/no_tarball \
	tests/fuzz/corpus/tarball/one_file.tgz \
	tests/fuzz/corpus/tarball/pax.tgz \
	tests/fuzz/corpus/tarball/same_twice.tgz \
	tests/fuzz/corpus/tarball/two_files.tar \
	tests/fuzz/corpus/tarball/two_files.tgz \
	tests/fuzz/corpus/tarball/upwards.tgz \
	tests/fuzz/corpus/weights/cut.safetensors \
	tests/fuzz/corpus/weights/dtype.safetensors \
	tests/fuzz/corpus/weights/empty \
	tests/fuzz/corpus/weights/length_only \
	tests/fuzz/corpus/weights/list \
	tests/fuzz/corpus/weights/long_header \
	tests/fuzz/corpus/weights/metadata.safetensors \
	tests/fuzz/corpus/weights/no_header.safetensors \
	tests/fuzz/corpus/weights/no_map.safetensors \
	tests/fuzz/corpus/weights/no_shape.safetensors \
	tests/fuzz/corpus/weights/not_finite.safetensors \
	tests/fuzz/corpus/weights/offsets_huge.safetensors \
	tests/fuzz/corpus/weights/offsets_negative.safetensors \
	tests/fuzz/corpus/weights/offsets_one.safetensors \
	tests/fuzz/corpus/weights/offsets_text.safetensors \
	tests/fuzz/corpus/weights/one_missing.safetensors \
	tests/fuzz/corpus/weights/one_more.safetensors \
	tests/fuzz/corpus/weights/shape.safetensors \
	tests/fuzz/corpus/weights/twice.safetensors \
	tests/fuzz/corpus/weights/whole.safetensors \
	tests/fixtures/reference/comparison_crossed.inc \
	tests/fixtures/reference/comparison_flips.inc \
	tests/fixtures/reference/comparison_looks.inc \
	tests/fixtures/reference/comparison_theory.inc \
	tests/fixtures/reference/make_comparison.R \
	tests/fixtures/reference/distill.inc \
	tests/fixtures/reference/make_distill.py \
	tests/fixtures/reference/drawn_stes.inc \
	tests/fixtures/reference/drawn_stes.py \
	tests/fixtures/reference/learned_layers.inc \
	tests/fixtures/reference/learned_layers.py \
	tests/fixtures/reference/augmented.inc \
	tests/fixtures/reference/forms.inc \
	tests/fixtures/reference/hashes.txt \
	tests/fixtures/reference/plugins.yaml \
	tests/fixtures/reference/widths.yaml \
	tests/fixtures/reference/make_augmented.py \
	tests/fixtures/reference/make_forms.py \
	tests/fixtures/reference/make_reference.py \
	tests/fixtures/reference/small_net.inc \
	tests/fixtures/reference/ste_facts.inc \
	tests/fixtures/reference/ste_facts.py \
	tests/fixtures/reference/make_optimizers.py \
	tests/fixtures/reference/optimizers.inc \
	tests/fixtures/reference/make_training.py \
	tests/fixtures/reference/training.inc \
	tests/tree/strip_c.awk
