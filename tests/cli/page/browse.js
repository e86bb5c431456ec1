// Loads the page of a report in Chromium at 400 and 1400 pixels, light and dark: nothing is logged, nothing overflows,
// what scripts draw is there, the cells of its verdicts are those of compare, the logits of its first networks are the
// engine's, and on paper it is whole, and black on white.
//
//     node browse.js CHROMIUM PAGE.html FOLDER COMPARE.json     FOLDER: of page_cases, RUN.bnn, RUN.images, RUN.logits;
//                                                               COMPARE.json: of compare --json
'use strict';
const fs = require('fs');
const path = require('path');

const [program, page, folder, compared] = process.argv.slice(2);
const chromium = require('./chromium.js')(program), {wrong, send, evaluate, expect, press} = chromium;

// What the body of the table of verdicts shows, and how its heads say that it is sorted.
async function verdicts() {
    return JSON.parse(await evaluate(`(() => {
        const table = document.querySelector('.verdicts'), texts = row => [...row.cells].map(cell => cell.innerText.trim());
        return JSON.stringify({rows: [...table.tBodies[0].rows].map(texts),
            sorted: [...table.tHead.rows[0].cells].map(cell => cell.ariaSort)});
    })()`));
}

// Sorts by the column, with the keyboard: what has no number is the last either way.
async function sort(column, order) {
    await evaluate(`document.querySelectorAll('.verdicts thead button')[${column}].focus()`);
    await press('Enter');
    const {rows, sorted} = await verdicts(), shown = rows.map(row => row[column]);
    const numbers = shown.map(text => parseFloat(text)), way = order === 'descending' ? -1 : 1;
    if (sorted.filter(state => state !== 'none').join() !== order || sorted[column] !== order)
        wrong.push(`sorted by ${column}, ${order}: the heads say ${sorted}`);
    for (let i = 1; i < numbers.length; i++)
        if (Number.isNaN(numbers[i - 1]) ? !Number.isNaN(numbers[i]) : way * (numbers[i] - numbers[i - 1]) < 0)
            wrong.push(`sorted by ${column}, ${order}: ${shown}`);
    await expect('the focus stays', `document.activeElement === document.querySelectorAll('.verdicts thead button')[${column}]`);
}

async function judge() {
    const want = JSON.parse(fs.readFileSync(compared)), before = await verdicts();
    wrong.push(...require('./cells.js')(before.rows, want));
    for (const [column, order] of [[2, 'descending'], [2, 'ascending'], [3, 'descending']])
        await sort(column, order);
    wrong.push(...require('./cells.js')((await verdicts()).rows, want));
    await evaluate(`document.querySelectorAll('.verdicts thead button')[0].click()`);
    const labels = (await verdicts()).rows.map(row => row[0]);
    if (labels.join() !== [...labels].sort((a, b) => a.localeCompare(b, 'en', {numeric: true})).join())
        wrong.push(`sorted by config: ${labels}`);
}

// The words that are typed choose rows, and the baseline stays; Escape brings the others back.
async function filter() {
    const rows = `[...document.querySelectorAll('.verdicts tbody tr')]`, shown = `${rows}.filter(r => r.getClientRects().length > 0)`;
    const status = `document.querySelector('#e1-verdict .controls [role=status]').textContent`;
    await expect('a field that has a name', `document.querySelector('#e1-verdict input[type=search]').labels[0].textContent === 'Filter'`);
    const n = await evaluate(`${rows}.length`), label = await evaluate(`${rows}.find(r => r.className !== 'baseline').cells[0].textContent`);
    await evaluate(`document.querySelector('#e1-verdict input[type=search]').focus()`);
    for (const [words, found] of [[`Config=${label.split(' ')[0]}`.toUpperCase(), true], ['no such config', false]]) {
        await send('Input.insertText', {text: words});
        await expect(words, `${shown}.every(r => r.className === 'baseline' ||
            r.cells[0].textContent.includes(${JSON.stringify(label.split(' ')[0])}))`);
        await expect('the baseline stays', `${shown}.filter(r => r.className === 'baseline').length === 1`);
        await expect('so many', `${shown}.length > 1 === ${found} && ${status} === (${shown}.length - 1) + ' of ${n - 1} comparisons'`);
        await press('Escape');
        await expect('all again', `${shown}.length === ${n} && ${status} === '${n - 1} of ${n - 1} comparisons'`);
    }
    await send('Input.insertText', {text: 'no such config'}); // for what is printed
}

// In a browser that is dark, on paper of 19 centimetres.
async function print() {
    await evaluate(`document.querySelector('.switch button[value=dark]').click()`);
    await send('Emulation.setDeviceMetricsOverride', {width: 718, height: 1000, deviceScaleFactor: 1, mobile: false});
    await send('Emulation.setEmulatedMedia', {media: 'print', features: [{name: 'prefers-color-scheme', value: 'dark'}]});
    await expect('black on white', `(s => s.backgroundColor + s.color)(getComputedStyle(document.body)) ===
        'rgb(255, 255, 255)rgb(0, 0, 0)'`);
    await expect('nothing to click', `[...document.querySelectorAll('.contents, .switch, .controls, .skip, pre button, [id$=-draw]')]
        .every(e => e.getClientRects().length === 0)`);
    await expect('all figures, once', `[...document.querySelectorAll('.broad')].every(e => e.getClientRects().length > 0) &&
        [...document.querySelectorAll('.narrow')].every(e => e.getClientRects().length === 0)`);
    await expect('all verdicts, whatever the filter', `[...document.querySelectorAll('.verdicts tbody tr')]
        .every(e => e.getClientRects().length > 0)`);
    await expect('all rows', `document.querySelectorAll('.runs tbody tr').length === data0.runs.rows.length &&
        [...document.querySelectorAll('.runs, .wide, figure > div')].filter(e => e.getClientRects().length > 0)
            .every(e => getComputedStyle(e).overflowY === 'visible' && getComputedStyle(e).maxHeight === 'none')`);
    await expect('no arrows', `[...document.querySelectorAll('thead button')]
        .every(e => getComputedStyle(e, '::after').content === 'none')`);
    await chromium.fits('on paper');
    const {data} = await send('Page.printToPDF', {printBackground: false});
    if (!data || Buffer.from(data, 'base64').subarray(0, 4).toString() !== '%PDF')
        wrong.push('it cannot be printed');
    await send('Emulation.setEmulatedMedia', {media: ''});
}

async function use() {
    await expect('rows', `document.querySelectorAll('.runs tbody tr').length === data0.runs.rows.length`);
    await evaluate(`document.querySelectorAll('.runs thead button')[4].click()`);
    await expect('sorted', `document.querySelectorAll('.runs thead th')[4].ariaSort === 'descending'`);
    await evaluate(`Object.assign(document.querySelector('#e1-runs input[type=search]'), {value: 'no such run'})
        .dispatchEvent(new Event('input'))`);
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
    await judge();
    await filter();
    await print();
    await use();
    await require('./keyboard.js')(chromium, true);
    await compare();
});
