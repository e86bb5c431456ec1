#include "bench/boards.h"

#include "base/file.h"
#include "base/memstream.h"
#include "base/program.h"
#include "base/text.h"
#include "bench/engine.h"
#include "export/c/c.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUILD_SECONDS = 120, RUN_SECONDS = 600, WORDS_MAX = 64 };

#define ARM_EMULATOR(machine)                  \
    {                                          \
        "qemu-system-arm", "-M", machine, NULL \
    }
#define ARM_PACKAGES "gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm"
#define RISCV_EMULATOR                                             \
    {                                                              \
        "qemu-system-riscv32", "-M", "virt", "-bios", "none", NULL \
    }
#define RISCV_PACKAGES "gcc-riscv64-unknown-elf, picolibc-riscv64-unknown-elf and qemu-system-misc"

/* The M3 has all instructions of an M0+, and an RV32IMC those of an RV32EC. */
const bench_board bench_boards[BENCH_BOARDS] = {
    {.name = "m0plus",
     .core = "Cortex-M0+",
     .tools = "arm-none-eabi-",
     .packages = ARM_PACKAGES,
     .target = {"-mthumb", "-mcpu=cortex-m0plus", NULL},
     .processor = "arm.c",
     .script = "mps2.ld",
     .emulator = ARM_EMULATOR("mps2-an385")},
    {.name = "m3",
     .core = "Cortex-M3",
     .tools = "arm-none-eabi-",
     .packages = ARM_PACKAGES,
     .target = {"-mthumb", "-mcpu=cortex-m3", NULL},
     .processor = "arm.c",
     .script = "mps2.ld",
     .emulator = ARM_EMULATOR("mps2-an385")},
    {.name = "m4",
     .core = "Cortex-M4",
     .tools = "arm-none-eabi-",
     .packages = ARM_PACKAGES,
     .target = {"-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=soft", NULL},
     .processor = "arm.c",
     .script = "mps2.ld",
     .emulator = ARM_EMULATOR("mps2-an386")},
    {.name = "m4f",
     .core = "Cortex-M4 with FPU",
     .tools = "arm-none-eabi-",
     .packages = ARM_PACKAGES,
     .target = {"-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", NULL},
     .processor = "arm.c",
     .script = "mps2.ld",
     .emulator = ARM_EMULATOR("mps2-an386")},
    {.name = "rv32imc",
     .core = "RISC-V RV32IMC",
     .tools = "riscv64-unknown-elf-",
     .packages = RISCV_PACKAGES,
     .target = {"-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs", NULL},
     .processor = "riscv.c",
     .script = "virt.ld",
     .emulator = RISCV_EMULATOR},
    {.name = "rv32ec",
     .core = "RISC-V RV32EC",
     .tools = "riscv64-unknown-elf-",
     .packages = RISCV_PACKAGES,
     .target = {"-march=rv32ec", "-mabi=ilp32e", "--specs=picolibc.specs", NULL},
     .processor = "riscv.c",
     .script = "virt.ld",
     .emulator = RISCV_EMULATOR},
};

/* What runs there, as make has turned it into C (see db/embed.awk). */
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define BNN_SCRIPT(name, text) {name, text},
static const struct source {
    const char *name, *text;
} sources[] = {
#include "bench/boards.inc"
};
#undef BNN_SCRIPT

/* One network on one board. */
typedef struct trial {
    const bnn_model *model;
    const bench_board *board;
    const char *options;
    const uint8_t *images;
    bnn_arena *arena;
    char *folder;
    const char **missing;
} trial;

/* ---- Files ----------------------------------------------------------------------------------- */

static const char *trial_path(const trial *t, const char *name)
{
    return bnn_arena_printf(t->arena, "%s/%s", t->folder, name);
}

static int trial_write(const trial *t, const char *name, const char *text, bnn_error *err)
{
    const char *path = trial_path(t, name);
    return path == NULL ? bnn_no_memory(err) : bnn_file_write(path, text, strlen(text), err);
}

