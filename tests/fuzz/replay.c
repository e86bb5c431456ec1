/* replay.c - the fuzz targets on files, without libFuzzer: replay TARGET FILE... A file that ends the process is
 * named, be it by a status of success, and the others have their turn in a new one. */
#include "tests/fuzz/fuzz.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int fuzz_call(const uint8_t *bytes, size_t n);

/* Each in its fuzz_NAME.c. */
fuzz_call fuzz_catalogue, fuzz_checkpoint, fuzz_command, fuzz_config, fuzz_data, fuzz_database,
    fuzz_descriptor, fuzz_experiment, fuzz_model, fuzz_pack, fuzz_picture, fuzz_request, fuzz_spec,
    fuzz_tarball, fuzz_weights;

#define ROW(NAME)          \
    {                      \
#        NAME, fuzz_##NAME \
    }
static const struct {
    const char *name;
    fuzz_call *call;
} targets[] = {
    ROW(catalogue), ROW(checkpoint), ROW(command),    ROW(config),  ROW(data),
    ROW(database),  ROW(descriptor), ROW(experiment), ROW(model),   ROW(pack),
    ROW(picture),   ROW(request),    ROW(spec),       ROW(tarball), ROW(weights),
};

static void replay_file(fuzz_call *call, const char *path)
{
    enum { INPUT_LIMIT_BYTES = 1 << 20 };
    char *bytes;
    size_t n;
    bnn_error err;
    if (bnn_file_read(path, INPUT_LIMIT_BYTES, &bytes, &n, &err) != BNN_OK) {
        fprintf(stderr, "%s\n", err.message);
        _exit(EXIT_FAILURE);
    }
    call((const uint8_t *)bytes, n);
    free(bytes);
}

/* *at: the file that has its turn. */
static void replay_files(fuzz_call *call, char **files, int n, volatile int *at)
{
    for (; *at < n; ++*at)
        replay_file(call, files[*at]);
}

static int replay_all(fuzz_call *call, char **files, int n)
{
    int n_failed = 0, status;
    volatile int *at =
        mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fuzz_require(at != MAP_FAILED);
    while (*at < n) {
        const pid_t child = fork();
        if (child == 0) {
            replay_files(call, files, n, at);
            exit(EXIT_SUCCESS);
        }
        fuzz_require(child > 0 && waitpid(child, &status, 0) == child);
        if (status == 0 && *at == n)
            break;
        const char *file = *at < n ? files[*at] : "behind all files";
        printf("%s: status %#x\n", file, (unsigned)status);
        n_failed++;
        ++*at;
    }
    return n_failed;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 2 && i < sizeof targets / sizeof *targets; i++)
        if (strcmp(targets[i].name, argv[1]) == 0)
            return replay_all(targets[i].call, argv + 2, argc - 2) == 0 ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
    fprintf(stderr, "usage: replay TARGET FILE...\n");
    return EXIT_FAILURE;
}
