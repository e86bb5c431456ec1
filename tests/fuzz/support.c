#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int fuzz_file(const uint8_t *bytes, size_t n, char path[FUZZ_PATH])
{
    const int fd = memfd_create("file", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    snprintf(path, FUZZ_PATH, "/proc/self/fd/%d", fd);
    return fd;
}

static char support_directory[200];
static pid_t support_owner;

static int support_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void support_end(void)
{
    if (support_owner == getpid())
        nftw(support_directory, support_remove, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    const char *base = getenv("TMPDIR");
    if (support_owner == getpid())
        return support_directory;
    snprintf(support_directory, sizeof support_directory, "%.150s/bnn_fuzz_XXXXXX",
             base != NULL ? base : "/tmp");
    fuzz_require(mkdtemp(support_directory) != NULL && atexit(support_end) == 0);
    support_owner = getpid();
    return support_directory;
}

const char *fuzz_path(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH_MAX, "%s/%s", fuzz_folder(), name);
    return path;
}

void fuzz_write(const char *path, const void *bytes, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_require(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

void fuzz_cut_texts(const uint8_t *bytes, size_t n, fuzz_texts *out)
{
    *out = (fuzz_texts){.n = 0};
    for (const char *at = (const char *)bytes; n > 0 && out->n < FUZZ_TEXTS_MAX;) {
        const size_t length = strnlen(at, n), cut = length < n ? length + 1 : n;
        char *text = malloc(length + 1); /* nothing behind it */
        fuzz_require(text != NULL);
        memcpy(text, at, length);
        text[length] = '\0';
        out->texts[out->n++] = text;
        at += cut;
        n -= cut;
    }
}

void fuzz_free_texts(fuzz_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->texts[i]);
}

void fuzz_seal_tar(uint8_t *bytes, size_t n)
{
    enum { TAR_BLOCK = 512, TAR_SUM = 148, TAR_SUM_BYTES = 8, TAR_MAGIC = 257 };
    for (size_t at = 0; at + TAR_BLOCK <= n; at += TAR_BLOCK) {
        uint8_t *block = bytes + at;
        unsigned sum = 0;
        char text[TAR_SUM_BYTES];
        if (memcmp(block + TAR_MAGIC, "ustar", 5) != 0)
            continue;
        memset(block + TAR_SUM, ' ', TAR_SUM_BYTES);
        for (size_t i = 0; i < TAR_BLOCK; i++)
            sum += block[i];
        snprintf(text, sizeof text, "%06o", sum);
        memcpy(block + TAR_SUM, text, TAR_SUM_BYTES - 1);
    }
}
