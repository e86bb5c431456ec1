/* commands.c - see commands.h. */
#include "tests/torture/commands.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SWEEP "run spec.yaml --db " TRIAL_DB " -s run.isolation="
#define ON    " --db " TRIAL_DB

#define EXPERIMENT "torture"
#define ARCHIVE    EXPERIMENT ".tar.zst"
#define EXPORT     "export " EXPERIMENT ON " --format "

enum { SPEC_BYTES_MAX = 4096 };

/* In the order in which they are tried. */
const torture_command torture_commands[] = {
    {.name = "run", .words = SWEEP "thread -j 2", .folder = "fresh", .trains = true},
    {.name = "process", .words = SWEEP "process -j 1", .folder = "fresh", .trains = true},
    {.name = "resume", .words = SWEEP "thread -j 1", .folder = "stopped", .trains = true},
    {.name = "restore",
     .words = SWEEP "thread -j 1",
     .folder = "torn",
     .trains = true,
     .may_lose = true},
    {.name = "chain", .words = "run chain.yaml -j 1" ON, .folder = "fresh"},
    {.name = "halving", .words = "run halving.yaml -j 1" ON, .folder = "fresh"},
    {.name = "looks", .words = "run looks.yaml -j 1" ON, .folder = "fresh"},
    {.name = "random", .words = "run random.yaml -j 1" ON, .folder = "fresh"},
    {.name = "gates", .words = "run gates.yaml -j 1" ON, .folder = "fresh"},
    {.name = "widths", .words = "run widths.yaml -j 1" ON, .folder = "fresh"},
    {.name = "skips", .words = "run skips.yaml -j 1" ON, .folder = "fresh"},
    {.name = "floats", .words = "run floats.yaml -j 1" ON, .folder = "fresh"},
    {.name = "own-data", .words = "run own.yaml -j 1" ON, .folder = "added"},
    {.name = "retrain", .words = "run spec.yaml --retrain all -j 1" ON, .folder = "done"},
    {.name = "shard", .words = "run spec.yaml --shard 1/2 -j 1" ON, .folder = "fresh"},
    {.name = "notify",
     .words = "run spec.yaml --notify -j 1 -s run.notify=[true]" ON,
     .folder = "done"},
    {.name = "plan", .words = "plan spec.yaml" ON, .folder = "done"},
    {.name = "plan-set",
     .words =
         "plan spec.yaml --json -s train.epochs=[1,2] -s model.topology.blocks.1.layer.out=9" ON,
     .folder = "done"},
    {.name = "plan-networks", .words = "plan widths.yaml --networks" ON, .folder = "widths"},
    {.name = "plan-skips", .words = "plan skips.yaml --networks" ON, .folder = "skips"},
    {.name = "plan-random", .words = "plan random.yaml" ON, .folder = "fresh"},
    {.name = "plan-stale",
     .words = "plan spec.yaml --retrain stale --shard 2/2" ON,
     .folder = "done"},
    {.name = "show", .words = "show RUN" ON, .folder = "done", .steady = true},
    {.name = "log", .words = "show RUN --log" ON, .folder = "done", .steady = true},
    {.name = "telemetry", .words = "show WIDTHS" ON, .folder = "widths", .steady = true},
    {.name = "model",
     .words = "show " TRIAL_DB ".artifacts/WIDTHS/model.bnn --csv",
     .folder = "widths",
     .steady = true},
    {.name = "runs", .words = "runs --json" ON, .folder = "done", .steady = true},
    {.name = "choose",
     .words = "runs torture ste=clipped --state done,failed --since 2d --tag good --sort -accuracy "
              "--limit 2" ON,
     .folder = "done",
     .steady = true},
    {.name = "ask", .words = "query ./ask.sql run=RUN --csv" ON, .folder = "done", .steady = true},
    {.name = "named", .words = "query confusion run=RUN" ON, .folder = "done", .steady = true},
    {.name = "query", .words = "query leaderboard" ON, .folder = "done", .steady = true},
    {.name = "compare", .words = "compare --all-pairs" ON, .folder = "done", .steady = true},
    {.name = "compare-by", .words = "compare --by model.ste" ON, .folder = "done", .steady = true},
    {.name = "compare-two",
     .words = "compare ste=clipped ste=identity" ON,
     .folder = "done",
     .steady = true},
    {.name = "compare-base",
     .words = "compare --baseline ste=clipped" ON,
     .folder = "done",
     .steady = true},
    {.name = "compare-looks", .words = "compare --json" ON, .folder = "looks", .steady = true},
    {.name = "plan-looks", .words = "plan looks.yaml" ON, .folder = "looks"},
    {.name = "plan-rungs", .words = "plan halving.yaml" ON, .folder = "halving"},
    {.name = "plan-chain", .words = "plan chain.yaml" ON, .folder = "fresh"},
    {.name = "diff", .words = "diff RUN OTHER" ON, .folder = "done", .steady = true},
    {.name = "plot", .words = "plot curves -o curves.svg" ON, .folder = "done"},
    {.name = "effects", .words = "plot effects -o effects.svg" ON, .folder = "looks"},
    {.name = "pareto", .words = "plot pareto -o pareto.svg" ON, .folder = "done"},
    {.name = "published",
     .words = "plot pareto --published published.csv -o pareto.svg" ON,
     .folder = "done"},
    {.name = "seeds", .words = "plot seeds -o seeds.svg" ON, .folder = "looks"},
    {.name = "layers", .words = "plot telemetry -o layers.svg" ON, .folder = "widths"},
    {.name = "onnx", .words = "export RUN --format onnx -o model.onnx" ON, .folder = "done"},
    {.name = "c", .words = "export RUN --format c -o model.c" ON, .folder = "done"},
    {.name = "gates-onnx",
     .words = "export GATES --format onnx -o model.onnx" ON,
     .folder = "gates"},
    {.name = "gates-c", .words = "export GATES --format c -o model.c" ON, .folder = "gates"},
    {.name = "widths-onnx",
     .words = "export WIDTHS --format onnx -o model.onnx" ON,
     .folder = "widths"},
    {.name = "widths-c", .words = "export WIDTHS --format c -o model.c" ON, .folder = "widths"},
    {.name = "skips-onnx",
     .words = "export SKIPS --format onnx -o model.onnx" ON,
     .folder = "skips"},
    {.name = "skips-qonnx",
     .words = "export SKIPS --format qonnx -o model.onnx" ON,
     .folder = "skips"},
    {.name = "skips-c", .words = "export SKIPS --format c -o model.c" ON, .folder = "skips"},
    {.name = "floats-onnx",
     .words = "export FLOATS --format onnx --input floats -o model.onnx" ON,
     .folder = "floats"},
    {.name = "floats-c",
     .words = "export FLOATS --format c --self-test 2 -o model.c" ON,
     .folder = "floats"},
    {.name = "bits-packed",
     .words = "export BITS --format onnx-packed -o model.onnx" ON,
     .folder = "bits"},
    {.name = "bits-qonnx",
     .words = "export BITS --format qonnx -o model.onnx" ON,
     .folder = "bits"},
    {.name = "bits-c", .words = "export BITS --format c -o model.c" ON, .folder = "bits"},
    {.name = "tensorboard", .words = EXPORT "tensorboard -o out", .folder = "done", .once = true},
    {.name = "mlflow", .words = EXPORT "mlflow -o out", .folder = "done", .once = true},
    {.name = "trackio", .words = EXPORT "trackio -o out", .folder = "done", .once = true},
    {.name = "csv", .words = EXPORT "csv -o out", .folder = "done", .once = true},
    {.name = "latex", .words = EXPORT "latex -o out.tex", .folder = "done"},
    {.name = "pack", .words = "pack " EXPERIMENT " -o " ARCHIVE ON, .folder = "done"},
    {.name = "unpack", .words = "unpack " ARCHIVE ON, .folder = "packed"},
    {.name = "merge", .words = "merge " TRIAL_DB " done/" TRIAL_DB, .folder = "shards"},
    {.name = "slurm", .words = "slurm spec.yaml --tasks 2 --folder out", .folder = "fresh"},
    {.name = "slurm-status",
     .words = "slurm spec.yaml --folder out --status",
     .folder = "cluster",
     .steady = true},
    {.name = "slurm-submit",
     .words = "slurm spec.yaml --folder out --submit",
     .folder = "cluster",
     .steady = true},
    {.name = "predict", .words = "predict RUN" ON, .folder = "done", .steady = true},
    {.name = "picture",
     .words = "predict RUN --fit picture.png --json" ON,
     .folder = "asked",
     .steady = true},
    {.name = "images",
     .words = "predict RUN --invert one.idx --csv" ON,
     .folder = "asked",
     .steady = true},
    {.name = "verify",
     .words = "verify RUN" ON,
     .folder = "done",
     .steady = true,
     .may_lose = true},
    {.name = "gates-verify",
     .words = "verify GATES" ON,
     .folder = "gates",
     .steady = true,
     .may_lose = true},
    {.name = "widths-verify",
     .words = "verify WIDTHS" ON,
     .folder = "widths",
     .steady = true,
     .may_lose = true},
    {.name = "skips-verify",
     .words = "verify --retrain SKIPS" ON,
     .folder = "skips",
     .steady = true,
     .may_lose = true},
    {.name = "floats-verify",
     .words = "verify FLOATS --json" ON,
     .folder = "floats",
     .steady = true,
     .may_lose = true},
    {.name = "bits-verify",
     .words = "verify BITS" ON,
     .folder = "bits",
     .steady = true,
     .may_lose = true},
    {.name = "bits-bench",
     .words = "bench BITS --rounds 1 --batch 1 --no-ort" ON,
     .folder = "bits"},
    {.name = "skips-bench",
     .words = "bench SKIPS --rounds 1 --batch 1 --no-ort" ON,
     .folder = "skips"},
    {.name = "file-bench",
     .words = "bench " TRIAL_DB ".artifacts/WIDTHS/model.bnn --rounds 1 --batch 1 --no-ort",
     .folder = "widths"},
    {.name = "bench", .words = "bench RUN --rounds 2 --batch 1 --no-ort" ON, .folder = "done"},
    {.name = "beside",
     .words = "bench RUN OTHER --rounds 1 --batch 1 --no-ort" ON,
     .folder = "done"},
    {.name = "board", .words = "bench RUN --board m3" ON, .folder = "done", .steady = true},
    {.name = "report", .words = "report -o report.html" ON, .folder = "done"},
    {.name = "page",
     .words = "report --published published.csv -o report.html" ON,
     .folder = "done"},
    {.name = "page-looks", .words = "report -o report.html" ON, .folder = "looks"},
    {.name = "page-widths", .words = "report -o report.html" ON, .folder = "widths"},
    {.name = "migrate", .words = "run spec.yaml -j 1" ON, .folder = "old"},
    {.name = "note", .words = "note RUN a_remark" ON, .folder = "done"},
    {.name = "tag", .words = "tag RUN good" ON, .folder = "done"},
    {.name = "mv", .words = "mv " EXPERIMENT " other" ON, .folder = "done", .once = true},
    {.name = "rm", .words = "rm RUN --yes" ON, .folder = "done", .again = "gc --yes" ON},
    {.name = "rm-some",
     .words = "rm " EXPERIMENT " ste=clipped --state done --yes" ON,
     .folder = "done",
     .again = "gc --yes" ON},
    {.name = "gc", .words = "gc --yes" ON, .folder = "dirty"},
    {.name = "plugins", .words = "plugins ste clipped", .folder = "fresh", .steady = true},
    {.name = "plugins-list", .words = "plugins --json", .folder = "fresh", .steady = true},
    {.name = "plugins-test", .words = "plugins test ste identity", .folder = "fresh"},
    {.name = "doctor", .words = "doctor --json" ON, .folder = "done", .finds = true},
    {.name = "words",
     .words = "completion words -- run -s model.ste=",
     .folder = "fresh",
     .steady = true},
    {.name = "help", .words = "help model.topology", .folder = "fresh", .steady = true},
    {.name = "schema", .words = "schema", .folder = "fresh", .steady = true},
    {.name = "data", .words = "data show synthetic -o sheet.png", .folder = "fresh"},
    {.name = "augment",
     .words = "data show synthetic --augment {\"rotate\":10} -o sheet.png",
     .folder = "fresh"},
    {.name = "data-list", .words = "data list --json", .folder = "added", .steady = true},
    {.name = "data-idx",
     .words = "data add digits idx --spec spec.yaml --force",
     .folder = "pictures"},
    {.name = "data-add",
     .words = "data add own pictures --spec spec.yaml --force",
     .folder = "pictures"},
    {.name = "data-verify", .words = "data verify own", .folder = "added", .steady = true},
    {.name = "fetch", .words = "data fetch own", .folder = "mirrored"},
    {.name = "no-run", .words = "show zzzz" ON, .folder = "done", .status = 4},
    {.name = "no-spec", .words = "run none_such" ON, .folder = "done", .status = 3},
    {.name = "bad-spec", .words = "plan bad.yaml" ON, .folder = "fresh", .status = 3},
    {.name = "bad-key",
     .words = "plan spec.yaml -s model.epochs=1 -s train.optimizer.x=2" ON,
     .folder = "fresh",
     .status = 3},
    {.name = "bad-plugin",
     .words = "plan spec.yaml -s model.ste=clipt" ON,
     .folder = "fresh",
     .status = 4},
    {.name = "bad-column", .words = "runs --sort zzzz" ON, .folder = "done", .status = 2},
    {.name = "bad-baseline", .words = "compare --baseline zzzz" ON, .folder = "done", .status = 4},
    {.name = "bad-by", .words = "compare --by model.form" ON, .folder = "done", .status = 2},
    {.name = "bad-help", .words = "help train.zzzz", .folder = "fresh", .status = 2},
    {.name = "bad-query", .words = "query ./bad.sql" ON, .folder = "done", .status = 2},
    {.name = "bad-archive", .words = "unpack spec.yaml" ON, .folder = "done", .status = 4},
    {.name = "bad-table",
     .words = "plot pareto --published bad.csv -o pareto.svg" ON,
     .folder = "done",
     .status = 4},
    {.name = "bad-picture", .words = "predict RUN spec.yaml" ON, .folder = "done", .status = 4},
    {.name = "no-model", .words = "bench RUN --rounds 1" ON, .folder = "torn", .status = 4},
};
const unsigned torture_n_commands = sizeof torture_commands / sizeof *torture_commands;

