/* fuzz_descriptor.c - hostile descriptors of plugins: their numbers and texts, and a table of parameters. The input
 * is read from its beginning: whatever is wanted, while there is some. */
#include "tests/fuzz/fuzz.h"

#include "plugin/loader.h"
#include "spec/key.h"

#include <stdio.h>
#include <string.h>

typedef struct input {
    const uint8_t *bytes;
    size_t n;
    char *texts[8 * 80];
    size_t n_texts;
} input;

static void input_take(input *in, void *out, size_t n)
{
    const size_t have = n < in->n ? n : in->n;
    memset(out, 0, n);
    memcpy(out, in->bytes, have);
    in->bytes += have;
    in->n -= have;
}

static uint8_t input_byte(input *in)
{
    uint8_t x;
    input_take(in, &x, 1);
    return x;
}

/* Mostly small, or what is right. */
static uint32_t input_number(input *in, uint32_t right)
{
    uint32_t x;
    const uint8_t how = input_byte(in);
    if (how < 0x80)
        return right;
    if (how < 0xe0)
        return how & 0x3f;
    input_take(in, &x, sizeof x);
    return x;
}

static double input_real(input *in)
{
    static const double numbers[] = {0, 1, -1, 0.5, 2, 1e9, -1e300, 2147483647.0};
    double x;
    const uint8_t how = input_byte(in);
    if (how < 0xc0)
        return numbers[how % 8];
    input_take(in, &x, sizeof x);
    return x;
}

/* NULL, or what is up to the next NUL byte. */
static const char *input_text(input *in, const char *right)
{
    const uint8_t how = input_byte(in);
    if (how < 0x80)
        return right;
    if (how < 0x88 || in->n_texts == sizeof in->texts / sizeof *in->texts)
        return NULL;
    const size_t length = strnlen((const char *)in->bytes, in->n);
    char *text = malloc(length + 1);
    fuzz_require(text != NULL);
    memcpy(text, in->bytes, length);
    text[length] = '\0';
    in->bytes += length < in->n ? length + 1 : length;
    in->n -= length < in->n ? length + 1 : length;
    return in->texts[in->n_texts++] = text;
}

static bnn_param *descriptor_params(input *in)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    const size_t n = input_byte(in) % (BNN_PARAMS_MAX + 4);
    bnn_param *rows = calloc(n + 1, sizeof *rows); /* closed by one of type 0 */
    fuzz_require(rows != NULL);
    for (size_t i = 0; i < n; i++)
        rows[i] = (bnn_param){.name = input_text(in, names[i % 4]),
                              .type = input_byte(in) % 6,
                              .offset = input_number(in, (uint32_t)(8 * i)),
                              .fallback = input_real(in),
                              .minimum = input_real(in),
                              .maximum = input_real(in),
                              .choices = input_text(in, "one|two"),
                              .help = input_text(in, "what it is")};
    return rows;
}

/* A descriptor of exactly the bytes that it says it has. */
static bnn_head *descriptor_make(input *in, bnn_kind kind, bnn_param *params)
{
    static const size_t sizes[] = {0,
                                   sizeof(bnn_layer),
                                   sizeof(bnn_ste),
                                   sizeof(bnn_ordering),
                                   sizeof(bnn_optimizer),
                                   sizeof(bnn_form)};
    const uint32_t said = input_number(in, (uint32_t)sizes[kind]);
    const size_t n = said < sizeof(bnn_head) || said > 4096 ? sizes[kind] : said;
    bnn_head *head = malloc(n);
    fuzz_require(head != NULL);
    input_take(in, head, n);
    for (size_t at = 0; at + sizeof(void *) <= n; at += sizeof(void *)) {
        void *address = input_byte(in) < 0xf0 ? (void *)(uintptr_t)fuzz_require : NULL;
        if (input_byte(in) < 0xc0)
            memcpy((char *)head + at, &address, sizeof address);
    }
    *head = (bnn_head){.abi_version = input_number(in, BNN_ABI_VERSION),
                       .struct_size = (uint32_t)n,
                       .kind = input_number(in, (uint32_t)kind),
                       .params_size = input_number(in, params == NULL ? 0 : 64),
                       .name = input_text(in, "x"),
                       .summary = input_text(in, "does something"),
                       .reference = input_text(in, NULL),
                       .params = params};
    return head;
}

/* What an accepted table promises whoever fills a struct by it. */
static void descriptor_check(const bnn_head *head)
{
    for (const bnn_param *row = head->params; row != NULL && row->type != BNN_TYPE_END; row++) {
        const size_t size = row->type == BNN_TYPE_NUMBER ? sizeof(double) : sizeof(int32_t);
        char text[8];
        fuzz_require(row->offset + size <= head->params_size && row->offset % size == 0);
        fuzz_require(row->fallback == row->fallback && row->name[0] != '\0');
        if (row->type == BNN_TYPE_CHOICE)
            bnn_choice_text(row->choices, (size_t)row->fallback, text, sizeof text);
        else
            fuzz_require(row->minimum <= row->fallback && row->fallback <= row->maximum);
    }
}

FUZZ_TARGET(descriptor)
{
    input in = {.bytes = bytes, .n = n};
    bnn_error err = {0};
    const bnn_head *taken = NULL;
    bnn_arena *arena = bnn_arena_create((size_t)1 << 20);
    fuzz_require(arena != NULL);
    const bnn_kind kind = (bnn_kind)(1 + input_byte(&in) % 5);
    bnn_param *params = input_byte(&in) < 0x10 ? NULL : descriptor_params(&in);
    bnn_head *head = descriptor_make(&in, kind, params);
    const int status = bnn_descriptor_take(head, kind, "x", arena, &taken, &err);
    if (status == BNN_OK)
        descriptor_check(taken);
    else
        fuzz_require_refusal(status, &err);
    for (size_t i = 0; i < in.n_texts; i++)
        free(in.texts[i]);
    free(head);
    free(params);
    bnn_arena_destroy(arena);
    return 0;
}
