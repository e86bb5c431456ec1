#include "plugin/kind.h"

#include "base/path.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [BNN_KIND_LAYER] = "layer",         [BNN_KIND_STE] = "ste",   [BNN_KIND_ORDERING] = "ordering",
    [BNN_KIND_OPTIMIZER] = "optimizer", [BNN_KIND_FORM] = "form",
};
enum { N_KIND_NAMES = sizeof kind_names / sizeof *kind_names };

const char *bnn_kind_name(bnn_kind kind)
{
    return (size_t)kind < N_KIND_NAMES ? kind_names[kind] : NULL;
}

bnn_kind bnn_kind_parse(const char *name)
{
    for (int i = 1; i < N_KIND_NAMES; i++)
        if (strcmp(name, kind_names[i]) == 0)
            return (bnn_kind)i;
    return (bnn_kind)0;
}

bool bnn_plugin_name_is_valid(const char *name)
{
    const size_t n = strnlen(name, BNN_PLUGIN_NAME);
    if (n == 0 || n == BNN_PLUGIN_NAME || name[0] < 'a' || name[0] > 'z')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

bool bnn_plugin_file_name(const char *path, bnn_kind *kind, char name[BNN_PLUGIN_NAME])
{
    char kind_text[16], text[BNN_PLUGIN_NAME];
    int n = 0;
    _Static_assert(sizeof kind_text == 16 && sizeof text == 64, "the widths below leave a byte");
    const char *file = bnn_path_name(path);
    if (sscanf(file, "%15[^_]_%63[^.].so%n", kind_text, text, &n) != 2 || n == 0 || file[n] != '\0')
        return false;
    const bnn_kind parsed = bnn_kind_parse(kind_text);
    if (parsed == 0 || !bnn_plugin_name_is_valid(text))
        return false;
    *kind = parsed;
    memcpy(name, text, sizeof text);
    return true;
}
