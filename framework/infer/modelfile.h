/* modelfile.h - `.bnn`, the model as a file of bits.
 *
 * Little-endian, without padding between fields. u8, u16, u32, i8, i16, i32: integers; f32: IEEE
 * 754 binary32; text: u16 length, then that many bytes, see bnn_metadata; bitmap(n): (n + 7) / 8
 * bytes, element i in bit i % 8 of byte i / 8, unused bits 0.
 *
 *   header     magic          8 bytes: 89 42 4e 4e 0d 0a 1a 0a
 *              version        u32: 1
 *              size           u32: bytes in the whole file
 *              checksum       u32: CRC-32 (that of zlib and PNG) of all bytes behind it
 *   model      input          u32 channels, height, width
 *              classes        u32
 *              metadata       u32 count, then for each: text key, text value
 *              stages         u32 count, then for each the following
 *   stage      size           u32: bytes of this stage, this field included
 *              name           text
 *              linear         u8 (bnn_lower_op): 0 none, 1 conv2d, 2 dense; in version 2 also logic: 11 gates, 12
 *                             counts of gates
 *              inputs,outputs u8, u8: 0 pixels, 1 bits, 2 floats; in version 2 also 3 codes
 *              flags          u8: 1 binary weights, 2 bias, 4 folded
 *              float values   u32: see bnn_stage
 *     conv2d   geometry       u32 kernel, stride, padding; i8 pad value
 *     linear   channels       u32
 *              weights        bitmap(channels * taps), 1 is +1; or f32 each
 *              bias           f32 each, with flag 2
 *     folded   pool           u32 window (0: none); then, unless none, u32 stride
 *              flipped, and, table   bitmap(channels) each
 *              threshold      u8 bytes of one (1, 2, 4); then i8, i16 or i32 for each channel
 *              tables         bitmap(size of a table) for each channel that has one
 *     else     chain          u8 count, then for each: u8 type (bnn_lower_op), text name, and of
 *                             these in this order what the type has (op.h): f32 factors; f32
 *                             offsets; f32 low, high; u32 window, stride
 *
 * Version 2 is written where version 1 cannot say what there is: codes, logic, a view. In it
 * - each u32 behind the header, and the u16 of a text, is LEB128 in its shortest form: 7 bits a byte, the
 *   lowest first, 128 added to all but the last;
 * - behind the classes stands a u8: 0; or 1, and then what is seen of an image (view.h): counts crop (0: all of it) and
 *   shrink, from 1, not both of these;
 * - a stage has no size, and operations of a chain have no names;
 * - factors, offsets and biases are arrays: u8 0 and f32 each; or, where all are equal and at most 65536, u8 1
 *   and one f32;
 * - flag 8 is codes, in place of flag 1: i8 least, i8 greatest, u8 step, and then, for the bitmap, their
 *   digits (codes.h);
 * - where outputs are codes, a u8 and a u8 behind the float values say how far the least lies below 0, and the
 *   greatest above the least; a chain ends in operations that give such (model.h);
 * - flag 16 is lines (model.h), in place of flag 4:
 *     pool     window (0: none); then, unless none, stride, and bitmap(channels): the least counts
 *     shift    u8
 *     factors, offsets   each u8 bytes of one, the fewest that hold all; then an integer of so many for each
 *              channel, or 128 more and one integer, where all are equal and at most 65536;
 * - of logic (logic.h), whose flags are 0, stand in place of `linear`, where packed(n, end) is n numbers below
 *   `end`, each in the fewest bits that hold them all, at least one, in the order of a bitmap:
 *     values   gates: channels, height, width; counts: channels, and outputs of each
 *     sources  count; packed(count, inputs of the stage); of pixels then u8 each: their levels
 *     runs     count; then for each: u8 inputs of a gate, count of gates; packed(gates * inputs, nodes before the
 *              run); bitmap(gates * (2^inputs - 1)): the tables without their first bits
 *     outputs  packed(values * outputs of each, 2 * nodes)
 *
 * Version 3 is written where version 2 cannot say what there is: groups, stages that take values from afar. In it
 * - the geometry of a conv2d ends in a count: groups of channels, 1 or more (op.h), by which both are divided;
 * - flags 32 and 64 of a stage are its from and with (model.h): a count each, not 0, behind the float values; and
 *   linear 0 may stand anywhere.
 *
 * Shapes are not stored but follow from the input; they must fit. Nothing may follow the last
 * stage. Threshold bytes are the fewest that hold all thresholds of the stage. */
