#include "db/store_begun.h"

#include "db/store_internal.h"

#define BEGUN(name) BNN_MEMBER(bnn_store_begun, name)
static const bnn_row_type begun_type = {sizeof(bnn_store_begun),
                                        {BEGUN(uid), BEGUN(label), BEGUN(config), BEGUN(differs),
                                         BEGUN(seed), BEGUN(state), BEGUN(started_us),
                                         BEGUN(ended_us), BEGUN(tags), BEGUN(note)}};

#define SET(name) BNN_MEMBER(bnn_store_set, name)
static const bnn_row_type set_type = {sizeof(bnn_store_set),
                                      {SET(key), SET(is_text), SET(text), SET(number)}};

#define KEY(name) BNN_MEMBER(bnn_store_key, name)
static const bnn_row_type key_type = {sizeof(bnn_store_key), {KEY(key)}};

#define POINT(name) BNN_MEMBER(bnn_store_point, name)
static const bnn_row_type point_type = {sizeof(bnn_store_point),
                                        {POINT(name), POINT(step), POINT(value), POINT(time_us)}};

int bnn_store_list_begun(bnn_store *store, const char *experiment, bnn_arena *arena,
                         const bnn_store_begun **out_rows, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("begun_runs"), BNN_VALUES(V(experiment)),
                          &begun_type, arena, out_rows, out_n, err);
}

int bnn_store_list_varying(bnn_store *store, const char *experiment, bnn_arena *arena,
                           const bnn_store_key **out_rows, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("begun_varying"), BNN_VALUES(V(experiment)),
                          &key_type, arena, out_rows, out_n, err);
}

int bnn_store_list_settings(bnn_store *store, const char *uid, bnn_arena *arena,
                            const bnn_store_set **out_rows, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("begun_settings"), BNN_VALUES(V(uid)), &set_type,
                          arena, out_rows, out_n, err);
}

int bnn_store_list_points(bnn_store *store, const char *uid, bnn_arena *arena,
                          const bnn_store_point **out_rows, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("begun_points"), BNN_VALUES(V(uid)), &point_type,
                          arena, out_rows, out_n, err);
}
