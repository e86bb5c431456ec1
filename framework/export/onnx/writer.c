#include "export/onnx/writer.h"

#include <onnx/onnx.pb-c.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPSET = 17, IR_VERSION = 8 };

/* ---- memory ------------------------------------------------------------------------------ */

void *bnn_onnx_alloc(bnn_onnx_writer *w, size_t n, size_t size)
{
    void *block = bnn_arena_alloc(w->arena, n, size);
    w->failed |= block == NULL;
    return block;
}

static char *writer_copy_text(bnn_onnx_writer *w, const char *text)
{
    char *own = bnn_arena_strdup(w->arena, text);
    w->failed |= own == NULL;
    return own;
}

const char *bnn_onnx_name(bnn_onnx_writer *w, const char *format, ...)
{
    char name[256]; /* names of layers are far shorter */
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    const char *own = writer_copy_text(w, name);
    return own == NULL ? "" : own;
}

/* Room for one more pointer in a list that doubles. */
static bool writer_make_room(bnn_onnx_writer *w, void **list, size_t n, size_t *room)
{
    if (n < *room)
        return true;
    const size_t more = *room == 0 ? 64 : 2 * *room;
    void *grown = bnn_onnx_alloc(w, more, sizeof(void *));
    if (grown == NULL)
        return false;
    if (n > 0)
        memcpy(grown, *list, n * sizeof(void *));
    *list = grown;
    *room = more;
    return true;
}

/* ---- nodes ------------------------------------------------------------------------------- */

static Onnx__NodeProto *writer_new_node(bnn_onnx_writer *w)
{
    void *list = w->nodes;
    Onnx__NodeProto *node = bnn_onnx_alloc(w, 1, sizeof *node);
    if (node == NULL || !writer_make_room(w, &list, w->n_nodes, &w->nodes_room))
        return NULL;
    w->nodes = list;
    onnx__node_proto__init(node);
    w->nodes[w->n_nodes++] = node;
    return node;
}

const char *bnn_onnx_node(bnn_onnx_writer *w, const char *op_type, const char *name,
                          const char *const *inputs)
{
    Onnx__NodeProto *node = writer_new_node(w);
    size_t n = 0;
    while (inputs[n] != NULL)
        n++;
    if (node == NULL)
        return "";
    node->name = writer_copy_text(w, name);
    node->op_type = writer_copy_text(w, op_type);
    node->input = bnn_onnx_alloc(w, n, sizeof *node->input);
    node->output = bnn_onnx_alloc(w, 1, sizeof *node->output);
    if (w->failed)
        return "";
    for (; node->n_input < n; node->n_input++)
        node->input[node->n_input] = writer_copy_text(w, inputs[node->n_input]);
    node->output[0] = node->name;
    node->n_output = 1;
    w->value = node->name;
    return node->name;
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
    char *own = writer_copy_text(w, text);
    if (a == NULL || own == NULL)
        return;
    a->has_s = 1;
    a->s = (ProtobufCBinaryData){.len = strlen(own), .data = (uint8_t *)own};
}

void bnn_onnx_set_domain(bnn_onnx_writer *w, const char *domain)
{
    if (!w->failed && w->n_nodes > 0)
        w->nodes[w->n_nodes - 1]->domain = writer_copy_text(w, domain);
}

/* ---- tensors ----------------------------------------------------------------------------- */

static size_t writer_element_bytes(bnn_onnx_type type)
{
    switch (type) {
    case BNN_ONNX_FLOAT:
        return sizeof(float);
    case BNN_ONNX_INT64:
    case BNN_ONNX_DOUBLE:
        return sizeof(int64_t);
    case BNN_ONNX_UINT8:
    case BNN_ONNX_BOOL:
        break;
    }
    return 1;
}

