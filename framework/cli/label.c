/* label.c - columns that are too narrow: what their cells share goes; labels of configs ("ste=clipped
 * ordering=bn_act") are shortened. */
#include "base/size.h"
#include "base/text.h"
#include "cli/grid.h"
#include "cli/label.h"

#include <string.h>

/* SAMPLE_ROWS: enough to see which words are common; KEY_TRIES: of them, to find the usual keys. */
enum { TAG_BYTES = 32, SAMPLE_ROWS = 200, KEY_TRIES = 8 };

size_t cli_label_words(const char *label, const char *begin[CLI_LABEL_WORDS],
                       size_t n[CLI_LABEL_WORDS])
{
    size_t n_words = 0;
    int depth = 0;
    bool quoted = false, inside = false;
    for (const char *at = label; *at != '\0'; at++) {
        quoted ^= *at == '"';
        depth += !quoted && strchr("([{", *at) != NULL;
        depth -= !quoted && strchr(")]}", *at) != NULL;
        const bool colon = at > label && at[-1] == ':';
        if (*at == ' ' && !quoted && !colon && depth <= 0 && n_words < CLI_LABEL_WORDS) {
            inside = false;
            continue;
        }
        if (!inside) {
            begin[n_words] = at;
            n[n_words++] = 0;
        }
        inside = true;
        n[n_words - 1]++;
    }
    return n_words;
}

static bool label_has_word(const char *label, const char *word, size_t n_word)
{
    const char *begin[CLI_LABEL_WORDS];
    size_t n[CLI_LABEL_WORDS];
    const size_t n_words = cli_label_words(label, begin, n);
    for (size_t i = 0; i < n_words; i++)
        if (n[i] == n_word && memcmp(begin[i], word, n_word) == 0)
            return true;
    return false;
}

static const char **label_cell(const cli_grid *grid, size_t row, size_t column)
{
    return &grid->cells[row * grid->n_columns + column];
}

/* In how many of the first n_rows rows the word is. */
static size_t label_count(const cli_grid *grid, size_t column, size_t n_rows, const char *word,
                          size_t n_word)
{
    size_t n = 0;
    for (size_t row = 0; row < n_rows; row++) {
        const char *label = *label_cell(grid, row, column);
        n += label != NULL && label_has_word(label, word, n_word);
    }
    return n;
}

/* The words that keep[i] says, with a blank between them. */
static char *label_join(const cli_grid *grid, size_t n_words, const char *const *begin,
                        const size_t *n, const bool *keep, size_t n_bytes)
{
    char *out = bnn_arena_alloc(grid->arena, n_bytes + 1, 1);
    size_t used = 0;
    for (size_t i = 0; out != NULL && i < n_words; i++)
        if (keep[i]) {
            if (used > 0)
                out[used++] = ' ';
            memcpy(out + used, begin[i], n[i]);
            used += n[i];
        }
    return out;
}

/* What all labels of the column have in common, word by word, is taken out of them and returned: "" when
 * that is nothing, NULL without memory. */
static const char *label_take_common(cli_grid *grid, size_t column)
{
    const char *begin[CLI_LABEL_WORDS], *first = *label_cell(grid, 0, column);
    size_t n[CLI_LABEL_WORDS];
    bool common[CLI_LABEL_WORDS], keep[CLI_LABEL_WORDS], any = false;
    const size_t n_words = first == NULL ? 0 : cli_label_words(first, begin, n);
    for (size_t i = 0; i < n_words; i++)
        any |= common[i] = label_count(grid, column, grid->n_rows, begin[i], n[i]) == grid->n_rows;
    if (!any)
        return "";
    const char *taken = label_join(grid, n_words, begin, n, common, strlen(first));
    for (size_t row = 0; taken != NULL && row < grid->n_rows; row++) {
        const char **label = label_cell(grid, row, column), *words[CLI_LABEL_WORDS];
        size_t bytes[CLI_LABEL_WORDS];
        const size_t n_of = cli_label_words(*label, words, bytes);
        for (size_t i = 0; i < n_of; i++)
            keep[i] = !label_has_word(taken, words[i], bytes[i]);
        *label = label_join(grid, n_of, words, bytes, keep, strlen(*label));
        if (*label == NULL)
            return NULL;
    }
    return taken;
}

size_t cli_label_key(const char *word)
{
    const size_t n = strcspn(word, "= \"([{");
    return word[n] == '=' ? n + 1 : 0;
}

