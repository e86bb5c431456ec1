#include "cli/download.h"

#include "base/text.h"
#include "cli/progress.h"

void cli_download_end(cli_download *d)
{
    if (d->drawn)
        fputc('\n', stderr);
    d->drawn = false;
}

static void print_note(void *context, const char *message)
{
    cli_download *d = context;
    cli_download_end(d);
    if (!d->quiet)
        fprintf(stderr, "bnnrun: %s\n", message);
}

static void print_progress(void *context, const char *file, uint64_t done_bytes,
                           uint64_t total_bytes)
{
    cli_download *d = context;
    char done[CLI_TEXT_MAX], total[CLI_TEXT_MAX];
    if (!d->redraws)
        return;
    fprintf(stderr, "\r%s: %s", file, bnn_count_text(done_bytes, done));
    if (total_bytes > 0)
        fprintf(stderr, " of %s", bnn_count_text(total_bytes, total));
    fputs(" bytes\033[K", stderr);
    d->drawn = true;
}

bnn_data_search cli_download_search(cli_download *d, const char *catalogue, bool allowed,
                                    const cli_options *options)
{
    *d = (cli_download){.quiet = options->quiet, .redraws = !options->quiet && cli_redraws()};
    return (bnn_data_search){.catalogue = catalogue,
                             .download = allowed,
                             .progress = print_progress,
                             .note = print_note,
                             .context = d};
}
