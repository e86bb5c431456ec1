#include "base/json.h"

#include "base/size.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool json_lacks_memory; /* since what this thread has was last written */

/* What jansson's scanner gets when there is no memory for the word that it reads: it would go on with a part of it, and
 * abort. */
static _Thread_local struct {
    char *begin, *free, *end;
} json_reserve;
enum { JSON_RESERVE_BYTES = 1024, JSON_ALIGN = 16 };

static void *json_take_memory(size_t n)
{
    void *memory = malloc(n);
    if (memory != NULL)
        return memory;
    json_lacks_memory = true;
    n = bnn_size_round_up(n, JSON_ALIGN);
    if (n > (size_t)(json_reserve.end - json_reserve.free))
        return NULL;
    json_reserve.free += n;
    return json_reserve.free - n;
}

static void json_give_back(void *memory)
{
    const uintptr_t at = (uintptr_t)memory;
    if (at < (uintptr_t)json_reserve.begin || at >= (uintptr_t)json_reserve.end)
        free(memory);
}

/* Before there are threads. */
__attribute__((constructor)) static void json_watch_memory(void)
{
    json_set_alloc_funcs(json_take_memory, json_give_back);
}

typedef struct json_rest {
    const char *at, *end;
} json_rest;

/* The next byte; none when there is no memory, so that the reserve is for one word alone. */
static size_t json_read(void *out, size_t n, void *context)
{
    json_rest *rest = context;
    if (json_lacks_memory || n == 0 || rest->at == rest->end)
        return 0;
    *(char *)out = *rest->at++;
    return 1;
}

json_t *bnn_json_parse(const char *text, size_t n, size_t flags, bool *no_memory)
{
    const bool before = json_lacks_memory;
    json_rest rest = {text, text + n};
    char *reserve = n > SIZE_MAX / 4 ? NULL : malloc(2 * n + JSON_RESERVE_BYTES);
    *no_memory = reserve == NULL;
    if (reserve == NULL)
        return NULL;
    json_reserve.begin = json_reserve.free = reserve;
    json_reserve.end = reserve + 2 * n + JSON_RESERVE_BYTES;
    json_lacks_memory = false;
    json_t *json = json_load_callback(json_read, &rest, flags, NULL);
    *no_memory = json_lacks_memory;
    json_lacks_memory = before;
    if (*no_memory) {
        json_decref(json);
        json = NULL;
    }
    json_reserve.begin = json_reserve.free = json_reserve.end = NULL;
    free(reserve);
    return json;
}

json_t *bnn_json_of(const char *text)
{
    bool no_memory;
    json_t *json = bnn_json_parse(text, strlen(text), 0, &no_memory);
    json_lacks_memory |= no_memory;
    return json;
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
