#include "export/c/writer.h"

#include <string.h>

/* Sums of products by digits of weights, of inputs that are bytes, or two in the halves of a word; eight at a time,
 * since compilers for chips do not unroll. */
#define DIGIT(BITS, I, END) \
    "               $_TIMES_" BITS "(digits >> " I " * " BITS ", x[" I "])" END "\n"
#define FOUR_DIGITS(BITS, I, J, K, L, END) \
    DIGIT(BITS, I, " +") DIGIT(BITS, J, " +") DIGIT(BITS, K, " +") DIGIT(BITS, L, END)
#define DIGITS_BEGIN                             \
    "{\n"                                        \
    "    uint32_t sum = 0;\n"                    \
    "    for (; n >= 8; n -= 8, x += 8) {\n"     \
    "        const uint32_t digits = *unit++;\n" \
    "        sum +=\n"
#define DIGITS_END(BITS, SUM)                                            \
    "    }\n"                                                            \
    "    for (uint32_t digits = n > 0 ? *unit : 0; n > 0; n--, x++) {\n" \
    "        sum += $_TIMES_" BITS "(digits, *x);\n"                     \
    "        digits >>= " BITS ";\n"                                     \
    "    }\n"                                                            \
    "    return (" SUM ")sum;\n"                                         \
    "}\n\n"
#define DIGITS_BODY(BITS, SUM)                  \
    DIGITS_BEGIN                                \
    FOUR_DIGITS(BITS, "0", "1", "2", "3", " +") \
    FOUR_DIGITS(BITS, "4", "5", "6", "7", ";")  \
    DIGITS_END(BITS, SUM)
#define SUM_OF_DIGITS(BITS, UNIT)                                                        \
    {                                                                                    \
        "sum_of_" BITS "_bits(",                                                         \
            "/* The sum of n products by digits of " BITS " bits, eight to a unit. */\n" \
            "static int32_t @_sum_of_" BITS "_bits(const " UNIT                          \
            " *unit, const uint8_t *x, size_t n)\n" DIGITS_BODY(BITS, "int32_t")         \
    }
#define PAIRS_BY_DIGITS(BITS, UNIT)                                                               \
    {                                                                                             \
        "pairs_by_" BITS "_bits(",                                                                \
            "/* The sums of n products by digits of " BITS " bits, in both halves of words. */\n" \
            "static uint32_t @_pairs_by_" BITS "_bits(const " UNIT                                \
            " *unit, const uint32_t *x, size_t n)\n" DIGITS_BODY(BITS, "uint32_t")                \
    }

/* The digit in the lowest bits, times x: bit by bit where the core has no instruction for it, and compilers would call a
 * function. */
#define BIT_TIMES(I) "((uint32_t)(x) << " I " & (0u - ((digits) >> " I " & 1u)))"
#define AND          " + \\\n     "
#define TIMES(BITS, MASK, BY_BITS)                                                    \
    {                                                                                 \
        "TIMES_" BITS "(",                                                            \
            "/* The digit in the lowest bits, times x; bit by bit where the core "    \
            "cannot multiply. */\n"                                                   \
            "#if defined __riscv && !defined __riscv_mul && !defined __riscv_zmmul\n" \
            "#define $_TIMES_" BITS "(digits, x) \\\n    (" BY_BITS ")\n"             \
            "#else\n"                                                                 \
            "#define $_TIMES_" BITS "(digits, x) (((digits) & " MASK "u) * (x))\n"    \
            "#endif\n\n"                                                              \
    }

