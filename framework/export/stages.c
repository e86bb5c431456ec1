#include "export/stages.h"

/* Whether a stage that begins with operation `at` ends in front of `end`, whatever that is: nothing is there, or it sees
 * something else, or others see the one before, too. */
static bool stages_end(const bnn_graph *graph, uint32_t at, uint32_t end)
{
    return end == graph->n_ops || (end > at && bnn_graph_is_held(graph, end - 1));
}

uint32_t bnn_stage_n_first(const bnn_graph *graph, uint32_t at)
{
    uint32_t end = at + 1;
    const uint32_t type = graph->ops[at].type;
    if (!bnn_op_is_logic(type))
        return bnn_op_is_linear(type) || type == BNN_LOWER_IDENTITY ? 1 : 0;
    if (type == BNN_LOWER_GROUP_SUM)
        return 1;
    while (!stages_end(graph, at, end) && graph->ops[end].type == BNN_LOWER_TABLE)
        end++;
    if (!stages_end(graph, at, end) && graph->ops[end].type == BNN_LOWER_GROUP_SUM)
        end++;
    return end - at;
}

uint32_t bnn_stage_end(const bnn_graph *graph, uint32_t at)
{
    uint32_t end = at + bnn_stage_n_first(graph, at);
    while (!stages_end(graph, at, end) && bnn_op_can_follow(graph->ops[end].type))
        end++;
    return end;
}
