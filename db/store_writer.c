/* store_writer.c - who is writing to the database, when it is not this process.
 *
 * Opening its files to ask would, with the closing, drop the locks that SQLite holds on them for this
 * process. The kernel's list of all locks says it, too, of processes that can be seen from here. */
#include "db/store_internal.h"

#include "base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that SQLite locks to write: one of the log's index, or many of the file itself, far behind any
 * content of ours. */
enum { WRITER_INDEX_BYTE = 120, WRITER_FILE_BYTE = 0x40000000 };

static ino_t inode_of(const char *file, const char *ending)
{
    char path[PATH_MAX + 8];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", file, ending);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* The process of a line of /proc/locks, "1: POSIX  ADVISORY  WRITE 4711 08:01:131 120 120", when that locks
 * one of the two against writers; else 0. */
static long holder_in_line(const char *line, ino_t file, ino_t index)
{
    long pid;
    uintmax_t inode;
    int64_t first, last = INT64_MAX;
    if (sscanf(line, "%*d: POSIX %*s WRITE %ld %*x:%*x:%" SCNuMAX " %" SCNd64 " %" SCNd64, &pid,
               &inode, &first, &last) < 3 ||
        pid <= 0 || pid == (long)getpid())
        return 0;
    if (inode == (uintmax_t)index)
        return first <= WRITER_INDEX_BYTE && WRITER_INDEX_BYTE <= last ? pid : 0;
    return inode == (uintmax_t)file && last >= WRITER_FILE_BYTE ? pid : 0;
}

void bnn_store_find_writer(const bnn_store *store, char out[BNN_STORE_WRITER_MAX])
{
    char line[256], path[64], name[32] = "", excerpt[BNN_EXCERPT];
    long pid = 0;
    const ino_t file = inode_of(store->file, "");
    const ino_t index = inode_of(sqlite3_db_filename(store->db, "main"), "-shm");
    FILE *locks = fopen("/proc/locks", "re");
    while (locks != NULL && pid == 0 && fgets(line, sizeof line, locks) != NULL)
        pid = holder_in_line(line, file, index);
    if (locks != NULL)
        fclose(locks);
    snprintf(out, BNN_STORE_WRITER_MAX, "another program");
    if (pid == 0)
        return;
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *comm = fopen(path, "re");
    if (comm == NULL || fgets(name, sizeof name, comm) == NULL)
        snprintf(name, sizeof name, "?");
    if (comm != NULL)
        fclose(comm);
    name[strcspn(name, "\n")] = '\0';
    snprintf(out, BNN_STORE_WRITER_MAX, "process %ld (%s)", pid, bnn_excerpt(name, excerpt));
}
