/* fuzz_tarball.c - hostile tarballs of an npm package: as they are, and with the checksums of their headers
 * corrected. */
#include "tests/fuzz/fuzz.h"

#include "data/sources/source.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"images", "labels"};

/* What is not in the cache is nowhere: no member is written elsewhere. */
static void tarball_clear(const bnn_fetcher *f)
{
    for (size_t i = 0; i < 2; i++) {
        fuzz_require(!f->have[i] || access(fuzz_path(names[i]), F_OK) == 0);
        unlink(fuzz_path(names[i]));
    }
}

static void tarball_try(const uint8_t *bytes, size_t n)
{
    char path[FUZZ_PATH], work[PATH_MAX];
    bnn_error err = {0};
    bnn_trail trail = {.n_used = 0};
    const bnn_data_search search = {0};
    bnn_catalogue_entry entry = {.name = "set",
                                 .path = "entry",
                                 .format = bnn_format_at(0),
                                 .npm = {"package", "1.0.0", "data"},
                                 .n_files = 2,
                                 .files = {{.name = names[0]}, {.name = names[1]}}};
    bnn_fetcher f = {
        .entry = &entry, .search = &search, .trail = &trail, .directory = fuzz_folder()};
    snprintf(work, sizeof work, "%s", fuzz_path("work"));
    mkdir(work, 0700);
    const int fd = fuzz_file(bytes, n, path);
    const int status = bnn_source_unpack(&f, path, "work/", &err);
    close(fd);
    if (status != BNN_OK)
        fuzz_require_refusal(status, &err);
    else
        fuzz_require(f.have[0] && f.have[1]);
    tarball_clear(&f);
    unlink(fuzz_path("work/images"));
    unlink(fuzz_path("work/labels"));
    fuzz_require(rmdir(work) == 0); /* nothing else was written there */
}

FUZZ_TARGET(tarball)
{
    uint8_t *copy = malloc(n + 1);
    fuzz_require(copy != NULL);
    if (n > 0)
        memcpy(copy, bytes, n);
    tarball_try(bytes, n);
    fuzz_seal_tar(copy, n);
    if (n > 0 && memcmp(copy, bytes, n) != 0)
        tarball_try(copy, n);
    free(copy);
    return 0;
}
