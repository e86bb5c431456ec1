/* data_check.h - data sets opened to see whether they are whole. */
#ifndef BNN_CLI_DATA_CHECK_H
#define BNN_CLI_DATA_CHECK_H

#include "cli/cli.h"
#include "data/dataset.h"

/* Opens the data set: that finds it, downloads it when allowed, and checks every file. is_missing: as in
 * bnn_data_search. */
int cli_data_open(const char *directories, const char *name, bool download, bool *is_missing,
                  const cli_options *options, bnn_dataset *out, bnn_error *err);

/* Whether the message of a failure is about a file in a folder that has another set, and is right as that.
 * sources: [n], of the sets that are well, or NULL. */
bool cli_data_is_of_another_set(const char *message, const char *const *sources, size_t n);

#endif
