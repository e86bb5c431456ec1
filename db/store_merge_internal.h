/* store_merge_internal.h - what the files that merge a database into another one share. The other one is attached as
 * `source`; what is found out of it is in the temporary tables of db/sql/merge_tables.sql. The store keeps the first
 * failure (store_internal.h), after which these do nothing. */
#ifndef BNN_DB_STORE_MERGE_INTERNAL_H
#define BNN_DB_STORE_MERGE_INTERNAL_H

#include "db/store_internal.h"

/* ---- store_merge_sql.c: statements that are put together ---- */

/* Executes db/sql/NAME.sql. What a constraint refuses was written by no bnnrun, there or here. */
void bnn_store_merge_script(bnn_store *store, const char *name);

/* Likewise a statement that is written as sqlite3_mprintf does. */
void bnn_store_merge_execute(bnn_store *store, const char *format, ...);

/* The first column of the first row, freed by sqlite3_free; NULL without one. */
char *bnn_store_merge_text(bnn_store *store, const char *format, ...);

/* A text that was put together; NULL without memory. */
char *bnn_store_merge_finished(bnn_store *store, sqlite3_str *text);

/* ---- store_merge_check.c ---- */

/* Refuses tables of the other database that are none, or have other columns; then rows that no bnnrun has written. */
void bnn_store_merge_check_tables(bnn_store *store);
void bnn_store_merge_check_rows(bnn_store *store);

/* ---- store_merge_rows.c ---- */

/* The tables that are taken over; NULL behind the last. */
const char *bnn_store_merge_table(size_t i);

/* Finds what runs share, or adds it; all: also of runs that are not wanted. */
void bnn_store_merge_entities(bnn_store *store, bool all);

/* Adds the rows of what is new or better. */
void bnn_store_merge_rows(bnn_store *store);

#endif
