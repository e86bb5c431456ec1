#include "cli/export_files.h"

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/table.h"

#include <string.h>

static int export_write(const cli_export_file *files, size_t n, bnn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const cli_export_file *f = &files[i];
        if (strcmp(f->path, "-") != 0) {
            const int status = bnn_file_write(f->path, f->bytes, f->n, err);
            if (status != BNN_OK)
                return status;
        } else if (fwrite(f->bytes, 1, f->n, stdout) != f->n)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
    }
    return BNN_OK;
}

static int export_print_table(const cli_export *r, const cli_export_file *files, size_t n,
                              bnn_error *err)
{
    cli_table *table = cli_table_create("file|#bytes|sha256");
    for (size_t i = 0; i < n; i++) {
        char sha256[BNN_SHA256_HEX];
        bnn_sha256(files[i].bytes, files[i].n, sha256);
        cli_table_cell(table, files[i].path);
        cli_table_cellf(table, "%zu", files[i].n);
        cli_table_cell(table, sha256);
    }
    return cli_table_end(table, &r->options, err);
}

int cli_export_deliver(const cli_export *r, const cli_export_file *files, size_t n,
                       const char *advice, bnn_error *err)
{
    char count[CLI_TEXT_MAX];
    if (advice == NULL)
        return bnn_no_memory(err);
    const bool is_piped = strcmp(files[0].path, "-") == 0;
    FILE *out = is_piped ? stderr : stdout;
    const int status = export_write(files, n, err);
    if (status == BNN_OK && (r->options.json || r->options.csv))
        return export_print_table(r, files, n, err);
    if (status != BNN_OK || r->options.quiet)
        return status;
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s: %s bytes\n", is_piped ? "stdout" : files[i].path,
                bnn_count_text(files[i].n, count));
    fprintf(out, "%s\n", advice);
    return BNN_OK;
}
