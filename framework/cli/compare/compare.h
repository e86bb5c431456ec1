/* compare.h - what `bnnrun compare` compares, finds and says. Private to cli/; commands/compare.c is the
 * command, ask.h how it is asked, arms.c reads the runs, seeds.c chooses their seeds, judge.c asks
 * framework/comparison/ what they say, looks.c what looks say, plan.c whether that was planned, registered.c
 * says so before, words.c has the sentences, sheet.c the cells of the tables that print.c, paper.c and
 * programs.c print.
 *
 * Texts and arrays are in the arena of the options, or static. Accuracies are in percent, differences of
 * them in points, other metrics as measured; NaN is what there is not. */
#ifndef BNN_CLI_COMPARE_H
#define BNN_CLI_COMPARE_H

#include "cli/result.h"
#include "comparison/bootstrap.h"
#include "comparison/looks.h"
#include "db/store_compare.h"
#include "results/metrics.h"

#include <stdint.h>

typedef struct cli_plan cli_plan;
struct bnn_experiment; /* runner/experiment.h */

/* ---- what is compared: configs, or values of a key ------------------------------------------ */

typedef struct cli_arm {
    const char *config;   /* the first digits of its hash; NULL: a value of a key */
    const char *label;    /* of the config; "ste=clipped" of a value */
    const char *test_set; /* what is said of it in the config, as text; likewise NULL */
    bool is_baseline;     /* of the spec */
    bool in_spec;         /* of an experiment whose runs these are */
    bool is_drawn;        /* by its sweep.random */
    int64_t dropped_at;   /* the rung of sweep.halving at which it was dropped; 0: none */
    int64_t n_rungs;      /* that it reached, of one experiment */
    size_t n_experiments; /* whose runs these are */
    double *values;       /* [n_seeds] NaN: there is no result */
    bool *failed;         /* [n_seeds] because the run failed */
    const char **uids;    /* [n_seeds] of the run with the result, or NULL */
    size_t n_done, n_failed, n_missing; /* seeds; missing: not run, interrupted, stale */
    size_t n_stale;                     /* of the missing */
    double mean;                        /* of those done */

    const char **experiments; /* [n_experiments], of [experiments_room] */
    size_t experiments_room;
} cli_arm;

typedef struct cli_arms {
    size_t n_seeds;
    const int64_t *seeds; /* ascending: all that one of them has */
    size_t n;
    cli_arm *arms;
    size_t
        n_blocks; /* of values of a key: combinations of the others, over which each is averaged */
    size_t n_dropped;     /* configs that sweep.halving dropped, which are none of the arms, ... */
    const char **dropped; /* [n_dropped] ... the first digits of their hashes, ... */
    size_t n_rungs;       /* ... and at how many rungs */
    size_t n_left_out;    /* then: configs that are in none of these */
    size_t n_gone;        /* of the seeds, those that the spec no longer has */
    const char *gone;     /* "5, 6"; NULL or "": there are none */
    size_t
        n_not_planned; /* seeds that are left out: neither the spec nor what it registered has them */
    const char *not_planned; /* likewise */
} cli_arms;

/* The points of the newest spec of an experiment, in their order, but for those that sweep.halving dropped. Of seeds that the spec no longer has, those
 * count that it registered; where it registered nothing in time, all. */
int cli_arms_read(bnn_store *store, const char *experiment, const bnn_metric *metric,
                  bnn_arena *arena, cli_arms *out, bnn_error *err);

/* Two configs, by the first digits of their hashes, with their runs in the experiment that is named with
 * each, or in all. */
int cli_arms_read_two(bnn_store *store, const bnn_store_named_config *const configs[2],
                      const bnn_metric *metric, bnn_arena *arena, cli_arms *out, bnn_error *err);

/* Takes the rows of runs whose seeds do not count for the experiment out of their seeds (-1), and fills in what
 * is said of that. plan: NULL where none can be meant. */
int cli_seeds_choose(bnn_store *store, const char *experiment, const cli_plan *plan,
                     bnn_arena *arena, bnn_store_compared *rows, size_t n, cli_arms *out,
                     bnn_error *err);

/* Which runs count, for whatever is shown beside a comparison: the arm of the runs of a config (its first digits)
 * with this seed; the number of arms: they do not count. */
size_t cli_arms_find(const cli_arms *arms, const char *config, int64_t seed);