static int trial_write_images(const trial *t, bnn_error *err)
{
    const size_t pixels = bnn_shape_values(t->model->input);
    char *text = NULL;
    size_t n;
    FILE *out = bnn_memstream_open(&text, &n);
    if (out == NULL)
        return bnn_no_memory(err);
    fprintf(out, "#define N_IMAGES %d\nstatic const uint8_t images[N_IMAGES][%zu] = {",
            BENCH_BOARD_IMAGES, pixels);
    for (size_t i = 0; i < BENCH_BOARD_IMAGES * pixels; i++)
        fprintf(out, "%s%u", i % pixels != 0 ? "," : i == 0 ? "{" : "},\n{", t->images[i]);
    fprintf(out, "}};\n");
    int status = bnn_memstream_close(out, &text) ? BNN_OK : bnn_no_memory(err);
    if (status == BNN_OK)
        status = trial_write(t, "images.h", text, err);
    free(text);
    return status;
}

/* With the images and the engine's logits as its self-test. */
static int trial_write_network(const trial *t, bnn_error *err)
{
    bnn_engine_contender engine;
    const size_t n = BENCH_BOARD_IMAGES * (size_t)t->model->n_classes;
    float *logits = bnn_arena_alloc(t->arena, n, sizeof *logits);
    int status = logits == NULL ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK)
        status = bnn_engine_contender_open(t->model, NULL, t->arena, &engine, err);
    if (status != BNN_OK)
        return status;
    bnn_engine_run(engine.state, BENCH_BOARD_IMAGES, t->images, logits, engine.workspace, NULL);
    const bnn_c_options options = {
        .prefix = "net", .n_tests = BENCH_BOARD_IMAGES, .images = t->images, .logits = logits};
    char *source, *header;
    status = bnn_c_export(t->model, &options, &source, &header, err);
    if (status != BNN_OK)
        return status;
    status = trial_write(t, "net.c", source, err);
    if (status == BNN_OK)
        status = trial_write(t, "net.h", header, err);
    free(source);
    free(header);
    return status;
}

static int trial_write_all(const trial *t, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < sizeof sources / sizeof *sources; i++)
        status = trial_write(t, sources[i].name, sources[i].text, err);
    if (status == BNN_OK)
        status = trial_write_images(t, err);
    return status == BNN_OK ? trial_write_network(t, err) : status;
}

/* ---- Programs -------------------------------------------------------------------------------- */

typedef struct words {
    const char *list[WORDS_MAX];
    size_t n; /* WORDS_MAX: there were too many */
} words;

static void words_add(words *w, const char *word)
{
    if (w->n < WORDS_MAX - 1)
        w->list[w->n++] = word;
    else
        w->n = WORDS_MAX;
}

static void words_add_all(words *w, const char *const *list)
{
    for (; *list != NULL; list++)
        words_add(w, *list);
}

/* Whatever it came to, but for a program that is not there. */
static int trial_run(const trial *t, words *w, double seconds, bnn_program *out, bnn_error *err)
{
    if (w->n == WORDS_MAX)
        return bnn_fail(err, BNN_E_USAGE, "too many options for the compiler: \"%s\"", t->options);
    for (size_t i = 0; i < w->n; i++)
        if (w->list[i] == NULL)
            return bnn_no_memory(err);
    w->list[w->n] = NULL;
    const int status = bnn_program_run(w->list, seconds, t->arena, out, err);
    if (status != BNN_OK || out->started)
        return status;
    *t->missing = w->list[0];
    return bnn_fail(err, BNN_E_RESOURCE, "board %s: there is no %s; Debian's packages %s have it",
                    t->board->name, w->list[0], t->board->packages);
}

/* Compiles and links these files of the folder into the program. entry: of what is only measured;
 * NULL: the script's. */
static int trial_build(const trial *t, const char *program, const char *const *files,
                       const char *entry, bnn_error *err)
{
    static const char *const always[] = {"-std=gnu99",
                                         "-ffreestanding",
                                         "-ffunction-sections",
                                         "-fdata-sections",
                                         "-nostartfiles",
                                         "-Wl,--gc-sections",
                                         NULL};
    words w = {.n = 0};
    bnn_program p;
    char *list = bnn_arena_strdup(t->arena, t->options), *word;
    if (list == NULL)
        return bnn_no_memory(err);
    words_add(&w, bnn_arena_printf(t->arena, "%sgcc", t->board->tools));
    words_add_all(&w, always);
    words_add_all(&w, t->board->target);
    while ((word = strsep(&list, " ")) != NULL)
        if (*word != '\0')
            words_add(&w, word);
    if (entry != NULL)
        words_add(&w, bnn_arena_printf(t->arena, "-Wl,-e,%s", entry));
    words_add(&w, "-T");
    words_add(&w, trial_path(t, t->board->script));
    for (; *files != NULL; files++)
        words_add(&w, trial_path(t, *files));
    words_add(&w, "-lc");
    words_add(&w, "-lgcc");
    words_add(&w, "-o");
    words_add(&w, trial_path(t, program));
    const int status = trial_run(t, &w, BUILD_SECONDS, &p, err);
    if (status != BNN_OK || p.status == 0)
        return status;
    return bnn_fail(err, BNN_E_USAGE, "board %s: %s does not build it with \"%s\": %s",
                    t->board->name, w.list[0], t->options,
                    p.ended ? p.said : "it takes longer than two minutes");
}

