#include "tests/matrix/exports.h"

#include "base/file.h"
#include "export/c/c.h"
#include "export/onnx/onnx.h"
#include "tests/matrix/network.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A class that net_classify gave stands behind an image's logits; asked for some images only, since it
 * takes as long again. */
enum { CLASSIFIED = 8 };

static void file_path(char out[PATH_MAX], const char *folder, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

static void numbered_path(char out[PATH_MAX], const char *folder, uint32_t number, const char *end)
{
    snprintf(out, PATH_MAX, "%s/n%u.%s", folder, number, end);
}

/* ---- programs ---------------------------------------------------------------------------- */

/* Runs a line of sh in a folder, whose name is $1; what it says goes to the file "said". Its status. */
static int shell_run(const char *line, const char *folder, const char *argument)
{
    char said[PATH_MAX];
    const char *const words[] = {"sh", "-c", line, "sh", folder, argument, NULL};
    char *const *arguments = (char *const *)(const void *)words; /* which nobody changes */
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    file_path(said, folder, "said");
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, said,
                                         O_CREAT | O_TRUNC | O_WRONLY, 0600) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO) == 0 &&
        posix_spawnp(&child, "sh", &actions, NULL, arguments, environ) == 0 &&
        waitpid(child, &status, 0) != child)
        status = -1;
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

