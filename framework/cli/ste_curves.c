#include "cli/ste_curves.h"

#include "cli/text_plot.h"
#include "cli/table.h"
#include "kernels/kernels.h"

#include <assert.h>

/* Points for a picture, of which every fourth stands in JSON: x is exact in both. */
enum { N_POINTS = 257, STEP = 4, N_MOMENTS = 3 };
static const float FROM = -2.0f, TO = 2.0f;

typedef struct ste_curves {
    const bnn_ste *ste;
    const void *params;
    bnn_context ctx;
    float noise[N_POINTS]; /* the median of what is drawn, where it draws */
    double x[N_POINTS], y[N_POINTS], derivative[N_POINTS];
} ste_curves;

static const struct {
    double progress;
    const char *text;
} moments[N_MOMENTS] = {{0.0, "first epoch"}, {0.5, "half way"}, {1.0, "last epoch"}};

static int curves_begin(ste_curves *c, bnn_registry *registry, const bnn_plugin *plugin,
                        bnn_arena *arena, bnn_error *err)
{
    bnn_use use;
    *c = (ste_curves){.ctx = {.kernels = bnn_kernels_choose(err)}};
    if (c->ctx.kernels == NULL)
        return err->status;
    const int status = bnn_use_default_of(registry, plugin, arena, &use, err);
    if (status != BNN_OK)
        return status;
    c->ste = bnn_use_ste(&use);
    c->params = use.params;
    for (int i = 0; i < N_POINTS; i++)
        c->noise[i] = 0.5f;
    if ((c->ste->flags & BNN_STE_DRAWS) != 0)
        c->ctx.noise = c->noise;
    return BNN_OK;
}

/* A schedule has three moments to look at, what stays the same has one. */
static int curves_moments(const ste_curves *c)
{
    assert(c->ste != NULL);
    return c->ste->schedule != NULL ? N_MOMENTS : 1;
}

/* How the function is called that is drawn beside the derivative. */
static const char *curves_function(const ste_curves *c)
{
    return c->ste->proxy != NULL ? "proxy" : "forward";
}

static void curves_compute(ste_curves *c, int moment)
{
    const bnn_ste *const ste = c->ste;
    float x[N_POINTS], one[N_POINTS], y[N_POINTS], derivative[N_POINTS];
    c->ctx.progress = moments[moment].progress;
    if (ste->schedule != NULL)
        ste->schedule(&c->ctx, c->params, c->ctx.progress, c->ctx.state);
    for (int i = 0; i < N_POINTS; i++) {
        x[i] = FROM + (TO - FROM) * (float)i / (float)(N_POINTS - 1);
        one[i] = 1.0f;
    }
    ste->grad(&c->ctx, c->params, N_POINTS, x, one, derivative);
    if (ste->proxy != NULL)
        ste->proxy(&c->ctx, c->params, N_POINTS, x, y);
    else if (ste->forward != NULL)
        ste->forward(&c->ctx, c->params, N_POINTS, x, y);
    else
        c->ctx.kernels->sign(N_POINTS, x, y);
    for (int i = 0; i < N_POINTS; i++) {
        c->x[i] = (double)x[i];
        c->y[i] = (double)y[i];
        c->derivative[i] = (double)derivative[i];
    }
}

int cli_ste_print(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                  bnn_error *err)
{
    ste_curves c;
    const int status = curves_begin(&c, registry, plugin, arena, err);
    if (status != BNN_OK)
        return status;
    if (fflush(stdout) != 0) /* what is known without calling the plugin */
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write the results");
    for (int moment = 0; moment < curves_moments(&c); moment++) {
        char titles[2][CLI_TEXT_MAX];
        const char *const when = c.ste->schedule != NULL ? moments[moment].text : NULL;
        curves_compute(&c, moment);
        snprintf(titles[0], sizeof titles[0], "%s%s%s", curves_function(&c),
                 when != NULL ? ", " : "", when != NULL ? when : "");
        snprintf(titles[1], sizeof titles[1], "derivative%s%s", when != NULL ? ", " : "",
                 when != NULL ? when : "");
        const cli_curve curves[] = {{titles[0], c.y, N_POINTS},
                                    {titles[1], c.derivative, N_POINTS}};
        printf("\n");
        cli_text_plot_print(curves, (double)FROM, (double)TO, cli_draws(stdout));
    }
    return BNN_OK;
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* With the digits that a float has. */
static json_t *curves_points(const double *values)
{
    json_t *list = json_array();
    for (int i = 0; i < N_POINTS; i += STEP) {
        char digits[32];
        snprintf(digits, sizeof digits, "%.7g", values[i]);
        json_array_append_new(list, cli_json_real(strtod(digits, NULL)));
    }
    return list;
}

json_t *cli_ste_json(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                     bnn_error *err)
{
    ste_curves c;
    if (curves_begin(&c, registry, plugin, arena, err) != BNN_OK)
        return NULL;
    json_t *list = json_array();
    for (int moment = 0; moment < curves_moments(&c); moment++) {
        curves_compute(&c, moment);
        json_array_append_new(list, json_pack("{s:f, s:s, s:o, s:o, s:o}", "progress",
                                              c.ctx.progress, "function", curves_function(&c), "x",
                                              curves_points(c.x), "y", curves_points(c.y),
                                              "derivative", curves_points(c.derivative)));
    }
    if (json_array_size(list) < (size_t)curves_moments(&c)) {
        json_decref(list);
        bnn_no_memory(err);
        return NULL;
    }
    return list;
}