/* The values of the key as arms. Two configs belong to one block if their labels differ in nothing but
 * the word of the key. The blocks are those that have a config with each of the values; the result of a
 * value and a seed is the mean over them, and there is none unless all of them have one. A failure is a
 * usage error that says what could be asked. */
int cli_arms_by(const cli_arms *configs, const char *key, bnn_arena *arena, cli_arms *out,
                bnn_error *err);

/* ---- what is asked ------------------------------------------------------------------------- */

typedef struct cli_question {
    const char *experiment; /* NULL: two configs, of any */
    const bnn_metric *metric;
    double margin, alpha;
    const char *by;          /* a key, or NULL */
    bool all_pairs;          /* each arm with each other */
    const cli_arms *configs; /* all of the experiment */
    const cli_arms *arms;    /* what is compared: those, or values of the key */
    json_t *settings; /* in which two configs differ: rows of key, a, b; NULL: an experiment */
    size_t baseline;  /* of arms, that the others are compared with; their number with all pairs */
} cli_question;

/* ---- what was planned ------------------------------------------------------------------------ */

/* A comparison that a spec registered: that of the last spec before the first run, else the newest. */
struct cli_plan {
    bool is_there, in_time; /* in_time: it was registered before the first run */
    const char *registered; /* when: "2026-11-28 10:31:07" */
    const char *baseline;   /* the first digits of its config's hash */
    const char *metric;
    double margin, alpha;
    bnn_design design; /* of seeds.until; no looks: there is none */
    size_t n_configs, n_seeds;
    const char *const *configs; /* likewise first digits */
    const int64_t *seeds;
    const char *later; /* when the spec came to say otherwise, too late; NULL: it does not */
    bool has_looks;    /* it has a design, or what the spec came to say has */
    bool other_looks;  /* what the spec came to say has others */
    size_t
        n_before; /* comparisons that it registered before, in time, and ran, of none of these seeds */
};

/* The text of a registered comparison; *read: it is one. Else there may have been no memory for it. */
int cli_plan_parse(const char *text, bnn_arena *arena, cli_plan *out, bool *read, bnn_error *err);

/* Whether two compare the same in the same way, be it with other configs and seeds. */
bool cli_plan_is_like(const cli_plan *a, const cli_plan *b);

int cli_plan_read(bnn_store *store, const char *experiment, bnn_arena *arena, cli_plan *out,
                  bnn_error *err);

/* Whether it is the planned one, but for configs and seeds. */
bool cli_plan_is_asked(const cli_plan *plan, const cli_question *asked, bnn_arena *arena);

/* In what the question is not the one that was planned: "the margin was 0.2; ..."; "": in nothing. In the
 * arena; NULL without memory. */
const char *cli_plan_departures(const cli_plan *plan, const cli_question *asked, bnn_arena *arena);

/* The same of two configs, asked beside their experiment, whose plan it is: "the spec of ste_sweep registers it
 * among 3 comparisons ..."; "": the plan has other configs. */
const char *cli_plan_beside(const cli_plan *plan, const char *experiment, const cli_question *asked,
                            bnn_arena *arena);

/* What `plan` and `run` say of the comparison that the spec registers, before its runs, beside what the
 * database has of it (store; NULL: there is none yet): lines; "": nothing. late: only what is registered too
 * late. NULL after a failure. */
const char *cli_registered_say(bnn_store *store, const struct bnn_experiment *experiment, bool late,
                               bnn_arena *arena, bnn_error *err);

/* ---- what is found ------------------------------------------------------------------------- */

typedef struct cli_finding {
    size_t a, b;       /* arms: a less b */
    bnn_answer answer; /* as comparison/ has it: of more is better; the rest is as measured */
    double difference, low, high;
    double mean_a, mean_b; /* over the pairs; of an arm without a pair over its own seeds */
    size_t both_failed;    /* seeds at which no side has a result, which are no pair */
    const int64_t *looked; /* of looks: the n_looked seeds that its last one had; NULL: all count */
    size_t n_looked;
    bnn_generalisation images; /* over other images, too; see has_images */
} cli_finding;

