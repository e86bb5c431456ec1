/* store_foreign.h - a SQLite database of another program, written anew, row by row. */
#ifndef BNN_DB_STORE_FOREIGN_H
#define BNN_DB_STORE_FOREIGN_H

#include "db/store.h"

typedef struct bnn_foreign bnn_foreign;

/* Makes the file, which must not be there, with the tables of the schema. *out is closed by the caller; what was
 * not committed is lost then. */
int bnn_foreign_create(const char *path, const char *schema, bnn_foreign **out, bnn_error *err);
void bnn_foreign_close(bnn_foreign *foreign); /* accepts NULL */

/* Executes the statement with the values as ?1, ?2 and so on. */
int bnn_foreign_insert(bnn_foreign *foreign, const char *sql, const bnn_store_value *values,
                       size_t n, bnn_error *err);

int bnn_foreign_commit(bnn_foreign *foreign, bnn_error *err);

#endif