/* Whether a word says what is needed: without its key it would be taken for what the config is. */
static bool label_is_need(const char *word)
{
    return strncmp(word, "start=", 6) == 0 || strncmp(word, "teacher=", 8) == 0;
}

/* Whether two labels are of several words that have keys, the same ones in the same order. */
static bool label_same_keys(const char *a, const char *b)
{
    const char *of_a[CLI_LABEL_WORDS], *of_b[CLI_LABEL_WORDS];
    size_t n[CLI_LABEL_WORDS];
    const size_t n_words = a == NULL || b == NULL ? 0 : cli_label_words(a, of_a, n);
    bool same = n_words > 1 && cli_label_words(b, of_b, n) == n_words;
    for (size_t i = 0; same && i < n_words; i++) {
        const size_t n_key = cli_label_key(of_a[i]);
        same = n_key > 0 && !label_is_need(of_a[i]) && strncmp(of_a[i], of_b[i], n_key) == 0;
    }
    return same;
}

/* A label with the keys that most others have; NULL: there is none. */
static const char *label_with_keys(const cli_grid *grid, size_t column)
{
    const size_t n_rows = bnn_size_smaller(grid->n_rows, SAMPLE_ROWS);
    for (size_t first = 0; first < bnn_size_smaller(n_rows, KEY_TRIES); first++) {
        const char *label = *label_cell(grid, first, column);
        size_t n = 0;
        for (size_t row = 0; row < n_rows; row++)
            n += label_same_keys(label, *label_cell(grid, row, column));
        if (n > 1 && 2 * n > n_rows)
            return label;
    }
    return NULL;
}

/* The words of a label without their keys, or their keys alone. NULL without memory. */
static const char *label_part(const cli_grid *grid, const char *label, bool keys)
{
    const char *begin[CLI_LABEL_WORDS], *out = "";
    size_t n[CLI_LABEL_WORDS];
    const size_t n_words = cli_label_words(label, begin, n);
    for (size_t i = 0; out != NULL && i < n_words; i++) {
        const size_t n_key = cli_label_key(begin[i]);
        out = bnn_arena_printf(grid->arena, "%s%s%.*s%s", out, i > 0 ? " " : "",
                               (int)(keys ? n_key : n[i] - n_key), begin[i] + (keys ? 0 : n_key),
                               keys ? ".." : "");
    }
    return out;
}

/* The keys that most labels have are taken out of those and returned, "ordering=.. ste=.."; labels with
 * others stay whole. "" without any, NULL without memory. */
static const char *label_take_keys(cli_grid *grid, size_t column)
{
    const char *like = label_with_keys(grid, column);
    for (size_t row = 0; like != NULL && row < grid->n_rows; row++) {
        const char **label = label_cell(grid, row, column);
        if (!label_same_keys(like, *label))
            continue;
        *label = label_part(grid, *label, false);
        if (*label == NULL)
            return NULL;
    }
    return like == NULL ? "" : label_part(grid, like, true);
}

/* ---- what all rows share --------------------------------------------------------------------- */

static const char *label_text(const cli_grid *grid, size_t row, size_t column)
{
    const char *text = *label_cell(grid, row, column);
    return text == NULL ? "" : text;
}

/* A number with decimals was measured: that it is the same in all rows is chance. */
static bool label_is_shared(const cli_grid *grid, size_t i)
{
    const char *first = *label_cell(grid, 0, i);
    if (first != NULL && strchr(first, '.') != NULL &&
        first[strspn(first, "+-.,%e 0123456789")] == '\0')
        return false;
    for (size_t row = 1; row < grid->n_rows; row++)
        if (strcmp(label_text(grid, row, i), label_text(grid, 0, i)) != 0)
            return false;
    return true;
}

/* Whether nothing is left of the labels of a column. */
static bool label_is_empty(const cli_grid *grid, size_t i)
{
    for (size_t row = 0; row < grid->n_rows; row++)
        if (*label_text(grid, row, i) != '\0')
            return false;
    return true;
}

