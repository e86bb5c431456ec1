/* leaderboard.h - the leaderboard, as a table and for programs. */
#ifndef BNN_CLI_LEADERBOARD_H
#define BNN_CLI_LEADERBOARD_H

#include "results/leaderboard.h"

#include <jansson.h>

/* Prints it as a table to stdout. */
int cli_leaderboard_print(const bnn_leaderboard *board, bnn_error *err);

/* Its rows as an array of objects; released by the caller. NULL without memory. */
json_t *cli_leaderboard_json(const bnn_leaderboard *board);

#endif
