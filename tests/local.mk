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
	BNNRUN_PLUGIN_PATH=$$plugins$${BNNRUN_PLUGIN_PATH:+:$$BNNRUN_PLUGIN_PATH}; \
	export BNNRUN_PLUGIN_PATH; \
	CC='$(CC)'; export CC; \
	BNN_TEST_PLUGINS='$(abs_top_builddir)/tests/plugins/.libs'; export BNN_TEST_PLUGINS; \
	CK_TAP_LOG_FILE_NAME=-; export CK_TAP_LOG_FILE_NAME; \
	CK_VERBOSITY=silent; export CK_VERBOSITY; \
	CK_DEFAULT_TIMEOUT=120; export CK_DEFAULT_TIMEOUT; \
	ASAN_OPTIONS=allocator_may_return_null=1; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS; \
	TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1; export TSAN_OPTIONS;

LDADD = $(bnn_libraries) $(CHECK_LIBS)

check_suites = \
	tests/check_base \
	tests/check_checkpoint \
	tests/check_data \
	tests/check_deploy \
	tests/check_engine_float \
	tests/check_engines \
	tests/check_experiment \
	tests/check_fetch \
	tests/check_fold \
	tests/check_functions \
	tests/check_infer \
	tests/check_kernels \
	tests/check_locate \
	tests/check_measure \
	tests/check_model \
	tests/check_modelfile \
	tests/check_numerics \
	tests/check_params \
	tests/check_passes \
	tests/check_picture \
	tests/check_plugins \
	tests/check_reference \
	tests/check_registry \
	tests/check_revive \
	tests/check_runner \
	tests/check_schema \
	tests/check_spec \
	tests/check_store \
	tests/check_store_attempts \
	tests/check_store_bench \
	tests/check_store_crash \
	tests/check_store_query \
	tests/check_store_sql \
	tests/check_sweep \
	tests/check_train \
	tests/check_unfold \
	tests/check_values \
	tests/check_weights
check_PROGRAMS += $(check_suites)
tests_check_base_SOURCES = tests/check_base.c tests/check_main.h
tests_check_checkpoint_SOURCES = \
	tests/check_checkpoint.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/model_fixture.h \
	tests/spec_fixture.h \
	tests/train_fixture.h
tests_check_data_SOURCES = \
	tests/check_data.c \
	tests/check_main.h \
	tests/data_fixture.c \
	tests/data_fixture.h
tests_check_deploy_SOURCES = \
	tests/check_deploy.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_engine_float_SOURCES = \
	tests/check_engine_float.c \
	tests/buffers.h \
	tests/check_main.h
tests_check_engines_SOURCES = \
	tests/check_engines.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/random_model.h
tests_check_experiment_SOURCES = \
	tests/check_experiment.c \
	tests/check_main.h \
	tests/runner_fixture.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_fetch_SOURCES = \
	tests/check_fetch.c \
	tests/check_main.h \
	tests/data_fixture.c \
	tests/data_fixture.h
tests_check_fold_SOURCES = tests/check_fold.c tests/buffers.h tests/check_main.h
tests_check_functions_SOURCES = tests/check_functions.c tests/buffers.h tests/check_main.h
tests_check_infer_SOURCES = \
	tests/check_infer.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_kernels_SOURCES = \
	tests/check_kernels.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/naive_kernels.h
tests_check_locate_SOURCES = \
	tests/check_locate.c \
	tests/check_main.h \
	tests/data_fixture.c \
	tests/data_fixture.h
tests_check_measure_SOURCES = \
	tests/check_measure.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_model_SOURCES = \
	tests/check_model.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_modelfile_SOURCES = \
	tests/check_modelfile.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/hostile_model.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_numerics_SOURCES = \
	tests/check_numerics.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/naive_kernels.h
tests_check_params_SOURCES = tests/check_params.c tests/check_main.h
tests_check_passes_SOURCES = \
	tests/check_passes.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_picture_SOURCES = \
	tests/check_picture.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/hostile_picture.h
tests_check_plugins_SOURCES = \
	tests/check_plugins.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/conform.c \
	tests/conform.h \
	tests/conform_file.c \
	tests/conform_layer.c \
	tests/conform_optimizer.c \
	tests/conform_ste.c
tests_check_reference_SOURCES = \
	tests/check_reference.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_registry_SOURCES = tests/check_registry.c tests/check_main.h
tests_check_revive_SOURCES = \
	tests/check_revive.c \
	tests/check_main.h \
	tests/runner_fixture.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_runner_SOURCES = \
	tests/check_runner.c \
	tests/check_main.h \
	tests/runner_fixture.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_schema_SOURCES = tests/check_schema.c tests/check_main.h tests/spec_fixture.h