/* How code shows that it needs each, and its text, as bnn_c_code takes it. */
static const struct {
    const char *call, *text;
} helpers[] = {
    {"get_bit(", "static int @_get_bit(const uint32_t *x, size_t i)\n"
                 "{\n"
                 "    return (int)(x[i / 32] >> i % 32 & 1);\n"
                 "}\n\n"},
    {"set_bit(", "static void @_set_bit(uint32_t *y, size_t i)\n"
                 "{\n"
                 "    y[i / 32] |= (uint32_t)1 << i % 32;\n"
                 "}\n\n"},
    {"put_bit(", "static void @_put_bit(uint32_t *y, size_t i, int bit)\n"
                 "{\n"
                 "    const uint32_t at = (uint32_t)1 << i % 32;\n"
                 "    y[i / 32] = bit ? y[i / 32] | at : y[i / 32] & ~at;\n"
                 "}\n\n"},
    {"clear(", "static void @_clear(uint32_t *y, size_t n_words)\n"
               "{\n"
               "    for (size_t i = 0; i < n_words; i++)\n"
               "        y[i] = 0;\n"
               "}\n\n"},
    {"get_bits(", "/* n bits from bit i on, n < 32. */\n"
                  "static uint32_t @_get_bits(const uint32_t *x, size_t i, size_t n)\n"
                  "{\n"
                  "    uint32_t bits = x[i / 32] >> i % 32;\n"
                  "    if (i % 32 + n > 32)\n"
                  "        bits |= x[i / 32 + 1] << (32 - i % 32);\n"
                  "    return bits & (((uint32_t)1 << n) - 1);\n"
                  "}\n\n"},
    {"put_bits(", "/* Writes n bits from bit i on, where all are 0. */\n"
                  "static void @_put_bits(uint32_t *y, size_t i, size_t n, uint32_t bits)\n"
                  "{\n"
                  "    y[i / 32] |= bits << i % 32;\n"
                  "    if (i % 32 + n > 32)\n"
                  "        y[i / 32 + 1] |= bits >> (32 - i % 32);\n"
                  "}\n\n"},
    /* A word takes 31 instructions on a Cortex-M0+, 19 on an M4 and 22 on RV32IMC (gcc 12, -Os); by a table of 256 bytes
     * 25, 20 and 27, four of them loads of two cycles, and of 16 entries more than 60. */
    {"agree(",
     "/* Without an instruction for it, the built-in would call a library function. */\n"
     "static int @_popcount(uint32_t x)\n"
     "{\n"
     "#if defined __POPCNT__ || defined __aarch64__ || defined __riscv_zbb\n"
     "    return __builtin_popcount(x);\n"
     "#else\n"
     "    x -= x >> 1 & 0x55555555u;\n"
     "    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);\n"
     "    x = (x + (x >> 4)) & 0x0f0f0f0fu;\n"
     "    return (int)((x * 0x01010101u) >> 24);\n"
     "#endif\n"
     "}\n\n"
     "/* How many products are +1: a popcount of XNOR, which is XOR with complemented weights. */\n"
     "static int32_t @_agree(const uint32_t *weights, const uint32_t *x, size_t n_words)\n"
     "{\n"
     "    int32_t n = 0;\n"
     "    for (size_t i = 0; i < n_words; i++)\n"
     "        n += @_popcount(weights[i] ^ x[i]);\n"
     "    return n;\n"
     "}\n\n"},
    {"sum_of_bits(",
     "/* The sum of n products of -1 and +1. */\n"
     "static int32_t @_sum_of_bits(const uint32_t *weights, const uint32_t *x, size_t n)\n"
     "{\n"
     "    return 2 * @_agree(weights, x, (n + 31) / 32) - (int32_t)n;\n"
     "}\n\n"},
    {"sum_of_bytes(",
     "/* The sum of n bytes, each less `zero`, with the signs of the weights. */\n"
     "static int32_t @_sum_of_bytes(const uint32_t *weights, const uint8_t *x, size_t n, int32_t zero)\n"
     "{\n"
     "    int32_t sum = 0;\n"
     "    for (size_t i = 0; i < n; i++) {\n"
     "        const int32_t value = (int32_t)x[i] - zero;\n"
     "        sum += @_get_bit(weights, i) ? -value : value;\n"
     "    }\n"
     "    return sum;\n"
     "}\n\n"},
    {"sum_of_weights(",
     "/* The sum of n weights with the signs of the bits. */\n"
     "static int32_t @_sum_of_weights(const int8_t *weights, const uint32_t *x, size_t n)\n"
     "{\n"
     "    int32_t sum = 0;\n"
     "    for (size_t i = 0; i < n; i++)\n"
     "        sum += @_get_bit(x, i) ? weights[i] : -weights[i];\n"
     "    return sum;\n"
     "}\n\n"},
    {"sum_of_products(",
     "/* The sum of n products, four at a time: compilers for chips do not unroll. */\n"
     "static int32_t @_sum_of_products(const int8_t *weights, const uint8_t *x, size_t n)\n"
     "{\n"
     "    const int8_t *end = weights + n;\n"
     "    int32_t sum = 0;\n"
     "    for (; end - weights >= 4; weights += 4, x += 4)\n"
     "        sum += (int32_t)weights[0] * x[0] + (int32_t)weights[1] * x[1] +\n"
     "               (int32_t)weights[2] * x[2] + (int32_t)weights[3] * x[3];\n"
     "    while (weights < end)\n"
     "        sum += (int32_t)*weights++ * *x++;\n"
     "    return sum;\n"
     "}\n\n"},
    TIMES("1", "1", BIT_TIMES("0")),
    TIMES("2", "3", BIT_TIMES("0") AND BIT_TIMES("1")),
    TIMES("4", "15", BIT_TIMES("0") AND BIT_TIMES("1") AND BIT_TIMES("2") AND BIT_TIMES("3")),
    SUM_OF_DIGITS("1", "uint8_t"),
    SUM_OF_DIGITS("2", "uint16_t"),
    SUM_OF_DIGITS("4", "uint32_t"),
    PAIRS_BY_DIGITS("1", "uint8_t"),
    PAIRS_BY_DIGITS("2", "uint16_t"),
    PAIRS_BY_DIGITS("4", "uint32_t"),
    {"total_of(", "static int32_t @_total_of(const uint8_t *x, size_t n)\n"
                  "{\n"
                  "    int32_t total = 0;\n"
                  "    for (size_t i = 0; i < n; i++)\n"
                  "        total += x[i];\n"
                  "    return total;\n"
                  "}\n\n"},
    {"code_of(", "/* Where a line is at the sum, in codes from 0 to `last`. */\n"
                 "static uint8_t @_code_of(int32_t line, int shift, int32_t last)\n"
                 "{\n"
                 "    const int32_t code = line < 0 ? 0 : line >> shift;\n"
                 "    return (uint8_t)(code < last ? code : last);\n"
                 "}\n\n"},
    {"code_of_wide(", "/* The same of a line beyond 32 bits. */\n"
                      "static uint8_t @_code_of_wide(int64_t line, int shift, int32_t last)\n"
                      "{\n"
                      "    const int64_t code = line < 0 ? 0 : line >> shift;\n"
                      "    return (uint8_t)(code < last ? code : last);\n"
                      "}\n\n"},
    {"sum_of_places(",
     "/* What is at these places, in both halves of the words. */\n"
     "static uint32_t @_sum_of_places(const uint8_t *place, const uint8_t *end, const uint32_t *x)\n"
     "{\n"
     "    uint32_t sum = 0;\n"
     "    for (; end - place >= 4; place += 4)\n"
     "        sum += x[place[0]] + x[place[1]] + x[place[2]] + x[place[3]];\n"
     "    while (place < end)\n"
     "        sum += x[*place++];\n"
     "    return sum;\n"
     "}\n\n"},
    [BNN_C_HELPER_FLOATS] =
        {"float value",
         "/* Floats below have the bits of training; what changes their arithmetic must stay off. */\n"
         "#if defined __FAST_MATH__ || defined __ASSOCIATIVE_MATH__\n"
         "#error \"compile without -ffast-math and -funsafe-math-optimizations\"\n"
         "#endif\n"
         "#if FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53\n"
         "#error \"float and double must have 24 and 53 bits of precision\"\n"
         "#endif\n"
         "#if FLT_EVAL_METHOD < 0 || FLT_EVAL_METHOD == 1 || FLT_EVAL_METHOD == 2\n"
         "#error \"floats and doubles must not be computed in more bits (x86: -mfpmath=sse)\"\n"
         "#endif\n\n"},
    {"pixel_value(", "/* A pixel as training saw it; exact. */\n"
                     "static float @_pixel_value(uint8_t pixel)\n"
                     "{\n"
                     "    return (float)((int32_t)pixel - 128) / 128.0f;\n"
                     "}\n\n"},
    {"fused(",
     "/* a * b + c, rounded once. Without an instruction for it: the product is exact in double;\n"
     " * an inexact sum gets an odd last bit, by which the rounding to float sees on which side of\n"
     " * a tie the true sum lies. (fmaf of small C libraries rounds twice.) */\n"
     "static float @_fused(float a, float b, float c)\n"
     "{\n"
     "#if defined __FP_FAST_FMAF || defined __FMA__ || defined __aarch64__ || \\\n"
     "    (defined __ARM_FEATURE_FMA && !defined __SOFTFP__)\n"
     "    return __builtin_fmaf(a, b, c);\n"
     "#else\n"
     "    const double product = (double)a * (double)b, addend = (double)c;\n"
     "    union {\n"
     "        double value;\n"
     "        uint64_t bits;\n"
     "    } sum;\n"
     "    sum.value = product + addend;\n"
     "    const double part = sum.value - product;\n"
     "    const double lost = (product - (sum.value - part)) + (addend - part);\n"
     "    if ((lost > 0.0 || lost < 0.0) && (sum.bits & 1) == 0) {\n"
     "        if ((lost > 0.0) == (sum.value > 0.0))\n"
     "            sum.bits++;\n"
     "        else\n"
     "            sum.bits--;\n"
     "    }\n"
     "    return (float)sum.value;\n"
     "#endif\n"
     "}\n\n"},
};

enum { HELPERS = sizeof helpers / sizeof *helpers };

void bnn_c_note_helpers(c_writer *w, const char *code)
{
    for (size_t i = 0; i < HELPERS; i++)
        if ((w->helpers >> i & 1) == 0 && strstr(code, helpers[i].call) != NULL) {
            w->helpers |= 1u << i;
            bnn_c_note_helpers(w, helpers[i].text);
        }
}

const char *bnn_c_helper(const c_writer *w, size_t i)
{
    return i == HELPERS ? NULL : w->helpers >> i & 1 ? helpers[i].text : "";
}
