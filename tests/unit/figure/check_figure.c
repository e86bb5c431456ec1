/* check_figure.c - figures: hostile texts are shown as they are, numbers are where they should be, the same figure
 * has the same bytes, and what is said without gnuplot. Where gnuplot is not installed, only the last. */
#include "figure/figure.h"

#include "tests/fixtures/checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DOTS = 4 };
static const double dots_x[DOTS] = {-3, 0, 2.5, 7}, dots_y[DOTS] = {0, 1, 2, 3};
static const double band_x[2] = {-1, 1}, band_low[2] = {-0.5, -0.5}, band_high[2] = {3.5, 3.5};
static const double line_x[3] = {-5, (double)NAN, 5}, line_y[3] = {0, 1, 2};

static const bnn_series all_series[] = {
    {.mark = BNN_MARK_BAND,
     .hue = BNN_HUE_GREY,
     .opacity = 0.2,
     .n = 2,
     .x = band_x,
     .y = band_low,
     .other = band_high},
    {.mark = BNN_MARK_LINE,
     .hue = BNN_HUE_INK,
     .opacity = 1,
     .size = 1,
     .n = 3,
     .x = line_x,
     .y = line_y},
    {.mark = BNN_MARK_ARROW,
     .hue = 1,
     .opacity = 1,
     .size = 2,
     .n = 1,
     .x = dots_x,
     .y = dots_y,
     .other = line_x},
    {.mark = BNN_MARK_DOTS,
     .hue = 0,
     .opacity = 0.5,
     .size = 8,
     .n = DOTS,
     .x = dots_x,
     .y = dots_y},
};

/* Dots at known places, in rows with these names. */
static bnn_figure make_figure(bnn_panel *panel, const char *const names[DOTS])
{
    *panel = (bnn_panel){.title = names[0],
                         .x = {.title = names[1], .low = -10, .high = 10},
                         .y = {.n_names = DOTS, .names = names},
                         .n_series = sizeof all_series / sizeof *all_series,
                         .series = all_series};
    return (bnn_figure){.title = names[2],
                        .description = names[3],
                        .heading = names[0],
                        .width = 720,
                        .panel_height = 120,
                        .n_columns = 1,
                        .n_panels = 1,
                        .panels = panel};
}

static const char *const plain_names[DOTS] = {"ste=clipped", "ste=identity", "ordering=bn_act",
                                              "lr=0.001"};

static bnn_arena *arena;

static void begin(void)
{
    arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    ck_assert_ptr_nonnull(arena);
}

static void end(void)
{
    bnn_arena_destroy(arena);
}

static bnn_drawing draw(const bnn_figure *figure, bnn_figure_format format)
{
    bnn_drawing drawing = {NULL, 0};
    bnn_error err = {.message = ""};
    const int status = bnn_figures_draw(figure, 1, format, arena, &drawing, &err);
    ck_assert_msg(status == BNN_OK, "%s", err.message);
    ck_assert_uint_eq((unsigned char)drawing.bytes[drawing.n], 0);
    return drawing;
}

