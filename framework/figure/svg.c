/* svg.c - gnuplot's SVG, made fit to stand in a page beside others: without its declarations and names, which would be
 * there several times, and with the colour of the text around it as its ink. What is not known here stays
 * as gnuplot wrote it. */
#include "figure/figure_internal.h"

#include "base/memstream.h"

#include <stdlib.h>
#include <string.h>

/* A part of what gnuplot wrote, and what is made of it. */
typedef struct svg_tidy {
    const char *at, *end;
    FILE *out;
    bool in_tag;
} svg_tidy;

static bool svg_begins(const svg_tidy *t, const char *with)
{
    const size_t n = strlen(with);
    return (size_t)(t->end - t->at) >= n && memcmp(t->at, with, n) == 0;
}

enum { SVG_AHEAD = 256 };

/* What comes, as much of it as a dot can be: sscanf would look for the end of all figures. */
static const char *svg_ahead(const svg_tidy *t, char out[SVG_AHEAD])
{
    const size_t left = (size_t)(t->end - t->at), n = left < SVG_AHEAD - 1 ? left : SVG_AHEAD - 1;
    memcpy(out, t->at, n);
    out[n] = '\0';
    return out;
}

/* Takes `rgb( 29,  33,  38)`: the ink becomes currentColor, others are written short. */
static bool svg_take_colour(svg_tidy *t)
{
    unsigned red, green, blue;
    char short_text[8], ahead[SVG_AHEAD];
    int n = 0;
    if (!svg_begins(t, "rgb(") ||
        sscanf(svg_ahead(t, ahead), "rgb(%3u,%3u,%3u)%n", &red, &green, &blue, &n) != 3 || n == 0)
        return false;
    snprintf(short_text, sizeof short_text, "#%02x%02x%02x", red & 0xff, green & 0xff, blue & 0xff);
    fputs(strcmp(short_text + 1, FIGURE_INK) == 0 ? "currentColor" : short_text, t->out);
    t->at += n;
    return true;
}

/* A disc; or a diamond around the same place, hollow. It is left open: what gnuplot wrote closes it. */
static void svg_write_dot(const svg_tidy *t, bool is_disc, double x, double y, double size)
{
    const double r = 1.11 * size;
    if (is_disc)
        fprintf(t->out, "<circle cx='%.2f' cy='%.2f' r='%.2f' stroke='none' ", x, y, r);
    else
        fprintf(t->out,
                "<path d='M%.2f,%.2f l%.2f,%.2f l%.2f,%.2f l%.2f,%.2f z' fill='none' "
                "stroke-width='1.8' ",
                x - r, y, r, -r, r, r, -r, r);
}

/* Takes a dot, which gnuplot draws as a copy of a named one. */
static bool svg_take_dot(svg_tidy *t)
{
    enum { DISC = 6, DIAMOND = 11 };
    unsigned type;
    double x, y, size, opacity = 1;
    char colour[24], ahead[SVG_AHEAD];
    int n = 0, more = 0;
    if (!svg_begins(t, "<use ") ||
        sscanf(svg_ahead(t, ahead),
               "<use xlink:href='#gpPt%2u' transform='translate(%lf,%lf) scale(%lf)' "
               "color='%23[^']'%n",
               &type, &x, &y, &size, colour, &n) != 5 ||
        n == 0 || (type != DISC && type != DIAMOND))
        return false;
    t->at += n;
    if (sscanf(ahead + n, " opacity='%lf'%n", &opacity, &more) == 1 && more > 0)
        t->at += more;
    svg_write_dot(t, type == DISC, x, y, size);
    if (opacity < 1)
        fprintf(t->out, "opacity='%.2f' ", opacity);
    svg_tidy own = {colour, colour + strlen(colour), t->out, true};
    fputs(type == DISC ? "fill='" : "stroke='", t->out);
    if (!svg_take_colour(&own))
        fputs(colour, t->out);
    fputs("'", t->out);
    return true;
}

/* Takes what nobody needs of a tag: names of groups, of fonts. */
static bool svg_take_attribute(svg_tidy *t)
{
    static const char *const needless[] = {" id=\"gnuplot_canvas\"", " font-family=\"Arial\"",
                                           " class=\"gridline\"",    " color=\"black\"",
                                           " color=\"white\"",       " color=\"gray\""};
    for (size_t i = 0; i < sizeof needless / sizeof *needless; i++)
        if (svg_begins(t, needless[i])) {
            t->at += strlen(needless[i]);
            return true;
        }
    return false;
}