#ifndef BNN_INFER_MODELFILE_H
#define BNN_INFER_MODELFILE_H

#include "infer/model.h"

#include <string.h>

enum { BNN_MODELFILE_VERSION = 3 }; /* the newest */
#define BNN_MODELFILE_LIMIT_BYTES ((size_t)1 << 30)

/* As in PNG: not ASCII, and line endings that a transfer as text would change. */
static const uint8_t bnn_modelfile_magic[8] = {0x89, 'B', 'N', 'N', 0x0d, 0x0a, 0x1a, 0x0a};

enum { BNN_MODELFILE_CHECKSUM_AT = 16, BNN_MODELFILE_HEADER_BYTES = 20 };
enum {
    BNN_MODELFILE_BINARY_WEIGHTS = 1,
    BNN_MODELFILE_BIAS = 2,
    BNN_MODELFILE_FOLDED = 4,
    BNN_MODELFILE_CODES = 8,
    BNN_MODELFILE_LINES = 16,
    BNN_MODELFILE_FROM = 32,
    BNN_MODELFILE_WITH = 64,
};

/* So many numbers can be written as one: more would take memory that a small file does not account for. */
enum { BNN_MODELFILE_EQUAL_MAX = 65536 };

/* Whether n numbers are, all having the bits of the first. */
static inline bool bnn_modelfile_are_equal(const float *values, uint64_t n)
{
    if (n > BNN_MODELFILE_EQUAL_MAX)
        return false;
    for (size_t i = 1; i < n; i++)
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the bits are meant: 0 and -0 differ */
        if (memcmp(&values[i], &values[0], sizeof *values) != 0)
            return false;
    return true;
}

/* Bytes of one, the fewest that hold each of n integers; and BNN_MODELFILE_ONE more where one stands for all. */
enum { BNN_MODELFILE_ONE = 128 };

static inline uint32_t bnn_modelfile_integer_kind(const int64_t *values, uint64_t n)
{
    uint32_t bytes = 1;
    bool equal = n <= BNN_MODELFILE_EQUAL_MAX;
    for (size_t i = 0; i < n; i++) {
        equal = equal && values[i] == values[0];
        while (bytes < 8 && (values[i] >= (int64_t)1 << (8 * bytes - 1) ||
                             values[i] < -((int64_t)1 << (8 * bytes - 1))))
            bytes++;
    }
    return bytes + (equal ? BNN_MODELFILE_ONE : 0);
}

static inline uint64_t bnn_modelfile_integer_bytes(const int64_t *values, uint64_t n)
{
    const uint32_t kind = bnn_modelfile_integer_kind(values, n);
    return kind % BNN_MODELFILE_ONE * (kind >= BNN_MODELFILE_ONE ? 1 : n);
}

static inline size_t bnn_modelfile_bitmap_bytes(size_t n)
{
    return (n + 7) / 8;
}

/* The fewest bytes, 1, 2 or 4, that hold each of n thresholds. */
static inline uint32_t bnn_modelfile_threshold_bytes(const int32_t *threshold, uint32_t n)
{
    uint32_t bytes = 1;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t t = threshold[i];
        if (t < INT16_MIN || t > INT16_MAX)
            return 4;
        if (t < INT8_MIN || t > INT8_MAX)
            bytes = 2;
    }
    return bytes;
}

/* The bytes of an array of n numbers. */
static inline uint64_t bnn_modelfile_array_bytes(uint32_t version, const float *values, uint64_t n)
{
    if (version == 1)
        return 4 * n;
    return 1 + 4 * (bnn_modelfile_are_equal(values, n) ? 1 : n);
}

/* Whether n bytes begin as a model file does: with the whole magic. */
bool bnn_modelfile_begins(const uint8_t *bytes, size_t n);

/* Reads a model. bytes are trusted in nothing: every count is checked against what is there before
 * it is used. `name` is for messages. The model lives in the arena and keeps nothing of bytes.
 * BNN_E_RESOURCE and "NAME: byte N: what is wrong" for a bad file. */
int bnn_modelfile_decode(const void *bytes, size_t n, const char *name, bnn_arena *arena,
                         bnn_model **out, bnn_error *err);
int bnn_modelfile_read(const char *path, bnn_arena *arena, bnn_model **out, bnn_error *err);

#endif
