// Loads the page of a report in Chromium at 400 and 1400 pixels, light and dark: nothing is logged, nothing overflows,
// what scripts draw is there, and the logits of its first networks are the engine's.
//
//     node browse.js CHROMIUM PAGE.html FOLDER     FOLDER: of page_cases, RUN.bnn, RUN.images, RUN.logits
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const {spawn} = require('child_process');

const [chromium, page, folder] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'bnn_browse.'));
const browser = spawn(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
    '--disable-dev-shm-usage', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'],
    {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
const [, , , requests, answers] = browser.stdio;
const waiting = new Map(), wrong = [];
let last = 0, session, rest = '';

setTimeout(() => {
    console.log('Chromium does not answer');
    browser.kill('SIGKILL');
    process.exit(1);
}, 300000).unref();

answers.on('data', bytes => {
    const messages = (rest + bytes).split('\0');
    rest = messages.pop();
    for (const message of messages.map(text => JSON.parse(text))) {
        if (message.id)
            waiting.get(message.id)(message.result || message);
        else if (/exceptionThrown|entryAdded|consoleAPICalled/.test(message.method))
            wrong.push(`logged: ${JSON.stringify(message.params).slice(0, 400)}`);
    }
});

function send(method, params = {}) {
    return new Promise(resolve => {
        waiting.set(++last, resolve);
        requests.write(JSON.stringify({id: last, method, params, sessionId: session}) + '\0');
    });
}

async function evaluate(expression) {
    const {result, exceptionDetails} = await send('Runtime.evaluate', {expression, returnByValue: true});
    if (exceptionDetails)
        throw new Error(`${expression.slice(0, 80)}: ${JSON.stringify(exceptionDetails).slice(0, 400)}`);
    return result.value;
}

async function expect(what, expression) {
    if (!await evaluate(expression))
        wrong.push(`${what}: ${expression}`);
}

// Elements that stick out, unless something around them scrolls.
const OVERFLOW = `[...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    if (box.width === 0 || box.left < -100)
        return false;
    for (let p = e.parentElement; p; p = p.parentElement)
        if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX))
            return false;
    return box.right > innerWidth + 1;
}).map(e => e.outerHTML.slice(0, 80)).join('; ')`;

async function load(width, theme) {
    await send('Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: width < 600});
    await send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: theme}]});
    await send('Page.navigate', {url: `file://${page}`});
    while (await evaluate(`location.href === 'about:blank' || document.readyState !== 'complete'`))
        await new Promise(resolve => setTimeout(resolve, 50));
    const over = await evaluate(OVERFLOW);
    if (over !== '' || await evaluate('document.documentElement.scrollWidth > innerWidth'))
        wrong.push(`${width} ${theme}: overflows: ${over}`);
}

async function use() {
    await expect('rows', `document.querySelectorAll('.runs tbody tr').length === data0.runs.rows.length`);
    await evaluate(`document.querySelectorAll('.runs thead button')[4].click()`);
    await expect('sorted', `document.querySelectorAll('.runs thead th')[4].ariaSort === 'descending'`);
    await evaluate(`Object.assign(document.querySelector('.runs, .controls input[type=search]').closest('section')
        .querySelector('input'), {value: 'no such run'}).dispatchEvent(new Event('input'))`);
    await expect('filtered', `document.querySelectorAll('.runs tbody tr').length === 0`);
    await expect('kernels', `document.querySelectorAll('.layer canvas').length > 1`);
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

async function main() {
    let target;
    while (!(target = (await send('Target.getTargets')).targetInfos.find(t => t.type === 'page')))
        await new Promise(resolve => setTimeout(resolve, 50));
    session = (await send('Target.attachToTarget', {targetId: target.targetId, flatten: true})).sessionId;
    for (const domain of ['Page', 'Runtime', 'Log'])
        await send(`${domain}.enable`);
    for (const [width, theme] of [[400, 'light'], [400, 'dark'], [1400, 'dark'], [1400, 'light']])
        await load(width, theme);
    await evaluate(`var data0 = JSON.parse(document.getElementById('data').textContent)[0]`);
    await use();
    await compare();
}

main().catch(error => wrong.push(error.message)).finally(() => {
    browser.on('exit', () => {
        fs.rmSync(profile, {recursive: true, force: true, maxRetries: 5});
        console.log(wrong.length > 0 ? wrong.join('\n') : 'the page is as it should be');
        process.exit(wrong.length > 0 ? 1 : 0);
    });
    browser.kill();
});
