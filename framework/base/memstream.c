#include "base/memstream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MEMSTREAM_BYTES = 256 };

typedef struct memstream {
    char **text;
    size_t *n, room;
} memstream;

/* Less than n is an error of the stream. */
static ssize_t memstream_write(void *cookie, const char *bytes, size_t n)
{
    memstream *m = cookie;
    if (n > SIZE_MAX / 2 - *m->n - 1)
        return 0;
    if (*m->n + n >= m->room) {
        const size_t room = 2 * (*m->n + n) + 1;
        char *grown = realloc(*m->text, room);
        if (grown == NULL)
            return 0;
        *m->text = grown;
        m->room = room;
    }
    memcpy(*m->text + *m->n, bytes, n);
    *m->n += n;
    (*m->text)[*m->n] = '\0';
    return (ssize_t)n;
}

static int memstream_end(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *bnn_memstream_open(char **text, size_t *n)
{
    static const cookie_io_functions_t functions = {.write = memstream_write,
                                                    .close = memstream_end};
    memstream *m = malloc(sizeof *m);
    *text = calloc(1, MEMSTREAM_BYTES);
    *n = 0;
    FILE *stream = m != NULL && *text != NULL ? fopencookie(m, "w", functions) : NULL;
    if (stream == NULL) {
        free(*text);
        free(m);
        *text = NULL;
        return NULL;
    }
    *m = (memstream){text, n, MEMSTREAM_BYTES};
    return stream;
}

bool bnn_memstream_close(FILE *stream, char **text)
{
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) == 0 && !failed)
        return true;
    free(*text);
    *text = NULL;
    return false;
}