tests_check_spec_SOURCES = tests/check_spec.c tests/check_main.h tests/spec_fixture.h
tests_check_store_SOURCES = \
	tests/check_store.c \
	tests/check_main.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_store_attempts_SOURCES = \
	tests/check_store_attempts.c \
	tests/check_main.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_store_bench_SOURCES = \
	tests/check_store_bench.c \
	tests/check_main.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_store_crash_SOURCES = \
	tests/check_store_crash.c \
	tests/check_main.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_store_query_SOURCES = \
	tests/check_store_query.c \
	tests/check_main.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_store_sql_SOURCES = \
	tests/check_store_sql.c \
	tests/check_main.h \
	tests/store_fixture.c \
	tests/store_fixture.h
tests_check_sweep_SOURCES = tests/check_sweep.c tests/check_main.h tests/spec_fixture.h
tests_check_train_SOURCES = \
	tests/check_train.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/model_fixture.h \
	tests/spec_fixture.h \
	tests/train_fixture.h
tests_check_unfold_SOURCES = \
	tests/check_unfold.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/spec_fixture.h
tests_check_values_SOURCES = tests/check_values.c tests/check_main.h tests/spec_fixture.h
tests_check_weights_SOURCES = \
	tests/check_weights.c \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/spec_fixture.h

# The suites above are tests, and so are these scripts.
shell_tests = \
	tests/bad_specs.sh \
	tests/bench_ort.sh \
	tests/cexport.sh \
	tests/check_layers.sh \
	tests/check_lists.sh \
	tests/check_onnx.sh \
	tests/cli.sh \
	tests/cli_bench.sh \
	tests/cli_model.sh \
	tests/cli_verify.sh \
	tests/crash.sh \
	tests/cross_aarch64.sh \
	tests/docs.sh \
	tests/fuzz_replay.sh \
	tests/install.sh \
	tests/run.sh \
	tests/third_party.sh
TESTS += $(check_suites) $(shell_tests)

# Writes the programs that tests/cexport.sh compiles and runs.
check_PROGRAMS += tests/cexport/make
tests_cexport_make_SOURCES = \
	tests/buffers.h \
	tests/cexport/make.c \
	tests/cexport/random_model.c \
	tests/cexport/random_model.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/spec_fixture.h \
	tests/trained_fixture.h
EXTRA_DIST += \
	tests/cexport/board.c \
	tests/cexport/host.c \
	tests/cexport/mps2.ld \
	tests/cexport/semihosting.h \
	tests/cexport/startup.c

# Writes the ONNX files that tests/check_onnx.sh has run.
check_PROGRAMS += tests/onnx/onnx_cases
tests_onnx_onnx_cases_SOURCES = \
	tests/buffers.h \
	tests/check_main.h \
	tests/deploy_fixture.h \
	tests/model_fixture.h \
	tests/onnx/onnx_cases.c \
	tests/spec_fixture.h \
	tests/trained_fixture.h
EXTRA_DIST += tests/onnx/check_onnx.py tests/onnx/run_onnx.js

# Plugins that must be refused. Without -rpath libtool would build archives of them.
bad_plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
check_LTLIBRARIES += \
	tests/plugins/ste_bad_abi.la \
	tests/plugins/ste_bad_default.la \
	tests/plugins/ste_flushes.la \
	tests/plugins/ste_no_descriptor.la \
	tests/plugins/ste_no_grad.la \
	tests/plugins/ste_no_symbol.la \
	tests/plugins/ste_too_small.la \
	tests/plugins/ste_undefined.la \
	tests/plugins/ste_wrong_kind.la \
	tests/plugins/ste_wrong_name.la
tests_plugins_ste_bad_abi_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_bad_default_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_flushes_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_no_descriptor_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_no_grad_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_no_symbol_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_too_small_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_undefined_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_wrong_kind_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_ste_wrong_name_la_LDFLAGS = $(bad_plugin_ldflags)

