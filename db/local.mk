# The store, and the SQL that is built into it; the named queries are installed, too, to be read.

store_sources = \
	db/aggregates.c \
	db/store.c db/store.h \
	db/store_attempt.c \
	db/store_begun.c db/store_begun.h \
	db/store_bench.c db/store_bench.h \
	db/store_compare.c db/store_compare.h \
	db/store_copy.c \
	db/store_curate.c db/store_curate.h \
	db/store_curves.c db/store_curves.h \
	db/store_foreign.c db/store_foreign.h \
	db/store_internal.h \
	db/store_looks.c db/store_looks.h \
	db/store_merge.c db/store_merge.h db/store_merge_internal.h \
	db/store_merge_check.c \
	db/store_merge_disarm.c \
	db/store_merge_rows.c \
	db/store_merge_sql.c \
	db/store_migrate.c \
	db/store_moved.c \
	db/store_needs.c \
	db/store_plan.c \
	db/store_predictions.c \
	db/store_process.c \
	db/store_query.c \
	db/store_record.c \
	db/store_results.c db/store_results.h \
	db/store_rungs.c db/store_rungs.h \
	db/store_select.c \
	db/store_sql.c \
	db/store_statement.c \
	db/store_writer.c

queriesdir = $(pkgdatadir)/queries
dist_queries_DATA = \
	db/queries/accuracy_by_ordering.sql \
	db/queries/accuracy_by_ste.sql \
	db/queries/benchmarks.sql \
	db/queries/confusion.sql \
	db/queries/dead_channels.sql \
	db/queries/disagreement.sql \
	db/queries/environments.sql \
	db/queries/epochs_to_98.sql \
	db/queries/failures.sql \
	db/queries/flips_by_epoch.sql \
	db/queries/layer_sizes.sql \
	db/queries/leaderboard.sql \
	db/queries/looks.sql \
	db/queries/mismatch_by_ste.sql \
	db/queries/paired_difference.sql \
	db/queries/pareto.sql \
	db/queries/rungs.sql \
	db/queries/size_and_speed.sql \
	db/queries/slowest_runs.sql \
	db/queries/time_to_accuracy.sql

# Migrations in their order, the views, the queries of the program itself.
store_scripts = \
	db/schema_1.sql \
	db/schema_2.sql \
	db/schema_3.sql \
	db/schema_4.sql \
	db/schema_5.sql \
	db/schema_6.sql \
	db/schema_7.sql \
	db/schema_8.sql \
	db/schema_9.sql \
	db/orphans.sql \
	db/views.sql \
	db/sql/begun_points.sql \
	db/sql/begun_runs.sql \
	db/sql/begun_settings.sql \
	db/sql/begun_varying.sql \
	db/sql/chosen_runs.sql \
	db/sql/compared_runs.sql \
	db/sql/csv_configs.sql \
	db/sql/csv_keys.sql \
	db/sql/csv_layers.sql \
	db/sql/csv_metrics.sql \
	db/sql/csv_runs.sql \
	db/sql/ended_runs.sql \
	db/sql/epoch_curves.sql \
	db/sql/experiment_datasets.sql \
	db/sql/last_uses.sql \
	db/sql/layer_curves.sql \
	db/sql/links.sql \
	db/sql/merge_check.sql \
	db/sql/merge_check_here.sql \
	db/sql/merge_compare.sql \
	db/sql/merge_conflicts.sql \
	db/sql/merge_explain.sql \
	db/sql/merge_fill.sql \
	db/sql/merge_forget.sql \
	db/sql/merge_room.sql \
	db/sql/merge_runs.sql \
	db/sql/merge_settle.sql \
	db/sql/merge_specs.sql \
	db/sql/merge_tables.sql \
	db/sql/named_configs.sql \
	db/sql/predictions.sql \
	db/sql/registered.sql \
	db/sql/report_cost.sql \
	db/sql/report_curves.sql \
	db/sql/report_data.sql \
	db/sql/report_effects.sql \
	db/sql/report_predictions.sql \
	db/sql/report_results.sql \
	db/sql/report_runs.sql \
	db/sql/report_settings.sql \
	db/sql/report_spec.sql \
	db/sql/report_telemetry.sql \
	db/sql/run_artifacts.sql \
	db/sql/run_attempts.sql \
	db/sql/run_attempts_brief.sql \
	db/sql/run_confusions.sql \
	db/sql/run_diff.sql \
	db/sql/run_environment.sql \
	db/sql/run_epochs.sql \
	db/sql/run_files.sql \
	db/sql/run_files_brief.sql \
	db/sql/run_layers.sql \
	db/sql/run_layers_brief.sql \
	db/sql/run_log.sql \
	db/sql/run_notes.sql \
	db/sql/run_links.sql \
	db/sql/run_links_brief.sql \
	db/sql/run_parameters.sql \
	db/sql/run_plugins.sql \
	db/sql/run_plugins_brief.sql \
	db/sql/run_results.sql \
	db/sql/run_results_brief.sql \
	db/sql/run_state.sql \
	db/sql/run_summary.sql \
	db/sql/run_tags.sql \
	db/sql/run_telemetry.sql \
	db/sql/run_telemetry_brief.sql \
	db/sql/runs.sql \
	db/sql/runs_brief.sql \
	db/sql/serve_progress.sql \
	db/sql/serve_running.sql \
	db/sql/standings.sql \
	db/sql/stored_run.sql \
	db/sql/tags.sql
EXTRA_DIST += $(store_scripts) db/embed.awk
nobase_dist_doc_DATA += db/README.md db/VIEWS.md

BUILT_SOURCES += db/sql.inc
CLEANFILES += db/sql.inc
db/sql.inc: db/embed.awk $(store_scripts) $(dist_queries_DATA)
	$(AM_V_at)$(MKDIR_P) db
	$(AM_V_GEN)for file in $(store_scripts) $(dist_queries_DATA); do \
	  test -e "$$file" && echo "$$file" || echo "$(srcdir)/$$file"; \
	done | xargs $(AWK) -f $(srcdir)/db/embed.awk >$@.tmp && mv $@.tmp $@
