/* meant.c - which key of all that there are may be meant by one that is in the wrong place. */
#include "base/text.h"
#include "spec/key.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MEANT_MAX = 3, SECTIONS_MAX = 64 };

typedef struct meant_key {
    char path[2 * BNN_KEY_PATH];
    const bnn_key *key; /* it, or the key of the plugin whose parameter it is */
    const char *plugin; /* or NULL */
    bool inside;        /* it is below the place of the mistake */
} meant_key;

typedef struct meant_search {
    const bnn_reader *r;
    char word[BNN_EXCERPT]; /* small letters, with underscores */
    bool near;              /* also what is spelled nearly like it */
    size_t n;
    meant_key found[MEANT_MAX];
    size_t n_seen;
    const void *seen[SECTIONS_MAX]; /* sections, of which the first place counts */
    uint32_t seen_detail[SECTIONS_MAX];
} meant_search;

static void add_meant(meant_search *s, const char *path, const bnn_key *key, const char *plugin)
{
    const char *place = s->r->path == NULL ? "" : s->r->path;
    const size_t n = strlen(place);
    meant_key *found = &s->found[s->n];
    if (s->n == MEANT_MAX)
        return;
    s->n++;
    snprintf(found->path, sizeof found->path, "%s", path);
    found->key = key;
    found->plugin = plugin;
    found->inside = n > 0 && bnn_tree_covers(place, path) && path[n] == '.';
}

/* Whether two words are the same but for underscores: learningrate. */
static bool is_spelled_alike(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "_");
        b += strspn(b, "_");
        if (*a != *b || *a == '\0')
            return *a == *b;
    }
}

static bool is_called(const meant_search *s, const bnn_key *key)
{
    const size_t n = key->also == NULL ? 0 : bnn_choice_count(key->also);
    const char *name = key->param.name;
    char also[BNN_EXCERPT];
    if (strcmp(name, s->word) == 0 || (s->near && bnn_suggest(s->word, &name, 1) != NULL))
        return true;
    for (size_t i = 0; i < n; i++) {
        bnn_choice_text(key->also, i, also, sizeof also);
        if (strcmp(also, s->word) == 0 || (s->near && is_spelled_alike(also, s->word)))
            return true;
    }
    return false;
}

/* Whether an earlier key has the same keys below it. */
static bool is_seen(meant_search *s, const bnn_key *key)
{
    const void *what = key->takes != NULL ? (const void *)key->type : (const void *)key->section;
    const uint32_t detail = key->takes != NULL ? key->detail : 0;
    for (size_t i = 0; i < s->n_seen; i++)
        if (s->seen[i] == what && s->seen_detail[i] == detail)
            return true;
    if (s->n_seen < SECTIONS_MAX) {
        s->seen[s->n_seen] = what;
        s->seen_detail[s->n_seen++] = detail;
    }
    return false;
}

static void search_section(meant_search *s, const bnn_section *section, const char *path);

/* each: the section's keys may be written as one, at the section's own path. */
static void search_key(meant_search *s, const bnn_key *key, const char *above, bool each)
{
    char path[BNN_KEY_PATH + 8], parameter[2 * BNN_KEY_PATH];
    snprintf(path, sizeof path, "%s%s%s", above, above[0] == '\0' ? "" : ".", key->param.name);
    if (is_called(s, key))
        add_meant(s, path, key, NULL);
    if ((key->section == NULL && key->takes == NULL) || is_seen(s, key))
        return;
    const char *plugin = key->takes == NULL ? NULL : key->takes(s->r, key, s->word);
    if (plugin != NULL) {
        snprintf(parameter, sizeof parameter, "%s.%s", each ? above : path, s->word);
        add_meant(s, parameter, key, plugin);
    }
    if (key->section == NULL)
        return;
    if ((key->section->flags & BNN_SECTION_ITEMS) != 0)
        snprintf(path + strlen(path), sizeof path - strlen(path), ".N");
    search_section(s, key->section, path);
}

static void search_section(meant_search *s, const bnn_section *section, const char *path)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        search_key(s, key, path, (section->flags & BNN_SECTION_EACH) != 0);
}

