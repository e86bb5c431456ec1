/* sandbox.h - what code of strangers does not need is taken from its process, for the rest of its life, as far as the
 * kernel can: landlock keeps it from writing files, seccomp from sockets, from signals to others and from what
 * would outlive the process. This holds mistakes, and what is done in such a process; who loads the code into
 * another one, too, is not safe from it.
 *
 * By hand: liblandlock is none, three system calls are all there is; and libseccomp would be one more library to build
 * against for a list of numbers. */
#ifndef BNN_BASE_SANDBOX_H
#define BNN_BASE_SANDBOX_H

#include <stdbool.h>

/* What the kernel offers, or what a process has got. */
typedef struct bnn_sandbox {
    int landlock; /* the version of its interface; 0: there is none */
    bool seccomp;
} bnn_sandbox;

bnn_sandbox bnn_sandbox_find(void);

/* "landlock 7 and seccomp", "seccomp alone, which lets it write files"; or NULL when there is nothing. Static but
 * for the number. */
enum { BNN_SANDBOX_TEXT = 96 };
const char *bnn_sandbox_describe(bnn_sandbox sandbox, char out[BNN_SANDBOX_TEXT]);

/* From now on this process, which has one thread, and its children write files in the folder alone (NULL: nowhere),
 * which is there and no link; open no socket; send no signal to others, and change neither limits, priorities, rights
 * of files nor the machine. What it has open stays so. Returns what could be had. */
bnn_sandbox bnn_sandbox_enter(const char *folder);

#endif
