/* model.js - a model file (infer/modelfile.h) is read, and run as infer/engine/plain.h says, to the last
 * bit of its logits. Numbers of JavaScript are doubles; fround makes them floats. */
"use strict";

const bnnModel = (() => {
    const fround = Math.fround;
    const PIXELS = 0, BITS = 1, FLOATS = 2, CODES = 3;
    const IDENTITY = 0, CONV2D = 1, DENSE = 2, AFFINE = 3, CLAMP = 4, SLOPE = 5, MAXPOOL = 6,
        AVGPOOL = 7, SIGN = 8, SLOPES = 9, TABLE = 11, GROUP_SUM = 12;
    const values = (s) => s[0] * s[1] * s[2];

    /* ---- a multiply-add that rounds once ---- */

    const double = new Float64Array(1), words = new Uint32Array(double.buffer);
    double[0] = 1;
    const LOW = words[0] === 0 ? 0 : 1, HIGH = 1 - LOW;

    /* The product of two floats is exact in a double; e is what the sum of doubles lacks (Knuth's
     * TwoSum). Rounded to odd, the sum tells fround on which side of a tie it was: 53 bits are more than
     * twice 24 and two (Boldo & Melquiond 2008). */
    function fma(a, b, c) {
        const p = a * b, s = p + c, t = s - p, e = (p - (s - t)) + (c - t);
        if (e === 0 || e !== e)
            return fround(s);
        double[0] = s;
        if ((words[LOW] & 1) === 0) {
            if (e > 0 === s > 0) {
                words[LOW] |= 1;
            } else {
                if (words[LOW] === 0)
                    words[HIGH]--;
                words[LOW]--;
            }
        }
        return fround(double[0]);
    }

    /* ---- operations (infer/op.c) ---- */

    function eachChannel(op, x, of) {
        const plane = op.in[1] * op.in[2], y = new Float32Array(x.length);
        for (let i = 0; i < x.length; i++)
            y[i] = of(x[i], (i / plane) | 0);
        return y;
    }

    function pool(op, x, ofWindow) {
        const [channels, h, w] = op.out, row = op.in[2], y = new Float32Array(values(op.out));
        let at = 0;
        for (let c = 0; c < channels; c++)
            for (let i = 0; i < h; i++)
                for (let j = 0; j < w; j++)
                    y[at++] = ofWindow(x, (c * op.in[1] + i * op.stride) * row + j * op.stride,
                                       op.kernel, row);
        return y;
    }

    function maximum(x, at, k, row) {
        let most = x[at];
        for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++)
                if (x[at + i * row + j] > most)
                    most = x[at + i * row + j];
        return most;
    }

    function mean(x, at, k, row) {
        let sum = -0;
        for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++)
                sum = fround(sum + x[at + i * row + j]);
        return fround(sum * fround(1 / (k * k)));
    }

    const apply = {
        [AFFINE]: (op, x) => eachChannel(op, x, (v, c) => fma(v, op.factor[c], op.offset[c])),
        [CLAMP]: (op, x) => eachChannel(op, x, (v) => {
            const t = op.low > v ? op.low : v;
            return op.high < t ? op.high : t;
        }),
        [SLOPE]: (op, x) => eachChannel(op, x, (v, c) => v * (v >= 0 ? 1 : op.factor[c])),
        [MAXPOOL]: (op, x) => pool(op, x, maximum),
        [AVGPOOL]: (op, x) => pool(op, x, mean),
        [SIGN]: (op, x) => eachChannel(op, x, (v) => v >= 0 ? 1 : -1),
        [SLOPES]: (op, x) =>
            eachChannel(op, x, (v, c) => v * (v >= 0 ? op.offset[c] : op.factor[c])),
    };

    /* ---- the file ---- */

    /* Version 2 has short counts, arrays of one float, and codes; version 1 has names and sizes instead. Version 3
     * has groups, and stages that take values from afar, or add them. */
    function reader(bytes) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        let at = 0;
        const take = (n) => (at += n) - n;
        const r = {
            at: () => at,
            u8: () => view.getUint8(take(1)),
            i8: () => view.getInt8(take(1)),
            u32: () => view.getUint32(take(4), true),
            f32: () => view.getFloat32(take(4), true),
            int: (n) => n === 1 ? r.i8() : n === 2 ? view.getInt16(take(2), true)
                                                   : view.getInt32(take(4), true),
            version: 1,
            count() {
                let value = 0;
                if (r.version === 1)
                    return r.u32();
                for (let place = 1, byte = 0x80; byte >= 0x80; place *= 128) {
                    byte = r.u8();
                    value += (byte & 0x7f) * place;
                }
                return value;
            },
            floats: (n) => Float32Array.from({length: n}, r.f32),
            array: (n) => r.version > 1 && r.u8() === 1 ? new Float32Array(n).fill(r.f32())
                                                        : r.floats(n),
            text() {
                const n = r.version === 1 ? view.getUint16(take(2), true) : r.count();
                return new TextDecoder().decode(bytes.subarray(take(n), at));
            },
            bitmap(n) {
                const from = take((n + 7) >> 3), out = new Uint8Array(n);
                for (let i = 0; i < n; i++)
                    out[i] = bytes[from + (i >> 3)] >> (i & 7) & 1;
                return out;
            },
            /* n numbers below `end`, each in the fewest bits. */
            packed(n, end) {
                let width = 1;
                while (end > 2 ** width)
                    width++;
                const bits = r.bitmap(n * width);
                return Array.from({length: n}, (_, i) => {
                    let value = 0;
                    for (let j = width; j-- > 0;)
                        value = 2 * value + bits[i * width + j];
                    return value;
                });
            },
            /* infer/codes.h: digits of base `levels` in a byte, or each of the fewest bits. */
            codes(n) {
                const min = r.i8(), max = r.i8(), step = r.u8(), levels = (max - min) / step + 1;
                const bits = 32 - Math.clz32(levels - 1);
                const digits = levels === 3 ? 5 : levels === 5 || levels === 6 ? 3 : 0;
                const from = take(digits ? Math.ceil(n / digits) : (n * bits + 7) >> 3);
                return Int8Array.from({length: n}, (_, i) => {
                    const at = i * bits, first = bytes[from + (at >> 3)], next = bytes[from + (at >> 3) + 1];
                    const digit = digits
                        ? Math.floor(bytes[from + Math.floor(i / digits)] / levels ** (i % digits)) % levels
                        : ((first | next << 8) >> (at & 7)) & ((1 << bits) - 1);
                    return min + digit * step;
                });
            },
        };
        return r;
    }

    /* The numbers of an operation, and the shape behind it. */
    function readNumbers(r, op) {
        const channels = op.in[0];
        if (op.type === AFFINE || op.type === SLOPE || op.type === SLOPES)
            op.factor = r.array(channels);
        if (op.type === AFFINE || op.type === SLOPES)
            op.offset = r.array(channels);
        if (op.type === CLAMP)
            [op.low, op.high] = r.floats(2);
        if (op.type === CONV2D || op.type === MAXPOOL || op.type === AVGPOOL)
            [op.kernel, op.stride, op.padding] = [r.count(), r.count(), 0];
        if (op.type === CONV2D)
            [op.padding, op.padValue, op.groups] = [r.count(), r.i8(), r.version > 2 ? r.count() : 1];
        op.out = op.in;
        if (op.kernel > 0) {
            const side = (n) => Math.floor((n + 2 * op.padding - op.kernel) / op.stride) + 1;
            op.out = [channels, side(op.in[1]), side(op.in[2])];
        }
        return op;
    }

    function readLinear(r, flags, s) {
        const op = readNumbers(r, s.op), channels = r.count();
        op.out = op.type === DENSE ? [channels, 1, 1] : [channels, op.out[1], op.out[2]];
        s.taps = op.type === DENSE ? values(op.in) : op.in[0] / op.groups * op.kernel * op.kernel;
        s.binary = (flags & 1) !== 0;
        op.weight = s.binary ? Int8Array.from(r.bitmap(channels * s.taps), (bit) => 2 * bit - 1)
            : flags & 8      ? r.codes(channels * s.taps)
                             : r.floats(channels * s.taps);
        if (flags & 2)
            op.bias = r.array(channels);
        s.integers = s.binary && !op.bias && s.inputs < FLOATS &&
            s.taps <= (s.inputs === PIXELS ? 1 << 17 : 1 << 24) &&
            (!op.padding || (s.inputs === PIXELS) === (op.padValue === 0));
    }

    function readFold(r, s) {
        const channels = s.op.out[0], fold = s.fold = {pool: r.count()};
        s.out = s.op.out;
        if (fold.pool) {
            const op = {in: s.out, kernel: fold.pool, stride: r.count()};
            const side = (n) => Math.floor((n - op.kernel) / op.stride) + 1;
            op.out = s.out = [channels, side(s.out[1]), side(s.out[2])];
            fold.op = op;
        }
        [fold.flipped, fold.and] = [r.bitmap(channels), r.bitmap(channels)];
        const tables = r.bitmap(channels), bytes = r.u8();
        fold.threshold = Int32Array.from({length: channels}, () => r.int(bytes));
        fold.bound = s.taps * (s.inputs === PIXELS ? 128 : 1);
        fold.step = s.inputs === PIXELS ? 1 : 2;
        fold.tables = Array.from(tables, (has) =>
            has ? r.bitmap(2 * fold.bound / fold.step + 1) : null);
    }

    /* Integers of up to 2^48 are exact in doubles. */
    function readIntegers(r, n) {
        const kind = r.u8(), bytes = kind & 127, one = kind > 127;
        const next = () => {
            let value = 0;
            for (let k = 0; k < bytes; k++)
                value += (k + 1 < bytes ? r.u8() : r.i8()) * 256 ** k;
            return value;
        };
        const first = one ? next() : 0;
        return Array.from({length: n}, () => one ? first : next());
    }

    function readLines(r, s) {
        const channels = s.op.out[0], lines = s.lines = {pool: r.count(), least: []};
        s.out = s.op.out;
        if (lines.pool) {
            const op = lines.op = {in: s.out, kernel: lines.pool, stride: r.count()};
            const side = (n) => Math.floor((n - op.kernel) / op.stride) + 1;
            op.out = s.out = [channels, side(s.out[1]), side(s.out[2])];
            lines.least = r.bitmap(channels);
        }
        lines.unit = 2 ** r.u8();
        lines.factor = readIntegers(r, channels);
        lines.offset = readIntegers(r, channels);
    }

    /* infer/logic.h: nodes are the constant, sources, gates. */
    function readLogic(r, s) {
        const sums = s.op.type === GROUP_SUM, c = r.count(), logic = s.logic = {group: 1};
        if (sums)
            logic.group = r.count();
        s.op.out = sums ? [c, 1, 1] : [c, r.count(), r.count()];
        const n = r.count();
        logic.source = r.packed(n, values(s.op.in));
        logic.level = s.inputs === PIXELS ? Array.from({length: n}, r.u8) : null;
        let nodes = 1 + n;
        logic.runs = Array.from({length: r.count()}, () => {
            const inputs = r.u8(), count = r.count(), entries = 2 ** inputs - 1;
            const run = {inputs, count, entries, wire: r.packed(count * inputs, nodes),
                         table: r.bitmap(count * entries)};
            nodes += count;
            return run;
        });
        logic.output = r.packed(values(s.op.out) * logic.group, 2 * nodes);
    }

    /* The next stage, and those before it; pixels: the shape of what the network sees. */
    function readStage(r, pixels, stages) {
        const start = r.at(), size = r.version === 1 ? r.u32() : 0, s = {name: r.text()};
        const type = r.u8();
        s.inputs = r.u8();
        s.outputs = r.u8();
        const flags = r.u8();
        r.count();
        s.source = stages.length - 1 - (flags & 32 ? r.count() : 0);
        s.other = flags & 64 ? stages.length - r.count() : -1;
        const shape = s.source < 0 ? pixels : stages[s.source].out;
        s.op = {type, in: shape, out: shape};
        s.codes = {min: 0, n: 1};
        if (s.outputs === CODES)
            s.codes = {min: -r.u8(), n: r.u8()};
        if (r.version > 1 && (s.op.type === TABLE || s.op.type === GROUP_SUM))
            readLogic(r, s);
        else if (s.op.type !== IDENTITY)
            readLinear(r, flags, s);
        if (flags & 4) {
            readFold(r, s);
        } else if (flags & 16) {
            readLines(r, s);
        } else {
            s.chain = [];
            s.out = s.op.out;
            for (let n = r.u8(); n > 0; n--) {
                const type = r.u8();
                if (r.version === 1)
                    r.text();
                const op = readNumbers(r, {type, in: s.out});
                s.chain.push(op);
                s.out = op.out;
            }
        }
        if (r.version === 1 && r.at() !== start + size)
            throw new Error("a stage has another size than it says");
        return s;
    }

    /* infer/view.h: what is cut out of an image, and the shape of its means. */
    function cutShape(model) {
        const [c, h, w] = model.input;
        return model.crop ? [c, model.crop, model.crop] : [c, h, w];
    }

    function seenShape(model) {
        const [c, h, w] = cutShape(model);
        return [c, h / model.shrink, w / model.shrink];
    }

    function decode(bytes) {
        const r = reader(bytes), magic = [0x89, 0x42, 0x4e, 0x4e, 13, 10, 26, 10];
        const isModel = magic.every((byte) => r.u8() === byte), version = r.u32();
        if (!isModel || version < 1 || version > 3 || r.u32() !== bytes.length)
            throw new Error("not a model file");
        r.u32();
        r.version = version;
        const model = {input: [r.count(), r.count(), r.count()], classes: r.count(), metadata: {}};
        const more = version > 1 ? r.u8() : 0;
        if (more > 1)
            throw new Error("a model file of a newer kind");
        [model.crop, model.shrink] = more ? [r.count(), r.count()] : [0, 1];
        for (let n = r.count(); n > 0; n--) {
            const key = r.text();
            model.metadata[key] = r.text();
        }
        model.stages = [];
        for (let n = r.count(); n > 0; n--)
            model.stages.push(readStage(r, seenShape(model), model.stages));
        return model;
    }

    /* ---- sums ---- */

    /* Whether it is inside, and of what is outside the pad value; -1: to be left out. */
    function windows(op, skips, add, start, y) {
        const [channels, h, w] = op.out, [, inH, inW] = op.in, k = op.kernel;
        const inC = op.in[0] / op.groups;
        let at = 0;
        for (let c = 0; c < channels; c++)
            for (let i = 0; i < h; i++)
                for (let j = 0; j < w; j++) {
                    let sum = start(c), tap = c * inC * k * k;
                    const first = Math.floor(c * op.groups / channels) * inC;
                    for (let d = first; d < first + inC; d++)
                        for (let a = 0; a < k; a++)
                            for (let b = 0; b < k; b++, tap++) {
                                const row = i * op.stride + a - op.padding;
                                const column = j * op.stride + b - op.padding;
                                const inside = row >= 0 && row < inH && column >= 0 && column < inW;
                                if (inside || !skips)
                                    sum = add(tap, inside ? (d * inH + row) * inW + column : -1, sum);
                            }
                    y[at++] = sum;
                }
        return y;
    }

    function sums(op, x, padValue, add, start, y) {
        const w = op.weight, skips = padValue === 0;
        if (op.type === CONV2D)
            return windows(op, skips, (tap, from, sum) =>
                add(w[tap], from < 0 ? padValue : x[from], sum), start, y);
        for (let c = 0, tap = 0; c < op.out[0]; c++) {
            let sum = start(c);
            for (let i = 0; i < x.length; i++)
                sum = add(w[tap++], x[i], sum);
            y[c] = sum;
        }
        return y;
    }

    /* ---- a stage ---- */

    function decide(s, total) {
        const plane = s.op.out[1] * s.op.out[2], f = s.fold, bits = new Int8Array(total.length);
        for (let i = 0; i < total.length; i++) {
            const c = (i / plane) | 0, table = f.tables[c];
            bits[i] = table ? 2 * table[(total[i] + f.bound) / f.step] - 1
                            : total[i] >= f.threshold[c] ? 1 : -1;
        }
        if (!f.pool)
            return bits;
        const outPlane = s.out[1] * s.out[2];
        const any = pool(f.op, bits, maximum);
        const all = pool(f.op, bits.map((b) => -b), maximum);
        return Int8Array.from(any, (b, i) => f.and[(i / outPlane) | 0] ? -all[i] : b);
    }

    function followLines(s, total) {
        const lines = s.lines, plane = s.op.out[1] * s.op.out[2], outPlane = s.out[1] * s.out[2];
        let x = total;
        if (lines.pool) {
            const turned = total.map((v, i) => lines.least[(i / plane) | 0] ? -v : v);
            x = pool(lines.op, turned, maximum).map((v, i) => lines.least[(i / outPlane) | 0] ? -v : v);
        }
        const codes = Float32Array.from(x, (v, i) => {
            const c = (i / outPlane) | 0;
            const code = Math.floor((lines.factor[c] * v + lines.offset[c]) / lines.unit);
            return s.codes.min + Math.min(Math.max(code, 0), s.codes.n);
        });
        return s.outputs === BITS ? Int8Array.from(codes, (v) => 2 * v - 1) : codes;
    }

    function evaluate(logic, x) {
        const nodes = [0];
        logic.source.forEach((at, i) =>
            nodes.push(logic.level ? +(x[at] + 128 >= logic.level[i]) : +(x[at] > 0)));
        for (const run of logic.runs)
            for (let i = 0; i < run.count; i++) {
                let m = 0;
                for (let j = run.inputs; j-- > 0;)
                    m = 2 * m + nodes[run.wire[i * run.inputs + j]];
                nodes.push(m === 0 ? 0 : run.table[i * run.entries + m - 1]);
            }
        const y = new Float32Array(logic.output.length / logic.group);
        logic.output.forEach((at, i) => {
            y[Math.floor(i / logic.group)] += 2 * (nodes[at >> 1] ^ at & 1) - 1;
        });
        return y;
    }

    /* x: signed pixels (p - 128), signs (-1, +1), codes or floats; so is what comes out. */
    function runStage(s, x) {
        let y;
        if (s.integers) {
            const pad = s.inputs === PIXELS ? 0 : s.op.padValue > 0 ? 1 : -1;
            const total = sums(s.op, x, pad, (w, v, sum) => sum + w * v, () => 0,
                               new Int32Array(values(s.op.out)));
            if (s.fold)
                return decide(s, total);
            if (s.lines)
                return followLines(s, total);
            y = Float32Array.from(total, (v) => s.inputs === PIXELS ? fround(v) / 128 : v);
        } else if (s.logic) {
            y = evaluate(s.logic, x);
        } else {
            y = Float32Array.from(x, (v) => s.inputs === PIXELS ? v / 128 : v);
            if (s.op.type !== IDENTITY)
                y = sums(s.op, y, s.op.padValue, fma, (c) => s.op.bias ? s.op.bias[c] : 0,
                         new Float32Array(values(s.op.out)));
            if (s.lines)
                return followLines(s, y.map((v) => s.inputs === PIXELS ? v * 128 : v));
        }
        for (const op of s.chain)
            y = apply[op.type](op, y);
        return s.outputs === BITS ? Int8Array.from(y, (v) => v >= 0 ? 1 : -1) : y;
    }

    function see(model, pixels) {
        const [, height, width] = model.input, [, cutH, cutW] = cutShape(model), s = model.shrink;
        const [channels, h, w] = seenShape(model), seen = new Uint8Array(channels * h * w);
        const top = (height - cutH) >> 1, left = (width - cutW) >> 1, area = s * s;
        for (let i = 0; i < seen.length; i++) {
            const c = Math.floor(i / (h * w)), y = top + Math.floor(i / w) % h * s, x = left + i % w * s;
            let sum = area >> 1;
            for (let a = 0; a < s; a++)
                for (let b = 0; b < s; b++)
                    sum += pixels[(c * height + y + a) * width + x + b];
            seen[i] = Math.floor(sum / area);
        }
        return seen;
    }

    /* The logits of one image, bytes [c][h][w]. */
    function run(model, pixels) {
        const seen = Int16Array.from(see(model, pixels), (p) => p - 128), given = [];
        for (const s of model.stages) {
            const x = s.source < 0 ? seen : given[s.source];
            given.push(runStage(s, s.other < 0 ? x : x.map((v, i) => v + given[s.other][i])));
        }
        return given[given.length - 1];
    }

    /* The first of the largest, as bnn_class_of. */
    function classOf(logits) {
        let best = 0;
        for (let i = 1; i < logits.length; i++)
            if (logits[i] > logits[best])
                best = i;
        return best;
    }

    return {decode, run, classOf, fma};
})();
