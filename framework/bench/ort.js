// ort.js - runs ONNX models in onnxruntime for `bnnrun bench`, which starts it as
// `node -e`: so onnxruntime-node is looked for from the working directory up, and in NODE_PATH.
// One request a line on standard input, one answer a line on standard output, both JSON.
'use strict';

const fs = require('fs');
const readline = require('readline');

const answer = (object) => process.stdout.write(JSON.stringify(object) + '\n');

let ort = null;
try {
    ort = require('onnxruntime-node');
    answer({ version: require('onnxruntime-node/package.json').version });
} catch (error) {
    answer({ missing: String(error.message).split('\n')[0] });
}

const sessions = [];
let images = null; // float32 [n][c][h][w]
let shape = null; // [c, h, w]
let n_images = 0;
const batches = new Map(); // size -> inputs, made once and used in turn

function inputs_of(size) {
    if (!batches.has(size)) {
        const values = images.length / n_images;
        const inputs = [];
        for (let i = 0; i + size <= n_images; i += size) {
            const part = images.slice(i * values, (i + size) * values);
            inputs.push({ image: new ort.Tensor('float32', part, [size, ...shape]) });
        }
        batches.set(size, { inputs, next: 0 });
    }
    return batches.get(size);
}

const requests = {
    async images(request) {
        const pixels = fs.readFileSync(request.path);
        images = Float32Array.from(pixels, (pixel) => (pixel - 128) / 128);
        shape = request.shape;
        n_images = request.n;
        return {};
    },

    async load(request) {
        sessions.push(
            await ort.InferenceSession.create(request.path, {
                executionProviders: ['cpu'],
                executionMode: 'sequential',
                graphOptimizationLevel: 'all',
                interOpNumThreads: 1,
                intraOpNumThreads: 1,
                logSeverityLevel: 3,
            })
        );
        return {};
    },

    async logits(request) {
        const { inputs } = inputs_of(request.batch);
        const logits = [];
        for (const input of inputs)
            for (const logit of (await sessions[request.model].run(input)).logits.data)
                logits.push(logit);
        return { logits };
    },

    async run(request) {
        const session = sessions[request.model];
        const batch = inputs_of(request.batch);
        const cpu = process.cpuUsage();
        const start = process.hrtime.bigint();
        for (let i = 0; i < request.calls; i++) {
            await session.run(batch.inputs[batch.next]);
            batch.next = (batch.next + 1) % batch.inputs.length;
        }
        const wall_ns = Number(process.hrtime.bigint() - start);
        const used = process.cpuUsage(cpu);
        return { wall_ns, cpu_ns: 1000 * (used.user + used.system) };
    },
};

async function serve() {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        try {
            const request = JSON.parse(line);
            answer(await requests[request.do](request));
        } catch (error) {
            answer({ error: String(error.message).split('\n')[0] });
        }
    }
}

if (ort !== null) serve();
