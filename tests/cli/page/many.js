// Loads the page of 60 configs in Chromium: nothing overflows, words choose among the verdicts while they are sorted, by
// keyboard, with which one comes to all, and on paper all are there.
//
//     node many.js CHROMIUM PAGE.html
'use strict';
const [program, page] = process.argv.slice(2);
const chromium = require('./chromium.js')(program), {send, evaluate, expect, press} = chromium;

const ROWS = `[...document.querySelectorAll('.verdicts tbody tr')]`;
const SHOWN = `${ROWS}.filter(r => r.getClientRects().length > 0)`;
const STATUS = `document.querySelector('#e1-verdict .controls [role=status]').textContent`;

async function choose() {
    await expect('a row a config', `${ROWS}.length === 60 && ${SHOWN}.length === 60 && ${STATUS} === '59 of 59 comparisons'`);
    await evaluate(`document.querySelector('#e1-verdict input[type=search]').focus()`);
    await send('Input.insertText', {text: 'form=xnor verdict=worse '});
    await expect('those of xnor', `${SHOWN}.length === 15 && ${STATUS} === '14 of 59 comparisons' &&
        ${SHOWN}.every(r => /form=xnor/.test(r.cells[0].textContent) || r.className === 'baseline')`);
    await press('Tab'); // the region of the table, which scrolls
    await press('Tab');
    await press('Enter');
    await expect('sorted by config', `document.activeElement.textContent === 'config' &&
        document.querySelector('.verdicts thead th').ariaSort === 'ascending'`);
    await expect('still those of xnor', `${SHOWN}.length === 15 && ${SHOWN}.map(r => r.cells[0].textContent).slice(1)
        .every((label, i, all) => i === 0 || all[i - 1].localeCompare(label, 'en', {numeric: true}) <= 0)`);
    await evaluate(`document.querySelector('#e1-verdict input[type=search]').focus()`);
    await send('Input.insertText', {text: 'ste=clipped'});
    await expect('and of clipped', `${SHOWN}.length === 4`);
}

async function print() {
    await send('Emulation.setDeviceMetricsOverride', {width: 718, height: 1000, deviceScaleFactor: 1, mobile: false});
    await send('Emulation.setEmulatedMedia', {media: 'print'});
    await expect('all on paper', `${SHOWN}.length === 60`);
    await expect('no field on paper', `document.querySelector('#e1-verdict .controls').getClientRects().length === 0`);
    await chromium.fits('on paper');
}

chromium.run(async () => {
    for (const [width, theme] of [[400, 'light'], [400, 'dark'], [1400, 'dark'], [1400, 'light']]) {
        await chromium.load(`file://${page}`, width, theme);
        await chromium.shoot(`many-${width}-${theme}`);
    }
    await choose();
    await require('./keyboard.js')(chromium, false);
    await print();
});
