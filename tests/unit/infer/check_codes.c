/* check_codes.c - digits of codes: few bytes, read back as they were, and nothing else is read. */
#include "infer/codes.h"

#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#include <math.h>
#include <string.h>

START_TEST(codes_of_a_byte_are_digits)
{
    ck_assert(bnn_codes_are_digits((bnn_codes){-1, 1, 1}));
    ck_assert(bnn_codes_are_digits((bnn_codes){-128, 127, 1}));
    ck_assert(bnn_codes_are_digits((bnn_codes){-3, 3, 2}));
    ck_assert(!bnn_codes_are_digits((bnn_codes){-1, 1, 2})); /* bits */
    ck_assert(!bnn_codes_are_digits((bnn_codes){-1, 1, 0}));
    ck_assert(!bnn_codes_are_digits((bnn_codes){-129, 127, 1}));
    ck_assert(!bnn_codes_are_digits((bnn_codes){-128, 128, 1}));
    ck_assert(!bnn_codes_are_digits((bnn_codes){2, 2, 1}));
    ck_assert(!bnn_codes_are_digits((bnn_codes){-1, 1, -1}));
    ck_assert(!bnn_codes_are_digits((bnn_codes){-1, 2, 2}));
}
END_TEST

START_TEST(only_codes_are_held)
{
    static const float good[] = {-3, 3, -1, 1},
                       others[] = {-5, 5, 0, -0.0f, 1.5f, 3e9f, INFINITY, NAN};
    const bnn_codes odd = {-3, 3, 2};
    ck_assert(bnn_codes_hold(odd, good, 4));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert(!bnn_codes_hold(odd, &others[i], 1));
    ck_assert(bnn_codes_hold((bnn_codes){-1, 1, 1}, &others[3], 1)); /* -0 */
}
END_TEST

START_TEST(three_levels_are_five_to_a_byte)
{
    static const float weight[] = {-1, 0, 1, 1, -1, 0, 0};
    const bnn_codes ternary = {-1, 1, 1};
    uint8_t bytes[2] = {0};
    ck_assert_uint_eq(bnn_codes_bytes(ternary, 7), 2);
    ck_assert_uint_eq(bnn_codes_bits(ternary, 5), 8);
    ck_assert_uint_eq(bnn_codes_tenths(ternary), 16);
    bnn_codes_pack(ternary, 7, weight, bytes);
    ck_assert_uint_eq(bytes[0], 0 + 1 * 3 + 2 * 9 + 2 * 27 + 0 * 81);
    ck_assert_uint_eq(bytes[1], 1 + 1 * 3);
}
END_TEST

START_TEST(eight_levels_are_a_stream_of_bits)
{
    static const float weight[] = {-7, 7, -5, 5, 1};
    const bnn_codes odd = {-7, 7, 2};
    uint8_t bytes[2] = {0};
    ck_assert_uint_eq(bnn_codes_bytes(odd, 5), 2);
    ck_assert_uint_eq(bnn_codes_tenths(odd), 30);
    bnn_codes_pack(odd, 5, weight, bytes);
    ck_assert_uint_eq(bytes[0], 0 | 7 << 3 | (1 << 6 & 0xff));
    ck_assert_uint_eq(bytes[1], 1 >> 2 | 6 << 1 | 4 << 4);
}
END_TEST

/* No more than whole bits for a digit, nor than a byte for as many as it can tell apart. */
static void check_size(bnn_codes codes, size_t n)
{
    const uint32_t levels = bnn_codes_levels(codes);
    uint32_t bits = 0, digits = 0;
    for (uint32_t power = levels; power <= 256; power *= levels)
        digits++;
    while (1u << bits < levels)
        bits++;
    const size_t stream = (n * bits + 7) / 8, grouped = (n + digits - 1) / digits;
    const uint64_t bytes = bnn_codes_bytes(codes, n);
    ck_assert(bytes == stream || bytes == grouped);
    ck_assert(n < 64 || bytes == (stream < grouped ? stream : grouped));
    ck_assert_uint_le(bnn_codes_bits(codes, n), 8 * bytes);
    ck_assert_uint_gt(bnn_codes_bits(codes, n) + 8, 8 * bytes);
}