/* raw_data is little-endian, as is every machine that this program is built for. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw_data needs a little-endian machine");

const char *bnn_onnx_tensor(bnn_onnx_writer *w, const char *name, bnn_onnx_type type,
                            const int64_t *dims, size_t n_dims, const void *values)
{
    void *list = w->tensors;
    size_t bytes = writer_element_bytes(type);
    Onnx__TensorProto *t = bnn_onnx_alloc(w, 1, sizeof *t);
    for (size_t i = 0; i < n_dims; i++)
        bytes *= (size_t)dims[i];
    int64_t *own_dims = bnn_onnx_alloc(w, n_dims, sizeof *dims);
    uint8_t *raw = bnn_onnx_alloc(w, bytes, 1);
    char *own_name = writer_copy_text(w, name);
    if (w->failed || !writer_make_room(w, &list, w->n_tensors, &w->tensors_room))
        return "";
    w->tensors = list;
    onnx__tensor_proto__init(t);
    if (n_dims > 0)
        memcpy(own_dims, dims, n_dims * sizeof *dims);
    memcpy(raw, values, bytes);
    t->name = own_name;
    t->n_dims = n_dims;
    t->dims = own_dims;
    t->has_data_type = 1;
    t->data_type = (int32_t)type;
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){.len = bytes, .data = raw};
    w->tensors[w->n_tensors++] = t;
    return own_name;
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

/* An input or output: any number of images, then dims. */
static Onnx__ValueInfoProto *writer_new_value(bnn_onnx_writer *w, const char *name,
                                              bnn_onnx_type type, const int64_t *dims,
                                              size_t n_dims)
{
    Onnx__ValueInfoProto *value = bnn_onnx_alloc(w, 1, sizeof *value);
    Onnx__TypeProto *value_type = bnn_onnx_alloc(w, 1, sizeof *value_type);
    Onnx__TypeProto__Tensor *tensor = bnn_onnx_alloc(w, 1, sizeof *tensor);
    Onnx__TensorShapeProto *shape = bnn_onnx_alloc(w, 1, sizeof *shape);
    Onnx__TensorShapeProto__Dimension *d = bnn_onnx_alloc(w, n_dims + 1, sizeof *d);
    Onnx__TensorShapeProto__Dimension **list = bnn_onnx_alloc(w, n_dims + 1, sizeof(void *));
    if (w->failed)
        return NULL;
    for (size_t i = 0; i <= n_dims; i++) {
        onnx__tensor_shape_proto__dimension__init(&d[i]);
        d[i].value_case = i == 0 ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                                 : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (i == 0)
            d[i].dim_param = writer_copy_text(w, "N");
        else
            d[i].dim_value = dims[i - 1];
        list[i] = &d[i];
    }
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = n_dims + 1;
    shape->dim = list;
    onnx__type_proto__tensor__init(tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = (int32_t)type;
    tensor->shape = shape;
    onnx__type_proto__init(value_type);
    value_type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    value_type->tensor_type = tensor;
    onnx__value_info_proto__init(value);
    value->name = writer_copy_text(w, name);
    value->type = value_type;
    return value;
}

static void writer_set_graph(bnn_onnx_writer *w, const bnn_onnx_frame *frame,
                             Onnx__ModelProto *model)
{
    Onnx__GraphProto *graph = bnn_onnx_alloc(w, 1, sizeof *graph);
    Onnx__ValueInfoProto **ends = bnn_onnx_alloc(w, 2, sizeof(Onnx__ValueInfoProto *));
    if (w->failed)
        return;
    ends[0] = writer_new_value(w, frame->input, frame->input_type, frame->input_dims, 3);
    ends[1] = writer_new_value(w, "logits", BNN_ONNX_FLOAT, &frame->n_classes, 1);
    onnx__graph_proto__init(graph);
    graph->name = writer_copy_text(w, "network");
    graph->n_node = w->n_nodes;
    graph->node = w->nodes;
    graph->n_initializer = w->n_tensors;
    graph->initializer = w->tensors;
    graph->n_input = graph->n_output = 1;
    graph->input = &ends[0];
    graph->output = &ends[1];
    w->nodes[w->n_nodes - 1]->output[0] = ends[1] == NULL ? NULL : ends[1]->name;
    model->graph = graph;
}

static void writer_set_versions(bnn_onnx_writer *w, const bnn_onnx_frame *frame,
                                Onnx__ModelProto *model)
{
    Onnx__OperatorSetIdProto *sets = bnn_onnx_alloc(w, 2, sizeof *sets);
    model->opset_import = bnn_onnx_alloc(w, 2, sizeof(Onnx__OperatorSetIdProto *));
    model->producer_name = writer_copy_text(w, "bnnrun");
    for (uint32_t i = 0; i < frame->n_metadata; i++)
        if (strcmp(frame->metadata[i].key, "tool") == 0)
            model->producer_version = writer_copy_text(w, frame->metadata[i].value);
    model->has_ir_version = 1;
    model->ir_version = IR_VERSION;
    if (w->failed)
        return;
    model->n_opset_import = frame->qonnx ? 2 : 1;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        onnx__operator_set_id_proto__init(&sets[i]);
        sets[i].domain = writer_copy_text(w, i == 0 ? "" : BNN_ONNX_QONNX_DOMAIN);
        sets[i].has_version = 1;
        sets[i].version = i == 0 ? OPSET : 1;
        model->opset_import[i] = &sets[i];
    }
}

static void writer_set_texts(bnn_onnx_writer *w, const bnn_onnx_frame *frame,
                             Onnx__ModelProto *model)
{
    Onnx__StringStringEntryProto *texts = bnn_onnx_alloc(w, frame->n_metadata, sizeof *texts);
    model->metadata_props =
        bnn_onnx_alloc(w, frame->n_metadata, sizeof(Onnx__StringStringEntryProto *));
    if (w->failed)
        return;
    for (size_t i = 0; i < frame->n_metadata; i++) {
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
        return BNN_OK; /* the caller sees that memory is out */
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
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    if (!w->failed)
        writer_set_graph(w, frame, &model);
    writer_set_versions(w, frame, &model);
    writer_set_texts(w, frame, &model);
    const int status = w->failed ? BNN_OK : writer_check_names(w, frame, err);
    if (status != BNN_OK)
        return status;
    if (w->failed)
        return bnn_no_memory(err);
    const size_t size = onnx__model_proto__get_packed_size(&model);
    if (size > INT32_MAX)
        return bnn_fail(err, BNN_E_FAILED,
                        "an ONNX file of %zu bytes is larger than the %d that its format allows",
                        size, INT32_MAX);
    unsigned char *out = malloc(size);
    if (out == NULL)
        return bnn_no_memory(err);
    onnx__model_proto__pack(&model, out);
    *bytes = out;
    *n = size;
    return BNN_OK;
}
