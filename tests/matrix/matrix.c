/* matrix.c - bnnmatrix: every weight form with every STE in every order, on LeNet-5, trained for a
 * moment; then the engines, the C export and ONNX have to give training's classes. `make matrix` runs
 * it. */
#include "tests/matrix/matrix.h"

#include "base/clock.h"
#include "base/text.h"
#include "infer/engine/engine.h"
#include "tests/matrix/axes.h"
#include "tests/matrix/exports.h"
#include "tests/matrix/workers.h"

#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEED = 1, STEPS = 10, IMAGES = 200, BATCH = 64, JOBS_MAX = 256 };
/* A network that says the same of all images is no test; so many of a hundred may. */
enum { CONSTANT_PERCENT = 10 };
enum { ROUNDED_PERCENT = 1 };

static const char help[] =
    "bnnmatrix - every weight form x STE x order of LeNet-5: trained briefly, deployed, compared\n\n"
    "  make matrix [MATRIX_FLAGS='OPTIONS']   builds and runs it; all of it takes long\n\n"
    "  --form NAME       one form only\n"
    "  --ste NAME        one STE only\n"
    "  --ordering NAME   one ordering only, of those with letters one word: LPBA\n"
    "  --model KEYS      of the model, beside topology, form, ste and ordering (default\n"
    "                    'activation: hardtanh, binarize: {first: true, last: true}')\n"
    "  --seed N          of weights and batches (default 1)\n"
    "  --steps N         of training, with 64 images each (default 10)\n"
    "  --images N        that are classified (default 200)\n"
    "  --jobs N          processes (default: one for each processor)\n"
    "  --limit N         the first N networks, which are a sample of all\n"
    "  --diagonal        not all with all, but each form, STE and ordering at least once\n"
    "  --engines         no exports to C and ONNX\n"
    "  --list            shows the axes, and trains nothing\n"
    "  --help            this text\n\n"
    "Environment: BNN_DATA_PATH (where MNIST lies; without it drawn digits are used), CC, NODE_PATH\n"
    "(where node finds onnxruntime-node; without it ONNX is left out). Outside of make:\n"
    "BNNRUN_PLUGIN_PATH (the plugins) and srcdir (the source tree).\n\n"
    "Exit status: 0; 1 when a class differs, or a logit where it has to be the same; or as that of\n"
    "bnnrun. In ONNX, where a sign stands behind sums of floats, one class of a hundred may differ:\n"
    "onnxruntime adds in another order, and what is nearly 0 can get the other sign.\n";

/* ---- options ----------------------------------------------------------------------------- */

static int number_parse(const char *option, const char *text, uint32_t most, uint32_t *out,
                        bnn_error *err)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < 1 || value > most)
        return bnn_fail(err, BNN_E_USAGE, "--%s takes a number of 1 to %u, not \"%s\"", option,
                        most, text);
    *out = (uint32_t)value;
    return BNN_OK;
}