typedef struct cli_findings {
    size_t n;
    cli_finding *
        rows; /* the best difference first, those with failed runs behind the others; pairs by their
                          first, then their second arm */
    bnn_comparison comparison; /* with looks: of the last one */
    const bnn_design *design;  /* of looks, which are planned; NULL: of all seeds at once */
    bnn_looks looks;           /* then, in the order of the arms */
    bool by_looks;             /* how many seeds there are was decided by looks, be it others */
    bool has_images;           /* some images are known */
    const char *no_images;     /* why there are none though they could be asked; NULL: else */
    const char
        *damaged; /* runs whose images are left out, since what is stored of them is no such thing;
                            NULL or "": none */
    bool planned;
    const char *departures; /* else: from what was planned, or that nothing was */
    const char *registered; /* when; NULL: nothing was; of two configs, what is beside them */
    const char *later;      /* when the spec came to say otherwise, too late; NULL: it does not */
    bool other_looks;       /* what it came to say has other looks */
    size_t n_before;        /* comparisons that the spec registered before the planned one */
} cli_findings;

/* looks.c: the answers[n] of the looks that were made; out->n and the plan's design are there. */
int cli_judge_looks(const cli_question *asked, const cli_plan *plan, const double *differences,
                    bnn_answer *answers, bnn_arena *arena, cli_findings *out, bnn_error *err);

/* How many of the rows have a seed with results on both sides; with looks all of them are asked. */
size_t cli_findings_tested(const cli_findings *found);

/* Whether the seed of this place is part of the finding: with looks, one that its last look had. */
bool cli_finding_has_seed(const cli_question *asked, const cli_finding *f, size_t s);

/* Judges what is asked. BNN_OK, or BNN_E_INTERNAL without memory. */
int cli_judge(const cli_question *asked, const cli_plan *plan, bnn_arena *arena, cli_findings *out,
              bnn_error *err);

/* Adds what a bootstrap over seeds and images says, where it is known what the runs take their test images
 * for: of test accuracies of configs (images.c). */
int cli_judge_images(bnn_store *store, const cli_question *asked, bnn_arena *arena,
                     cli_findings *found, bnn_error *err);

/* ---- in words -------------------------------------------------------------------------------- */

/* So many decimals tell every bound from 0 and from the margin. */
int cli_compare_decimals(const cli_question *asked, const cli_findings *found);

/* The answer in a sentence or two: how many are better, equal, undecided and worse; and the best of them. In
 * the arena; NULL without memory. */
const char *cli_compare_headline(const cli_question *asked, const cli_findings *found,
                                 bnn_arena *arena);

/* What is estimated, how it is tested, at which level, whether it was planned: sentences. And what to
 * mind about the answer, lines, or "". In the arena; NULL without memory. */
const char *cli_compare_statement(const cli_question *asked, const cli_findings *found,
                                  bnn_arena *arena);
const char *cli_compare_cautions(const cli_question *asked, const cli_findings *found,
                                 bnn_arena *arena);

/* "+0.21 [+0.10, +0.32]"; the mean alone where nothing bounds it. */
const char *cli_compare_difference(const cli_finding *f, int n_decimals, bnn_arena *arena);

/* The same of other images, too; "" where it is not known. */
const char *cli_compare_images(const cli_finding *f, int n_decimals, bnn_arena *arena);

/* "better", "equal within 0.1", "undecided: +12"; whole: "better by 0.21 [0.10, 0.32]", "undecided: about
 * 12 more seeds would decide it". */
const char *cli_compare_verdict(const cli_question *asked, const cli_finding *f, bool whole,
                                int n_decimals, bnn_arena *arena);

/* ---- in tables --------------------------------------------------------------------------------- */

typedef enum cli_compare_form {
    CLI_FORM_TABLE,
    CLI_FORM_MARKDOWN,
    CLI_FORM_LATEX
} cli_compare_form;

/* All of it for programs, to be released by the caller; NULL without memory (programs.c). */
json_t *cli_compare_json(const cli_question *asked, const cli_findings *found,
                         const char *statement, const char *cautions, bnn_arena *arena,
                         bnn_error *err);

/* As JSON or CSV. */
int cli_compare_print_programs(const cli_question *asked, const cli_findings *found,
                               const char *statement, const char *cautions,
                               const cli_options *options, bnn_error *err);

/* Prints the answer to stdout, as JSON or CSV if the options say so, else in the form. */
int cli_compare_print(const cli_question *asked, const cli_findings *found, cli_compare_form form,
                      const cli_options *options, bnn_error *err);

/* As CLI_FORM_LATEX, to a file. */
int cli_compare_write_latex(const cli_question *asked, const cli_findings *found, bnn_arena *arena,
                            FILE *out, bnn_error *err);

#endif