/* Shown as they are; in XML '<' and '&' are written otherwise. */
static const struct {
    const char *label, *shown;
} hostile[] = {
    {"\"q\" \\b\\ 'x'", "\"q\" \\b\\ 'x'"},
    {"`touch pwned`", "`touch pwned`"},
    {"\"; system('touch pwned') #", "\"; system('touch pwned') #"},
    {"$(touch pwned) @HOME %s%n", "$(touch pwned) @HOME %s%n"},
    {"{/*9 a}_b^c ~d{0}", "{/*9 a}_b^c ~d{0}"},
    {"&lt;&#65;&amp;", "&amp;lt;&amp;#65;&amp;amp;"},
    {"<script>x()</script>", "&lt;script>x()&lt;/script>"},
    {"END", "END"},
    {"a\tb\nc\033d", "a?b?c?d"},
    {"\xff\xc0\x80 \xed\xa0\x80", "??? ???"},
    {"\u00fc \u6f22\u5b57", "\u00fc \u6f22\u5b57"},
    {"-", "-"},
    {"x]]>y]]", "x]]&gt;y]]"},
    {"&#x0;&#x3c;&#x", "&amp;#x0;&amp;#x3c;&amp;#x"},
    {"rgb(29,33,38)>", "rgb(29,33,38)>"},
    {"a class=\"gridline\" id", "a class=\"gridline\" id"},
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

START_TEST(hostile_labels_are_shown_as_they_are)
{
    for (size_t i = 0; i < HOSTILE; i += DOTS) {
        const char *names[DOTS];
        char expected[128];
        bnn_panel panel;
        for (size_t k = 0; k < DOTS; k++)
            names[k] = hostile[i + k].label;
        const bnn_figure figure = make_figure(&panel, names);
        const bnn_drawing svg = draw(&figure, BNN_FIGURE_INLINE);
        for (size_t k = 0; k < DOTS; k++) {
            snprintf(expected, sizeof expected, "<text>%s</text>", hostile[i + k].shown);
            ck_assert_msg(strstr(svg.bytes, expected) != NULL, "%s is not in %s", expected,
                          svg.bytes);
        }
        ck_assert_ptr_null(strstr(svg.bytes, "<script"));
        ck_assert_int_ne(access("pwned", F_OK), 0);
    }
}
END_TEST

START_TEST(numbers_are_in_their_places)
{
    bnn_panel panel;
    const bnn_figure figure = make_figure(&panel, plain_names);
    const bnn_drawing svg = draw(&figure, BNN_FIGURE_INLINE);
    double width, height, x[DOTS], y[DOTS], radius;
    const char *at = svg.bytes;
    bnn_figure_axes(&figure, 0, &width, &height);
    for (size_t i = 0; i < DOTS; i++) {
        at = strstr(at + 1, "<circle");
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(sscanf(at, "<circle cx='%lf' cy='%lf' r='%lf'", &x[i], &y[i], &radius), 3);
        ck_assert_double_eq_tol(radius, 4, 0.1);
        ck_assert_double_eq_tol(x[i] - x[0], (dots_x[i] - dots_x[0]) / 20 * width, 0.1);
        ck_assert_double_eq_tol(y[i] - y[0], (dots_y[i] - dots_y[0]) / DOTS * height, 0.1);
    }
    ck_assert_ptr_null(strstr(at + 1, "<circle"));
}
END_TEST

START_TEST(svg_can_stand_in_a_page)
{
    static const char *const unwanted[] = {"<?xml",   "<style",  "id=",   "<use",
                                           "gnuplot", "Gnuplot", "xlink", " color="};
    bnn_panel panel;
    const bnn_figure figure = make_figure(&panel, plain_names), both[] = {figure, figure};
    bnn_drawing drawings[2];
    bnn_error err;
    ck_assert_int_eq(bnn_figures_draw(both, 2, BNN_FIGURE_INLINE, arena, drawings, &err), BNN_OK);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(strncmp(drawings[i].bytes, "<svg ", 5), 0);
        ck_assert_str_eq(drawings[i].bytes + drawings[i].n - 7, "</svg>\n");
        ck_assert_ptr_nonnull(strstr(drawings[i].bytes, "currentColor"));
        for (size_t k = 0; k < sizeof unwanted / sizeof *unwanted; k++)
            ck_assert_ptr_null(strstr(drawings[i].bytes, unwanted[k]));
    }
    ck_assert_str_eq(drawings[0].bytes, drawings[1].bytes);
    ck_assert_ptr_nonnull(
        strstr(draw(&figure, BNN_FIGURE_SVG).bytes, "<title>ordering=bn_act</title>"));
}
END_TEST

START_TEST(same_figure_same_bytes)
{
    static const struct {
        bnn_figure_format format;
        const char *begin;
    } formats[] = {
        {BNN_FIGURE_SVG, "<?xml"}, {BNN_FIGURE_PDF, "%PDF"}, {BNN_FIGURE_PNG, "\x89PNG"}};
    bnn_panel panel;
    const bnn_figure figure = make_figure(&panel, plain_names);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const bnn_drawing a = draw(&figure, formats[i].format),
                          b = draw(&figure, formats[i].format);
        ck_assert_mem_eq(a.bytes, formats[i].begin, strlen(formats[i].begin));
        ck_assert_uint_eq(a.n, b.n);
        ck_assert_mem_eq(a.bytes, b.bytes, a.n);
        ck_assert_ptr_null(memmem(a.bytes, a.n, "/CreationDate (D:2", 18));
    }
}
END_TEST

