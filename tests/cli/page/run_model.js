// The script of the report's page against the engine: every logit of every case of page_cases, bit for bit.
//
//     node run_model.js MODEL.js FOLDER
'use strict';
const fs = require('fs');
const path = require('path');

const [script, folder] = process.argv.slice(2);
const bnnModel = new Function(fs.readFileSync(script, 'utf8') + '; return bnnModel;')();
let checked = 0, wrong = 0;
for (const file of fs.readdirSync(folder).filter(f => f.endsWith('.bnn'))) {
    const read = ending => new Uint8Array(fs.readFileSync(
        path.join(folder, file.replace(/bnn$/, ending))));
    const model = bnnModel.decode(read('bnn')), images = read('images');
    const want = new Uint32Array(read('logits').buffer);
    const size = model.input[0] * model.input[1] * model.input[2];
    for (let i = 0; i * size < images.length; i++) {
        const got = bnnModel.run(model, images.subarray(i * size, (i + 1) * size));
        const bits = new Uint32Array(Float32Array.from(got).buffer);
        for (let k = 0; k < model.classes; k++, checked++) {
            const expected = want[i * model.classes + k];
            const nan = v => (v & 0x7fffffff) > 0x7f800000;
            if (bits[k] === expected || (nan(bits[k]) && nan(expected)))
                continue;
            if (wrong++ < 5)
                console.error(`${file}: logit ${k} of image ${i} is ${got[k]}, bits ` +
                              `${bits[k].toString(16)}, expected ${expected.toString(16)}`);
        }
    }
}
console.log(`${checked} logits, ${wrong} wrong`);
process.exit(checked > 0 && wrong === 0 ? 0 : 1);
