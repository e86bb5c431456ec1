/* process.c - the life of a simulated bnnrun: its own main(), with the spec that was read before it was forked,
 * and an observer who notes what the user was told. */
#include "tests/sim/os.h"

#include "build_info.h"
#include "cli/load.h"
#include "db/store_internal.h"
#include "runner/plan.h"
#include "runner/pool.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* What the linker makes of the functions of these names (-Wl,--wrap): ours in their place, and theirs. */
int __real_main(int argc, char **argv);
int __real_cli_request_load(const cli_command *command, cli_request *request, bnn_error *err);
int __wrap_cli_request_load(const cli_command *command, cli_request *request, bnn_error *err);
int __real_bnn_plan_record(const bnn_experiment *experiment, const char *db, const char *retrain,
                           bool take_over, bnn_arena *arena, bnn_plan *out,
                           bnn_store_recovered *recovered, bnn_error *err);
int __wrap_bnn_plan_record(const bnn_experiment *experiment, const char *db, const char *retrain,
                           bool take_over, bnn_arena *arena, bnn_plan *out,
                           bnn_store_recovered *recovered, bnn_error *err);
int __real_bnn_pool_execute(bnn_plan *plan, const bnn_pool_options *options, bnn_pool_summary *out,
                            bnn_error *err);
int __wrap_bnn_pool_execute(bnn_plan *plan, const bnn_pool_options *options, bnn_pool_summary *out,
                            bnn_error *err);
int __wrap_bnn_plan_open_data(const bnn_plan *plan, const bnn_data_search *search,
                              bnn_dataset **out, bnn_error *err);
void __wrap_bnn_plan_close_data(const bnn_plan *plan, bnn_dataset *datasets);
void __wrap_bnn_estimate_configs(bnn_plan *plan, const bnn_dataset *datasets, const char *db);
int __wrap_bnn_environment_add(bnn_store *store, int64_t *out_environment, bnn_error *err);
void __wrap_bnn_registry_destroy(bnn_registry *registry);
int __real_bnn_writer_open(bnn_store *store, uint32_t n_requests,
                           const bnn_writer_patience *patience, bnn_writer **out, bnn_error *err);
int __wrap_bnn_writer_open(bnn_store *store, uint32_t n_requests,
                           const bnn_writer_patience *patience, bnn_writer **out, bnn_error *err);
int __real_bnn_writer_close(bnn_writer *writer, bnn_error *err);
int __wrap_bnn_writer_close(bnn_writer *writer, bnn_error *err);
bnn_liveness __real_bnn_store_liveness(bnn_store *store, const bnn_process *process,
                                       const bnn_process *self);
bnn_liveness __wrap_bnn_store_liveness(bnn_store *store, const bnn_process *process,
                                       const bnn_process *self);

/* ---- read once --------------------------------------------------------------------------- */

static struct {
    cli_request requests[SIM_SPECS];
    bnn_dataset *datasets[SIM_SPECS];
} process_shared;

/* Of a data set only what is recorded of it: images would make each fork slow. */
static bool process_read_data(const bnn_data_options *options, const char *catalogue,
                              bnn_arena *arena, bnn_dataset *out, bnn_error *err)
{
    const bnn_data_search search = {.catalogue = catalogue};
    bnn_dataset whole;
    if (bnn_dataset_open(options, &search, &whole, err) != BNN_OK)
        return false;
    *out = whole;
    uint8_t *labels = bnn_arena_alloc(arena, whole.test.n, 1);
    memcpy(labels, whole.test.labels, whole.test.n);
    out->test = (bnn_images){.n = whole.test.n, .labels = labels};
    out->train = (bnn_images){.n = whole.train.n};
    out->name = bnn_arena_strdup(arena, whole.name);
    out->source = bnn_arena_strdup(arena, whole.source);
    out->test_sample = bnn_arena_strdup(arena, whole.test_sample);
    out->owner = labels; /* it is open */
    bnn_dataset_close(&whole);
    return true;
}

