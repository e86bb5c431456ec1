#include "base/json.h"

#include <stdlib.h>

static _Thread_local bool json_lacks_memory; /* since what this thread has was last written */

static void *json_take_memory(size_t n)
{
    void *memory = malloc(n);
    json_lacks_memory |= memory == NULL;
    return memory;
}

/* Before there are threads. */
__attribute__((constructor)) static void json_watch_memory(void)
{
    json_set_alloc_funcs(json_take_memory, free);
}

json_t *bnn_json_parse(const char *text, size_t n, size_t flags, bool *no_memory)
{
    const bool before = json_lacks_memory;
    json_lacks_memory = false;
    json_t *json = json_loadb(text, n, flags, NULL);
    *no_memory = json_lacks_memory;
    json_lacks_memory = before;
    if (!*no_memory)
        return json;
    json_decref(json);
    return NULL;
}

char *bnn_json_dump(const json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags);
    if (!bnn_json_lacks())
        return text;
    free(text);
    return NULL;
}

bool bnn_json_lacks(void)
{
    const bool lacks = json_lacks_memory;
    json_lacks_memory = false;
    return lacks;
}
