#include "cli/status.h"

#include "base/text.h"
#include "cli/cli.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void cli_status_add(cli_status *status, const char *format, ...)
{
    const size_t used = strlen(status->text);
    va_list args;
    va_start(args, format);
    vsnprintf(status->text + used, sizeof status->text - used, format, args);
    va_end(args);
}

static size_t status_height(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : 24;
}

/* Rows that lie above the cursor's: a terminal that became narrower has broken lines. */
static size_t status_rows_above(const char *drawn, size_t width)
{
    char line[CLI_STATUS_BYTES];
    size_t rows = 0;
    for (const char *at = drawn; *at != '\0';) {
        const size_t n = strcspn(at, "\n");
        memcpy(line, at, n);
        line[n] = '\0';
        const size_t columns = bnn_text_width(line);
        rows += columns == 0 ? 1 : (columns + width - 1) / width;
        at += n + (at[n] == '\n');
    }
    return rows == 0 ? 0 : rows - 1;
}

/* The sequences that take to the place where drawing began, and clear what is below. */
static int status_home(const cli_status *status, char *out, size_t n)
{
    const size_t rows = status_rows_above(status->drawn, cli_width(stderr));
    if (status->drawn[0] == '\0')
        return snprintf(out, n, "\r");
    if (rows == 0)
        return snprintf(out, n, "\r\033[J");
    return snprintf(out, n, "\r\033[%zuA\033[J", rows);
}

void cli_status_draw(cli_status *status)
{
    char out[CLI_STATUS_BYTES + 64];
    const size_t width = cli_width(stderr) - CLI_STATUS_MARGIN, height = status_height() - 1;
    size_t used = (size_t)status_home(status, out, sizeof out), n_drawn = 0, n_lines = 0;
    for (const char *at = status->text; *at != '\0' && n_lines < height; n_lines++) {
        const size_t n = strcspn(at, "\n");
        size_t cut = bnn_text_bytes(at, width);
        cut = cut < n ? cut : n;
        if (n_lines > 0)
            status->drawn[n_drawn++] = '\n';
        memcpy(status->drawn + n_drawn, at, cut);
        n_drawn += cut;
        at += n + (at[n] == '\n');
    }
    status->drawn[n_drawn] = '\0';
    memcpy(out + used, status->drawn, n_drawn);
    used += n_drawn;
    fwrite(out, 1, used, stderr);
    status->text[0] = '\0';
}

void cli_status_erase(cli_status *status)
{
    char out[64];
    if (status->drawn[0] == '\0')
        return;
    const int n = status_home(status, out, sizeof out);
    fwrite(out, 1, (size_t)n, stderr);
    status->drawn[0] = '\0';
}