static const char spec[] =
    "name: " EXPERIMENT "\n"
    "dataset: {name: synthetic, train_limit: 40, validation: 20, test_limit: 20}\n"
    "model:\n"
    "  topology:\n"
    "    input: {channels: 1, height: 28, width: 28}\n"
    "    blocks:\n"
    "      - {layer: {name: dense, out: 8}}\n"
    "      - {layer: {name: dense, out: 10}}\n"
    "  binarize: {weights: true, activations: true, first: true}\n"
    "train: {epochs: 2, batch: 20}\n"
    "seeds: {count: 1}\n"
    "sweep: {grid: {model.ste: [identity, clipped]}}\n"
    "run: {measure: false}\n";

static const char own_spec[] = "dataset: {name: own, validation: 0}\n"
                               "model:\n"
                               "  topology:\n"
                               "    input: {channels: 1, height: 302, width: 32, shrink: 2}\n"
                               "    blocks:\n"
                               "      - {layer: {name: dense, out: 2}}\n"
                               "train: {epochs: 1, batch: 2}\n"
                               "run: {measure: false}\n";

static const char bad_spec[] = "name: bad\n"
                               "dataset: {name: synthetic, train_limit: -1}\n"
                               "model: {topology: lenet6, ste: [clipped], depth: 3, form: xnorr}\n"
                               "train: {epochs: many, schedule: {name: cosin}}\n"
                               "sweep: {grid: {model.stee: [a, b], train.batch: []}}\n"
                               "seeds: {count: 0}\n";