/* The bytes of the folder that all cells of a column lie in; 0: there is none. */
static size_t label_folder(const cli_grid *grid, size_t i)
{
    const char *first = *label_cell(grid, 0, i), *end = first == NULL ? NULL : strrchr(first, '/');
    size_t n = end == NULL || grid->columns[i].kind != CLI_TEXT || *first != '/'
                   ? 0
                   : (size_t)(end - first) + 1;
    for (size_t row = 1; row < grid->n_rows; row++) {
        const char *cell = *label_cell(grid, row, i);
        while (n > 0 && (cell == NULL || strncmp(cell, first, n) != 0))
            do
                n--;
            while (n > 0 && first[n - 1] != '/');
    }
    return n;
}

const char *cli_grid_take_shared(cli_grid *grid, size_t i, int columns, bool *all)
{
    const char *first = *label_cell(grid, 0, i);
    *all = (columns == 2 || (columns == 1 && i > 0)) && grid->n_columns > 1 &&
           label_is_shared(grid, i);
    if (*all)
        return first == NULL ? "" : first;
    if (grid->columns[i].kind == CLI_LABEL) {
        const char *common = label_take_common(grid, i);
        *all = common != NULL && *common != '\0' && grid->n_columns > 1 && label_is_empty(grid, i);
        const char *keys = common == NULL ? NULL : columns > 0 ? label_take_keys(grid, i) : "";
        if (keys == NULL || *keys == '\0')
            return keys == NULL ? NULL : common;
        return bnn_arena_printf(grid->arena, "%s%s%s", common, *common == '\0' ? "" : " ", keys);
    }
    const size_t n = label_folder(grid, i);
    for (size_t row = 0; n > 1 && row < grid->n_rows; row++)
        *label_cell(grid, row, i) += n;
    return n > 1 ? bnn_arena_printf(grid->arena, "in %.*s", (int)n, first) : "";
}

/* ---- shortening -------------------------------------------------------------------------------- */

/* The number of a label in the legend, from 1; 0 without memory. */
static size_t label_number(cli_grid *grid, const char *label)
{
    for (size_t i = 0; i < grid->n_shortened; i++)
        if (strcmp(grid->shortened[i], label) == 0)
            return i + 1;
    if (grid->shortened == NULL)
        grid->shortened =
            bnn_arena_alloc(grid->arena, grid->n_rows * grid->n_columns, sizeof *grid->shortened);
    if (grid->shortened == NULL)
        return 0;
    grid->shortened[grid->n_shortened++] = label;
    return grid->n_shortened;
}

/* The end of a text that takes no more than so many columns, from where a name begins: after one of
 * `after`. NULL: there is none. */
static const char *label_last_names(const char *text, size_t width, const char *after)
{
    for (const char *at = text; *at != '\0' && at[1] != '\0'; at++)
        if (strchr(after, *at) != NULL && strchr(" ,>", at[1]) == NULL &&
            bnn_text_width(at + 1) <= width)
            return at + 1;
    return NULL;
}

/* The bytes of the first names of a text that take no more than so many columns. */
static size_t label_first_names(const char *text, size_t width)
{
    size_t n = bnn_text_bytes(text, width);
    while (n > 0 && text[n] != ',' && strncmp(text + n, " >", 2) != 0)
        n--;
    return n;
}

/* How many cells of the column have the text in them. */
static size_t label_count_text(const cli_grid *grid, size_t column, const char *text, size_t n)
{
    const size_t n_rows = bnn_size_smaller(grid->n_rows, SAMPLE_ROWS);
    size_t count = 0;
    for (size_t row = 0; row < n_rows; row++) {
        const char *label = *label_cell(grid, row, column);
        count += label != NULL && memmem(label, strlen(label), text, n) != NULL;
    }
    return count;
}

/* "augment={..scale=0.06}" or "augment={shift=1..}", whichever fewer cells have, of a word whose value is
 * in braces from n_key on. */
static const char *label_map(const cli_grid *grid, size_t column, const char *text, size_t n_key,
                             size_t width)
{
    const char *inner = text + n_key + 1;
    const size_t room = width - n_key - 3, n_first = label_first_names(inner, room - 1);
    const char *end = label_last_names(inner, room, " ,{(");
    if (n_first > 0 && (end == NULL || label_count_text(grid, column, inner, n_first) <
                                           label_count_text(grid, column, end, strlen(end))))
        return bnn_arena_printf(grid->arena, "%.*s..}", (int)(n_key + 1 + n_first), text);
    return bnn_arena_printf(grid->arena, "%.*s{..%s", (int)n_key, text, end != NULL ? end : "}");
}