/* Takes groups without content, and what names the others. */
static bool svg_take_group(svg_tidy *t)
{
    if (svg_begins(t, "<g id=\"gnuplot_plot_")) {
        const char *end = strstr(t->at, "</title>");
        if (end == NULL || end > t->end)
            return false;
        fputs("<g>", t->out);
        t->at = end + strlen("</title>");
        return true;
    }
    if (!svg_begins(t, "<g fill=\"none\""))
        return false;
    const char *end = strchr(t->at, '>');
    if (end == NULL || strncmp(end, ">\n</g>\n", 7) != 0)
        return false;
    t->at = end + 7;
    return true;
}

/* Takes what gnuplot leaves as it is in texts: the end of what XML might have, and numbers that are no
 * characters, which are those of a label. */
static bool svg_take_text(svg_tidy *t)
{
    static const char *const texts[][2] = {{"]]>", "]]&gt;"}, {"&#x", "&amp;#x"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (svg_begins(t, texts[i][0])) {
            fputs(texts[i][1], t->out);
            t->at += strlen(texts[i][0]);
            return true;
        }
    return false;
}

static bool svg_take_in_tag(svg_tidy *t)
{
    return *t->at == 'r' ? svg_take_colour(t) : *t->at == ' ' && svg_take_attribute(t);
}

static void svg_tidy_all(svg_tidy *t)
{
    while (t->at < t->end) {
        if (t->in_tag ? svg_take_in_tag(t) : svg_take_text(t) || svg_take_group(t))
            continue;
        if (!t->in_tag && svg_take_dot(t)) {
            t->in_tag = true;
            continue;
        }
        t->in_tag = *t->at == '<' || (t->in_tag && *t->at != '>');
        fputc(*t->at++, t->out);
    }
}

static void svg_write_text(const char *text, FILE *out)
{
    char clean[1024];
    for (const char *c = figure_clean_text(text, clean, sizeof clean); *c != '\0'; c++)
        switch (*c) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*c, out);
        }
}

/* As a file: dark where the reader's other windows are. */
static void svg_write_head(const bnn_figure *figure, bnn_figure_format format, FILE *out)
{
    const bool is_file = format == BNN_FIGURE_SVG;
    if (is_file)
        fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", out);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
            "font-family=\"Helvetica, Arial, sans-serif\" aria-label=\"",
            figure->width, bnn_figure_height(figure));
    svg_write_text(figure->title, out);
    fputs("\">\n", out);
    if (is_file) {
        fputs("<title>", out);
        svg_write_text(figure->title, out);
        fputs("</title>\n", out);
    }
    fputs("<desc>", out);
    svg_write_text(figure->description, out);
    fputs("</desc>\n", out);
    if (is_file)
        fputs("<style>:root { color-scheme: light dark; color: #" FIGURE_INK "; }\n"
              "@media (prefers-color-scheme: dark) { :root { color: #e4e7eb; } }</style>\n",
              out);
}

int figure_take_svg(const bnn_figure *figure, bnn_figure_format format, char **at, bnn_arena *arena,
                    bnn_drawing *out, bnn_error *err)
{
    char *head = strstr(*at, "</defs>"), *end = strstr(*at, "</svg>");
    char *text = NULL;
    size_t n = 0;
    if (head == NULL || end == NULL || head > end)
        return bnn_fail(err, BNN_E_RESOURCE, "gnuplot has drawn no SVG; 5.2 or newer is needed");
    FILE *stream = bnn_memstream_open(&text, &n);
    if (stream == NULL)
        return bnn_no_memory(err);
    svg_tidy body = {head + strlen("</defs>"), end, stream, false};
    svg_write_head(figure, format, stream);
    fputs("<g>", stream); /* the one that stands before what gnuplot defines */
    svg_tidy_all(&body);
    fputs("</svg>\n", stream);
    *at = end + strlen("</svg>");
    if (!bnn_memstream_close(stream, &text) ||
        (out->bytes = bnn_arena_strdup(arena, text)) == NULL) {
        free(text);
        return bnn_no_memory(err);
    }
    out->n = n;
    free(text);
    return BNN_OK;
}