static bool process_read(const char *source, int i, const char *name)
{
    char path[PATH_MAX], catalogue[PATH_MAX];
    cli_request *r = &process_shared.requests[i];
    bnn_error err = {.message = ""};
    char *operand = path;
    snprintf(path, sizeof path, "%s/tests/sim/%s.yaml", source, name);
    snprintf(catalogue, sizeof catalogue, "%s/configs/datasets", source);
    *r = cli_request_values;
    r->options.arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    r->options.n_operands = 1;
    r->options.operands = &operand;
    bool good = __real_cli_request_load(&cli_command_run, r, &err) == BNN_OK;
    r->options.operands = NULL;
    const bnn_data_search search = {.catalogue = catalogue};
    if (good)
        bnn_experiment_identify_data(&r->experiment, &search);
    bnn_dataset *data = bnn_arena_alloc(r->options.arena, r->experiment.n_datasets, sizeof *data);
    for (size_t k = 0; good && k < r->experiment.n_datasets; k++)
        good = process_read_data(&r->experiment.datasets[k], catalogue, r->options.arena, &data[k],
                                 &err);
    process_shared.datasets[i] = data;
    if (!good)
        fprintf(stderr, "sim: %s\n", err.message);
    return good;
}

bool process_prepare(const char *source)
{
    static const char *const names[SIM_SPECS] = {"plain", "chain", "halving"};
    for (int i = 0; i < SIM_SPECS; i++)
        if (!process_read(source, i, names[i]))
            return false;
    sqlite3_initialize();
    malloc_trim(0);
    return true;
}

int __wrap_cli_request_load(const cli_command *command, cli_request *request, bnn_error *err)
{
    const cli_request *known = &process_shared.requests[world->spec];
    if (!sim_is_inside())
        return __real_cli_request_load(command, request, err);
    request->spec = known->spec;
    request->registry = known->registry;
    request->experiment = known->experiment;
    return BNN_OK;
}

int __wrap_bnn_plan_open_data(const bnn_plan *plan, const bnn_data_search *search,
                              bnn_dataset **out, bnn_error *err)
{
    (void)plan;
    (void)search;
    (void)err;
    *out = process_shared.datasets[world->spec];
    return BNN_OK;
}

void __wrap_bnn_plan_close_data(const bnn_plan *plan, bnn_dataset *datasets)
{
    (void)plan;
    (void)datasets;
}

/* It would train for real. */
void __wrap_bnn_estimate_configs(bnn_plan *plan, const bnn_dataset *datasets, const char *db)
{
    (void)plan;
    (void)datasets;
    (void)db;
}

/* As long on each machine, and of each revision: longer words would fill pages of the database earlier. */
int __wrap_bnn_environment_add(bnn_store *store, int64_t *out_environment, bnn_error *err)
{
    char revision[41] = "----------------------------------------";
    const size_t n = strcspn(BNN_REVISION, "-");
    memcpy(revision, BNN_REVISION, n < sizeof revision ? n : sizeof revision - 1);
    const bnn_store_environment environment = {.host = "simulated",
                                               .os = "simulated",
                                               .cpu_model = "simulated",
                                               .n_cpu = 1,
                                               .kernels = "none",
                                               .compiler = "any",
                                               .cflags = "",
                                               .version = BNN_VERSION,
                                               .revision = revision,
                                               .libraries = "{}"};
    return bnn_store_add_environment(store, &environment, out_environment, err);
}

/* What the process has is that of all. */
void __wrap_bnn_registry_destroy(bnn_registry *registry)
{
    (void)registry;
}

/* Who lives is not taken for dead. */
bnn_liveness __wrap_bnn_store_liveness(bnn_store *store, const bnn_process *process,
                                       const bnn_process *self)
{
    const bnn_liveness liveness = __real_bnn_store_liveness(store, process, self);
    for (int i = 0; sim_is_inside() && i < SIM_PROCESSES; i++)
        if (liveness == BNN_PROCESS_DEAD && !world->hidden && process->life != 0 &&
            world->processes[i].kind != SIM_NO_PROCESS && world->processes[i].life == process->life)
            sim_violate("process %d lives, and is taken for dead", (int)process->pid);
    return liveness;
}

/* ---- what the user is told --------------------------------------------------------------- */

sim_told *process_told(const char *uid)
{
    for (int i = 0; i < SIM_RUNS; i++) {
        sim_told *t = &world->told[i];
        if (t->uid[0] == '\0')
            snprintf(t->uid, sizeof t->uid, "%s", uid);
        if (strcmp(t->uid, uid) == 0)
            return t;
    }
    sim_violate("more than %d runs", SIM_RUNS);
    return NULL;
}

/* Files of a run that is done were damaged by others, or could not be read this time. */
static bool process_may_be_lost(const bnn_run *run)
{
    const bool differs = run->lost == NULL || strstr(run->lost, "is damaged") != NULL ||
                         strstr(run->lost, "is missing") != NULL;
    return run->state == BNN_RUN_LOST && (world->damaged || (!differs && world->odds.io_error > 0));
}

