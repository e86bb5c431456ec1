/* growth.c - whether cost grows with the work alone: parts of the data, batch sizes, widths. */
#include "tests/bench/setup.h"

#include <stdio.h>

typedef struct point {
    const char *what;
    uint32_t percent; /* of BENCH_EPOCH_IMAGES */
    uint32_t batch, width;
} point;

/* Widths and batches on parts of an epoch: the rates are what counts. */
static const point points[] = {
    {"data 10 %", 10, 64, 1},    {"data 50 %", 50, 64, 1}, {"data 100 %", 100, 64, 1},
    {"batch 16", 25, 16, 1},     {"batch 64", 25, 64, 1},  {"batch 256", 25, 256, 1},
    {"batch 1024", 25, 1024, 1}, {"width 1x", 25, 64, 1},  {"width 2x", 25, 64, 2},
    {"width 4x", 10, 64, 4},
};
enum { N_POINTS = sizeof points / sizeof *points };

/* A point for one kind of network, and what was measured. */
typedef struct line {
    training training;
    samples seconds;
    double flop_per_image;
} line;

static int prepare(bench *b, setup *s, line (*lines)[N_POINTS], bnn_error *err)
{
    int status = BNN_OK;
    for (int binary = 0; binary <= 1; binary++)
        for (size_t i = 0; status == BNN_OK && i < N_POINTS; i++) {
            const uint32_t part = BENCH_EPOCH_IMAGES / 100 * points[i].percent;
            lines[binary][i].training =
                (training){.name = points[i].what,
                           .binary = binary,
                           .batch = points[i].batch,
                           .width = points[i].width,
                           .n_images = b->options.quick ? part / 20 : part - 1,
                           .n_test = 64};
            status = setup_prepare(s, &lines[binary][i].training, err);
        }
    return status;
}

static int run_round(bench *b, const setup *s, line *lines, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < N_POINTS; i++) {
        training_result result;
        bench_look_at_peak(b);
        status = setup_train(s, &lines[i].training, &result, err);
        if (status != BNN_OK)
            break;
        samples_add(&lines[i].seconds, result.seconds);
        lines[i].flop_per_image = result.flop_per_image;
    }
    return status;
}

static void report_lines(bench *b, line (*lines)[N_POINTS])
{
    static const report_column columns[] = {
        {"what", "what", 10, REPORT_TEXT},
        {"images", "images", 6, 0},
        {"batch", "batch", 5, 0},
        {"width", "width", 5, 0},
        {"mflop_per_image", "MFLOP/image", 11, 3},
        {"float_seconds", "float s", 8, 3},
        {"float_images_per_s", "images/s", 8, 0},
        {"float_percent_of_peak", "% peak", 6, 1},
        {"binarized_seconds", "binar. s", 8, 3},
        {"binarized_images_per_s", "images/s", 8, 0},
        {"binarized_percent_of_peak", "% peak", 6, 1},
    };
    report_table(b->report, "growth", "Growth: an epoch on parts of the data, by batch, by width",
                 columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < N_POINTS; i++) {
        double seconds[2], rate[2], percent[2];
        for (int binary = 0; binary <= 1; binary++) {
            const line *l = &lines[binary][i];
            seconds[binary] = samples_median(&l->seconds);
            rate[binary] = l->training.n_images / seconds[binary];
            percent[binary] = bench_percent_of_peak(b, rate[binary] * l->flop_per_image * 1e-9);
        }
        report_row(b->report,
                   (report_cell[]){TEXT(points[i].what), NUMBER(lines[0][i].training.n_images),
                                   NUMBER(points[i].batch), NUMBER(points[i].width),
                                   NUMBER(lines[0][i].flop_per_image * 1e-6), NUMBER(seconds[0]),
                                   NUMBER(rate[0]), NUMBER(percent[0]), NUMBER(seconds[1]),
                                   NUMBER(rate[1]), NUMBER(percent[1])});
    }
}

int bench_growth(bench *b, bnn_error *err)
{
    setup s = {0};
    line(*lines)[N_POINTS] = NULL;
    const uint32_t rounds = (b->options.rounds + 1) / 2;
    int status = setup_create(&s, err);
    if (status != BNN_OK)
        goto out;
    lines = bnn_arena_alloc(s.arena, 2, sizeof *lines);
    status = lines != NULL ? prepare(b, &s, lines, err) : bnn_no_memory(err);
    for (uint32_t i = 0; status == BNN_OK && i < 2 * rounds; i++)
        status = run_round(b, &s, lines[i % 2], err);
    if (status == BNN_OK) {
        report_lines(b, lines);
        report_note(b->report, "data: %s; medians of %u rounds", s.provenance, rounds);
    }
out:
    setup_destroy(&s);
    return status;
}
