#include "cli/plot/others.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

enum { OTHERS_SIZE = 10 /* of a diamond, in pixels */ };
static const char others_more[] = "other protocols";

static double others_cost(const cli_published_point *point, size_t cost)
{
    return cost == 0 ? point->bytes : point->us;
}

static bool others_has_cost(const cli_published_point *point)
{
    for (size_t k = 0; k < PLOT_COSTS; k++)
        if (isfinite(others_cost(point, k)))
            return true;
    return false;
}

/* The hue of a protocol, which is noted; those of configs have 0. */
static int others_hue(plot_others *others, const char *protocol)
{
    size_t i = 0;
    while (i < others->n_protocols && strcmp(others->protocols[i], protocol) != 0)
        i++;
    if (i == PLOT_PROTOCOLS) {
        others->protocols[--i] = others_more;
        return (int)i + 1;
    }
    if (i == others->n_protocols)
        others->protocols[others->n_protocols++] = protocol;
    return (int)i + 1;
}

void plot_others_choose(plot_draft *draft, const cli_published *published, double *low,
                        double *high, plot_others *out)
{
    *out = (plot_others){.path = NULL};
    if (published == NULL)
        return;
    plot_other *rows = bnn_arena_alloc(draft->arena, published->n, sizeof *rows);
    draft->failed |= rows == NULL;
    if (rows == NULL)
        return;
    out->path = published->path;
    out->rows = rows;
    const double least = *low - fmax(0.25 * (*high - *low), 0.5);
    for (size_t i = 0; i < published->n; i++) {
        const cli_published_point *point = &published->points[i];
        if (point->accuracy < least || !others_has_cost(point)) {
            out->n_elsewhere++;
            continue;
        }
        rows[out->n++] = (plot_other){point, others_hue(out, point->protocol)};
        *low = fmin(*low, point->accuracy);
        *high = fmax(*high, point->accuracy);
    }
}

void plot_others_widen(const plot_others *others, size_t cost, double *least, double *most)
{
    for (size_t i = 0; i < others->n; i++) {
        const double x = others_cost(others->rows[i].point, cost);
        *least = isfinite(x) ? fmin(*least, x) : *least;
        *most = isfinite(x) ? fmax(*most, x) : *most;
    }
}

void plot_others_draw(plot_draft *draft, const plot_others *others, size_t cost)
{
    for (size_t i = 0; i < others->n; i++) {
        const double x = others_cost(others->rows[i].point, cost);
        if (!isfinite(x))
            continue;
        const plot_points p =
            plot_add_series(draft, BNN_MARK_DIAMONDS, others->rows[i].hue, 1, OTHERS_SIZE, 1);
        if (p.x == NULL)
            return;
        p.x[0] = x;
        p.y[0] = others->rows[i].point->accuracy;
    }
}

void plot_others_avoid(plot_names *names, const plot_others *others, size_t cost)
{
    for (size_t i = 0; i < others->n; i++) {
        const double x = others_cost(others->rows[i].point, cost);
        if (isfinite(x))
            plot_names_avoid(names, x, others->rows[i].point->accuracy, OTHERS_SIZE / 2.0 + 1);
    }
}

void plot_others_name(plot_names *names, const plot_others *others, size_t cost)
{
    for (size_t i = 0; i < others->n; i++) {
        const cli_published_point *point = others->rows[i].point;
        const double x = others_cost(point, cost);
        if (isfinite(x))
            plot_names_add(names, x, point->accuracy, point->name);
    }
}

const bnn_key_entry *plot_others_key(plot_draft *draft, const plot_others *others,
                                     const bnn_key_entry *own, size_t n_own, size_t *n)
{
    bnn_key_entry *key =
        bnn_arena_alloc(draft->arena, n_own + others->n_protocols + 1, sizeof *key);
    *n = 0;
    draft->failed |= key == NULL;
    if (key == NULL)
        return NULL;
    memcpy(key, own, n_own * sizeof *key);
    *n = n_own;
    for (size_t i = 0; i < others->n_protocols; i++)
        key[(*n)++] = (bnn_key_entry){plot_text(draft, "published: %s", others->protocols[i]),
                                      BNN_MARK_DIAMONDS, (int)i + 1};
    return key;
}

const char *plot_others_words(plot_draft *draft, const plot_others *others)
{
    char seen[BNN_SHORT_TEXT], elsewhere[BNN_SHORT_TEXT];
    if (others->path == NULL)
        return "";
    return plot_text(
        draft,
        " %s diamond%s: what others have published (%s), in the colours of their "
        "protocols; they beat nothing here and nothing beats them. %s more have neither "
        "bytes nor a time, or lie far below.",
        bnn_count_text(others->n, seen), bnn_plural(others->n), others->path,
        bnn_count_text(others->n_elsewhere, elsewhere));
}