/* Whoever was told that a run is done finds it done after each restart. */
int __wrap_bnn_plan_record(const bnn_experiment *experiment, const char *db, const char *retrain,
                           bool take_over, bnn_arena *arena, bnn_plan *out,
                           bnn_store_recovered *recovered, bnn_error *err)
{
    sim_told before[SIM_RUNS]; /* others may end more of them after the plan was made */
    memcpy(before, world->told, sizeof before);
    const int status =
        __real_bnn_plan_record(experiment, db, retrain, take_over, arena, out, recovered, err);
    if (!sim_is_inside() || status != BNN_OK)
        return status;
    for (size_t i = 0; i < out->n; i++) {
        const bnn_run *run = &out->runs[i];
        if (run->id == 0)
            continue;
        const uint32_t attempt = before[process_told(run->uid) - world->told].attempt;
        if (attempt != 0 && run->state != BNN_RUN_DONE && !process_may_be_lost(run))
            sim_violate("run %s was done in attempt %u, and is in state %d now (%s)", run->uid,
                        attempt, (int)run->state, run->lost != NULL ? run->lost : "");
    }
    return status;
}

static const bnn_pool_observer *process_observer; /* bnnrun's own */

static void process_finished(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    sim_told *told = process_told(run->uid);
    if (run->state == BNN_RUN_DONE) {
        sim_note(SIM_TOLD, run->uid, run->n_attempts, 0);
        if (told->attempt != 0)
            sim_violate("run %s was done in attempt %u, and in %u once more", run->uid,
                        told->attempt, run->n_attempts);
        told->attempt = run->n_attempts;
    }
    process_observer->finished(context, view, run);
}

int __wrap_bnn_pool_execute(bnn_plan *plan, const bnn_pool_options *options, bnn_pool_summary *out,
                            bnn_error *err)
{
    bnn_pool_options ours = *options;
    bnn_pool_observer observer = *options->observer;
    process_observer = options->observer;
    observer.finished = process_finished;
    ours.observer = &observer;
    return __real_bnn_pool_execute(plan, &ours, out, err);
}

int __wrap_bnn_writer_open(bnn_store *store, uint32_t n_requests,
                           const bnn_writer_patience *patience, bnn_writer **out, bnn_error *err)
{
    const int status = __real_bnn_writer_open(store, n_requests, patience, out, err);
    world->processes[world->actors[sim_self].process].writes = status == BNN_OK;
    return status;
}

int __wrap_bnn_writer_close(bnn_writer *writer, bnn_error *err)
{
    const int status = __real_bnn_writer_close(writer, err);
    world->processes[world->actors[sim_self].process].writes = false;
    return status;
}

/* ---- lives ------------------------------------------------------------------------------- */

/* Its words, which are shown where something did not hold. */
static void process_redirect(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.err", world->root);
    const int err = os_open(path, O_WRONLY | O_CREAT | O_APPEND);
    const int null = os_open("/dev/null", O_WRONLY);
    if (!world->traces)
        dup2(err, STDERR_FILENO);
    dup2(null, STDOUT_FILENO);
    os_close(err);
    os_close(null);
}

/* Another program locks the database for a while. */
static int process_hold(void)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2("s.db", &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        usleep((useconds_t)(1000 * sim_log_uniform(17)));
    sqlite3_close(db);
    return 0;
}

static int process_run(const sim_process *p)
{
    char program[] = "bnnrun", run[] = "run", db[] = "--db", file[] = "s.db", quiet[] = "-q",
         jobs[] = "-j", spec[] = "s.yaml", n_jobs[16];
    snprintf(n_jobs, sizeof n_jobs, "%u", p->n_jobs);
    char *argv[] = {program, run, db, file, quiet, jobs, n_jobs, spec, NULL};
    return __real_main(8, argv);
}

void process_live(int process)
{
    char tmp[PATH_MAX];
    const sim_process *p = &world->processes[process];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(tmp, sizeof tmp, "%s.tmp", world->root);
    setenv("TMPDIR", tmp, 1);
    process_redirect();
    if (chdir(world->root) != 0)
        sim_violate("%s: %s", world->root, strerror(errno));
    int actor = 1;
    while (world->actors[actor].state == SIM_ACTOR_FREE || world->actors[actor].process != process)
        actor++;
    sim_begin_actor(actor);
    sim_note(SIM_START, p->kind == SIM_HOLDER ? "another program" : "bnnrun", p->pid, p->n_jobs);
    sim_exit(p->kind == SIM_HOLDER ? process_hold() : process_run(p));
}
