/* document.h - what is served: texts in memory, made by children as the database changes. Private to cli/serve/.
 *
 * A document that is asked for is stale when the database is not as it was when it was made, or, if what it tells may
 * pass without that, after some seconds. Then a child makes it anew, unless the last one has only just ended: it rests
 * nine times as long as it has worked, so that looking on takes no more than a tenth of a CPU from what is looked at. */
#ifndef BNN_CLI_SERVE_DOCUMENT_H
#define BNN_CLI_SERVE_DOCUMENT_H

#include "base/sha256.h"
#include "cli/serve/serve.h"

#include <sys/types.h>

typedef enum serve_kind {
    SERVE_REPORT = 0, /* the page of the experiments */
    SERVE_PROGRESS,   /* a piece of it, which changes oftener: how far the sweep is */
    SERVE_RUN,        /* a page of one run */
} serve_kind;

enum { SERVE_UID_MAX = 32 }; /* bytes of a run's uid in an address */

/* The state of a database, as its files tell it; no file is opened. */
typedef struct serve_stamp {
    dev_t device;
    ino_t inode;
    off_t n_bytes, n_log_bytes;
    struct timespec changed, log_changed; /* st_ctim: new rights change it, too */
    bool settled; /* what is written within the same tick of the clock would be seen */
} serve_stamp;

/* What a child tells, in front of the text. */
typedef struct serve_answer {
    unsigned status; /* of HTTP */
    bool passing;    /* it may change though nothing is written: a message, or what runs */
} serve_answer;

typedef struct serve_document {
    serve_kind kind;
    char uid[SERVE_UID_MAX + 1]; /* of a SERVE_RUN, or how it begins */
    double asked; /* when anybody did last; seconds of the monotonic clock, like the next */

    unsigned status; /* of the text; 0: there is none yet */
    bool passing;    /* as in its answer, or there was none */
    char *text;      /* malloc'ed, like incoming */
    size_t n;
    char tag[BNN_SHA256_HEX]; /* of the text: equal texts have equal ones */
    unsigned version;         /* counts texts that differ */
    serve_stamp stamp;        /* of the database that it tells of */
    double made, cost;        /* when; seconds of CPU */

    pid_t child;           /* 0: none is at work; its group is its own */
    double begun;          /* when it did */
    const char *ended_for; /* why it was killed; NULL: it was not */
    unsigned ended_status; /* of HTTP, then */
    int pipe;              /* from it */
    char *incoming;
    size_t n_incoming, capacity;
    serve_stamp next_stamp;
} serve_document;

typedef enum serve_readiness {
    SERVE_READY = 0, /* there is a text to answer with */
    SERVE_WAIT,      /* a child is making it */
    SERVE_BUSY,      /* no child can be had */
} serve_readiness;

/* Somebody asks for the document: starts a child if it is stale. */
serve_readiness serve_document_ask(serve_document *d, const cli_serve_wish *wish);

/* The seconds that the child still has; infinite when it has been ended already. */
double serve_document_left(const serve_document *d);

/* Takes what the child has written, and ends it when it has no time left; true when that was all, and the document is
 * the new one. Waits for nothing. */
bool serve_document_take(serve_document *d);

/* Ends the child with what it has started, and frees the texts. */
void serve_document_drop(serve_document *d);

/* render.c, in the child: makes what is asked for, and writes an answer and its text to fd. */
_Noreturn void serve_render(const cli_serve_wish *wish, serve_kind kind, const char *uid, int fd);

#endif
