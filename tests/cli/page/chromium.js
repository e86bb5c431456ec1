// Chromium without a screen, for the scripts beside this one: a page is loaded and asked, and what is wrong is kept.
//
//     const chromium = require('./chromium.js')(PROGRAM);
//     chromium.run(async () => { await chromium.load(URL, 400, 'dark'); await chromium.expect(...); });
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const {spawn} = require('child_process');

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

module.exports = program => {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'bnn_browse.'));
    const browser = spawn(program, ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
        '--disable-dev-shm-usage', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'],
        {detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    const [, , , requests, answers] = browser.stdio;
    const waiting = new Map(), wrong = [];
    let last = 0, session, rest = '';

    // With its helpers, which live a little longer, and write to the profile.
    function end() {
        try {
            process.kill(-browser.pid, 'SIGKILL');
        } catch (error) {
            if (error.code !== 'ESRCH')
                throw error;
        }
    }

    // Whoever has been killed may still be at it; what is left then is a folder among temporary ones.
    async function forget() {
        for (let i = 0; i < 50 && fs.existsSync(profile); i++) {
            try {
                fs.rmSync(profile, {recursive: true, force: true});
            } catch {
                await pause(100);
            }
        }
    }

    setTimeout(() => {
        console.log('Chromium does not answer');
        end();
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

    // A key, pressed where the focus is: "Tab", "a".
    async function press(key, modifiers = 0) {
        const known = {Tab: [9], Enter: [13, '\r'], Escape: [27], ' ': [32, ' '], End: [35], Home: [36], ArrowLeft: [37], ArrowUp: [38],
            ArrowRight: [39], ArrowDown: [40], Delete: [46]};
        const [windowsVirtualKeyCode, text] = known[key] || [key.toUpperCase().charCodeAt(0), key];
        const code = key === ' ' ? 'Space' : key;
        await send('Input.dispatchKeyEvent', {type: text ? 'keyDown' : 'rawKeyDown', key, code, modifiers, windowsVirtualKeyCode, text});
        await send('Input.dispatchKeyEvent', {type: 'keyUp', key, code, modifiers, windowsVirtualKeyCode});
    }

    const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

    async function until(what, expression, seconds = 60) {
        for (const end = Date.now() + 1000 * seconds; !await evaluate(expression); await pause(100))
            if (Date.now() > end)
                throw new Error(`in ${seconds} s not: ${what}`);
    }

    // Nothing is wider than the screen, or the paper.
    async function fits(where) {
        const over = await evaluate(OVERFLOW);
        if (over !== '' || await evaluate('document.documentElement.scrollWidth > innerWidth'))
            wrong.push(`${where}: overflows: ${over}`);
    }

    // How it looks.
    async function look(width, theme) {
        await send('Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: width < 600});
        await send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: theme}]});
        await fits(`${width} ${theme}`);
    }

    async function load(url, width, theme) {
        await send('Page.navigate', {url: 'about:blank'});
        await send('Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: width < 600});
        await send('Page.navigate', {url});
        await until('loaded', `location.href !== 'about:blank' && document.readyState === 'complete'`);
        await evaluate(`document.documentElement.style.scrollBehavior = 'auto'`); // or it goes on when something is clicked
        await look(width, theme);
    }

    // As a picture, where somebody wants to look at it.
    async function shoot(name) {
        if (process.env.BNN_SHOTS)
            fs.writeFileSync(path.join(process.env.BNN_SHOTS, name + '.png'), Buffer.from((await send(
                'Page.captureScreenshot', {captureBeyondViewport: process.env.BNN_SHOTS_WHOLE === 'yes'})).data, 'base64'));
    }

    async function attach() {
        let target;
        while (!(target = (await send('Target.getTargets')).targetInfos.find(t => t.type === 'page')))
            await pause(50);
        session = (await send('Target.attachToTarget', {targetId: target.targetId, flatten: true})).sessionId;
        for (const domain of ['Page', 'Runtime', 'Log'])
            await send(`${domain}.enable`);
    }

    function run(main) {
        attach().then(main).catch(error => wrong.push(error.message)).finally(() => {
            browser.on('exit', async () => {
                await forget();
                console.log(wrong.length > 0 ? wrong.join('\n') : 'the page is as it should be');
                process.exit(wrong.length > 0 ? 1 : 0);
            });
            end();
        });
    }

    return {wrong, send, evaluate, expect, until, press, look, fits, load, shoot, run};
};