enum {
    FORM,
    STE,
    ORDERING,
    MODEL,
    SEED_OF,
    STEPS_OF,
    IMAGES_OF,
    JOBS,
    LIMIT,
    DIAGONAL,
    ENGINES,
    LIST,
    HELP
};
static const struct option known[] = {
    {"form", required_argument, NULL, FORM},
    {"ste", required_argument, NULL, STE},
    {"ordering", required_argument, NULL, ORDERING},
    {"model", required_argument, NULL, MODEL},
    {"seed", required_argument, NULL, SEED_OF},
    {"steps", required_argument, NULL, STEPS_OF},
    {"images", required_argument, NULL, IMAGES_OF},
    {"jobs", required_argument, NULL, JOBS},
    {"limit", required_argument, NULL, LIMIT},
    {"diagonal", no_argument, NULL, DIAGONAL},
    {"engines", no_argument, NULL, ENGINES},
    {"list", no_argument, NULL, LIST},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static int option_take(int option, matrix_options *out, bool *wants_help, bnn_error *err)
{
    const struct {
        uint32_t *field, most;
    } numbers[] = {{&out->seed, INT32_MAX},
                   {&out->steps, 90},
                   {&out->images, 1000},
                   {&out->jobs, JOBS_MAX},
                   {&out->limit, INT32_MAX}};
    if (option >= SEED_OF && option <= LIMIT)
        return number_parse(known[option].name, optarg, numbers[option - SEED_OF].most,
                            numbers[option - SEED_OF].field, err);
    if (option <= ORDERING)
        out->only[option] = optarg;
    else if (option == MODEL)
        out->model = optarg;
    *wants_help |= option == HELP;
    out->diagonal |= option == DIAGONAL;
    out->engines |= option == ENGINES;
    out->list |= option == LIST;
    return BNN_OK;
}

static int options_parse(int argc, char **argv, matrix_options *out, bool *wants_help,
                         bnn_error *err)
{
    int status = BNN_OK, option;
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    *out = (matrix_options){.model = "activation: hardtanh, binarize: {first: true, last: true}",
                            .seed = SEED,
                            .steps = STEPS,
                            .images = IMAGES,
                            .jobs = n < 1          ? 1
                                    : n > JOBS_MAX ? JOBS_MAX
                                                   : (uint32_t)n};
    opterr = 0;
    while (status == BNN_OK && (option = getopt_long(argc, argv, ":", known, NULL)) != -1)
        status = option == ':' || option == '?'
                     ? bnn_fail(err, BNN_E_USAGE,
                                option == ':' ? "%s needs a value"
                                              : "unknown option %s; see `bnnmatrix --help`",
                                argv[optind - 1])
                     : option_take(option, out, wants_help, err);
    if (status == BNN_OK && optind < argc)
        status =
            bnn_fail(err, BNN_E_USAGE, "\"%s\" is no option; see `bnnmatrix --help`", argv[optind]);
    return status;
}

/* ---- what came of it --------------------------------------------------------------------- */

typedef struct tally {
    uint32_t networks, wrong, constant, refused;
    uint64_t images[MATRIX_RUNNERS], classes[MATRIX_RUNNERS];
} tally;

typedef struct score {
    const matrix *m;
    double start, shown; /* seconds */
    size_t done;
    tally all, *forms;
    matrix_result refusal; /* the first */
} score;

static const char *runner_name(int runner)
{
    static const char *const names[] = {"portable", NULL, "C", "ONNX", "packed"};
    bnn_error err;
    return runner == MATRIX_FAST ? bnn_engine_choose(&err)->name : names[runner];
}

/* onnxruntime adds floats in another order than training does. Where a sign stands behind such sums, one
 * of a million falls to its other side, so a few images may: they are counted, but prove nothing wrong. */
static bool runner_is_wrong(const matrix *m, const matrix_result *r, int k)
{
    if (k <= MATRIX_C)
        return r->classes[k] > 0 || r->logits[k] > 0;
    return r->classes[k] > (r->rounds ? m->data.test.n * ROUNDED_PERCENT / 100 : 0);
}

static bool result_is_wrong(const matrix *m, const matrix_result *r)
{
    bool wrong = r->outcome == MATRIX_FAILED;
    for (int k = 0; k < MATRIX_RUNNERS; k++)
        wrong |= runner_is_wrong(m, r, k);
    return wrong;
}

/* What to do to see it again is said. */
static void wrong_print(const score *s, const matrix_result *r)
{
    char flags[256];
    printf("wrong:");
    if (r->outcome == MATRIX_FAILED)
        printf(" %s", r->message);
    for (int k = 0; k < MATRIX_RUNNERS; k++)
        if (runner_is_wrong(s->m, r, k))
            printf(" %s has %u other classes and %u other logits;", runner_name(k), r->classes[k],
                   r->logits[k]);
    printf("\n    make matrix MATRIX_FLAGS=\"%s --seed %u --steps %u --images %u --model '%s'\"\n",
           matrix_point_flags(s->m, r->point, flags, sizeof flags), s->m->options.seed,
           s->m->options.steps, s->m->options.images, s->m->options.model);
}

static void tally_add(tally *t, const matrix *m, const matrix_result *r)
{
    t->refused += r->outcome == MATRIX_REFUSED;
    t->wrong += result_is_wrong(m, r);
    if (r->outcome == MATRIX_REFUSED)
        return;
    t->networks++;
    t->constant += r->n_classes == 1;
    for (int k = 0; k < MATRIX_RUNNERS; k++) {
        t->images[k] += r->ran[k] ? m->data.test.n : 0;
        t->classes[k] += r->classes[k];
    }
}

static void progress_print(score *s)
{
    enum { EVERY_SECONDS = 60 };
    char done[BNN_SHORT_TEXT], all[BNN_SHORT_TEXT], left[BNN_SHORT_TEXT];
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    if (now - s->shown < EVERY_SECONDS)
        return;
    s->shown = now;
    printf(
        "%s of %s networks, %u wrong; about %s left\n", bnn_count_text(s->done, done),
        bnn_count_text(s->m->n, all), s->all.wrong,
        bnn_seconds_text((now - s->start) * (double)(s->m->n - s->done) / (double)s->done, left));
    fflush(stdout);
}

static void score_take(void *context, const matrix_result *result)
{
    score *s = context;
    if (result_is_wrong(s->m, result))
        wrong_print(s, result);
    if (result->outcome == MATRIX_REFUSED && s->all.refused == 0)
        s->refusal = *result;
    tally_add(&s->all, s->m, result);
    tally_add(&s->forms[s->m->points[result->point].at[MATRIX_FORM]], s->m, result);
    s->done++;
    progress_print(s);
}

static void tally_print(const char *name, const tally *t)
{
    char networks[BNN_SHORT_TEXT], text[BNN_SHORT_TEXT];
    printf("%-16s %8s %10s", name, bnn_count_text(t->networks, networks),
           bnn_count_text(t->images[MATRIX_PORTABLE], text));
    for (int k = 0; k < MATRIX_RUNNERS; k++)
        printf(" %8s", t->images[k] > 0 ? bnn_count_text(t->classes[k], text) : "-");
    printf(" %8u\n", t->constant);
}

static void score_print(const score *s)
{
    const matrix *m = s->m;
    char flags[256], text[BNN_SHORT_TEXT];
    printf("\nimages with another class than training's, and networks with one class for all\n"
           "%-16s %8s %10s",
           "form", "networks", "images");
    for (int k = 0; k < MATRIX_RUNNERS; k++)
        printf(" %8s", runner_name(k));
    printf(" %8s\n", "constant");
    for (size_t i = 0; i < m->axes[MATRIX_FORM].n; i++)
        if (s->forms[i].networks > 0)
            tally_print(m->axes[MATRIX_FORM].values[i].name, &s->forms[i]);
    tally_print("all", &s->all);
    printf("%u wrong, of %zu forms x %zu STEs x %zu orders; %s\n", s->all.wrong,
           m->axes[MATRIX_FORM].n, m->axes[MATRIX_STE].n, m->axes[MATRIX_ORDERING].n,
           bnn_seconds_text(bnn_clock_seconds(CLOCK_MONOTONIC) - s->start, text));
    if (s->all.refused > 0)
        printf("%u that the check of models refuses, as %s: %s\n", s->all.refused,
               matrix_point_flags(m, s->refusal.point, flags, sizeof flags), s->refusal.message);
}

/* ---- the run ----------------------------------------------------------------------------- */

static void axes_print(const matrix *m)
{
    static const char *const names[] = {"forms", "STEs", "orders"};
    for (size_t a = 0; a < MATRIX_AXES; a++) {
        printf("%zu %s:", m->axes[a].n, names[a]);
        for (size_t i = 0; i < m->axes[a].n; i++)
            printf("%s %s", i == 0 ? "" : ",", m->axes[a].values[i].name);
        printf("\n");
    }
    printf("%zu networks\n", m->n);
}

static int data_open(matrix *m, bnn_error *err)
{
    const bnn_data_search search = {
        .catalogue = bnn_arena_printf(m->arena, "%s/configs/datasets", m->source)};
    bnn_data_options options = {.name = "mnist",
                                .validation = 1,
                                .train_limit = (int32_t)(m->options.steps * BATCH),
                                .test_limit = (int32_t)m->options.images};
    bnn_error why;
    if (search.catalogue == NULL)
        return bnn_no_memory(err);
    if (bnn_dataset_open(&options, &search, &m->data, &why) == BNN_OK)
        return BNN_OK;
    m->drawn = true;
    options.name = "synthetic";
    return bnn_dataset_open(&options, &search, &m->data, err);
}

static int matrix_try_all(matrix *m, bnn_error *err)
{
    score s = {.m = m, .start = bnn_clock_seconds(CLOCK_MONOTONIC)};
    char text[BNN_SHORT_TEXT];
    s.shown = s.start;
    s.forms = bnn_arena_alloc(m->arena, m->axes[MATRIX_FORM].n, sizeof *s.forms);
    if (s.forms == NULL)
        return bnn_no_memory(err);
    m->onnx = !m->options.engines && matrix_exports_have_onnx(m->folder);
    printf("%s networks on %s, seed %u, %u steps, model %s\n", bnn_count_text(m->n, text),
           m->drawn ? "drawn digits, since MNIST is not there" : "MNIST", m->options.seed,
           m->options.steps, m->options.model);
    if (!m->options.engines && !m->onnx)
        printf("ONNX is left out: node does not find onnxruntime-node (see NODE_PATH)\n");
    int status = matrix_workers_run(m, score_take, &s, err);
    score_print(&s);
    if (status == BNN_OK && s.all.wrong > 0)
        status = bnn_fail(err, BNN_E_FAILED, "deployed networks differ from those trained");
    const char *const *only = m->options.only;
    const bool sample = only[MATRIX_FORM] == NULL && only[MATRIX_STE] == NULL;
    if (status == BNN_OK && sample && 100 * s.all.constant > CONSTANT_PERCENT * s.all.networks)
        status = bnn_fail(err, BNN_E_FAILED,
                          "%u networks say the same of all images: more --steps are needed",
                          s.all.constant);
    return status;
}

static int entry_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int matrix_run(matrix *m, bnn_error *err)
{
    const char *source = getenv("srcdir"), *temporary = getenv("TMPDIR");
    m->source = source != NULL ? source : ".";
    m->arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    m->registry = bnn_registry_create(NULL);
    if (m->arena == NULL || m->registry == NULL)
        return bnn_no_memory(err);
    int status = data_open(m, err);
    if (status == BNN_OK)
        status = matrix_axes_find(m, err);
    if (status != BNN_OK)
        return status;
    if (m->options.list) {
        axes_print(m);
        return BNN_OK;
    }
    char *folder =
        bnn_arena_printf(m->arena, "%s/bnnmatrix-XXXXXX", temporary != NULL ? temporary : "/tmp");
    m->folder = folder;
    if (folder == NULL || mkdtemp(folder) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make a folder for files");
    setenv("TMPDIR", folder, 1); /* onnxruntime leaves files there */
    status = matrix_try_all(m, err);
    nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}

int main(int argc, char **argv)
{
    matrix m = {.n = 0};
    bnn_error err = {.message = ""};
    bool wants_help = false;
    int status = options_parse(argc, argv, &m.options, &wants_help, &err);
    if (status == BNN_OK && wants_help)
        fputs(help, stdout);
    else if (status == BNN_OK)
        status = matrix_run(&m, &err);
    bnn_dataset_close(&m.data);
    bnn_registry_destroy(m.registry);
    bnn_arena_destroy(m.arena);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == BNN_OK)
        status = bnn_fail_errno(&err, BNN_E_RESOURCE, "cannot write the results");
    if (status != BNN_OK)
        fprintf(stderr, "bnnmatrix: %s\n", err.message);
    return -status;
}
