#include "base/text.h"

#include "base/size.h"

#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists, names, columns --------------------------------------------------------------- */

const char *bnn_text_join(const char *const *words, size_t n, char *out, size_t out_bytes)
{
    static const char dots[] = ", ...";
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const size_t room = out_bytes - used;
        const int written = snprintf(out + used, room, "%s%s", i == 0 ? "" : ", ", words[i]);
        const size_t needed = (size_t)written + (i + 1 < n ? sizeof dots : 1);
        if (written < 0 || needed > room) {
            snprintf(out + used, room, "%s", i == 0 ? dots + 2 : dots);
            break;
        }
        used += (size_t)written;
    }
    return out;
}

bool bnn_text_is_name(const char *text, const char *first, const char *also, size_t n_max)
{
    static const char common[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t n = 0;
    for (; n <= n_max && text[n] != '\0'; n++)
        if (strchr(common, text[n]) == NULL && strchr(n == 0 ? first : also, text[n]) == NULL)
            return false;
    return n > 0 && n <= n_max;
}

bool bnn_text_ends_with(const char *text, const char *ending)
{
    const size_t n = strlen(text), n_ending = strlen(ending);
    return n >= n_ending && memcmp(text + n - n_ending, ending, n_ending) == 0;
}

bool bnn_text_equal(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

size_t bnn_text_unique(const char **texts, size_t n)
{
    size_t n_left = 0;
    qsort(texts, n, sizeof *texts, compare_texts);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(texts[i], texts[i - 1]) != 0)
            texts[n_left++] = texts[i];
    return n_left;
}

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The first and the last of the characters that take no column, and of those that take two. */
static const struct {
    uint32_t first, last;
    size_t width;
} odd_characters[] = {
    {0x0300, 0x036f, 0}, {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0xfe00, 0xfe0f, 0},
    {0xfe20, 0xfe2f, 0}, {0x1100, 0x115f, 2},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},
    {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},
    {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
};

/* The character that the text begins with: its bytes, and the columns that it takes. */
static size_t measure_character(const char *text, size_t *width)
{
    const unsigned char lead = (unsigned char)text[0];
    uint32_t code = lead < 0xc0   ? lead
                    : lead < 0xe0 ? lead & 0x1f
                    : lead < 0xf0 ? lead & 0xf
                                  : lead & 7;
    size_t n = 1;
    for (; continues_character(text[n]); n++)
        code = code << 6 | ((unsigned char)text[n] & 0x3f);
    *width = continues_character(text[0]) ? 0 : 1;
    for (size_t i = 0; i < sizeof odd_characters / sizeof *odd_characters; i++)
        if (code >= odd_characters[i].first && code <= odd_characters[i].last)
            *width = odd_characters[i].width;
    return n;
}

size_t bnn_text_width(const char *text)
{
    size_t n = 0, width;
    while (text != NULL && *text != '\0') {
        text += measure_character(text, &width);
        n += width;
    }
    return n;
}

size_t bnn_text_bytes(const char *text, size_t n_columns)
{
    size_t n = 0, width;
    while (text[n] != '\0') {
        const size_t bytes = measure_character(text + n, &width);
        if (width > n_columns)
            break;
        n_columns -= width;
        n += bytes;
    }
    return n;
}

size_t bnn_text_character(const char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char lead = (unsigned char)text[0];
    const size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code = n == 1 ? lead : n == 0 ? 0 : lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    }
    const bool is_text = code < 0x110000 && !(code >= 0xd800 && code < 0xe000);
    return n > 0 && code >= least[n] && is_text ? n : 0;
}

size_t bnn_text_control(const char *text)
{
    const unsigned char c = (unsigned char)text[0], next = c != 0 ? (unsigned char)text[1] : 0;
    if ((c > 0 && c < 0x20) || c == 0x7f || bnn_text_character(text) == 0)
        return 1;
    if (c == 0xc2 && next >= 0x80 && next < 0xa0)
        return 2;
    if (c == 0xd8 && next == 0x9c) /* U+061C */
        return 2;
    if (c == 0xef && next == 0xbf && (unsigned char)text[2] >= 0xbe) /* U+FFFE and U+FFFF */
        return 3;
    if (c != 0xe2 || (next != 0x80 && next != 0x81))
        return 0;
    const unsigned char last = (unsigned char)text[2];
    const bool turns = next == 0x80 ? last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae)
                                    : last >= 0xa6 && last <= 0xa9;
    return turns ? 3 : 0;
}

char *bnn_text_clean(char *text, const char *kept)
{
    for (char *at = text; *at != '\0';) {
        const size_t n = strchr(kept, *at) == NULL ? bnn_text_control(at) : 0;
        memset(at, '?', n);
        at += n > 0 ? n : bnn_text_character(at);
    }
    return text;
}

const char *bnn_text_shorten(const char *text, char *out, size_t out_bytes)
{
    static const char dots[] = "...";
    const size_t n = strlen(text);
    if (n < out_bytes)
        return memcpy(out, text, n + 1);
    size_t cut = out_bytes - sizeof dots;
    while (cut > 0 && continues_character(text[cut]))
        cut--;
    memcpy(out, text, cut);
    memcpy(out + cut, dots, sizeof dots);
    return out;
}