# Fuzz targets. `make check` replays their corpus; `make fuzz` builds them for libFuzzer, in fuzz/.
fuzz_targets = tests/fuzz_idx tests/fuzz_model tests/fuzz_picture tests/fuzz_spec
check_PROGRAMS += $(fuzz_targets)
tests_fuzz_idx_SOURCES = tests/fuzz_idx.c tests/fuzz_main.h
tests_fuzz_idx_CPPFLAGS = $(AM_CPPFLAGS) -DBNN_FUZZ_REPLAY
tests_fuzz_model_SOURCES = tests/fuzz_model.c tests/fuzz_main.h tests/hostile_model.h
tests_fuzz_model_CPPFLAGS = $(AM_CPPFLAGS) -DBNN_FUZZ_REPLAY
tests_fuzz_picture_SOURCES = tests/fuzz_picture.c tests/fuzz_main.h tests/hostile_picture.h
tests_fuzz_picture_CPPFLAGS = $(AM_CPPFLAGS) -DBNN_FUZZ_REPLAY
tests_fuzz_spec_SOURCES = tests/fuzz_spec.c tests/fuzz_main.h
tests_fuzz_spec_CPPFLAGS = $(AM_CPPFLAGS) -DBNN_FUZZ_REPLAY

fuzz_flags = -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all $(BNN_FLAGS)

