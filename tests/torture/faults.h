/* faults.h - what the library that makes calls fail (inject.c) and the program that asks for it (trial.c)
 * have agreed on. */
#ifndef BNN_TESTS_TORTURE_FAULTS_H
#define BNN_TESTS_TORTURE_FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

/* Each group of calls is counted by itself. */
typedef enum torture_calls {
    TORTURE_ALLOC, /* malloc, calloc, realloc, aligned_alloc, posix_memalign */
    TORTURE_OWN,   /* those of bnnrun itself, not of its libraries: of these all can be tried */
    TORTURE_OPEN, /* open, fopen, opendir, pipe2, socketpair, eventfd, ...: what makes a descriptor */
    TORTURE_READ,  /* read, pread, fread */
    TORTURE_WRITE, /* write, pwrite */
    TORTURE_FLUSH, /* fflush, fclose: what was printed comes to a full disk */
    TORTURE_SYNC,  /* fsync, fdatasync, syncfs */
    TORTURE_RENAME,
    TORTURE_UNLINK, /* rmdir, too */
    TORTURE_MKDIR,  /* mkdtemp, too */
    TORTURE_TRUNCATE,
    TORTURE_MAP, /* mmap */
    TORTURE_THREAD,
    TORTURE_FORK,
    TORTURE_CLOSE,
    TORTURE_SEND, /* send, sendmsg */
    TORTURE_STEP, /* sqlite3_step, sqlite3_exec */
    TORTURE_GROUPS
} torture_calls;

enum { TORTURE_FRAMES_MAX = 24, TORTURE_FRAME_TEXT = 96 };

/* A file that all processes of the tortured program have mapped. */
typedef struct torture_report {
    _Atomic uint64_t n_calls[TORTURE_GROUPS];
    _Atomic uint32_t n_failed; /* those that were made to fail */
    /* Who made the first of these, from the innermost: "bnnrun+0x1234 name". */
    int32_t n_frames;
    char frames[TORTURE_FRAMES_MAX][TORTURE_FRAME_TEXT];
} torture_report;

enum { TORTURE_PATHS_MAX = 1 << 15 }; /* of a group: the others are not noted */

/* Likewise: by which path of callers a call was made, and which call of its group was the first by that. */
typedef struct torture_paths {
    struct {
        _Atomic uint64_t hash, first; /* hash 0: free */
    } of[TORTURE_GROUPS][TORTURE_PATHS_MAX];
} torture_paths;

/* In the environment: "GROUP:N:REASON", the number of a group of calls, which of them fails (from 1; 0: none, they
 * are counted), and an errno or a code of SQLite; 0 writes a part only. With + behind it all later ones fail, too; with *
 * each that is the first by its path, where the file of paths is kept from one program to the next. */
#define TORTURE_FAULT  "BNN_TORTURE"
#define TORTURE_REPORT "BNN_TORTURE_REPORT" /* the path of the report */
#define TORTURE_PATHS \
    "BNN_TORTURE_PATHS" /* that of a file for torture_paths, where these are wanted */
#define TORTURE_SITES \
    "BNN_TORTURE_SITES" /* of a path, only so many of the program's own callers, the innermost */

#endif
