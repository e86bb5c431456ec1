/* bench_json.c - a benchmark as one JSON object. */
#include "cli/bench_report.h"
#include "cli/table.h"
#include "runner/environment.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* What is not known, or has no end, is null. */
static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *known_or_null(double x)
{
    return x < 0 ? json_null() : number_or_null(x);
}

static json_t *layers_json(const bench_contender *c, uint32_t i)
{
    if (c->executor->profile == NULL)
        return json_null();
    json_t *layers = json_array();
    for (uint32_t s = 0; s < c->model->n_stages; s++)
        json_array_append_new(
            layers, json_pack("{s:o, s:b, s:o}", "layer", cli_json_text(c->model->stages[s].name),
                              "integer_sums", c->model->stages[s].integer_sums, "us",
                              number_or_null(c->times[i].stage_ns[s] / 1e3)));
    return layers;
}

static json_t *result_json(const bench_lineup *lineup, const bench_contender *c, uint32_t i)
{
    const bench_time *t = &c->times[i];
    const bnn_measure_summary *s = &t->summary;
    json_t *result = json_pack(
        "{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "contender", c->name, "engine",
        c->engine, "batch", (json_int_t)lineup->batches[i], "us",
        number_or_null(s->median_ns / 1e3), "low_us", number_or_null(s->low_ns / 1e3), "high_us",
        number_or_null(s->high_ns / 1e3), "min_us", number_or_null(s->min_ns / 1e3), "max_us",
        number_or_null(s->max_ns / 1e3), "images_per_second", number_or_null(1e9 / s->median_ns),
        "cpu_share", number_or_null(t->cpu_share));
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        json_object_set_new(result, bench_others[k].column,
                            number_or_null(bench_times_of(lineup, c, i, bench_others[k].name)));
    json_object_set_new(result, "differing_classes", json_integer(c->n_differing));
    json_object_set_new(result, "layers", layers_json(c, i));
    return result;
}

/* For each engine and batch: how fast it is, and how fast it could be at most. */
static json_t *amdahl_json(const bench_lineup *lineup)
{
    json_t *list = json_array();
    for (size_t k = 0; k < lineup->n; k++) {
        const bench_contender *c = &lineup->contenders[k];
        const bench_contender *floats = bench_times_float_form(lineup, c);
        for (uint32_t i = 0; floats != NULL && i < lineup->n_batches; i++)
            json_array_append_new(
                list, json_pack("{s:s, s:I, s:o, s:o}", "engine", c->engine, "batch",
                                (json_int_t)lineup->batches[i], "measured",
                                number_or_null(bench_times_of(lineup, c, i, "float")), "ceiling",
                                number_or_null(bench_times_ceiling(c, floats, i))));
    }
    return list;
}

void bench_report_print_json(const bench_lineup *lineup, const bench_machine *machine)
{
    const bench_subject *s = lineup->subject;
    char cpu_model[256];
    json_t *results = json_array();
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        for (size_t k = 0; k < lineup->n; k++)
            json_array_append_new(results, result_json(lineup, &lineup->contenders[k], i));
    json_t *all = json_pack(
        "{s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:{s:o, s:o, s:o, s:o, s:o}, s:o, s:o}", "run",
        cli_json_text(s->run_uid), "model", cli_json_text(s->path), "model_sha256", s->sha256,
        "twin", cli_json_text(s->twin_uid), "images", cli_json_text(s->images_name), "n_images",
        (json_int_t)s->n_images, "rounds", (json_int_t)lineup->n_rounds, "machine", "cpu_model",
        cli_json_text(bnn_environment_cpu_model(cpu_model, sizeof cpu_model) ? cpu_model : NULL),
        "cpu", machine->cpu < 0 ? json_null() : json_integer(machine->cpu), "idle",
        known_or_null(machine->idle), "load_average", known_or_null(machine->load_average),
        "co_runners", machine->co_runners < 0 ? json_null() : json_integer(machine->co_runners),
        "results", results, "amdahl", amdahl_json(lineup));
    cli_json_print(all);
}
