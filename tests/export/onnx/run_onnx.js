// Runs the ONNX files of onnx_cases in onnxruntime and compares classes and logits.
//
//     node run_onnx.js DIRECTORY LEVEL [MOST]     LEVEL: disabled, basic, extended, all
//
// MOST: of each case so many images, from the first on.
// Prints a line for each case that is wrong and a summary; status 1 when one is wrong.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const BATCH = 500;
const [directory, level, most] = process.argv.slice(2);

function floats(file) {
    const bytes = fs.readFileSync(file);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function classOf(logits, image, n) {
    let best = 0;
    for (let c = 1; c < n; c++)
        if (logits[image * n + c] > logits[image * n + best])
            best = c;
    return best;
}

async function run(file, input, test) {
    const session = await ort.InferenceSession.create(file, {
        graphOptimizationLevel: level, intraOpNumThreads: 1, logSeverityLevel: 3});
    const size = test.shape.reduce((a, b) => a * b);
    const images = new Uint8Array(fs.readFileSync(path.join(directory, `${test.name}.images`)));
    const logits = new Float32Array(test.images * test.classes);
    for (let first = 0; first < test.images; first += BATCH) {
        const n = Math.min(BATCH, test.images - first);
        const pixels = images.slice(first * size, (first + n) * size);
        const dims = [n, ...test.shape];
        const tensor = input === 'pixels'
            ? new ort.Tensor('uint8', pixels, dims)
            : new ort.Tensor('float32', Float32Array.from(pixels, p => (p - 128) / 128), dims);
        const out = await session.run({[input === 'pixels' ? 'pixels' : 'image']: tensor});
        if (out.logits.dims.join() !== `${n},${test.classes}`)
            throw new Error(`${file}: logits are ${out.logits.dims}`);
        logits.set(out.logits.data, first * test.classes);
    }
    await session.release();
    return logits;
}

function compare(got, wanted, n_images, n_classes) {
    const r = {classes: 0, logits: 0, difference: 0, relative: 0};
    let largest = 0;
    for (let i = 0; i < wanted.length; i++) {
        const same = got[i] === wanted[i] || (Number.isNaN(got[i]) && Number.isNaN(wanted[i]));
        if (Number.isFinite(wanted[i]))
            largest = Math.max(largest, Math.abs(wanted[i]));
        if (same)
            continue;
        r.logits++;
        const d = Math.abs(got[i] - wanted[i]);
        r.difference = Math.max(r.difference, Number.isNaN(d) ? Infinity : d);
    }
    r.relative = largest > 0 ? r.difference / largest : r.difference;
    for (let i = 0; i < n_images; i++)
        r.classes += classOf(got, i, n_classes) !== classOf(wanted, i, n_classes);
    return r;
}

// What a case promises: equal logits; or float sums in the end, equal but for their last bits; or
// equal classes.
function isWrong(promise, r) {
    if (promise === 'bits')
        return r.logits > 0;
    if (promise === 'decisions')
        return !(r.relative < 1e-5);
    return r.classes > 0;
}

async function main() {
    const tests = fs.readdirSync(directory).filter(f => f.endsWith('.json')).sort()
        .map(f => JSON.parse(fs.readFileSync(path.join(directory, f))));
    for (const test of tests)
        test.images = Math.min(test.images, Number(most || Infinity));
    const totals = {};
    let wrong = 0;
    if (tests.length === 0)
        throw new Error(`${directory} has no cases`);
    for (const test of tests) {
        const wanted = floats(path.join(directory, `${test.name}.logits`))
            .subarray(0, test.images * test.classes);
        for (const dialect of ['standard', 'packed'])
            for (const input of ['pixels', 'floats']) {
                const file = path.join(directory, `${test.name}.${dialect}.${input}.onnx`);
                const r = compare(await run(file, input, test), wanted, test.images, test.classes);
                const kind = `${test.name.split('_')[0]} ${test.promise}`;
                const t = totals[kind] ||= {files: 0, images: 0, classes: 0, logits: 0, difference: 0,
                    relative: 0};
                t.files++;
                t.images += test.images;
                t.classes += r.classes;
                t.logits += r.logits;
                t.difference = Math.max(t.difference, r.difference);
                t.relative = Math.max(t.relative, r.relative);
                if (isWrong(test.promise, r)) {
                    wrong++;
                    console.log(`${path.basename(file)} (${test.promise}): of ${test.images} images ` +
                        `${r.classes} classes and ${r.logits} logits differ, by at most ` +
                        `${r.difference}, ${r.relative} of the largest`);
                }
            }
    }
    for (const [kind, t] of Object.entries(totals))
        console.log(`${level}: ${kind}: ${t.files} files, ${t.images} images, ${t.classes} classes ` +
            `and ${t.logits} logits differ, by at most ${t.difference} (relative ${t.relative})`);
    process.exitCode = wrong > 0 ? 1 : 0;
}

main().catch(error => {
    console.error(error);
    process.exitCode = 1;
});
