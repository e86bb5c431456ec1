/* spec_schema_blocks.c - which blocks of a network are binary, as far as a schema sees it: it counts the blocks of a
 * topology in the spec, and asks the model what is left of them. */
#include "cli/spec_schema_terms.h"
#include "model/options.h"
#include "runner/experiment.h"

#include <stdint.h>
#include <string.h>

enum { FEW_BLOCKS = 2, MANY_BLOCKS = 5 };

/* The switches of model.binarize that say which blocks are binary. */
typedef struct blocks_switches {
    bool weights, activations, first, last;
} blocks_switches;

/* How many of the first blocks have binary weights, or binary inputs, as bits. */
static uint64_t blocks_binary(uint32_t n, const blocks_switches *on, bool inputs)
{
    const bnn_model_options model = {.n_blocks = n,
                                     .binarize = {.weights = on->weights,
                                                  .activations = on->activations,
                                                  .first = on->first,
                                                  .last = on->last,
                                                  .layers = "all"}};
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n; i++)
        if (inputs ? bnn_model_block_has_binary_inputs(&model, i)
                   : bnn_model_block_form(&model, i) != NULL)
            bits |= (uint64_t)1 << i;
    return bits;
}

/* A spec in which a switch is on, or off. */
static json_t *blocks_switch_is(cli_schema *s, const char *name, bool on)
{
    const char *path = bnn_arena_printf(s->arena, "model.binarize.%s", name);
    s->failed |= path == NULL;
    if (path == NULL)
        return NULL;
    const cli_schema_wanted wanted = {
        .test = json_pack("{s:b}", "const", on),
        .by_default = on == (bnn_key_find(&bnn_spec_section, path)->param.fallback != 0),
        .by_none = !on};
    json_t *is = cli_schema_in(s, &bnn_spec_section, path, &wanted);
    json_decref(wanted.test);
    return is;
}

/* ---- first and last ------------------------------------------------------------------------ */

/* A place that changes no block where one switch is off is set in vain there. */
static void blocks_add_place(cli_schema *s, json_t *all, bool is_first, bool weights_off)
{
    blocks_switches on = {.weights = !weights_off, .activations = weights_off};
    uint64_t seen[2][2];
    for (int place = 0; place < 2; place++) {
        *(is_first ? &on.first : &on.last) = place == 1;
        for (int inputs = 0; inputs < 2; inputs++)
            seen[place][inputs] = blocks_binary(MANY_BLOCKS, &on, inputs == 1);
    }
    if (memcmp(seen[0], seen[1], sizeof *seen) != 0)
        return;
    const char *off = weights_off ? "weights" : "activations";
    const char *path = is_first ? "model.binarize.first" : "model.binarize.last";
    const char *condition = bnn_arena_printf(s->arena, "model.binarize.%s", off);
    const char *why = bnn_arena_printf(s->arena, "it acts only with model.binarize.%s", off);
    s->failed |= condition == NULL || why == NULL;
    if (condition != NULL && why != NULL)
        cli_schema_add(s, all,
                       json_pack("{s:{s:[o, o]}, s:o}", "if", "allOf",
                                 blocks_switch_is(s, off, false),
                                 cli_schema_is_constant(s, condition, path), "then",
                                 cli_schema_below(s, path, cli_schema_idle(why))));
}

/* ---- few blocks ---------------------------------------------------------------------------- */

#define QUANTIZE "model.quantize"

/* Whether each alternative of a condition needs binary weights where there are none, or binary inputs, or widths of
 * layers, of which there are none. */
static bool blocks_fail(const char *condition, bool no_weights, bool no_inputs)
{
    while (*condition != '\0') {
        bool fails = false;
        do {
            const size_t n = strcspn(condition, "|&");
            fails |= no_weights && strncmp(condition, "model.binarize.weights=true", n) == 0;
            fails |= no_inputs && strncmp(condition, "model.binarize.activations=true", n) == 0;
            fails |= strncmp(condition, QUANTIZE ".", sizeof QUANTIZE) == 0;
            condition += n;
        } while (*condition == '&' && *condition++ != '\0');
        if (!fails)
            return false;
        condition += *condition == '|';
    }
    return true;
}

