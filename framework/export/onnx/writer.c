#include "export/onnx/writer.h"

#include <onnx/onnx.pb-c.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an opset, the version of the format that came with it. */
enum { IR_VERSION = 8, IR_VERSION_OF_FOURS = 10 };

/* ---- memory ------------------------------------------------------------------------------ */

void *bnn_onnx_alloc(bnn_onnx_writer *w, size_t n, size_t size)
{
    void *block = bnn_arena_alloc(w->arena, n, size);
    w->failed |= block == NULL;
    return block;
}

static char *writer_copy_text(bnn_onnx_writer *w, const char *text)
{
    static char nothing[1];
    char *own = bnn_arena_strdup(w->arena, text);
    w->failed |= own == NULL;
    return own == NULL ? nothing : own;
}

const char *bnn_onnx_name(bnn_onnx_writer *w, const char *format, ...)
{
    char name[256]; /* names of layers are far shorter */
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return writer_copy_text(w, name);
}

/* ---- nodes ------------------------------------------------------------------------------- */

const char *bnn_onnx_node(bnn_onnx_writer *w, const char *op_type, const char *name,
                          const char *const *inputs)
{
    size_t n = 0;
    while (inputs[n] != NULL)
        n++;
    Onnx__NodeProto *node = bnn_onnx_alloc(w, 1, sizeof *node);
    char **values = bnn_onnx_alloc(w, n + 1, sizeof *values); /* inputs, then the output */
    Onnx__NodeProto **nodes =
        bnn_arena_grow(w->arena, w->nodes, w->n_nodes, &w->nodes_room, sizeof(Onnx__NodeProto *));
    w->failed |= nodes == NULL;
    if (w->failed)
        return "";
    onnx__node_proto__init(node);
    node->name = writer_copy_text(w, name);
    node->op_type = writer_copy_text(w, op_type);
    node->input = values;
    for (; node->n_input < n; node->n_input++)
        values[node->n_input] = writer_copy_text(w, inputs[node->n_input]);
    node->output = &values[n];
    node->output[0] = node->name;
    node->n_output = 1;
    w->nodes = nodes;
    w->nodes[w->n_nodes++] = node;
    w->value = node->name;
    return w->value;
}

const char *bnn_onnx_then(bnn_onnx_writer *w, const char *op_type, const char *name,
                          const char *second, const char *third)
{
    return bnn_onnx_node(w, op_type, name, (const char *const[]){w->value, second, third, NULL});
}

