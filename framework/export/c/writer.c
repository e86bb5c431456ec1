#include "export/c/writer.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* ---- texts and code ---------------------------------------------------------------------- */

const char *bnn_c_text(c_writer *w, const char *format, ...)
{
    char text[C_CODE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *own = bnn_arena_strdup(w->arena, text);
    w->no_memory |= own == NULL;
    return own == NULL ? "" : own;
}

void bnn_c_code(c_writer *w, const char *format, ...)
{
    char code[C_CODE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(code, sizeof code, format, args);
    va_end(args);
    bnn_c_note_helpers(w, code);
    for (const char *c = code; *c != '\0'; c++) {
        if (*c != '\n' && (c == code || c[-1] == '\n'))
            fprintf(w->out, "%*s", w->indent, "");
        if (*c == '@' || *c == '$')
            fputs(*c == '@' ? w->options->prefix : w->upper, w->out);
        else
            putc(*c, w->out);
    }
}

void bnn_c_loop(c_writer *w, const char *name, uint32_t n, const char *end)
{
    bnn_c_code(w, "for (size_t %s = 0; %s < %u; %s++%s\n", name, name, n, name, end);
    w->indent += 4;
}

void bnn_c_end(c_writer *w)
{
    w->indent -= 4;
    bnn_c_code(w, "}\n");
}

/* ---- names ------------------------------------------------------------------------------- */

static bool writer_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool writer_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool bnn_c_is_prefix(const char *text)
{
    return writer_is_letter(text[0]) && bnn_text_is_name(text, "", "_", BNN_C_PREFIX_MAX);
}

/* Letters and digits, one '_', digits: no keyword and no name of a helper looks like that, nor
 * does any name made from such a one and a suffix. */
static bool writer_is_block_name(const char *text)
{
    size_t n = 0;
    if (!writer_is_letter(text[0]) || strlen(text) > 24)
        return false;
    while (writer_is_letter(text[n]) || writer_is_digit(text[n]))
        n++;
    if (text[n++] != '_' || text[n] == '\0')
        return false;
    while (writer_is_digit(text[n]))
        n++;
    return text[n] == '\0';
}

void bnn_c_name_stages(c_writer *w)
{
    const bnn_stage *stages = w->model->stages;
    for (uint32_t i = 0; i < w->model->n_stages; i++) {
        bool own =
            writer_is_block_name(stages[i].op.name) && strncmp(stages[i].op.name, "stage_", 6) != 0;
        for (uint32_t j = 0; own && j < w->model->n_stages; j++)
            own = j == i || strcmp(stages[i].op.name, stages[j].op.name) != 0;
        w->names[i] = own ? stages[i].op.name : bnn_c_text(w, "stage_%u", i + 1);
    }
}

/* ---- comments ---------------------------------------------------------------------------- */

/* Nothing in the text may end the comment, begin another, or form a trigraph; what is not ASCII
 * could show the reader something other than the compiler sees. */
void bnn_c_comment_text(FILE *out, const char *text, const char *margin, size_t column)
{
    char before = '\0';
    for (const char *t = text; *t != '\0'; t++) {
        const char c = *t == '\t' ? ' ' : *t >= ' ' && *t <= '~' ? *t : '?';
        if (*t == '\n' || column >= C_LINE_MAX - 2) {
            column = (size_t)fprintf(out, "\n%s", margin) - 1;
            before = ' ';
        }
        if (*t == '\n')
            continue;
        const bool joins = (before == '*' && c == '/') || (before == '/' && c == '*') ||
                           (before == '?' && c == '?');
        column += (size_t)fprintf(out, joins ? " %c" : "%c", c);
        before = c;
    }
}

void bnn_c_section(FILE *out, const char *title)
{
    const int n = fprintf(out, "/* ---- %s ", title);
    for (int i = n; i < C_LINE_MAX - 3; i++)
        putc('-', out);
    fprintf(out, " */\n\n");
}

/* ---- arrays ------------------------------------------------------------------------------ */

bool bnn_c_float(float value, char text[C_FLOAT_MAX])
{
    /* Nine digits name every float, and compilers round to nearest. */
    const int n = snprintf(text, C_FLOAT_MAX - 3, "%.9g", (double)value);
    char *comma = strchr(text, ',');
    if (comma != NULL) /* the program's locale */
        *comma = '.';
    const bool has_point = strpbrk(text, ".e") != NULL;
    snprintf(text + n, C_FLOAT_MAX - (size_t)n, has_point ? "f" : ".0f");
    return isfinite(value);
}

/* Element i as text. */
typedef bool item(const void *values, size_t i, char text[C_FLOAT_MAX]);

static size_t writer_count(size_t rows, size_t n)
{
    return rows > 0 ? rows * n : n;
}

/* Elements of a type of so many bytes. */
static void writer_array(c_writer *w, const char *type, size_t bytes, const char *suffix,
                         size_t rows, size_t n, item *at, const void *values)
{
    const bool nested = rows > 0;
    w->constant_bytes += writer_count(rows, n) * bytes;
    bnn_c_code(w, "static const %s @_%s_%s", type, w->name, suffix);
    if (nested)
        fprintf(w->out, "[%zu]", rows);
    fprintf(w->out, "[%zu] = {\n", n);
    for (size_t first = 0; first < writer_count(rows, n); first += n) {
        size_t column = (size_t)fprintf(w->out, nested ? "    {" : "    ");
        for (size_t i = 0; i < n; i++) {
            char text[C_FLOAT_MAX];
            if (!at(values, first + i, text))
                w->not_finite = w->name;
            if (i > 0 && column + strlen(text) + 5 > C_LINE_MAX)
                column = (size_t)fprintf(w->out, nested ? ",\n     " : ",\n    ") - 2;
            else if (i > 0)
                column += (size_t)fprintf(w->out, ", ");
            column += (size_t)fprintf(w->out, "%s", text);
        }
        fprintf(w->out, nested ? "},\n" : ",\n");
    }
    fprintf(w->out, "};\n");
}

static bool writer_float_at(const void *values, size_t i, char text[C_FLOAT_MAX])
{
    return bnn_c_float(((const float *)values)[i], text);
}

static bool writer_integer_at(const void *values, size_t i, char text[C_FLOAT_MAX])
{
    const int64_t value = ((const int64_t *)values)[i];
    const bool is_long = value < INT32_MIN || value > INT32_MAX;
    snprintf(text, C_FLOAT_MAX, is_long ? "%" PRId64 "LL" : "%" PRId64, value);
    return true;
}

static bool writer_code_at(const void *values, size_t i, char text[C_FLOAT_MAX])
{
    snprintf(text, C_FLOAT_MAX, "%d", (int)((const float *)values)[i]);
    return true;
}

void bnn_c_floats(c_writer *w, const char *suffix, size_t rows, size_t n, const float *values)
{
    writer_array(w, "float", sizeof *values, suffix, rows, n, writer_float_at, values);
}

void bnn_c_codes(c_writer *w, const char *suffix, size_t rows, size_t n, const float *values)
{
    writer_array(w, "int8_t", 1, suffix, rows, n, writer_code_at, values);
}

void bnn_c_integers(c_writer *w, const char *suffix, size_t rows, size_t n, const int64_t *values)
{
    static const struct {
        const char *type;
        int64_t low, high;
        size_t bytes;
    } types[] = {{"uint8_t", 0, UINT8_MAX, 1},         {"int8_t", INT8_MIN, INT8_MAX, 1},
                 {"uint16_t", 0, UINT16_MAX, 2},       {"int16_t", INT16_MIN, INT16_MAX, 2},
                 {"int32_t", INT32_MIN, INT32_MAX, 4}, {"int64_t", INT64_MIN, INT64_MAX, 8}};
    int64_t low = 0, high = 0;
    for (size_t i = 0; i < writer_count(rows, n); i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    size_t t = 0;
    while (low < types[t].low || high > types[t].high)
        t++;
    writer_array(w, types[t].type, types[t].bytes, suffix, rows, n, writer_integer_at, values);
}

/* Eight weights of a row, each a digit of so many bits. */
typedef struct digit_rows {
    const bnn_stage *stage;
    uint32_t bits;
} digit_rows;

static bool writer_digits_at(const void *values, size_t i, char text[C_FLOAT_MAX])
{
    const digit_rows *v = values;
    const bnn_stage *s = v->stage;
    const size_t n = bnn_c_eights(s->taps);
    const bnn_codes codes = bnn_c_codes_of(s);
    uint32_t digits = 0;
    for (uint32_t k = 0; k < 8 && i % n * 8 + k < s->taps; k++) {
        const float weight = bnn_stage_weight(s, (uint32_t)(i / n), i % n * 8 + k);
        digits |= (uint32_t)(((int32_t)weight - codes.min) / codes.step) << k * v->bits;
    }
    snprintf(text, C_FLOAT_MAX, "0x%0*x", (int)(2 * v->bits), digits);
    return true;
}

void bnn_c_digits(c_writer *w, const char *suffix, uint32_t bits)
{
    static const char *const types[] = {[1] = "uint8_t", [2] = "uint16_t", [4] = "uint32_t"};
    const digit_rows values = {w->stage, bits};
    writer_array(w, types[bits], bits, suffix, w->stage->op.out.c, bnn_c_eights(w->stage->taps),
                 writer_digits_at, &values);
}

/* Rows of 64-bit words as rows of 32-bit ones. */
typedef struct word_rows {
    const uint64_t *bits;
    size_t n_bits;
    bool complement;
} word_rows;

static bool writer_word_at(const void *values, size_t i, char text[C_FLOAT_MAX])
{
    const word_rows *v = values;
    const size_t n_words = bnn_c_words(v->n_bits), row = i / n_words, word = i % n_words;
    const uint64_t both = v->bits[row * ((v->n_bits + 63) / 64) + word / 2];
    uint32_t bits = (uint32_t)(both >> word % 2 * 32);
    if (v->complement)
        bits = ~bits;
    if (word == n_words - 1 && v->n_bits % 32 != 0)
        bits &= ((uint32_t)1 << v->n_bits % 32) - 1;
    snprintf(text, C_FLOAT_MAX, "0x%08x", bits);
    return true;
}

void bnn_c_bits(c_writer *w, const char *suffix, size_t rows, size_t n_bits,
                const uint64_t *rows_of_bits, bool complement)
{
    const word_rows values = {rows_of_bits, n_bits, complement};
    const size_t n = bnn_c_words(n_bits);
    writer_array(w, "uint32_t", sizeof(uint32_t), suffix, rows, n, writer_word_at, &values);
}
