#include "cli/data_check.h"

#include "cli/progress.h"

#include <string.h>

int cli_data_open(const char *directories, const char *name, bool download, bool *is_missing,
                  const cli_options *options, bnn_dataset *out, bnn_error *err)
{
    cli_download told;
    bnn_data_search search = cli_download_search(&told, directories, download, options);
    search.is_missing = is_missing;
    const bnn_data_options data_options = {.name = name};
    const int status = bnn_dataset_open(&data_options, &search, out, err);
    cli_download_end(&told);
    return status;
}

bool cli_data_is_of_another_set(const char *message, const char *const *sources, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t length = sources[i] != NULL ? strlen(sources[i]) : 0;
        if (length > 0 && strncmp(message, sources[i], length) == 0 && message[length] == '/')
            return true;
    }
    return false;
}