/* What is shown of a word in so many columns: of a map, some of its names; else its last ones, after what
 * the run is for; else its beginning. */
static const char *label_end(const cli_grid *grid, size_t column, const char *text, size_t width)
{
    const size_t n_key = cli_label_key(text);
    const bool is_map = n_key > 0 && text[n_key] == '{';
    const char *colon = strstr(text, ": ");
    size_t n_for = colon == NULL ? 0 : (size_t)(colon - text) + 2;
    if (is_map && n_key + 4 <= width)
        return label_map(grid, column, text, n_key, width);
    n_for = n_for + 2 < width ? n_for : 0;
    const char *end = is_map || width <= n_for + 2
                          ? NULL
                          : label_last_names(text + n_for, width - n_for - 2, " ,=_-.(");
    if (end != NULL)
        return bnn_arena_printf(grid->arena, "%.*s..%s", (int)n_for, text, end);
    return width <= 2 ? ""
                      : bnn_arena_printf(grid->arena, "%.*s..",
                                         (int)bnn_text_bytes(text, width - 2), text);
}

/* The one of the words that are kept that most rows have, but not the one that says what a run is for. */
static size_t label_most_common(const cli_grid *grid, size_t column, size_t n_words,
                                const char *const *begin, const size_t *n, const bool *keep)
{
    const size_t n_rows = bnn_size_smaller(grid->n_rows, SAMPLE_ROWS);
    size_t most = 0, found = 0;
    for (size_t i = 0; i < n_words; i++) {
        const bool goes = keep[i] && memmem(begin[i], n[i], ": ", 2) == NULL;
        const size_t rows = goes ? 1 + label_count(grid, column, n_rows, begin[i], n[i]) : 0;
        if (rows > most) {
            most = rows;
            found = i;
        }
    }
    return found;
}

/* The rarest words of the label that fit into so many columns, as those tell it from others; of a
 * single one that does not fit, its end: keys have much in common. NULL without memory. */
static const char *label_rarest(cli_grid *grid, size_t column, const char *label, size_t width)
{
    const char *begin[CLI_LABEL_WORDS];
    size_t n[CLI_LABEL_WORDS];
    bool keep[CLI_LABEL_WORDS];
    const size_t n_words = cli_label_words(label, begin, n);
    for (size_t i = 0; i < n_words; i++)
        keep[i] = true;
    for (size_t n_left = n_words;; n_left--) {
        const char *kept = label_join(grid, n_words, begin, n, keep, strlen(label));
        if (kept == NULL || bnn_text_width(kept) <= width)
            return kept;
        if (n_left <= 1)
            return label_end(grid, column, kept, width);
        keep[label_most_common(grid, column, n_words, begin, n, keep)] = false;
    }
}

/* "first=true [3]", with its number in the legend. NULL without memory. */
static const char *label_short(cli_grid *grid, size_t column, const char *label)
{
    char tag[TAG_BYTES];
    const size_t number = label_number(grid, label);
    const size_t n_tag = (size_t)snprintf(tag, sizeof tag, " [%zu]", number);
    const size_t shown = grid->columns[column].shown;
    const char *kept = label_rarest(grid, column, label, shown > n_tag ? shown - n_tag : 0);
    if (number == 0 || kept == NULL)
        return NULL;
    return bnn_arena_printf(grid->arena, "%s%s", kept, *kept == '\0' ? tag + 1 : tag);
}

int cli_grid_shorten(cli_grid *grid, size_t column, bnn_error *err)
{
    const char **shorter = bnn_arena_alloc(grid->arena, grid->n_rows, sizeof *shorter);
    if (shorter == NULL)
        return bnn_no_memory(err);
    for (size_t row = 0; row < grid->n_rows; row++) {
        const char *label = *label_cell(grid, row, column);
        const bool fits = label == NULL || bnn_text_width(label) <= grid->columns[column].shown;
        const char *before = row == 0 ? NULL : *label_cell(grid, row - 1, column);
        if (before != NULL && label != NULL && strcmp(label, before) == 0)
            shorter[row] = shorter[row - 1];
        else
            shorter[row] = fits ? label : label_short(grid, column, label);
        if (!fits && shorter[row] == NULL)
            return bnn_no_memory(err);
    }
    for (size_t row = 0; row < grid->n_rows; row++)
        *label_cell(grid, row, column) = shorter[row];
    return BNN_OK;
}