/* An axis of one value, of none, of all sizes. */
START_TEST(every_range_can_be_drawn)
{
    static const double lows[] = {5, -1e-12, 1e-9, 1e15, -3, (double)NAN, 0};
    static const double highs[] = {5, 1e-12, 1e9, 1e15 + 4, 3e5, (double)NAN, 1e-300};
    for (size_t i = 0; i < 2 * sizeof lows / sizeof *lows; i++) {
        const double x[] = {lows[i / 2], highs[i / 2]};
        const bnn_series series = {
            .mark = BNN_MARK_LINE, .opacity = 1, .size = 1, .n = 2, .x = x, .y = x};
        const bnn_panel panel = {
            .x = {.logarithmic = i % 2 == 1}, .n_series = 1, .series = &series};
        const bnn_figure figure = {.title = "",
                                   .description = "",
                                   .width = 400,
                                   .panel_height = 100,
                                   .n_columns = 1,
                                   .n_panels = 1,
                                   .panels = &panel};
        ck_assert_ptr_nonnull(strstr(draw(&figure, BNN_FIGURE_INLINE).bytes, "</svg>"));
    }
}
END_TEST

/* What is said when the program that is found on PATH is no gnuplot, or there is none. script: what it is. */
static void fail_with(const char *script, const char *said)
{
    char folder[] = "/tmp/bnn_figure_XXXXXX", path[64];
    bnn_panel panel;
    const bnn_figure figure = make_figure(&panel, plain_names);
    bnn_drawing drawing;
    bnn_error err;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/gnuplot", folder);
    if (script != NULL) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, "#!/bin/sh\n%s\n", script);
        fclose(file);
        chmod(path, 0755);
    }
    setenv("PATH", folder, 1);
    for (bnn_figure_format format = BNN_FIGURE_SVG; format <= BNN_FIGURE_PNG; format++) {
        ck_assert_int_eq(bnn_figures_draw(&figure, 1, format, arena, &drawing, &err),
                         BNN_E_RESOURCE);
        ck_assert_msg(strstr(err.message, said) != NULL, "%s", err.message);
    }
    unlink(path);
    rmdir(folder);
}

START_TEST(without_gnuplot_a_package_is_named)
{
    fail_with(NULL, "not installed (Debian package gnuplot-nox)");
}
END_TEST

START_TEST(failures_of_gnuplot_are_told)
{
    fail_with("echo 'line 3: unknown terminal' >&2; exit 2",
              "gnuplot failed: line 3: unknown terminal; 5.2");
    fail_with("exit 0", "5.2 or newer");
    fail_with("kill -9 $$", "gnuplot failed");
}
END_TEST

static bool has_gnuplot(void)
{
    const char *path = getenv("PATH");
    char file[4096];
    while (path != NULL && *path != '\0') {
        const size_t n = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/gnuplot", (int)n, path);
        if (access(file, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

int main(void)
{
    const bool all = has_gnuplot();
    Suite *suite = suite_create("figure");
    TCase *tests = tcase_create("figure");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, without_gnuplot_a_package_is_named);
    tcase_add_test(tests, failures_of_gnuplot_are_told);
    if (all) {
        tcase_add_test(tests, hostile_labels_are_shown_as_they_are);
        tcase_add_test(tests, numbers_are_in_their_places);
        tcase_add_test(tests, svg_can_stand_in_a_page);
        tcase_add_test(tests, same_figure_same_bytes);
        tcase_add_test(tests, every_range_can_be_drawn);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (n_failed == 0 && !all)
        printf("gnuplot is not installed: what it draws was not looked at\n");
    return n_failed > 0 ? EXIT_FAILURE : all ? EXIT_SUCCESS : 77;
}