/* The key whose plugin the mistake stands beside, or NULL. */
static const bnn_key *key_of_plugin(const bnn_reader *r)
{
    const bnn_key *here = r->path == NULL ? NULL : bnn_key_find(r->spec, r->path);
    if (here != NULL && here->section != NULL && (here->section->flags & BNN_SECTION_EACH) != 0)
        here = here->section->keys;
    return here != NULL && here->takes != NULL ? here : NULL;
}

/* Whether the place is below a section, and the key is in another one. */
static bool is_elsewhere(const char *place, const char *path)
{
    const size_t n = place == NULL ? 0 : strcspn(place, ".");
    const bool deep = n > 0 && place[n] == '.' && strncmp(place, "sweep.", n + 1) != 0;
    return deep && strncmp(place, path, n + 1) != 0;
}

/* A parameter is looked for beside its plugin's key, no further: it may be any word. Nor is one of a
 * plugin of another section meant by what stands among other keys. */
static bool is_too_far(const bnn_reader *r, const meant_key *found)
{
    if (found->inside)
        return false;
    if (found->plugin != NULL && is_elsewhere(r->path, found->path))
        return true;
    if (key_of_plugin(r) == NULL)
        return false;
    const char *end = strrchr(r->path, '.');
    const size_t n = end == NULL ? 0 : (size_t)(end - r->path) + 1;
    return strncmp(found->path, r->path, n) != 0 ||
           (found->plugin == NULL && strchr(found->path + n, '.') != NULL);
}

/* The plugin that has the parameter, when the mistake stands beside another one of its kind. */
static const char *plugin_here(const meant_search *s)
{
    const bnn_key *here = key_of_plugin(s->r);
    for (size_t i = 0; here != NULL && i < s->n; i++)
        if (s->found[i].plugin != NULL && s->found[i].key->takes == here->takes &&
            s->found[i].key->detail == here->detail)
            return s->found[i].plugin;
    return NULL;
}

/* Of keys that are spelled nearly like the word, only the nearest are meant. */
static void keep_nearest(meant_search *s)
{
    const char *names[MEANT_MAX] = {NULL}, *nearest;
    size_t n_kept = 0;
    for (size_t i = 0; i < s->n; i++)
        names[i] = s->found[i].key->param.name;
    nearest = bnn_suggest(s->word, names, s->n);
    for (size_t i = 0; i < s->n; i++)
        if (nearest == NULL || strcmp(names[i], nearest) == 0 ||
            bnn_suggest(s->word, &names[i], 1) == NULL)
            s->found[n_kept++] = s->found[i];
    s->n = n_kept;
}

const char *bnn_key_meant(const bnn_reader *r, const char *word, char out[BNN_KEY_MEANT])
{
    meant_search s = {.r = r};
    bool inside = false;
    size_t used = 0;
    out[0] = '\0';
    if (r->spec == NULL || strlen(word) >= BNN_EXCERPT || word[0] == '\0')
        return out;
    for (size_t i = 0; word[i] != '\0'; i++)
        s.word[i] = word[i] == '-' ? '_' : (char)tolower((unsigned char)word[i]);
    search_section(&s, r->spec, "");
    const char *here = plugin_here(&s);
    if (here != NULL) {
        snprintf(out, BNN_KEY_MEANT, "; %s has one", here);
        return out;
    }
    if (s.n == 0) {
        s.near = true;
        s.n_seen = 0;
        search_section(&s, r->spec, "");
        keep_nearest(&s);
    }
    for (size_t i = 0; i < s.n; i++)
        inside |= s.found[i].inside;
    for (size_t i = 0; i < s.n && used < BNN_KEY_MEANT; i++) {
        const meant_key *k = &s.found[i];
        if ((inside && !k->inside) || is_too_far(s.r, k))
            continue;
        used += (size_t)snprintf(out + used, BNN_KEY_MEANT - used, "%s \"%s\"%s%s%s",
                                 used == 0 ? "; did you mean" : " or", k->path,
                                 k->plugin == NULL ? "" : " (of ",
                                 k->plugin == NULL ? "" : k->plugin, k->plugin == NULL ? "" : ")");
    }
    if (used > 0 && used + 1 < BNN_KEY_MEANT)
        snprintf(out + used, BNN_KEY_MEANT - used, "?");
    return out;
}
