// What the table of verdicts shows against what `bnnrun compare --json` has, to the last digit that is shown.
//
//     wrong = require('./cells.js')(rows, compare)     rows: a text a cell
'use strict';

// A number of as many digits as are shown; nothing, where there is none.
function isShown(text, value) {
    if (!/[0-9]/.test(text))
        return typeof value !== 'number';
    if (text.startsWith('<'))
        return value < Number(text.slice(1));
    const decimals = (text.split('.')[1] || '').length;
    return typeof value === 'number' && Math.abs(Number(text) - value) < 0.5001 * 10 ** -decimals;
}

// "+0.21 [+0.10, +0.32]", or the mean alone.
function areShown(text, values) {
    const shown = text.match(/[-+]?(?:[0-9.]+|inf)/g) || [];
    return shown.length === 0 ? typeof values[0] !== 'number'
                              : shown.every((number, i) => isShown(number, values[i]));
}

module.exports = (rows, compare) => {
    const wrong = [];
    for (const c of compare.comparisons) {
        const row = rows.find(([label]) => label === c.label);
        if (!row) {
            wrong.push(`${c.label} has no row`);
            continue;
        }
        const [, verdict, difference, mean, superiority, p, images] = row;
        const known = areShown(difference, [c.difference, c.low, c.high]);
        if (!verdict.startsWith(c.verdict))
            wrong.push(`${c.label}: the verdict ${verdict} is ${c.verdict}`);
        if (!known)
            wrong.push(`${c.label}: the difference ${difference} is ${c.difference} [${c.low}, ${c.high}]`);
        if (!isShown(mean, c.mean))
            wrong.push(`${c.label}: the mean ${mean} is ${c.mean}`);
        if (!isShown(superiority, c.superiority) || (superiority !== '' && !isShown(p, c.p)))
            wrong.push(`${c.label}: ${superiority} and p ${p} are ${c.superiority} and ${c.p}`);
        if (images && !areShown(images, [c.images_difference, c.images_low, c.images_high]))
            wrong.push(`${c.label}: of other images ${images} is ${c.images_difference}`);
    }
    const baseline = rows.find(([label]) => label === compare.baseline);
    const whole = compare.comparisons.find((c) => c.n === compare.n_seeds);
    if (rows.length !== compare.comparisons.length + 1 || !baseline || baseline[1] !== 'baseline' ||
        baseline[2] !== '' || (whole && !isShown(baseline[3], whole.baseline_mean)))
        wrong.push(`${rows.length} rows, of the baseline ${baseline}`);
    return wrong;
};