static Onnx__AttributeProto *writer_new_attribute(bnn_onnx_writer *w, const char *name,
                                                  Onnx__AttributeProto__AttributeType type)
{
    enum { MOST = 4 }; /* Conv and pools have 3 */
    Onnx__AttributeProto *attribute = bnn_onnx_alloc(w, 1, sizeof *attribute);
    if (w->failed || w->n_nodes == 0)
        return NULL;
    Onnx__NodeProto *node = w->nodes[w->n_nodes - 1];
    if (node->attribute == NULL)
        node->attribute = bnn_onnx_alloc(w, MOST, sizeof(Onnx__AttributeProto *));
    w->failed |= node->n_attribute == MOST;
    if (w->failed)
        return NULL;
    onnx__attribute_proto__init(attribute);
    attribute->name = writer_copy_text(w, name);
    attribute->has_type = 1;
    attribute->type = type;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void bnn_onnx_set_int(bnn_onnx_writer *w, const char *name, int64_t value)
{
    Onnx__AttributeProto *a =
        writer_new_attribute(w, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (a == NULL)
        return;
    a->has_i = 1;
    a->i = value;
}

const char *bnn_onnx_cast(bnn_onnx_writer *w, const char *name, bnn_onnx_type type)
{
    bnn_onnx_then(w, "Cast", name, NULL, NULL);
    bnn_onnx_set_int(w, "to", type);
    return w->value;
}

void bnn_onnx_set_ints(bnn_onnx_writer *w, const char *name, const int64_t *values, size_t n)
{
    Onnx__AttributeProto *a =
        writer_new_attribute(w, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (a == NULL || (a->ints = bnn_onnx_alloc(w, n, sizeof *values)) == NULL)
        return;
    memcpy(a->ints, values, n * sizeof *values);
    a->n_ints = n;
}

void bnn_onnx_set_text(bnn_onnx_writer *w, const char *name, const char *text)
{
    Onnx__AttributeProto *a =
        writer_new_attribute(w, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (a == NULL)
        return;
    a->has_s = 1;
    a->s.data = (uint8_t *)writer_copy_text(w, text);
    a->s.len = strlen(text);
}

void bnn_onnx_set_domain(bnn_onnx_writer *w, const char *domain)
{
    if (!w->failed && w->n_nodes > 0)
        w->nodes[w->n_nodes - 1]->domain = writer_copy_text(w, domain);
}

/* ---- tensors ----------------------------------------------------------------------------- */

static size_t writer_bytes(bnn_onnx_type type, size_t n)
{
    return type == BNN_ONNX_INT4                               ? (n + 1) / 2
           : type == BNN_ONNX_FLOAT                            ? n * sizeof(float)
           : type == BNN_ONNX_INT64 || type == BNN_ONNX_DOUBLE ? n * sizeof(int64_t)
                                                               : n;
}

/* raw_data is little-endian, as is every machine that this program is built for. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw_data needs a little-endian machine");

const char *bnn_onnx_tensor(bnn_onnx_writer *w, const char *name, bnn_onnx_type type,
                            const int64_t *dims, size_t n_dims, const void *values)
{
    size_t n = 1;
    for (size_t i = 0; i < n_dims; i++)
        n *= (size_t)dims[i];
    const size_t bytes = writer_bytes(type, n);
    Onnx__TensorProto *t = bnn_onnx_alloc(w, 1, sizeof *t);
    int64_t *own_dims = bnn_onnx_alloc(w, n_dims, sizeof *dims);
    uint8_t *raw = bnn_onnx_alloc(w, bytes, 1);
    Onnx__TensorProto **tensors = bnn_arena_grow(w->arena, w->tensors, w->n_tensors,
                                                 &w->tensors_room, sizeof(Onnx__TensorProto *));
    w->failed |= tensors == NULL;
    if (w->failed)
        return "";
    if (n_dims > 0)
        memcpy(own_dims, dims, n_dims * sizeof *dims);
    memcpy(raw, values, bytes);
    onnx__tensor_proto__init(t);
    t->name = writer_copy_text(w, name);
    t->n_dims = n_dims;
    t->dims = own_dims;
    t->has_data_type = 1;
    t->data_type = (int32_t)type;
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){.len = bytes, .data = raw};
    w->tensors = tensors;
    w->tensors[w->n_tensors++] = t;
    return t->name;
}

bool bnn_onnx_has(const bnn_onnx_writer *w, const char *name)
{
    for (size_t i = 0; i < w->n_tensors; i++)
        if (strcmp(w->tensors[i]->name, name) == 0)
            return true;
    return false;
}

const char *bnn_onnx_scalar(bnn_onnx_writer *w, const char *name, float value)
{
    if (!bnn_onnx_has(w, name))
        bnn_onnx_tensor(w, name, BNN_ONNX_FLOAT, NULL, 0, &value);
    return name;
}

const char *bnn_onnx_int64s(bnn_onnx_writer *w, const char *name, const int64_t *values, size_t n)
{
    const int64_t dims[] = {(int64_t)n};
    return bnn_onnx_tensor(w, name, BNN_ONNX_INT64, dims, 1, values);
}

/* ---- the file ---------------------------------------------------------------------------- */

/* An input or output: any number of images, then the dimensions of one. */
typedef struct writer_value {
    Onnx__ValueInfoProto info, *list[1];
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dims[4], *dim_list[4];
} writer_value;

/* What a file consists of besides nodes, tensors and metadata. */
typedef struct writer_file {
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    writer_value input, output;
    Onnx__OperatorSetIdProto sets[2], *set_list[2];
} writer_file;

static void writer_set_value(bnn_onnx_writer *w, writer_value *v, const char *name,
                             bnn_onnx_type type, const int64_t *dims, size_t n_dims)
{
    for (size_t i = 0; i <= n_dims; i++) {
        Onnx__TensorShapeProto__Dimension *d = v->dim_list[i] = &v->dims[i];
        onnx__tensor_shape_proto__dimension__init(d);
        d->value_case = i == 0 ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                               : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (i == 0)
            d->dim_param = writer_copy_text(w, "N");
        else
            d->dim_value = dims[i - 1];
    }
    onnx__tensor_shape_proto__init(&v->shape);
    v->shape.n_dim = n_dims + 1;
    v->shape.dim = v->dim_list;
    onnx__type_proto__tensor__init(&v->tensor);
    v->tensor.has_elem_type = 1;
    v->tensor.elem_type = (int32_t)type;
    v->tensor.shape = &v->shape;
    onnx__type_proto__init(&v->type);
    v->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    v->type.tensor_type = &v->tensor;
    onnx__value_info_proto__init(&v->info);
    v->info.name = writer_copy_text(w, name);
    v->info.type = &v->type;
    v->list[0] = &v->info;
}

static void writer_set_graph(bnn_onnx_writer *w, const bnn_onnx_frame *frame, writer_file *file)
{
    Onnx__GraphProto *graph = &file->graph;
    writer_set_value(w, &file->input, frame->input, frame->input_type, frame->input_dims, 3);
    writer_set_value(w, &file->output, "logits", BNN_ONNX_FLOAT, &frame->n_classes, 1);
    onnx__graph_proto__init(graph);
    graph->name = writer_copy_text(w, "network");
    graph->n_node = w->n_nodes;
    graph->node = w->nodes;
    graph->n_initializer = w->n_tensors;
    graph->initializer = w->tensors;
    graph->n_input = graph->n_output = 1;
    graph->input = file->input.list;
    graph->output = file->output.list;
    w->nodes[w->n_nodes - 1]->output[0] = file->output.info.name;
}

static void writer_set_versions(bnn_onnx_writer *w, const bnn_onnx_frame *frame, writer_file *file)
{
    Onnx__ModelProto *model = &file->model;
    model->producer_name = writer_copy_text(w, "bnnrun");
    for (uint32_t i = 0; i < frame->n_metadata; i++)
        if (strcmp(frame->metadata[i].key, "tool") == 0)
            model->producer_version = writer_copy_text(w, frame->metadata[i].value);
    model->has_ir_version = 1;
    model->ir_version = frame->opset >= BNN_ONNX_OPSET_OF_FOURS ? IR_VERSION_OF_FOURS : IR_VERSION;
    model->opset_import = file->set_list;
    model->n_opset_import = frame->qonnx ? 2 : 1;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        Onnx__OperatorSetIdProto *set = file->set_list[i] = &file->sets[i];
        onnx__operator_set_id_proto__init(set);
        set->domain = writer_copy_text(w, i == 0 ? "" : BNN_ONNX_QONNX_DOMAIN);
        set->has_version = 1;
        set->version = i == 0 ? frame->opset : 1;
    }
}

static void writer_set_texts(bnn_onnx_writer *w, const bnn_onnx_frame *frame,
                             Onnx__ModelProto *model)
{
    const size_t n = frame->n_metadata;
    Onnx__StringStringEntryProto *texts = bnn_onnx_alloc(w, n, sizeof *texts);
    model->metadata_props = bnn_onnx_alloc(w, n, sizeof(Onnx__StringStringEntryProto *));
    for (size_t i = 0; !w->failed && i < n; i++) {
        onnx__string_string_entry_proto__init(&texts[i]);
        texts[i].key = writer_copy_text(w, frame->metadata[i].key);
        texts[i].value = writer_copy_text(w, frame->metadata[i].value);
        model->metadata_props[model->n_metadata_props++] = &texts[i];
    }
}

static int writer_compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each value has a name of its own: the layers of a model file may be called anything. */
static int writer_check_names(bnn_onnx_writer *w, const bnn_onnx_frame *frame, bnn_error *err)
{
    size_t n = 0;
    const char **names = bnn_onnx_alloc(w, w->n_nodes + w->n_tensors + 1, sizeof *names);
    if (w->failed)
        return bnn_no_memory(err);
    names[n++] = frame->input;
    for (size_t i = 0; i < w->n_nodes; i++)
        names[n++] = w->nodes[i]->output[0];
    for (size_t i = 0; i < w->n_tensors; i++)
        names[n++] = w->tensors[i]->name;
    qsort(names, n, sizeof *names, writer_compare_names);
    for (size_t i = 0; i < n; i++)
        if (names[i][0] == '\0' || (i > 0 && strcmp(names[i], names[i - 1]) == 0))
            return bnn_fail(err, BNN_E_FAILED,
                            "the name \"%.60s\" is empty or not the only such; ONNX needs layers "
                            "with different names",
                            names[i]);
    return BNN_OK;
}

int bnn_onnx_write(bnn_onnx_writer *w, const bnn_onnx_frame *frame, unsigned char **bytes,
                   size_t *n, bnn_error *err)
{
    writer_file *file = bnn_onnx_alloc(w, 1, sizeof *file);
    if (w->failed)
        return bnn_no_memory(err);
    onnx__model_proto__init(&file->model);
    file->model.graph = &file->graph;
    writer_set_graph(w, frame, file);
    writer_set_versions(w, frame, file);
    writer_set_texts(w, frame, &file->model);
    const int status = writer_check_names(w, frame, err);
    if (status != BNN_OK)
        return status;
    const size_t size = onnx__model_proto__get_packed_size(&file->model);
    if (size > INT32_MAX)
        return bnn_fail(err, BNN_E_FAILED,
                        "an ONNX file of %zu bytes is larger than the %d that its format allows",
                        size, INT32_MAX);
    unsigned char *out = malloc(size);
    if (out == NULL)
        return bnn_no_memory(err);
    onnx__model_proto__pack(&file->model, out);
    *bytes = out;
    *n = size;
    return BNN_OK;
}