/* "WHAT: the first line that it said". */
static int shell_fail(const char *what, const char *folder, bnn_error *err)
{
    char said[PATH_MAX], line[300] = "";
    file_path(said, folder, "said");
    FILE *file = fopen(said, "r");
    if (file != NULL && fgets(line, sizeof line, file) != NULL)
        line[strcspn(line, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
    return bnn_fail(err, BNN_E_FAILED, "%s: %s", what, line[0] != '\0' ? line : "it says nothing");
}

bool matrix_exports_have_onnx(const char *folder)
{
    return shell_run("node -e 'require(\"onnxruntime-node\")'", folder, "") == 0;
}

/* ---- what is written --------------------------------------------------------------------- */

int matrix_exports_begin(const matrix *m, const char *folder, bnn_error *err)
{
    char path[PATH_MAX];
    const int status = bnn_file_make_directory(folder, err);
    file_path(path, folder, "images");
    return status != BNN_OK ? status
                            : bnn_file_write(path, m->data.test.pixels,
                                             m->data.test.n * bnn_shape_values(m->data.shape), err);
}

/* Not as bnn_file_write does, for files that live for a moment. */
static int text_write(const char *path, const void *bytes, size_t n, bnn_error *err)
{
    FILE *file = fopen(path, "wb");
    const bool whole = file != NULL && fwrite(bytes, 1, n, file) == n;
    if (file == NULL || (fclose(file) != 0) || !whole)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write %s", path);
    return BNN_OK;
}

static int c_write(const bnn_model *model, const char *folder, uint32_t number, bnn_error *err)
{
    char prefix[16], path[PATH_MAX];
    char *source = NULL, *header = NULL;
    snprintf(prefix, sizeof prefix, "n%u", number);
    int status = bnn_c_export(model, &(bnn_c_options){.prefix = prefix}, &source, &header, err);
    if (status == BNN_OK) {
        numbered_path(path, folder, number, "c");
        status = text_write(path, source, strlen(source), err);
    }
    if (status == BNN_OK) {
        numbered_path(path, folder, number, "h");
        status = text_write(path, header, strlen(header), err);
    }
    free(source);
    free(header);
    return status;
}

/* Plain files take pixels, packed ones floats, so that both kinds of input are tried. */
static int onnx_write(const bnn_model *model, bool packed, const char *folder, uint32_t number,
                      bnn_error *err)
{
    char path[PATH_MAX];
    unsigned char *bytes = NULL;
    size_t n;
    const bnn_onnx_options options = {.packed = packed,
                                      .input = packed ? BNN_ONNX_FLOATS : BNN_ONNX_PIXELS};
    int status = bnn_onnx_export(model, &options, &bytes, &n, err);
    numbered_path(path, folder, number, packed ? "packed.onnx" : "plain.onnx");
    if (status == BNN_OK)
        status = text_write(path, bytes, n, err);
    free(bytes);
    return status;
}

int matrix_exports_write(const matrix *m, const bnn_model *model, const char *folder,
                         uint32_t number, bnn_error *err)
{
    int status = c_write(model, folder, number, err);
    if (status == BNN_OK && m->onnx)
        status = onnx_write(model, false, folder, number, err);
    if (status == BNN_OK && m->onnx)
        status = onnx_write(model, true, folder, number, err);
    return status;
}

/* ---- the program of a batch -------------------------------------------------------------- */

static const char program_begin[] =
    "#include <stdio.h>\n"
    "static unsigned char images[%u][%zu];\n"
    "#define RUN(n) static int run_##n(void)\\\n"
    "{\\\n"
    "    float row[%u + 1];\\\n"
    "    FILE *file = fopen(#n \".logits\", \"wb\");\\\n"
    "    for (int i = 0; file && i < %u; i++) {\\\n"
    "        n##_run(images[i], row);\\\n"
    "        row[%u] = i %% %d ? -1.0f : (float)n##_classify(images[i]);\\\n"
    "        fwrite(row, sizeof row, 1, file);\\\n"
    "    }\\\n"
    "    return !file || fclose(file);\\\n"
    "}\n";
static const char program_main[] = "int main(void)\n"
                                   "{\n"
                                   "    FILE *file = fopen(\"images\", \"rb\");\n"
                                   "    if (!file || fread(images, sizeof images, 1, file) != 1)\n"
                                   "        return 1;\n"
                                   "    return fclose(file)";

static int program_write(const matrix *m, const char *folder, uint32_t n,
                         const matrix_result *results, bnn_error *err)
{
    char path[PATH_MAX];
    file_path(path, folder, "run.c");
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write %s", path);
    const uint32_t classes = m->data.n_classes, images = m->data.test.n;
    fprintf(file, program_begin, images, bnn_shape_values(m->data.shape), classes, images, classes,
            CLASSIFIED);
    for (uint32_t i = 0; i < n; i++)
        if (results[i].outcome == MATRIX_TRIED)
            fprintf(file, "#include \"n%u.c\"\nRUN(n%u)\n", i, i);
    fputs(program_main, file);
    for (uint32_t i = 0; i < n; i++)
        if (results[i].outcome == MATRIX_TRIED)
            fprintf(file, " || run_n%u()", i);
    fputs(";\n}\n", file);
    const bool whole = !ferror(file);
    return fclose(file) == 0 && whole ? BNN_OK
                                      : bnn_fail(err, BNN_E_RESOURCE, "cannot write %s", path);
}

/* With the machine's own instructions where the compiler can: fused multiply-adds that are emulated
 * take long, and tests/export/cexport.sh tries them. */
static int c_run(const matrix *m, const char *folder, uint32_t n, const matrix_result *results,
                 bnn_error *err)
{
    static const char compile[] =
        "cd \"$1\" && export CCACHE_DISABLE=1 && line=\"${CC:-cc} -std=gnu99 -O1 -w -o run run.c\" && "
        "{ $line -march=native || $line; }";
    const int status = program_write(m, folder, n, results, err);
    if (status != BNN_OK)
        return status;
    if (shell_run(compile, folder, "") != 0)
        return shell_fail("the C compiler", folder, err);
    if (shell_run("cd \"$1\" && ./run", folder, "") != 0)
        return shell_fail("the compiled networks", folder, err);
    return BNN_OK;
}

static int onnx_run(const matrix *m, const char *folder, bnn_error *err)
{
    char script[PATH_MAX];
    snprintf(script, sizeof script, "%s/tests/matrix/classify.js", m->source);
    return shell_run("exec node \"$2\" \"$1\"", folder, script) == 0
               ? BNN_OK
               : shell_fail("node", folder, err);
}

/* ---- answers ----------------------------------------------------------------------------- */

/* Reads a file of floats [images][width] and forgets it. */
static int answer_read(const char *path, float *out, size_t n, bnn_error *err)
{
    FILE *file = fopen(path, "rb");
    const bool whole = file != NULL && fread(out, sizeof *out, n, file) == n && fgetc(file) == EOF;
    if (file != NULL)
        fclose(file);
    unlink(path);
    return whole ? BNN_OK : bnn_fail(err, BNN_E_FAILED, "%s has no answer", path);
}

static int c_compare(const matrix *m, const char *folder, uint32_t i, float *answer,
                     const float *logits, matrix_result *result, bnn_error *err)
{
    char path[PATH_MAX];
    const uint32_t images = m->data.test.n, classes = m->data.n_classes;
    float *given = answer + (size_t)images * (classes + 1);
    numbered_path(path, folder, i, "logits");
    const int status = answer_read(path, answer, (size_t)images * (classes + 1), err);
    if (status != BNN_OK)
        return status;
    for (uint32_t k = 0; k < images; k++) {
        given[k] = answer[(size_t)k * (classes + 1) + classes];
        memmove(answer + (size_t)k * classes, answer + (size_t)k * (classes + 1),
                classes * sizeof *answer);
    }
    matrix_network_compare(m, MATRIX_C, answer, given, logits, result);
    return BNN_OK;
}

static int onnx_compare(const matrix *m, int runner, const char *folder, uint32_t i, float *answer,
                        const float *logits, matrix_result *result, bnn_error *err)
{
    char path[PATH_MAX];
    numbered_path(path, folder, i,
                  runner == MATRIX_PACKED ? "packed.onnx.logits" : "plain.onnx.logits");
    const int status = answer_read(path, answer, (size_t)m->data.test.n * m->data.n_classes, err);
    if (status == BNN_OK)
        matrix_network_compare(m, runner, answer, NULL, logits, result);
    return status;
}

static int answers_compare(const matrix *m, const char *folder, uint32_t i, float *answer,
                           const float *logits, matrix_result *result, bnn_error *err)
{
    int status = c_compare(m, folder, i, answer, logits, result, err);
    for (int runner = MATRIX_ONNX; status == BNN_OK && m->onnx && runner <= MATRIX_PACKED; runner++)
        status = onnx_compare(m, runner, folder, i, answer, logits, result, err);
    return status;
}

int matrix_exports_run(const matrix *m, const char *folder, uint32_t n, const float *logits,
                       matrix_result *results, bnn_error *err)
{
    const size_t images = m->data.test.n, classes = m->data.n_classes;
    float *answer = malloc(images * (classes + 2) * sizeof *answer);
    if (answer == NULL)
        return bnn_no_memory(err);
    int status = c_run(m, folder, n, results, err);
    if (status == BNN_OK && m->onnx)
        status = onnx_run(m, folder, err);
    for (uint32_t i = 0; status == BNN_OK && i < n; i++)
        if (results[i].outcome == MATRIX_TRIED)
            status = answers_compare(m, folder, i, answer, logits + i * images * classes,
                                     &results[i], err);
    free(answer);
    return status;
}
