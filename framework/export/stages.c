#include "export/stages.h"

uint32_t bnn_stage_n_first(const bnn_graph *graph, uint32_t at)
{
    uint32_t end = at;
    if (!bnn_op_is_logic(graph->ops[at].type))
        return bnn_op_is_linear(graph->ops[at].type) ? 1 : 0;
    if (graph->ops[end].type == BNN_LOWER_THERMOMETER)
        end++;
    while (end < graph->n_ops && graph->ops[end].type == BNN_LOWER_TABLE)
        end++;
    if (end < graph->n_ops && graph->ops[end].type == BNN_LOWER_GROUP_SUM)
        end++;
    return end - at;
}

uint32_t bnn_stage_end(const bnn_graph *graph, uint32_t at)
{
    uint32_t end = at + bnn_stage_n_first(graph, at);
    while (end < graph->n_ops && !bnn_op_is_linear(graph->ops[end].type) &&
           !bnn_op_is_logic(graph->ops[end].type))
        end++;
    return end;
}
