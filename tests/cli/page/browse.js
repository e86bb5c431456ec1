// Loads the page of a report in Chromium at 400 and 1400 pixels, light and dark: nothing is logged, nothing overflows,
// what scripts draw is there, and the logits of its first networks are the engine's.
//
//     node browse.js CHROMIUM PAGE.html FOLDER     FOLDER: of page_cases, RUN.bnn, RUN.images, RUN.logits
'use strict';
const fs = require('fs');
const path = require('path');

const [program, page, folder] = process.argv.slice(2);
const chromium = require('./chromium.js')(program), {wrong, send, evaluate, expect} = chromium;

async function use() {
    await expect('rows', `document.querySelectorAll('.runs tbody tr').length === data0.runs.rows.length`);
    await evaluate(`document.querySelectorAll('.runs thead button')[4].click()`);
    await expect('sorted', `document.querySelectorAll('.runs thead th')[4].ariaSort === 'descending'`);
    await evaluate(`Object.assign(document.querySelector('.runs, .controls input[type=search]').closest('section')
        .querySelector('input'), {value: 'no such run'}).dispatchEvent(new Event('input'))`);
    await expect('filtered', `document.querySelectorAll('.runs tbody tr').length === 0`);
    await expect('kernels', `document.querySelectorAll('.layer canvas').length > 0`);
    await expect('matrix', `document.querySelectorAll('.matrix td').length > 99`);
    await evaluate(`document.querySelector('.samples button').click()`);
    await expect('an answer', `/^[0-9]$/.test(document.querySelector('.answer').textContent)`);
    await expect('all answer', `document.querySelectorAll('.draw table:last-child tbody tr').length === data0.models.length`);
    await evaluate(`document.querySelector('.controls button').click()`);
    await expect('cleared', `document.querySelector('.answer').textContent === '\\u2013'`);
    const box = JSON.parse(await evaluate(`document.querySelector('.field').scrollIntoView({behavior: 'instant', block: 'center'}),
        JSON.stringify(document.querySelector('.field').getBoundingClientRect())`));
    for (const [type, y] of [['mousePressed', 0.2], ['mouseMoved', 0.5], ['mouseMoved', 0.8], ['mouseReleased', 0.8]])
        await send('Input.dispatchMouseEvent', {type, x: box.x + box.width / 2, y: box.y + box.height * y,
            button: 'left', buttons: 1, clickCount: 1});
    await expect('what was drawn', `/^[0-9]$/.test(document.querySelector('.answer').textContent)`);
}

async function compare() {
    for (const file of fs.readdirSync(folder).filter(f => f.endsWith('.logits'))) {
        const read = ending => fs.readFileSync(path.join(folder, file.replace(/logits$/, ending)));
        const got = Buffer.from(await evaluate(`(() => {
            const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
            const model = bnnModel.decode(bytes(data0.models.find(m => m.run === '${file.replace(/.logits$/, '')}').model));
            const images = bytes('${read('images').toString('base64')}'), size = model.input.reduce((a, b) => a * b);
            const logits = [];
            for (let i = 0; i < images.length; i += size)
                logits.push(...bnnModel.run(model, images.subarray(i, i + size)));
            return btoa(Array.from(new Uint8Array(Float32Array.from(logits).buffer), b => String.fromCharCode(b)).join(''));
        })()`), 'base64');
        if (!got.equals(read('logits')))
            wrong.push(`${file}: other logits than the engine's`);
        console.log(`${file}: ${got.length / 4} logits`);
    }
}

chromium.run(async () => {
    for (const [width, theme] of [[400, 'light'], [400, 'dark'], [1400, 'dark'], [1400, 'light']])
        await chromium.load(`file://${page}`, width, theme);
    await evaluate(`var data0 = JSON.parse(document.getElementById('data').textContent)[0]`);
    await use();
    await compare();
});