const char *bnn_excerpt(const char *text, char out[BNN_EXCERPT])
{
    return bnn_text_shorten(text, out, BNN_EXCERPT);
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* "1e-05" -> "1e-5", "1e+20" -> "1e20": C pads exponents, the shortest text does not. */
static void shorten_exponent(char *text)
{
    char *exponent = strchr(text, 'e');
    if (exponent == NULL)
        return;
    char *to = exponent + 1;
    const char *from = to;
    if (*from == '-')
        to++;
    from++; /* printf always writes the sign */
    while (*from == '0')
        from++;
    memmove(to, from, strlen(from) + 1);
}

/* Whole numbers up to here are written with all their digits. */
static const double all_digits_below = 1e15;

const char *bnn_number_text(double x, char out[BNN_SHORT_TEXT])
{
    /* printf and strtod take the decimal point from the locale; glibc makes the C locale without
     * allocating, so this cannot fail. */
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = uselocale(c);
    if (x == 0.0 && signbit(x)) {
        snprintf(out, BNN_SHORT_TEXT, "-0.0");
    } else if (fabs(x) < all_digits_below && x == floor(x)) {
        snprintf(out, BNN_SHORT_TEXT, "%.0f", x);
    } else {
        /* Where fewer digits than DBL_DIG are enough, so many end in zeros, which %g leaves out; subnormal
         * numbers have not so many. */
        int precision = fabs(x) < DBL_MIN ? 1 : DBL_DIG, n;
        do
            n = snprintf(out, BNN_SHORT_TEXT, "%.*g", precision, x);
        while (n > 0 && strtod(out, NULL) != x && ++precision <= 17);
        shorten_exponent(out);
    }
    uselocale(before);
    freelocale(c);
    return out;
}

const char *bnn_count_text(uint64_t n, char out[BNN_SHORT_TEXT])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

const char *bnn_percent_text(double fraction, char out[BNN_SHORT_TEXT])
{
    snprintf(out, BNN_SHORT_TEXT, "%.2f %%", 100.0 * fraction);
    return out;
}

const char *bnn_seconds_text(double seconds, char out[BNN_SHORT_TEXT])
{
    snprintf(out, BNN_SHORT_TEXT, "%.*f s", seconds < 100.0 ? 2 : 0, seconds);
    return out;
}

const char *bnn_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- what a user may have meant ---------------------------------------------------------- */

enum { WORD_MAX = 64 }; /* bytes; nobody misspells a longer one */

/* The number of letters to insert, drop, replace or swap with a neighbour (no letter twice), case
 * ignored: three rows of the usual table, the oldest for the swaps. */
static size_t edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            const int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            row[j] =
                bnn_size_smaller(bnn_size_smaller(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                row[j] = bnn_size_smaller(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[n_b];
}

enum { PART_MIN = 4 };

static bool begins_word(const char *part, const char *whole)
{
    const size_t n = strlen(part);
    return n >= PART_MIN && strncasecmp(part, whole, n) == 0;
}

/* What is only a small part of a name says something else: "noise" is not "without_noise". */
static bool ends_word(const char *part, const char *whole)
{
    const size_t n = strlen(part), n_whole = strlen(whole);
    return n >= PART_MIN && n <= n_whole && 3 * n >= n_whole &&
           strcasecmp(part, whole + n_whole - n) == 0;
}

/* The shortest candidate that the word begins or ends, else the longest one that begins it. */
static const char *suggest_part(const char *word, const char *const *candidates, size_t n)
{
    const char *longer = NULL, *shorter = NULL;
    for (size_t i = 0; i < n; i++)
        if ((begins_word(word, candidates[i]) || ends_word(word, candidates[i])) &&
            (longer == NULL || strlen(candidates[i]) < strlen(longer)))
            longer = candidates[i];
        else if (begins_word(candidates[i], word) &&
                 (shorter == NULL || strlen(candidates[i]) > strlen(shorter)))
            shorter = candidates[i];
    return longer != NULL ? longer : shorter;
}

const char *bnn_suggest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    const size_t n_word = strlen(word);
    if (n_word == 0 || n_word > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const size_t n_candidate = strlen(candidates[i]);
        if (n_candidate > WORD_MAX)
            continue;
        const size_t distance = edit_distance(word, n_word, candidates[i], n_candidate);
        const size_t longer = n_word > n_candidate ? n_word : n_candidate;
        if (distance <= longer / 3 && distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best != NULL ? best : suggest_part(word, candidates, n);
}

const char *bnn_did_you_mean(const char *word, const char *const *candidates, size_t n,
                             char out[BNN_DID_YOU_MEAN])
{
    const char *near = bnn_suggest(word, candidates, n);
    out[0] = '\0';
    if (near != NULL)
        snprintf(out, BNN_DID_YOU_MEAN, "; did you mean \"%s\"?", near);
    return out;
}