static const char published[] = "name,source,dataset,accuracy,bytes,us,protocol\n"
                                "A,s,synthetic,99,100,,one seed\n";

/* Each trained in a folder of its name, by a spec of its name. */
static struct {
    const char *name, *word; /* the word stands for its run */
    char uid[32];
} networks[] = {{"gates", "GATES", "none"},
                {"widths", "WIDTHS", "none"},
                {"skips", "SKIPS", "none"},
                {"floats", "FLOATS", "none"},
                {"bits", "BITS", "none"}};
enum { N_NETWORKS = sizeof networks / sizeof *networks };

/* The runs in "done". */
static char uid[32] = "none", other[32] = "none";

/* The first one. */
static void replace(char text[TRIAL_TEXT_MAX], const char *word, const char *with)
{
    char whole[TRIAL_TEXT_MAX];
    const char *at = strstr(text, word);
    if (at == NULL)
        return;
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)(at - text), text, with, at + strlen(word));
    memcpy(text, whole, sizeof whole);
}

void torture_words(const torture_command *command, char text[TRIAL_TEXT_MAX])
{
    snprintf(text, TRIAL_TEXT_MAX, "%s", command->words);
    replace(text, "RUN", uid);
    replace(text, "OTHER", other);
    for (int i = 0; i < N_NETWORKS; i++)
        replace(text, networks[i].word, networks[i].uid);
}

