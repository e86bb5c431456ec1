#include "model/wire.h"

#include "base/size.h"

enum { NO_SLOT = BNN_BLOCKS_MAX + 1, SLOTS_MAX = BNN_BLOCKS_MAX + 1 };

void bnn_wire_add(size_t n, const float *a, const float *b, float *sum)
{
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

/* ---- readers ----------------------------------------------------------------------------- */

void bnn_wire_read(bnn_network *network, int32_t value, uint32_t reader)
{
    if (value < 0)
        return;
    network->ops[value].n_readers++;
    network->ops[value].reader = reader;
}

uint32_t bnn_wire_next(const bnn_network *network, uint32_t i)
{
    const bnn_network_op *op = &network->ops[i];
    const bool sole = op->n_readers == 1 && network->ops[op->reader].input == (int32_t)i;
    return sole ? op->reader : network->n_ops;
}

/* Whether the gradient of a value has a slot. The logits have no reader. */
static bool wire_is_held(const bnn_network *network, uint32_t i)
{
    return i + 1 < network->n_ops && bnn_wire_next(network, i) != i + 1;
}

/* ---- gradients --------------------------------------------------------------------------- */

typedef struct wire_slot {
    size_t n_values; /* the most that are ever in it */
    bool taken;
    float *at; /* once it has memory */
} wire_slot;

/* The backward pass, gone through without computing. */
typedef struct wire_plan {
    bnn_network *network;
    wire_slot slots[SLOTS_MAX];
    uint32_t n_slots;
    uint32_t *slot_of; /* [n_ops]: of the gradient of its output, or NO_SLOT */
    float *gy;         /* where the gradient of the op at hand is */
    uint32_t gy_slot;  /* which slot that is, or NO_SLOT */
} wire_plan;

/* The first that is free, for the gradient of a value. */
static float *wire_take_slot(wire_plan *p, uint32_t value)
{
    uint32_t k = 0;
    while (k < p->n_slots && p->slots[k].taken)
        k++;
    wire_slot *slot = &p->slots[k];
    p->n_slots += k == p->n_slots;
    slot->taken = true;
    slot->n_values =
        bnn_size_larger(slot->n_values, bnn_shape_values(p->network->ops[value].plan.out));
    p->slot_of[value] = k;
    return slot->at;
}

/* Behind an op that has read gy: nobody else will. */
static void wire_drop_gy(wire_plan *p)
{
    if (p->gy_slot != NO_SLOT)
        p->slots[p->gy_slot].taken = false;
    p->gy_slot = NO_SLOT;
}

/* One of the two buffers, not that of gy. */
static float *wire_other_buffer(const wire_plan *p)
{
    return p->network->gradient[p->gy == p->network->gradient[0] ? 1 : 0];
}

/* Whether value `value` has a gradient that anybody wants. */
static bool wire_is_wanted(const wire_plan *p, int32_t value)
{
    return value >= (int32_t)p->network->first_trained;
}

/* Where a sign or an addition, which work in place, or a layer puts the gradient of its input. */
static void wire_plan_input(wire_plan *p, bnn_network_op *op, bool in_place)
{
    const uint32_t i = (uint32_t)(op - p->network->ops), u = (uint32_t)op->input;
    op->io.gy = p->gy;
    op->gradient_sum = NULL;
    if (!wire_is_wanted(p, op->input)) {
        op->io.gx = in_place ? p->gy : NULL;
        wire_drop_gy(p);
    } else if (!wire_is_held(p->network, u)) {
        op->io.gx = in_place ? p->gy : wire_other_buffer(p);
        if (!in_place)
            wire_drop_gy(p);
    } else if (p->network->ops[u].reader == i) {
        op->io.gx = wire_take_slot(p, u);
        wire_drop_gy(p);
    } else {
        op->io.gx = in_place ? p->gy : wire_other_buffer(p);
        op->gradient_sum = p->slots[p->slot_of[u]].at;
        wire_drop_gy(p);
    }
}

static void wire_plan_other(wire_plan *p, bnn_network_op *op)
{
    const uint32_t i = (uint32_t)(op - p->network->ops), v = (uint32_t)op->other;
    op->other_gradient = NULL;
    if (!wire_is_wanted(p, op->other))
        return;
    op->other_has_gradient = p->network->ops[v].reader != i;
    op->other_gradient = op->other_has_gradient ? p->slots[p->slot_of[v]].at : wire_take_slot(p, v);
}

/* Once for the sizes of slots, and once they have memory for good: the choices are the same. */
static void wire_go_back(wire_plan *p)
{
    bnn_network *network = p->network;
    p->gy = network->gradient[0];
    p->gy_slot = NO_SLOT;
    for (uint32_t i = network->n_ops; i-- > network->first_trained;) {
        bnn_network_op *op = &network->ops[i];
        const bool adds = op->letter == BNN_NETWORK_ADD;
        if (wire_is_held(network, i)) {
            p->gy_slot = p->slot_of[i];
            p->gy = p->slots[p->gy_slot].at;
        }
        if (adds)
            wire_plan_other(p, op);
        wire_plan_input(p, op, adds || op->letter == BNN_NETWORK_SIGN);
        p->gy = op->io.gx;
    }
}

int bnn_wire_plan_gradients(bnn_network *network, bnn_arena *arena)
{
    wire_plan p = {.network = network};
    p.slot_of = bnn_arena_alloc(arena, network->n_ops, sizeof *p.slot_of);
    if (p.slot_of == NULL)
        return BNN_E_INTERNAL;
    wire_go_back(&p);
    for (uint32_t k = 0; k < p.n_slots; k++) {
        const size_t n = p.slots[k].n_values * network->lanes;
        p.slots[k].at = bnn_arena_alloc(arena, n, sizeof(float));
        p.slots[k].taken = false;
        if (p.slots[k].at == NULL)
            return BNN_E_INTERNAL;
    }
    wire_go_back(&p);
    return BNN_OK;
}

/* ---- the operation that adds ------------------------------------------------------------- */

static const bnn_layer add_layer = {.head = {.abi_version = BNN_ABI_VERSION,
                                             .struct_size = sizeof(bnn_layer),
                                             .kind = BNN_KIND_LAYER,
                                             .name = "add",
                                             .summary = "adds the output of another block"},
                                    .role = BNN_ROLE_LINEAR,
                                    .plan = bnn_plan_elementwise};
static const bnn_plugin add_plugin = {.head = &add_layer.head, .path = "bnnrun", .bundled = true};
const bnn_use bnn_wire_add_use = {.plugin = &add_plugin};