/* ---- What is measured ------------------------------------------------------------------------ */

/* Of a program that classifies and does nothing else. */
static int trial_size(const trial *t, bench_board_result *out, bnn_error *err)
{
    static const char *const files[] = {"net.c", NULL};
    words w = {.n = 0};
    bnn_program p;
    uint64_t text, data, bss;
    int status = trial_build(t, "classify.elf", files, "net_classify", err);
    if (status != BNN_OK)
        return status;
    words_add(&w, bnn_arena_printf(t->arena, "%ssize", t->board->tools));
    words_add(&w, trial_path(t, "classify.elf"));
    status = trial_run(t, &w, BUILD_SECONDS, &p, err);
    if (status != BNN_OK)
        return status;
    const char *line = strchr(p.out, '\n');
    if (line == NULL || sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64, &text, &data, &bss) != 3)
        return bnn_fail(err, BNN_E_RESOURCE, "board %s: %s does not say sizes: %s", t->board->name,
                        w.list[0], p.said);
    out->flash = text + data;
    out->ram = data + bss;
    return BNN_OK;
}

/* Instructions take a nanosecond each, which the boards' clocks count with. */
static int trial_emulate(const trial *t, bench_board_result *out, bnn_error *err)
{
    static const char *const always[] = {"-icount",
                                         "shift=0",
                                         "-nographic",
                                         "-monitor",
                                         "none",
                                         "-serial",
                                         "none",
                                         "-semihosting-config",
                                         "enable=on,target=native",
                                         "-kernel",
                                         NULL};
    const char *const files[] = {"main.c", "common.c", t->board->processor, "net.c", NULL};
    words w = {.n = 0};
    bnn_program p;
    char right[6] = "";
    uint64_t instructions;
    int status = trial_build(t, "board.elf", files, NULL, err);
    words_add_all(&w, t->board->emulator);
    words_add_all(&w, always);
    words_add(&w, trial_path(t, "board.elf"));
    if (status == BNN_OK)
        status = trial_run(t, &w, RUN_SECONDS, &p, err);
    if (status != BNN_OK)
        return status;
    /* qemu prints to its stderr what the program says by semihosting. */
    const char *said = *p.out != '\0' ? p.out : p.said;
    if (sscanf(said, "%5[a-z], stack %" SCNu64 ", instructions %" SCNu64, right, &out->stack,
               &instructions) != 3)
        return bnn_fail(err, BNN_E_RESOURCE, "board %s: %s: %s", t->board->name, w.list[0],
                        p.ended ? bnn_text_clean(bnn_arena_strdup(t->arena, said), "")
                                : "it takes longer than ten minutes");
    if (strcmp(right, "right") != 0)
        return bnn_fail(err, BNN_E_FAILED,
                        "board %s: its logits are not those of this machine; please report it",
                        t->board->name);
    out->instructions = (double)instructions / BENCH_BOARD_IMAGES;
    return BNN_OK;
}

int bench_board_measure(const bnn_model *model, const bench_board *board, const char *options,
                        const uint8_t *images, bnn_arena *arena, bench_board_result *out,
                        const char **missing, bnn_error *err)
{
    const char *tmp = getenv("TMPDIR");
    trial t = {model, board, options, images, arena, NULL, missing};
    *missing = NULL;
    *out = (bench_board_result){.board = board};
    if (tmp == NULL || *tmp == '\0')
        tmp = "/tmp";
    t.folder = bnn_arena_printf(arena, "%s/bnnrun.XXXXXX", tmp);
    if (t.folder == NULL)
        return bnn_no_memory(err);
    if (mkdtemp(t.folder) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: no folder can be made there; set TMPDIR",
                              tmp);
    int status = trial_write_all(&t, err);
    if (status == BNN_OK)
        status = trial_size(&t, out, err);
    if (status == BNN_OK)
        status = trial_emulate(&t, out, err);
    bnn_file_remove_folder(AT_FDCWD, t.folder);
    return status;
}