/* Returns the status, and the number of renames. */
static int sweep(const trial_place *place, const char *folder, const trial_fault *fault,
                 uint64_t *n_renames)
{
    trial_outcome outcome;
    trial_run(place, folder, SWEEP "thread -j 1", fault, &outcome);
    if (fault == NULL && outcome.status != 0)
        trial_die("the sweep ends with status %d\n%s", outcome.status, outcome.err);
    *n_renames = outcome.report.n_calls[TORTURE_RENAME];
    trial_free(&outcome);
    return outcome.status;
}

static void must_run(const trial_place *place, const char *folder, const char *words)
{
    trial_outcome outcome;
    trial_run(place, folder, words, NULL, &outcome);
    if (outcome.status != 0)
        trial_die("%s: status %d\n%s", words, outcome.status, outcome.err);
    trial_free(&outcome);
}

/* Something that the last run writes cannot come to its place. A slow machine has fewer checkpoints. */
static void stop_sweep(const trial_place *place, uint64_t n_renames)
{
    uint64_t n;
    int status;
    do {
        const trial_fault fault = {.calls = TORTURE_RENAME, .n = n_renames--, .reason = EIO};
        trial_copy(place, "fresh", "stopped");
        status = sweep(place, "stopped", &fault, &n);
    } while (status == 0 && n_renames > 0);
    if (status == 0)
        trial_die("the sweep cannot be stopped");
}

