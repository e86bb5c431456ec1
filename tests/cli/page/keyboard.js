// The page of a report without a pointer: with Tab one comes to all that can be used, sees where one is, and gets what is
// said to who points; and keys do what clicks do.
//
//     await require('./keyboard.js')(chromium, true)     the page is loaded; false: one only looks whether one comes to all
'use strict';

// What is there to be used, and what is so tall that it scrolls.
const USABLE = `[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"], figure > div')]
    .filter(e => e.getClientRects().length > 0 && !e.disabled && (e.tabIndex >= 0 || e.scrollHeight > e.clientHeight + 1))`;
const NAME = `(e => e.tagName + '.' + e.className + ' ' + (e.getAttribute('aria-label') || e.textContent).slice(0, 40))`;
const STEPS_MOST = 1500, SHIFT = 8;

module.exports = async (chromium, whole) => {
    const {wrong, evaluate, expect, press} = chromium;
    const focus = selector => evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    const shown = 'document.querySelector(".tip:not([hidden])")';

    // What is wrong with how the focus looks: no outline, or under something else.
    const look = `(() => {
        const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect(), said = [];
        if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2 || !e.matches(':focus-visible'))
            said.push('no outline');
        if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth)
            said.push('out of sight');
        else if (box.height < innerHeight / 2) {
            const at = document.elementFromPoint(Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1),
                Math.min(Math.max(box.y + box.height / 2, 1), innerHeight - 1));
            if (at && at !== e && !e.contains(at) && !at.contains(e))
                said.push('under ' + ${NAME}(at));
        }
        return said.length > 0 ? ${NAME}(e) + ': ' + said.join(', ') : '';
    })()`;

    // From the top to the end, where what can be opened is; or back.
    async function walk(modifiers) {
        await evaluate(`window.been = new Set()`);
        if (modifiers === 0) {
            await focus('.skip');
            await press('Tab');
        }
        await press('Tab', SHIFT);
        let n = 0;
        for (; n < STEPS_MOST; n++) {
            if (n > 0)
                await press('Tab', modifiers);
            const state = await evaluate(`(e => e === document.body || been.has(e) ? 'end' : (been.add(e),
                e.tagName === 'SUMMARY' && !e.parentElement.open ? 'closed' : ''))(document.activeElement)`);
            if (state === 'end')
                break;
            if (state === 'closed') {
                await press('Enter');
                await expect('it opens', 'document.activeElement.parentElement.open');
            }
            const said = await evaluate(look);
            if (said !== '')
                wrong.push(`by keyboard, ${said}`);
        }
        const missing = await evaluate(`${USABLE}.filter(e => !been.has(e)).map(${NAME}).join('; ')`);
        if (missing !== '')
            wrong.push(`by keyboard one does not come to ${missing}`);
        console.log(`${n} stops of the keyboard`);
    }

    // The arrow keys go from cell to cell, each of which says what it says to a pointer.
    async function cells(table) {
        await focus(`${table} td[tabindex="0"]`);
        for (const key of ['ArrowRight', 'ArrowDown', 'End', 'ArrowUp', 'Home', 'ArrowLeft']) {
            const before = await evaluate('document.activeElement.title + document.activeElement.cellIndex');
            await press(key);
            await expect(`${table}, ${key}`, `document.activeElement.matches('${table} td[title][tabindex="0"]') &&
                document.querySelectorAll('${table} td[tabindex="0"]').length === 1`);
            await expect(`${table}, ${key}: what it says`, `${shown} && ${shown}.textContent === document.activeElement.title`);
            if (key === 'ArrowRight' || key === 'ArrowDown')
                await expect(`${table}, ${key} goes on`, `document.activeElement.title + document.activeElement.cellIndex !==
                    ${JSON.stringify(before)}`);
        }
        await press('Escape');
        await expect(`${table}: it is gone`, `!${shown}`);
    }

    async function draw() {
        await focus('#e1-draw .controls button');
        await expect('no pen without its field', `document.querySelector('.pen').getClientRects().length === 0`);
        await press('Tab');
        await expect('where the pen is', `document.activeElement.matches('.field') &&
            document.querySelector('.pen').getClientRects().length === 1`);
        const top = await evaluate(`document.querySelector('.pen').getBoundingClientRect().top`);
        await press(' ');
        for (let i = 0; i < 10; i++)
            await press('ArrowDown');
        await expect('the pen moves', `document.querySelector('.pen.down').getBoundingClientRect().top > ${top} + 90`);
        await expect('what keys draw', `/^[0-9]$/.test(document.querySelector('.answer').textContent)`);
        await press(' ');
        await press('Delete');
        await expect('what keys clear', `document.querySelector('.answer').textContent === '\\u2013'`);
        await focus('.samples button');
        await press('Enter');
        await expect('an image by a key', `/^[0-9]$/.test(document.querySelector('.answer').textContent)`);
        await focus('#e1-draw .controls button');
        await press(' ');
        await expect('cleared by a key', `document.querySelector('.answer').textContent === '\\u2013'`);
        await focus('.pictures button');
        await press('Enter');
        await expect('a hard image by a key', `/^Test image/.test(document.querySelector('#e1-draw .note:last-child').textContent)`);
    }

    async function choose() {
        await focus('.switch button[value=light]');
        await press(' ');
        await expect('light by a key', `document.documentElement.dataset.theme === 'light' &&
            document.activeElement.getAttribute('aria-pressed') === 'true'`);
        await focus('#e1-draw select');
        const network = await evaluate('document.activeElement.value');
        await press('ArrowUp');
        await press('ArrowDown');
        await press('ArrowDown');
        await press('ArrowUp');
        await expect('a network by keys', `document.activeElement.value !== '' && ${JSON.stringify(network)} !== ''`);
        await focus('#e1-runs .chooser input');
        const n = await evaluate(`document.querySelectorAll('#e1-runs thead th').length`);
        await press(' ');
        await expect('a column less', `document.querySelectorAll('#e1-runs thead th').length === ${n - 1}`);
        await press(' ');
        await expect('and again', `document.querySelectorAll('#e1-runs thead th').length === ${n}`);
    }

    await evaluate(`Object.assign(document.querySelector('#e1-runs input[type=search]'), {value: ''}).dispatchEvent(new Event('input'))`);
    await walk(0);
    if (!whole)
        return;
    await chromium.look(400, 'light');
    await walk(SHIFT);
    await chromium.look(1400, 'light');
    for (const table of ['.runs', '.matrix'])
        await cells(table);
    await draw();
    await choose();
};