/* Adds the keys that idle. */
static void blocks_add_idle(cli_schema *s, json_t *all, const bnn_section *section,
                            const char *path, bool no_weights, bool no_inputs)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        const bnn_reader at = {.path = path};
        char below[BNN_KEY_PATH];
        bnn_reader_below(&at, key->param.name, below);
        if (key->acts != NULL && blocks_fail(key->acts, no_weights, no_inputs))
            cli_schema_add(
                s, all,
                cli_schema_below(s, below,
                                 cli_schema_idle(no_weights ? "no block has binary weights"
                                                            : "no block has binary inputs")));
        if (key->section != NULL && (key->section->flags & BNN_SECTION_ITEMS) == 0)
            blocks_add_idle(s, all, key->section, below, no_weights, no_inputs);
    }
}

/* Adds the ways to set first and last in which n blocks have binary weights, or binary inputs. */
static void blocks_add_ways(cli_schema *s, json_t *any, uint32_t n, bool inputs)
{
    for (int way = 0; way < 4; way++) {
        const blocks_switches on = {true, true, (way & 1) != 0, (way & 2) != 0};
        if (blocks_binary(n, &on, inputs) != 0)
            cli_schema_add(s, any,
                           json_pack("{s:[o, o]}", "allOf", blocks_switch_is(s, "first", on.first),
                                     blocks_switch_is(s, "last", on.last)));
    }
}

/* So few that none is binary, unless the first or the last is. */
static void blocks_add_few(cli_schema *s, json_t *all, int n, bool inputs)
{
    static const char decided[] =
        "model.topology|model.binarize.first|model.binarize.last|" QUANTIZE "|model.ste|train";
    cli_schema_term widths;
    const cli_schema_wanted few = {
        .test = json_pack("{s:s, s:i, s:i}", "type", "array", "minItems", n, "maxItems", n)};
    json_t *ways = json_array(), *idle = json_array(), *when = json_array();
    blocks_add_ways(s, ways, (uint32_t)n, inputs);
    /* Without binary weights there are no binary inputs. */
    blocks_add_idle(s, idle, &bnn_spec_section, NULL, !inputs, true);
    cli_schema_add(s, when, cli_schema_in(s, &bnn_spec_section, "model.topology.blocks", &few));
    cli_schema_read_term(QUANTIZE, &widths);
    cli_schema_add(s, when, cli_schema_of_term(s, NULL, &widths, false));
    cli_schema_add(s, when, cli_schema_is_constant(s, decided, NULL));
    if (json_array_size(ways) > 0)
        cli_schema_add(s, when, json_pack("{s:{s:O}}", "not", "anyOf", ways));
    cli_schema_add(s, all,
                   json_pack("{s:{s:o}, s:{s:o}}", "if", "allOf", when, "then", "allOf", idle));
    json_decref(ways);
    json_decref(few.test);
}

/* Where `binarize` makes anything binary, there are no widths beside it. */
static void blocks_add_either(cli_schema *s, json_t *all)
{
    const cli_schema_wanted map = {.test = json_pack("{s:s}", "type", "object")};
    json_t *no = json_pack("{s:{s:s}, s:s}", "not", "type", "object", "errorMessage",
                           "model.binarize says what is binary, too");
    json_t *on = json_pack("{s:[o, o]}", "anyOf", blocks_switch_is(s, "weights", true),
                           blocks_switch_is(s, "activations", true));
    cli_schema_add(s, all,
                   json_pack("{s:{s:[o, o, o]}, s:o}", "if", "allOf",
                             cli_schema_in(s, &bnn_spec_section, "model.binarize", &map), on,
                             cli_schema_is_constant(s, "model.binarize|" QUANTIZE, NULL), "then",
                             cli_schema_below(s, QUANTIZE, no)));
    json_decref(map.test);
}

void cli_schema_add_block_rules(cli_schema *s, json_t *all)
{
    blocks_add_either(s, all);
    for (int i = 0; i < 4; i++) {
        blocks_add_place(s, all, i % 2 == 0, i / 2 == 0);
        blocks_add_few(s, all, 1 + i % FEW_BLOCKS, i / 2 == 0);
    }
}