/* Small sweeps, some of them those of the simulation. */
static void take_spec(const trial_place *place, const char *folder, const char *name)
{
    const char *source = getenv("abs_top_srcdir");
    char path[PATH_MAX], *text;
    size_t n;
    bnn_error err;
    snprintf(path, sizeof path, "%s/tests/%s/%s", source != NULL ? source : ".", folder, name);
    if (bnn_file_read(path, SPEC_BYTES_MAX, &text, &n, &err) != BNN_OK)
        trial_die("%s", err.message);
    trial_write(place, "fresh", name, text);
    free(text);
}

/* Of the first run in the folder, and of the second. */
static void take_uids(const trial_place *place, const char *folder, char first[32], char second[32])
{
    char *state = trial_describe(place, folder);
    const char *run = strstr(state, "\nrun ");
    const char *next = run != NULL ? strstr(run + 1, "\nrun ") : NULL;
    if (run == NULL || sscanf(run, "\nrun %31s", first) != 1 ||
        (second != NULL && (next == NULL || sscanf(next, "\nrun %31s", second) != 1)))
        trial_die("%s lacks runs:\n%s", folder, state);
    free(state);
}

/* A line of the shell, in a folder. */
static void must_do(const trial_place *place, const char *folder, const char *line)
{
    char path[PATH_MAX];
    int status;
    const pid_t child = fork();
    if (child == 0 && chdir(trial_path(place, folder, NULL, path)) == 0)
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    if (child == 0)
        _exit(1);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        trial_die("%s: fails", line);
}

