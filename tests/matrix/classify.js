// Runs the ONNX files of a folder in onnxruntime, on the images in its file "images".
//
//     node classify.js FOLDER      float32 logits of each FILE.onnx to FILE.onnx.logits
//
// Each file is removed once it has run.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const SHAPE = [1, 28, 28];
const folder = process.argv[2];

async function main() {
    const bytes = new Uint8Array(fs.readFileSync(path.join(folder, 'images')));
    const dims = [bytes.length / (28 * 28), ...SHAPE];
    const pixels = new ort.Tensor('uint8', bytes, dims);
    const image = new ort.Tensor('float32', Float32Array.from(bytes, p => (p - 128) / 128), dims);
    for (const file of fs.readdirSync(folder).filter(f => f.endsWith('.onnx')).sort()) {
        const whole = path.join(folder, file);
        const session = await ort.InferenceSession.create(whole, {
            intraOpNumThreads: 1, logSeverityLevel: 3}).catch(error => {
            throw new Error(`${file}: ${error.message}`);
        });
        const input = session.inputNames[0];
        const {logits} = await session.run({[input]: input === 'pixels' ? pixels : image});
        fs.writeFileSync(`${whole}.logits`, Buffer.from(logits.data.buffer, logits.data.byteOffset,
            logits.data.byteLength));
        await session.release();
        fs.unlinkSync(whole);
    }
}

main().catch(error => {
    console.log(error.message);
    process.exitCode = 1;
});
