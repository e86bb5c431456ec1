/* stages.h - where a stage ends: the operations of a graph, cut as a model has them. */
#ifndef BNN_EXPORT_STAGES_H
#define BNN_EXPORT_STAGES_H

#include "export/graph.h"

/* How many operations a stage that begins with operation `at` has before its chain: a linear one; those of logic that
 * make one net, a thermometer, tables, sums of groups; one that adds; or none. */
uint32_t bnn_stage_n_first(const bnn_graph *graph, uint32_t at);

/* The operation that the next stage begins with, or graph->n_ops. */
uint32_t bnn_stage_end(const bnn_graph *graph, uint32_t at);

#endif
