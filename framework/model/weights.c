#include "model/weights.h"

#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_BYTES = 8, /* of the length in front */
    HEADER_BYTES_MAX = 1 << 20,
    NAME_MAX_BYTES = 160, /* of "LAYER.TENSOR" */
};
static const size_t file_bytes_max = (size_t)2 << 30;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a file has the machine's byte order");

static const char *name_of(const bnn_parameter *p, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s.%s", p->layer, p->name);
    return out;
}

/* How many dimensions are written: not the last ones of 1, the first excepted. */
static size_t rank_of(const bnn_parameter *p)
{
    size_t rank = 4;
    while (rank > 1 && p->dims[rank - 1] == 1)
        rank--;
    return rank;
}

/* With as many of them as there is memory for. */
static json_t *shape_of(const bnn_parameter *p)
{
    json_t *shape = json_array();
    for (size_t k = 0; k < rank_of(p); k++)
        json_array_append_new(shape, json_integer(p->dims[k]));
    return shape;
}

static size_t bytes_of(const bnn_network *network)
{
    size_t n = 0;
    for (uint32_t i = 0; i < network->n_parameters; i++)
        n += network->parameters[i].n;
    return n * sizeof(float);
}

/* ---- writing ----------------------------------------------------------------------------- */

/* The JSON text, in the order of the tensors; freed by the caller. */
static char *header_of(const bnn_network *network)
{
    json_t *all = json_object();
    json_int_t place = 0;
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_parameter *p = &network->parameters[i];
        char name[NAME_MAX_BYTES];
        const json_int_t end = place + (json_int_t)(p->n * sizeof(float));
        json_object_set_new(all, name_of(p, name),
                            json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape_of(p),
                                      "data_offsets", place, end));
        place = end;
    }
    char *text = bnn_json_dump(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

int bnn_weights_write(const bnn_network *network, const char *path, bnn_error *err)
{
    char *header = header_of(network);
    const size_t n_text = header == NULL ? 0 : strlen(header);
    const uint64_t n_header = (n_text + 7) / 8 * 8; /* spaces at its end align what follows */
    const size_t n = LENGTH_BYTES + n_header + bytes_of(network);
    uint8_t *bytes = malloc(n);
    int status;
    if (header == NULL || bytes == NULL) {
        status = bnn_no_memory(err);
        goto out;
    }
    memcpy(bytes, &n_header, sizeof n_header);
    memset(bytes + LENGTH_BYTES, ' ', n_header);
    memcpy(bytes + LENGTH_BYTES, header, n_text);
    uint8_t *at = bytes + LENGTH_BYTES + n_header;
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_parameter *p = &network->parameters[i];
        memcpy(at, p->value, p->n * sizeof *p->value);
        at += p->n * sizeof *p->value;
    }
    status = bnn_file_write(path, bytes, n, err);
out:
    free(bytes);
    free(header);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* A file in memory, cut into its parts. */
typedef struct reader {
    const char *path;
    bool partly; /* tensors that the file does not have stay as they are */
    json_t *header;
    const uint8_t *data;
    size_t n_data;
    bnn_error *err;
} reader;

static int open_parts(reader *r, const char *bytes, size_t n)
{
    uint64_t n_header = 0;
    bool no_memory;
    if (n >= LENGTH_BYTES)
        memcpy(&n_header, bytes, sizeof n_header);
    if (n < LENGTH_BYTES || n_header > HEADER_BYTES_MAX || n_header > n - LENGTH_BYTES)
        return bnn_fail(r->err, BNN_E_RESOURCE, "%s: no safetensors file, or cut off", r->path);
    r->header =
        bnn_json_parse(bytes + LENGTH_BYTES, (size_t)n_header, JSON_REJECT_DUPLICATES, &no_memory);
    if (no_memory)
        return bnn_no_memory(r->err);
    if (r->header == NULL || !json_is_object(r->header))
        return bnn_fail(r->err, BNN_E_RESOURCE, "%s: its header is no JSON object", r->path);
    r->data = (const uint8_t *)bytes + LENGTH_BYTES + n_header;
    r->n_data = n - LENGTH_BYTES - (size_t)n_header;
    return BNN_OK;
}

static bool has_shape(const json_t *shape, const bnn_parameter *p)
{
    bool equal = json_array_size(shape) == rank_of(p);
    for (size_t k = 0; equal && k < rank_of(p); k++) {
        const json_t *dim = json_array_get(shape, k);
        equal = json_is_integer(dim) && json_integer_value(dim) == (json_int_t)p->dims[k];
    }
    return equal;
}

/* Where the values of a tensor lie. What it has found once it finds again: it needs no memory. */
static int find_tensor(const reader *r, const bnn_parameter *p, const uint8_t **out)
{
    char name[NAME_MAX_BYTES];
    const json_t *tensor = json_object_get(r->header, name_of(p, name));
    if (!json_is_object(tensor))
        return bnn_fail(r->err, BNN_E_RESOURCE, "%s: tensor %s is missing", r->path, name);
    const char *type = json_string_value(json_object_get(tensor, "dtype"));
    if (type == NULL || strcmp(type, "F32") != 0)
        return bnn_fail(r->err, BNN_E_RESOURCE, "%s: tensor %s is not of type F32", r->path, name);
    if (!has_shape(json_object_get(tensor, "shape"), p))
        return bnn_fail(r->err, BNN_E_RESOURCE,
                        "%s: tensor %s does not have the network's shape, %ux%ux%ux%u", r->path,
                        name, p->dims[0], p->dims[1], p->dims[2], p->dims[3]);
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    const json_int_t from = json_integer_value(begin), to = json_integer_value(end);
    if (!json_is_integer(begin) || !json_is_integer(end) || from < 0 || to < from ||
        (uint64_t)to > r->n_data || (uint64_t)(to - from) != p->n * sizeof(float))
        return bnn_fail(r->err, BNN_E_RESOURCE, "%s: tensor %s lies outside the file", r->path,
                        name);
    *out = r->data + from;
    return BNN_OK;
}

static bool has_tensor(const reader *r, const bnn_parameter *p)
{
    char name[NAME_MAX_BYTES];
    return json_object_get(r->header, name_of(p, name)) != NULL;
}

/* All tensors are looked at before the first value is taken. */
static int read_tensors(const reader *r, bnn_network *network)
{
    const uint8_t *values;
    const size_t n_others = json_object_get(r->header, "__metadata__") != NULL;
    if (!r->partly && json_object_size(r->header) != network->n_parameters + n_others)
        return bnn_fail(r->err, BNN_E_RESOURCE, "%s: %zu tensors, and the network has %u", r->path,
                        json_object_size(r->header) - n_others, network->n_parameters);
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_parameter *p = &network->parameters[i];
        const int status = r->partly && !has_tensor(r, p) ? BNN_OK : find_tensor(r, p, &values);
        if (status != BNN_OK)
            return status;
    }
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        bnn_parameter *p = &network->parameters[i];
        p->taken = has_tensor(r, p) && find_tensor(r, p, &values) == BNN_OK;
        if (p->taken)
            memcpy(p->value, values, p->n * sizeof *p->value);
    }
    return BNN_OK;
}

static int read_file(bnn_network *network, const char *path, bool partly, bnn_error *err)
{
    reader r = {.path = path, .partly = partly, .err = err};
    char *bytes;
    size_t n;
    int status = bnn_file_read(path, file_bytes_max, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    status = open_parts(&r, bytes, n);
    if (status == BNN_OK)
        status = read_tensors(&r, network);
    json_decref(r.header);
    free(bytes);
    return status;
}

int bnn_weights_read(bnn_network *network, const char *path, bnn_error *err)
{
    return read_file(network, path, false, err);
}

int bnn_weights_take(bnn_network *network, const char *path, bnn_error *err)
{
    return read_file(network, path, true, err);
}