START_TEST(weights_are_read_back)
{
    buffers b = {.state = (uint64_t)_i};
    const int32_t levels = _i + 2;
    for (int32_t step = 1; step * (levels - 1) <= 255; step += step < 3 ? 1 : 29)
        for (size_t n = 0; n <= 70; n += n < 20 ? 1 : 25) {
            const int32_t range = step * (levels - 1);
            const int32_t least = (int32_t)random_between(&b, 0, (uint32_t)(255 - range)) - 128;
            const bnn_codes codes = {least, least + range, step};
            float weight[70], again[70];
            uint8_t bytes[70] = {0};
            if (!bnn_codes_are_digits(codes))
                continue;
            for (size_t i = 0; i < n; i++)
                weight[i] =
                    (float)(least + step * (int32_t)random_between(&b, 0, (uint32_t)_i + 1));
            check_size(codes, n);
            ck_assert(bnn_codes_hold(codes, weight, n));
            bnn_codes_pack(codes, n, weight, bytes);
            ck_assert(bnn_codes_unpack(codes, n, bytes, again));
            ck_assert(memcmp(weight, again, n * sizeof *weight) == 0);
        }
}
END_TEST

/* What is read of any bytes is written as these bytes. */
START_TEST(nothing_is_read_twice)
{
    buffers b = {.state = 100 + (uint64_t)_i};
    const bnn_codes codes = {-60, -60 + _i + 1, 1};
    size_t n_read = 0;
    for (uint32_t round = 0; round < 2000; round++) {
        const size_t n = random_between(&b, 1, 9);
        float weight[9];
        uint8_t bytes[9], again[9] = {0};
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(random_bits(&b) & (random_between(&b, 0, 1) ? 0xff : 0x11));
        if (!bnn_codes_unpack(codes, n, bytes, weight))
            continue;
        n_read++;
        bnn_codes_pack(codes, n, weight, again);
        ck_assert(memcmp(bytes, again, (size_t)bnn_codes_bytes(codes, n)) == 0);
    }
    ck_assert_uint_gt(n_read, 0);
}
END_TEST

START_TEST(other_bytes_are_refused)
{
    static const struct {
        bnn_codes codes;
        size_t n;
        uint8_t bytes[2];
    } cases[] = {
        {{-1, 1, 1}, 5, {243}},    /* a sixth digit */
        {{-1, 1, 1}, 4, {81}},     /* the fifth, of four weights */
        {{-1, 1, 1}, 6, {243, 0}}, /* in a byte that is not the last */
        {{-1, 1, 1}, 6, {0, 3}},    {{0, 2, 2}, 3, {8}},
        {{0, 6, 1}, 1, {7}}, /* seven levels, and an eighth */
        {{0, 6, 1}, 2, {64}},       {{0, 9, 1}, 2, {0xa0}},
        {{-128, 126, 1}, 1, {255}},
    };
    float weight[8];
    ck_assert(!bnn_codes_unpack(cases[_i].codes, cases[_i].n, cases[_i].bytes, weight));
}
END_TEST
enum { N_REFUSED = 9 };

static Suite *make_suite(void)
{
    Suite *suite = suite_create("codes");
    TCase *tc = tcase_create("codes");
    tcase_add_test(tc, codes_of_a_byte_are_digits);
    tcase_add_test(tc, only_codes_are_held);
    tcase_add_test(tc, three_levels_are_five_to_a_byte);
    tcase_add_test(tc, eight_levels_are_a_stream_of_bits);
    tcase_add_loop_test(tc, weights_are_read_back, 0, 255);
    tcase_add_loop_test(tc, nothing_is_read_twice, 0, 60);
    tcase_add_loop_test(tc, other_bytes_are_refused, 0, N_REFUSED);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
