/* writer.h - builds an ONNX graph node by node. Private to export/onnx/.
 *
 * The writer has a value at hand, the output of the last node: nodes are mostly a chain. Memory
 * comes from an arena; when it runs out, the writer notes that and goes on, so that callers ask
 * once, in the end. Names that are returned are never NULL. */
#ifndef BNN_EXPORT_ONNX_WRITER_H
#define BNN_EXPORT_ONNX_WRITER_H

#include "base/arena.h"
#include "infer/model.h"

struct Onnx__NodeProto;
struct Onnx__TensorProto;

#define BNN_ONNX_QONNX_DOMAIN "qonnx.custom_op.general"

/* Only integers of four bits ask for the later one. */
enum { BNN_ONNX_OPSET = 17, BNN_ONNX_OPSET_OF_FOURS = 21 };

/* Numbers of TensorProto.DataType. */
typedef enum bnn_onnx_type {
    BNN_ONNX_FLOAT = 1,
    BNN_ONNX_UINT8 = 2,
    BNN_ONNX_INT8 = 3,
    BNN_ONNX_INT64 = 7,
    BNN_ONNX_BOOL = 9,
    BNN_ONNX_DOUBLE = 11,
    BNN_ONNX_INT4 = 22, /* two in a byte, the first in the lower half */
} bnn_onnx_type;

typedef struct bnn_onnx_writer {
    bnn_arena *arena;
    bool failed; /* no memory */
    struct Onnx__NodeProto **nodes;
    size_t n_nodes, nodes_room;
    struct Onnx__TensorProto **tensors;
    size_t n_tensors, tensors_room;
    const char *value; /* at hand */
    bool flat;         /* it is [N][channels], not [N][channels][h][w] */
    /* Operations in training's order and with its roundings, in float64 where that is needed. */
    bool exact;
} bnn_onnx_writer;

/* The pieces of a model besides the graph. */
typedef struct bnn_onnx_frame {
    const char *input;
    bnn_onnx_type input_type;
    int64_t input_dims[3]; /* [c][h][w] */
    int64_t n_classes;
    int64_t opset;
    bool qonnx;                   /* import its domain */
    const bnn_metadata *metadata; /* [n_metadata]; "tool" is the producer's version */
    uint32_t n_metadata;
} bnn_onnx_frame;

/* Memory of the arena, or NULL, which the writer notes. */
void *bnn_onnx_alloc(bnn_onnx_writer *w, size_t n, size_t size);

/* A formatted name in the writer's memory. */
const char *bnn_onnx_name(bnn_onnx_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a node with one output, which takes the node's name and is the value at hand from now on.
 * inputs end with NULL. Returns the output. */
const char *bnn_onnx_node(bnn_onnx_writer *w, const char *op_type, const char *name,
                          const char *const *inputs);

/* What most nodes are: the value at hand and up to two more (or NULL) go in. */
const char *bnn_onnx_then(bnn_onnx_writer *w, const char *op_type, const char *name,
                          const char *second, const char *third);

/* The value at hand in another type. */
const char *bnn_onnx_cast(bnn_onnx_writer *w, const char *name, bnn_onnx_type type);

/* Give the last node an attribute, or a domain. */
void bnn_onnx_set_int(bnn_onnx_writer *w, const char *name, int64_t value);
void bnn_onnx_set_ints(bnn_onnx_writer *w, const char *name, const int64_t *values, size_t n);
void bnn_onnx_set_text(bnn_onnx_writer *w, const char *name, const char *text);
void bnn_onnx_set_domain(bnn_onnx_writer *w, const char *domain);

/* Adds an initializer with n_dims dimensions; values are copied. Behind `values` are as many
 * bytes as elements of that type take. Returns its name. */
const char *bnn_onnx_tensor(bnn_onnx_writer *w, const char *name, bnn_onnx_type type,
                            const int64_t *dims, size_t n_dims, const void *values);

/* Whether an initializer has this name. */
bool bnn_onnx_has(const bnn_onnx_writer *w, const char *name);

/* One float, which nodes share by its name. */
const char *bnn_onnx_scalar(bnn_onnx_writer *w, const char *name, float value);

/* A list of int64: a shape, paddings. */
const char *bnn_onnx_int64s(bnn_onnx_writer *w, const char *name, const int64_t *values, size_t n);

/* The file of all that was added, the last node's output as "logits". *bytes is malloc'ed. */
int bnn_onnx_write(bnn_onnx_writer *w, const bnn_onnx_frame *frame, unsigned char **bytes,
                   size_t *n, bnn_error *err);

#endif
