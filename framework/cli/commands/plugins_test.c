/* plugins_test.c - bnnrun plugins test: whether plugins keep the contract of their kind. */
#include "cli/commands/plugins_test.h"

#include "base/text.h"
#include "cli/table.h"
#include "conform/conform.h"

#include <string.h>
#include <unistd.h>

enum { CHECK_SECONDS = 60 };

/* What is tested, and what came of it. */
typedef struct plugins_test {
    const cli_plugins_request *request;
    cli_table *table; /* for programs; NULL: for people, as it comes */
    size_t n_files, n_broken_files;
    size_t n_of[BNN_CONFORM_SKIPPED + 1]; /* by verdict */
} plugins_test;

static const char *const verdict_names[] = {[BNN_CONFORM_KEPT] = "kept",
                                            [BNN_CONFORM_BROKEN] = "BROKEN",
                                            [BNN_CONFORM_SKIPPED] = "skipped"};

static void print_check(const plugins_test *t, const char *path, bnn_kind kind, const char *name,
                        const bnn_conform_result *r)
{
    const char *const verdict =
        r->verdict == BNN_CONFORM_BROKEN && t->table != NULL ? "broken" : verdict_names[r->verdict];
    const char *const message = r->message[0] != '\0' ? r->message : NULL;
    const char *const cells[] = {path,   bnn_kind_name(kind), name, r->check, r->promise, verdict,
                                 message};
    if (t->table != NULL) {
        cli_table_row(t->table, cells);
        return;
    }
    if (t->request->options.quiet && r->verdict != BNN_CONFORM_BROKEN)
        return;
    printf("  %-8s %-10s %s\n", verdict, r->check, r->promise);
    if (message != NULL)
        printf("  %19s %s\n", "", message);
    fflush(stdout);
}

/* All checks of one file; of one that cannot be loaded no more than that. */
static int test_file(plugins_test *t, const char *path, bnn_error *err)
{
    bnn_kind kind;
    char name[BNN_PLUGIN_NAME];
    const uint32_t seconds = t->request->timeout_seconds;
    bool broken = false, loads = true;
    if (!bnn_plugin_file_name(path, &kind, name))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: a plugin's file is named KIND_NAME.so, where KIND is layer, ste, "
                        "ordering, optimizer or form; a source has to be built first",
                        path);
    if (access(path, F_OK) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be opened", path);
    if (t->table == NULL)
        printf("%s %s: %s\n", bnn_kind_name(kind), name, path);
    for (size_t i = 0; loads && i < bnn_conform_count(kind); i++) {
        bnn_conform_result result;
        fflush(stdout);
        const int status =
            bnn_conform_run(path, kind, i, seconds > 0 ? seconds : CHECK_SECONDS, &result, err);
        if (status != BNN_OK)
            return status;
        print_check(t, path, kind, name, &result);
        t->n_of[result.verdict]++;
        broken = broken || result.verdict == BNN_CONFORM_BROKEN;
        loads = i > 0 || !broken;
    }
    t->n_files++;
    t->n_broken_files += broken;
    return BNN_OK;
}

/* Those on the search path; of a kind and name unless kind is 0. */
static int test_found(plugins_test *t, bnn_registry *registry, bnn_kind kind, const char *name,
                      bnn_error *err)
{
    const bnn_plugin_file *files;
    const size_t before = t->n_files;
    size_t n;
    if (bnn_registry_scan(registry, &files, &n, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n; i++) {
        const bool wanted =
            kind == 0 || (files[i].kind == kind && strcmp(files[i].name, name) == 0);
        if (!wanted || files[i].shadowed_by != NULL)
            continue;
        const int status = test_file(t, files[i].path, err);
        if (status != BNN_OK)
            return status;
    }
    if (t->n_files > before)
        return BNN_OK;
    if (kind == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "no plugin found");
    bnn_registry_load(registry, kind, name, err); /* says what there is instead */
    return err->status;
}

static int test_operands(plugins_test *t, bnn_registry *registry, bnn_error *err)
{
    const cli_options *options = &t->request->options;
    char *const *operands = options->operands + 1;
    const int n = options->n_operands - 1;
    const bnn_kind kind = n == 2 ? bnn_kind_parse(operands[0]) : (bnn_kind)0;
    int status = BNN_OK;
    if (n == 0 || kind != 0)
        return test_found(t, registry, kind, n == 0 ? NULL : operands[1], err);
    for (int i = 0; status == BNN_OK && i < n; i++)
        status = test_file(t, operands[i], err);
    return status;
}

int cli_plugins_test(bnn_registry *registry, const cli_plugins_request *request, bnn_error *err)
{
    const cli_options *options = &request->options;
    const bool data = options->json || options->csv;
    plugins_test t = {.request = request};
    if (data)
        t.table = cli_table_create("file|kind|name|check|promise|verdict|message");
    int status = test_operands(&t, registry, err);
    if (status == BNN_OK && data)
        status = cli_table_end(t.table, options, err);
    else
        cli_table_destroy(t.table);
    if (status != BNN_OK)
        return status;
    if (!data)
        printf("%zu plugin%s: of the checks %zu are kept, %zu broken, %zu skipped\n", t.n_files,
               bnn_plural(t.n_files), t.n_of[BNN_CONFORM_KEPT], t.n_of[BNN_CONFORM_BROKEN],
               t.n_of[BNN_CONFORM_SKIPPED]);
    if (t.n_broken_files > 0)
        return bnn_fail(err, BNN_E_FAILED, "%zu of %zu plugin%s break%s the contract",
                        t.n_broken_files, t.n_files, bnn_plural(t.n_files),
                        t.n_broken_files == 1 ? "s" : "");
    return BNN_OK;
}
