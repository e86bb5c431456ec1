#include "infer/logic.h"

bool bnn_logic_depends(uint64_t table, uint32_t inputs, uint32_t input)
{
    for (uint32_t m = 0; m < 1u << inputs; m++)
        if ((m >> input & 1) == 0 && (table >> m & 1) != (table >> (m | 1u << input) & 1))
            return true;
    return false;
}

static uint8_t *logic_evaluate_run(const bnn_logic_run *run, const uint8_t *nodes, uint8_t *out)
{
    const uint32_t *wire = run->wire;
    for (uint32_t i = 0; i < run->n; i++, wire += run->inputs) {
        uint32_t m = 0;
        for (uint32_t j = 0; j < run->inputs; j++)
            m |= (uint32_t)nodes[wire[j]] << j;
        *out++ = run->table[i] >> m & 1;
    }
    return out;
}

void bnn_logic_evaluate(const bnn_logic *logic, const uint8_t *in, uint8_t *nodes, float *out)
{
    const uint32_t group = logic->group == 0 ? 1 : logic->group;
    uint8_t *node = nodes;
    *node++ = 0;
    for (uint32_t i = 0; i < logic->n_sources; i++) {
        const uint8_t value = in[logic->source[i]];
        *node++ = logic->level == NULL ? value : value >= logic->level[i];
    }
    for (uint32_t i = 0; i < logic->n_runs; i++)
        node = logic_evaluate_run(&logic->runs[i], nodes, node);
    for (uint32_t i = 0; i < logic->n_outputs; i += group) {
        int32_t sum = 0;
        for (uint32_t j = i; j < i + group; j++)
            sum += nodes[logic->output[j] / 2] != (logic->output[j] & 1) ? 1 : -1;
        *out++ = (float)sum;
    }
}
