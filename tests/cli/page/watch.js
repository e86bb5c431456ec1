// Watches in Chromium what bnnrun serve shows of a sweep that is run meanwhile: the page changes by itself, what one has
// sorted and filtered stays, nothing is logged, nothing overflows, and it says when the server is gone.
//
//     node watch.js CHROMIUM URL SERVER SWEEP...     SERVER: its process; SWEEP: the command
'use strict';
const {spawn} = require('child_process');

const [program, url, server, ...sweep] = process.argv.slice(2);
const chromium = require('./chromium.js')(program), {evaluate, expect, until} = chromium;

const END = `/: 8 of 8 runs done/.test(document.querySelector('.counts').textContent)`;
const TOP = `Math.round(document.querySelector('#e1-runs').getBoundingClientRect().top)`;

async function follow() {
    await chromium.load(url, 1400, 'light');
    await expect('it says that there is nothing yet', `/no database/.test(document.querySelector('.none').textContent)`);
    const running = spawn(sweep[0], sweep.slice(1), {stdio: 'ignore'});
    const ended = new Promise(resolve => running.on('exit', resolve));
    await until('runs are shown', `document.querySelectorAll('.runs tbody tr').length === 8 &&
        document.querySelector('.progress tbody tr td') !== null`);
    await chromium.shoot('began-1400-light');
    await evaluate(`Object.assign(document.querySelector('#e1-runs input[type=search]'), {value: 'config=ste'})
        .dispatchEvent(new Event('input')), document.querySelectorAll('#e1-runs thead button')[2].click(),
        document.querySelector('#e1-runs').scrollIntoView({behavior: 'instant'}),
        document.querySelector('#e1-runs input[type=search]').focus({preventScroll: true})`);
    await until('a curve', `document.querySelector('#e1-curves svg') !== null`);
    await chromium.shoot('running-1400-light');
    const curve = await evaluate(`document.querySelector('#e1-curves svg').outerHTML`), top = await evaluate(TOP);
    await until('the end of the sweep', END, 240);
    if (await ended !== 0)
        chromium.wrong.push('the sweep failed');
    await until('a verdict', `document.querySelector('#e1-verdict .verdicts') !== null`);
    await until('all are done', `[...document.querySelectorAll('.runs tbody tr')].every(r => r.className === 'done')`);
    await expect('the curves have grown', `document.querySelector('#e1-curves svg').outerHTML !== ${JSON.stringify(curve)}`);
    await expect('the filter stays', `document.activeElement === document.querySelector('#e1-runs input[type=search]') &&
        document.activeElement.value === 'config=ste'`);
    await expect('filtered, and sorted', `document.querySelectorAll('.runs tbody tr').length === 4 &&
        document.querySelectorAll('.runs thead th')[2].ariaSort !== 'none'`);
    if (Math.abs(await evaluate(TOP) - top) > 3)
        chromium.wrong.push(`what is read was at ${top}, and is at ${await evaluate(TOP)}`);
    await expect('contents', `document.querySelector('.contents a[href="#e1-verdict"]') !== null`);
    // The verdicts of a later page are sorted and filtered as those before.
    await evaluate(`Object.assign(document.querySelector('#e1-verdict input[type=search]'), {value: 'no such config'})
        .dispatchEvent(new Event('input')), document.querySelectorAll('.verdicts thead button')[3].click(), fetch(location.pathname)
        .then(answer => answer.text()).then(text => {
            const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('#e1-verdict');
            document.querySelector('#e1-verdict').replaceWith(fresh);
            bnnPage.dress(fresh);
            fresh.dataset.later = '';
        })`);
    await until('later verdicts', `document.querySelector('#e1-verdict[data-later]') !== null`);
    await expect('which are sorted', `document.querySelectorAll('.verdicts thead th')[3].ariaSort === 'descending' &&
        [...document.querySelectorAll('.verdicts tbody tr')].map(r => parseFloat(r.cells[3].textContent))
            .every((v, i, all) => i === 0 || v <= all[i - 1])`);
    await expect('and filtered', `document.querySelector('#e1-verdict input[type=search]').value === 'no such config' &&
        [...document.querySelectorAll('.verdicts tbody tr')].every(r => r.hidden === (r.className !== 'baseline'))`);
    await until('what can be drawn upon', `document.querySelector('#e1-draw .field') !== null`);
}

async function visit() {
    await evaluate(`scrollTo({top: 0, behavior: 'instant'})`);
    for (const [width, theme] of [[400, 'light'], [400, 'dark'], [1400, 'dark'], [1400, 'light']]) {
        await chromium.look(width, theme);
        await chromium.shoot(`ended-${width}-${theme}`);
    }
    const run = await evaluate(`document.querySelector('.runs tbody a').href`);
    for (const [width, theme] of [[400, 'dark'], [1400, 'light']]) {
        await chromium.load(run, width, theme);
        await expect('a run', `document.querySelectorAll('section table').length > 5 && document.querySelector('#epochs svg') !== null`);
        await chromium.shoot(`run-${width}-${theme}`);
    }
}

chromium.run(async () => {
    await follow();
    await visit();
    const before = chromium.wrong.length;
    process.kill(Number(server));
    await until('it says that the server is gone', `document.querySelector('.watch.gone') !== null`);
    await chromium.look(400, 'light');
    await chromium.shoot('gone-400-light');
    const logged = chromium.wrong.splice(before); // that a request has failed
    chromium.wrong.push(...logged.filter(text => !/ERR_CONNECTION|Failed to fetch/.test(text)));
});