.PHONY: fuzz
fuzz: $(BUILT_SOURCES) $(kernel_libraries) $(engine_libraries) $(onnx_library)
	@test "$(FUZZ_CC)" != missing || { echo "fuzz: clang not found (it has libFuzzer)" >&2; exit 1; }
	@$(MKDIR_P) fuzz/objects
	@for source in $(framework_libbnn_a_SOURCES); do \
	  case $$source in *.h) continue ;; esac; \
	  test -e $$source || source=$(srcdir)/$$source; \
	  object=fuzz/objects/`echo $$source | tr -c 'A-Za-z0-9\n' _`.o; \
	  test $$object -nt $$source || { echo "  FUZZCC   $$source"; $(FUZZ_CC) $(fuzz_flags) \
	    -fsanitize=fuzzer-no-link,address,undefined $(AM_CPPFLAGS) $(CPPFLAGS) \
	    -c -o $$object $$source || exit 1; }; \
	done
	@for target in $(fuzz_targets); do \
	  program=fuzz/`basename $$target`; echo "  FUZZLD   $$program"; \
	  $(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer,address,undefined $(AM_CPPFLAGS) $(CPPFLAGS) \
	    -o $$program $(srcdir)/$$target.c fuzz/objects/*.o $(kernel_libraries) $(engine_libraries) $(onnx_library) \
	    $(bnn_system_libraries) || exit 1; \
	done

clean-local:
	rm -rf fuzz

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
	tests/bench/peak_body.h \
	tests/bench/report.c tests/bench/report.h \
	tests/bench/samples.c tests/bench/samples.h \
	tests/bench/scratch.c tests/bench/scratch.h \
	tests/bench/setup.c tests/bench/setup.h \
	tests/bench/smoke_config.c tests/bench/smoke_config.h \
	tests/bench/torch.c \
	tests/bench/torch_child.c tests/bench/torch_child.h \
	tests/bench/training.c
EXTRA_LIBRARIES = tests/bench/libpeak_portable.a
tests_bench_libpeak_portable_a_SOURCES = tests/bench/peak_portable.c
peak_libraries = tests/bench/libpeak_portable.a
if CPU_X86_64
EXTRA_LIBRARIES += tests/bench/libpeak_avx2.a tests/bench/libpeak_avx512.a
tests_bench_libpeak_avx2_a_SOURCES = tests/bench/peak_avx2.c
tests_bench_libpeak_avx2_a_CFLAGS = $(AM_CFLAGS) $(avx2_flags)
tests_bench_libpeak_avx512_a_SOURCES = tests/bench/peak_avx512.c
tests_bench_libpeak_avx512_a_CFLAGS = $(AM_CFLAGS) $(avx512_flags)
peak_libraries += tests/bench/libpeak_avx2.a tests/bench/libpeak_avx512.a
endif
if CPU_AARCH64
EXTRA_LIBRARIES += tests/bench/libpeak_neon.a
tests_bench_libpeak_neon_a_SOURCES = tests/bench/peak_neon.c
peak_libraries += tests/bench/libpeak_neon.a
endif
tests_bench_bnnbench_LDADD = $(peak_libraries) $(bnn_libraries)
CLEANFILES += $(EXTRA_PROGRAMS) $(EXTRA_LIBRARIES)

.PHONY: bench
bench: all tests/bench/bnnbench
	@$(AM_TESTS_ENVIRONMENT) tests/bench/bnnbench $(BENCH_FLAGS)

# Scripts, fixtures and expected results.
EXTRA_DIST += $(shell_tests) tests/command.sh
EXTRA_DIST += \
	tests/bad_specs/data.txt \
	tests/bad_specs/keys.txt \
	tests/bad_specs/model.txt \
	tests/bad_specs/overrides.txt \
	tests/bad_specs/plugins.txt \
	tests/bad_specs/several.txt \
	tests/bad_specs/sweep.txt \
	tests/bad_specs/syntax.txt \
	tests/bad_specs/values.txt \
	tests/bench/lenet_torch.py \
	tests/bench/smoke.sh \
	tests/corpus/idx/bad_crc.gz \
	tests/corpus/idx/bomb.gz \
	tests/corpus/idx/claims_a_gigabyte.gz \
	tests/corpus/idx/empty \
	tests/corpus/idx/five_dims.idx \
	tests/corpus/idx/float.idx \
	tests/corpus/idx/four_dims.idx \
	tests/corpus/idx/header_cut.idx \
	tests/corpus/idx/huge.idx \
	tests/corpus/idx/images.gz \
	tests/corpus/idx/images.idx \
	tests/corpus/idx/labels.gz \
	tests/corpus/idx/labels.idx \
	tests/corpus/idx/magic.idx \
	tests/corpus/idx/magic_only.gz \
	tests/corpus/idx/no_dims.idx \
	tests/corpus/idx/overflow.idx \
	tests/corpus/idx/trailing.gz \
	tests/corpus/idx/trailing.idx \
	tests/corpus/idx/truncated.gz \
	tests/corpus/idx/truncated.idx \
	tests/corpus/idx/two_members.gz \
	tests/corpus/idx/zero_dim.idx \
	tests/corpus/model/by_hand.bnn \
	tests/corpus/model/float.bnn \
	tests/corpus/model/fully_binary.bnn \
	tests/corpus/model/pool_bn_act.bnn \
	tests/corpus/model/weights_only.bnn \
	tests/corpus/picture/bad_crc.png \
	tests/corpus/picture/colour.ppm \
	tests/corpus/picture/comment.pgm \
	tests/corpus/picture/digit.pgm \
	tests/corpus/picture/digit.png \
	tests/corpus/picture/digit_on_white.pgm \
	tests/corpus/picture/empty \
	tests/corpus/picture/gamma.png \
	tests/corpus/picture/grey.png \
	tests/corpus/picture/grey_16.png \
	tests/corpus/picture/grey_alpha.png \
	tests/corpus/picture/huge.pgm \
	tests/corpus/picture/huge.png \
	tests/corpus/picture/interlaced.png \
	tests/corpus/picture/large.pgm \
	tests/corpus/picture/magic_only.png \
	tests/corpus/picture/one_bit.png \
	tests/corpus/picture/over_maximum.pgm \
	tests/corpus/picture/palette_transparent.png \
	tests/corpus/picture/plain.pgm \
	tests/corpus/picture/plain_cut.pgm \
	tests/corpus/picture/raw.pgm \
	tests/corpus/picture/raw_16.pgm \
	tests/corpus/picture/rgb.png \
	tests/corpus/picture/rgba.png \
	tests/corpus/picture/text.png \
	tests/corpus/picture/too_few.pgm \
	tests/corpus/picture/too_few_rows.png \
	tests/corpus/picture/trailing.pgm \
	tests/corpus/picture/truncated.png \
	tests/corpus/picture/zero_maximum.pgm \
	tests/corpus/picture/zero_width.png \
	tests/corpus/spec/alias_of_itself \
	tests/corpus/spec/alias_unknown \
	tests/corpus/spec/aliases_explode \
	tests/corpus/spec/bad_utf8 \
	tests/corpus/spec/byte_order_mark \
	tests/corpus/spec/deep_lists \
	tests/corpus/spec/deep_maps \
	tests/corpus/spec/duplicate_keys \
	tests/corpus/spec/durations \
	tests/corpus/spec/grid_explodes \
	tests/corpus/spec/key_is_a_list \
	tests/corpus/spec/keys_empty \
	tests/corpus/spec/nothing \
	tests/corpus/spec/number_forms \
	tests/corpus/spec/numbers \
	tests/corpus/spec/only_a_comment \
	tests/corpus/spec/override_deep_map \
	tests/corpus/spec/override_empty_key \
	tests/corpus/spec/override_empty_value \
	tests/corpus/spec/override_epochs \
	tests/corpus/spec/override_grid_of_stes \
	tests/corpus/spec/override_plugin_parameter \
	tests/corpus/spec/override_seeds \
	tests/corpus/spec/override_whole_grid \
	tests/corpus/spec/tab \
	tests/corpus/spec/tag \
	tests/corpus/spec/two_documents \
	tests/corpus/spec/utf16 \
	tests/corpus/spec/zip_uneven \
	tests/reference/make_reference.py \
	tests/reference/small_net.inc \
	tests/strip_c.awk