static void train_networks(const trial_place *place)
{
    for (int i = 0; i < N_NETWORKS; i++) {
        char words[TRIAL_TEXT_MAX];
        snprintf(words, sizeof words, "run %s.yaml -q" ON, networks[i].name);
        trial_copy(place, "fresh", networks[i].name);
        must_run(place, networks[i].name, words);
        take_uids(place, networks[i].name, networks[i].uid, NULL);
    }
}

/* Four images of two classes, and as many for testing, in the files of MNIST. */
static const char make_idx[] =
    "mkdir idx && for set in train t10k; do "
    "{ printf '\\0\\0\\10\\3\\0\\0\\0\\4\\0\\0\\0\\4\\0\\0\\0\\4' && head -c 64 /dev/zero; } >idx/$set-images && "
    "printf '\\0\\0\\10\\1\\0\\0\\0\\4\\0\\1\\0\\1' >idx/$set-labels || exit 1; done";

/* Pictures of two classes, all alike. */
static void make_pictures(const trial_place *place)
{
    static const char *const classes[] = {"train/a", "train/b", "test/a", "test/b"};
    trial_copy(place, "fresh", "pictures");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        char words[TRIAL_TEXT_MAX], name[64], path[PATH_MAX];
        bnn_error err;
        snprintf(name, sizeof name, "pictures/%s", classes[i]);
        if (bnn_file_make_directory(trial_path(place, "pictures", name, path), &err) != BNN_OK)
            trial_die("%s", err.message);
        snprintf(words, sizeof words, "data show synthetic -o %s/1.png", name);
        must_run(place, "pictures", words);
    }
    must_do(place, "pictures", make_idx);
}

/* A set whose files are in "mirror" alone, to be fetched from there. */
static void make_mirror(const trial_place *place)
{
    char path[PATH_MAX], *entry, *at;
    bnn_error err;
    size_t n;
    trial_copy(place, "pictures", "added");
    must_run(place, "added", "data add own pictures --spec spec.yaml");
    if (bnn_file_read(trial_path(place, "added", "datasets/own.yaml", path), SPEC_BYTES_MAX, &entry,
                      &n, &err) != BNN_OK)
        trial_die("%s", err.message);
    if ((at = strstr(entry, "path: \"")) == NULL)
        trial_die("the entry has no path:\n%s", entry);
    char text[SPEC_BYTES_MAX + PATH_MAX];
    const char *name = at + strlen("path: \"");
    snprintf(text, sizeof text, "%.*smirrors: [\"file://%s/datasets/%s", (int)(at - entry), entry,
             trial_path(place, "mirror", NULL, path), name);
    at = strchr(strstr(text, "mirrors: [\"") + strlen("mirrors: [\""), '"');
    snprintf(at, sizeof text - (size_t)(at - text), "\"]%s", strchr(name, '"') + 1);
    trial_copy(place, "added", "mirror");
    must_do(place, "mirror", "gzip datasets/*/*");
    trial_copy(place, "fresh", "mirrored");
    trial_write(place, "mirrored", "datasets/own.yaml", text);
    free(entry);
}

/* Pictures for the first network of "done", and a database of another schema. */
static void make_asked(const trial_place *place)
{
    trial_copy(place, "done", "asked");
    must_run(place, "asked", "data show synthetic -o picture.png");
    must_do(
        place, "asked",
        "{ printf '\\0\\0\\10\\3\\0\\0\\0\\1\\0\\0\\0\\34\\0\\0\\0\\34' && head -c 784 /dev/zero; } >one.idx");
}

/* Where xz is missing, nothing is there. */
static void make_old(const trial_place *place)
{
    const char *source = getenv("abs_top_srcdir");
    char line[PATH_MAX];
    trial_copy(place, "fresh", "old");
    snprintf(line, sizeof line,
             "xz -dc '%s/tests/old/databases.tar.xz' >all && tar -xf all ./v1 && "
             "mv v1/old.db " TRIAL_DB " && mv v1/old.db.artifacts " TRIAL_DB
             ".artifacts && rmdir v1; rm all",
             source != NULL ? source : ".");
    must_do(place, "old", line);
}

/* A sweep on Slurm knows its folder, so it is made where it will be looked at. */
static void make_cluster(const trial_place *place)
{
    trial_copy(place, "fresh", "try");
    must_do(place, "try", "mkdir shard");
    must_run(place, "try", "slurm spec.yaml --tasks 2 --folder out");
    must_run(place, "try", "run spec.yaml -q --shard 1/2 --db shard/1of2.db");
    must_run(place, "try", "run spec.yaml -q --shard 2/2 --db shard/2of2.db");
    must_do(place, "try",
            "tar -cf out/shards/1of2.tar -C shard . && cp out/shards/1of2.tar out/shards/2of2.tar");
    trial_copy(place, "try", "cluster");
}

bool torture_make_folders(const trial_place *place)
{
    char path[PATH_MAX], name[128];
    uint64_t n_renames;
    trial_write(place, "fresh", "spec.yaml", spec);
    take_spec(place, "sim", "chain.yaml");
    take_spec(place, "sim", "halving.yaml");
    take_spec(place, "torture", "looks.yaml");
    take_spec(place, "torture", "random.yaml");
    for (int i = 0; i < N_NETWORKS; i++) {
        snprintf(name, sizeof name, "%s.yaml", networks[i].name);
        take_spec(place, "torture", name);
    }
    trial_write(place, "fresh", "own.yaml", own_spec);
    trial_write(place, "fresh", "published.csv", published);
    trial_write(place, "fresh", "bad.yaml", bad_spec);
    trial_write(place, "fresh", "bad.csv", "name,source\nA,s,more\n");
    trial_write(place, "fresh", "bad.sql", "SELECT nothing FROM run\n");
    trial_write(place, "fresh", "ask.sql", "SELECT :run AS run, count(*) AS n FROM run\n");
    trial_copy(place, "fresh", "done");
    sweep(place, "done", NULL, &n_renames);
    if (n_renames == 0)
        return false;
    take_uids(place, "done", uid, other);
    train_networks(place);
    trial_copy(place, "fresh", "looks");
    must_run(place, "looks", "run looks.yaml -q" ON);
    trial_copy(place, "fresh", "halving");
    must_run(place, "halving", "run halving.yaml -q" ON);
    make_pictures(place);
    make_mirror(place);
    make_cluster(place);
    make_asked(place);
    make_old(place);

    trial_copy(place, "done", "torn");
    snprintf(name, sizeof name, TRIAL_DB ".artifacts/%s/model.bnn", uid);
    if (unlink(trial_path(place, "torn", name, path)) != 0)
        trial_die("%s: %s", path, strerror(errno));

    stop_sweep(place, n_renames);

    trial_copy(place, "stopped", "shards");
    trial_copy(place, "done", "shards/done");

    trial_copy(place, "fresh", "packed");
    must_run(place, "done", "pack " EXPERIMENT " -o ../packed/" ARCHIVE ON);

    trial_copy(place, "done", "dirty");
    snprintf(name, sizeof name, TRIAL_DB ".artifacts/%s/model.bnn.123.tmp", uid);
    trial_write(place, "dirty", name, "a part");
    trial_write(place, "dirty", TRIAL_DB ".artifacts/0123456789/model.bnn", "of a removed run");
    return true;
}
