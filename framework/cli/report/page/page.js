/* page.js - what moves in the report: its tables, pictures, and a field to draw in. Texts of the data are only ever
 * set as text. */
const bnnPage = (() => {
    const live = "live" in document.body.dataset;
    const number = new Intl.NumberFormat("en-US");

    /* An element; properties as DOM has them, "aria-..." and the like as attributes. */
    function make(tag, properties, ...children) {
        const element = document.createElement(tag);
        for (const [key, value] of Object.entries(properties || {}))
            if (key in element)
                element[key] = value;
            else
                element.setAttribute(key, value);
        element.append(...children);
        return element;
    }

    function labelled(text, control) {
        return make("label", {}, text, control);
    }

    function offer(select, options) {
        select.replaceChildren(...options.map((text, i) => make("option", {value: i, textContent: text})));
    }

    function choice(options, onchange) {
        const select = make("select");
        offer(select, options);
        select.addEventListener("change", () => onchange(Number(select.value)));
        return select;
    }

    const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

    /* ---- the whole page ---- */

    function theme(place) {
        const root = document.documentElement, buttons = [];
        const set = (name) => {
            if (name === "auto")
                delete root.dataset.theme;
            else
                root.dataset.theme = name;
            buttons.forEach((b) => b.setAttribute("aria-pressed", b.value === name));
        };
        for (const name of ["auto", "light", "dark"]) {
            const button = make("button", {type: "button", value: name, textContent: name,
                                           title: "colours of the page"});
            button.addEventListener("click", () => set(name));
            buttons.push(button);
        }
        place.append(...buttons);
        set("auto");
    }

    function copying(root) {
        if (!navigator.clipboard)
            return;
        for (const pre of root.querySelectorAll(".source pre")) {
            const button = make("button", {type: "button", textContent: "copy"});
            pre.tabIndex = 0; /* long lines scroll */
            button.addEventListener("click", () =>
                navigator.clipboard.writeText(pre.querySelector("code").textContent).then(() => {
                    button.textContent = "copied";
                }));
            pre.append(button);
        }
    }

    /* Without links to sections that are not there; markup: all links. */
    function contents(nav, markup) {
        if (markup)
            nav.innerHTML = new DOMParser().parseFromString(markup, "text/html").body.firstElementChild.innerHTML;
        for (const link of nav.querySelectorAll("a"))
            if (!document.querySelector(link.getAttribute("href")))
                link.parentElement.remove();
    }

    /* Does something to a place; the focus stays where it was, if there is an element at the same place. */
    function keepFocus(place, change) {
        const path = [], at = document.activeElement;
        if (at !== place && place.contains(at))
            for (let e = at; e !== place; e = e.parentElement)
                path.unshift([...e.parentElement.children].indexOf(e));
        change();
        if (path.length > 0 && !at.isConnected) {
            const same = path.reduce((e, i) => e && e.children[i], place);
            if (same)
                same.focus({preventScroll: true});
        }
    }

    /* ---- what is said where one points ---- */

    /* Shows the title of what has the focus, as of what the pointer is at; who listens has it anyway. */
    function tips() {
        const tip = make("div", {className: "tip", hidden: true, "aria-hidden": "true"});
        const place = () => {
            const box = document.activeElement.getBoundingClientRect(), own = tip.getBoundingClientRect();
            const below = box.bottom + 6 + own.height < innerHeight;
            tip.style.left = Math.max(4, Math.min(box.left, innerWidth - own.width - 4)) + "px";
            tip.style.top = (below ? box.bottom + 6 : Math.max(4, box.top - own.height - 6)) + "px";
        };
        document.body.append(tip);
        document.addEventListener("focusin", ({target}) => {
            tip.hidden = !target.title || !target.matches(":focus-visible");
            tip.textContent = target.title;
            place();
        });
        document.addEventListener("scroll", place, {capture: true, passive: true});
        document.addEventListener("focusout", () => tip.hidden = true);
        document.addEventListener("keydown", ({key}) => tip.hidden = tip.hidden || key === "Escape");
    }

    const TELLING = "td[title]";

    /* One of the cells that have a title is in the order of Tab; arrow keys go on to the next ones. */
    function walk(table) {
        table.addEventListener("focusin", ({target}) => {
            if (!target.matches(TELLING))
                return;
            table.querySelectorAll("td[tabindex='0']").forEach((cell) => cell.tabIndex = -1);
            target.tabIndex = 0;
        });
        table.addEventListener("keydown", (event) => {
            const cell = event.target, row = cell.parentElement;
            if (!cell.matches(TELLING) || event.ctrlKey || event.altKey || event.metaKey)
                return;
            const across = [...row.querySelectorAll(TELLING)], i = across.indexOf(cell);
            const down = [...row.parentElement.rows].map((r) => r.cells[cell.cellIndex])
                .filter((c) => c && c.matches(TELLING)), k = down.indexOf(cell);
            const to = {ArrowLeft: across[i - 1], ArrowRight: across[i + 1], ArrowUp: down[k - 1], ArrowDown: down[k + 1],
                Home: across[0], End: across[across.length - 1]}[event.key];
            if (/^Arrow|^Home|^End/.test(event.key))
                event.preventDefault();
            if (to)
                to.focus();
        });
        return table;
    }

    /* Cells that are new. */
    function walkable(table) {
        table.querySelectorAll(TELLING).forEach((cell, i) => cell.tabIndex = i === 0 ? 0 : -1);
    }

    /* ---- tables that sort, and that are filtered ---- */

    /* What there is not comes last, in either order. */
    function compareValues(a, b, down) {
        if (a === null || b === null)
            return a === b ? 0 : a === null ? 1 : -1;
        const order = typeof a === "number" && typeof b === "number"
            ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
        return down ? -order : order;
    }

    /* Rows by one of their values; equal ones stay as they are. */
    const inOrder = (rows, valueOf, down) => [...rows].sort((a, b) => compareValues(valueOf(a), valueOf(b), down));

    /* A heading that sorts. sorted: by the column of which key, and whether downwards; down: the way of the first
     * click. */
    function heading(title, key, numeric, down, sorted, redraw) {
        const button = make("button", {type: "button", textContent: title});
        button.addEventListener("click", () => {
            sorted.down = sorted.key === key ? !sorted.down : down;
            sorted.key = key;
            redraw().querySelector("[aria-sort$=scending] button").focus();
        });
        return make("th", {scope: "col", className: numeric ? "n" : "", "aria-sort":
            sorted.key !== key ? "none" : sorted.down ? "descending" : "ascending"}, button);
    }

    /* The number that a text begins with, null without one; "<0.001" is less than 0.001. */
    function numberOf(text) {
        const value = parseFloat(text.replace("<", ""));
        return Number.isNaN(value) ? null : text.startsWith("<") ? value / 2 : value;
    }

    const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

    /* Makes a table of markup sort by what its cells show. */
    function sortMarkup(table, sorted) {
        const head = table.tHead.rows[0], body = table.tBodies[0], rows = [...body.rows];
        const columns = [...head.cells].map((cell) => [cell.textContent, cell.classList.contains("n")]);
        const redraw = () => {
            const i = columns.findIndex(([title]) => title === sorted.key);
            const text = (row) => row.cells[i].textContent;
            head.replaceChildren(...columns.map(([title, numeric]) =>
                heading(title, title, numeric, numeric, sorted, redraw)));
            body.append(...(i < 0 ? rows : inOrder(rows, columns[i][1] ? (row) => numberOf(text(row)) : text,
                sorted.down)));
            return head;
        };
        redraw();
    }

    /* A field above a table of markup: it shows the rows that have all its words, "head=what the cell shows", and the
     * baseline, with which the others are compared. looked.words: what is in the field. */
    function filterMarkup(table, looked) {
        const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent), rows = [...table.tBodies[0].rows];
        const texts = rows.map((row) => [...row.cells].map((cell, i) => `${heads[i]}=${cell.textContent}`)
            .join(" ").toLowerCase());
        const others = rows.filter((row) => row.className !== "baseline");
        const search = make("input", {type: "search", placeholder: "ste=clipped worse", value: looked.words});
        const count = make("span", {role: "status"});
        const choose = () => {
            looked.words = search.value;
            rows.forEach((row, i) => row.hidden = row.className !== "baseline" &&
                !wordsOf(looked.words).every((word) => texts[i].includes(word)));
            count.textContent = `${number.format(others.filter((row) => !row.hidden).length)} of ` +
                `${number.format(others.length)} comparisons`;
        };
        search.addEventListener("input", choose);
        table.parentElement.before(make("div", {className: "controls"}, labelled("Filter", search), count));
        choose();
    }

    const verdictsLooked = new Map(); /* how one looks at them, by the id of the section: a live page has new tables */
    function verdicts(root) {
        for (const table of root.querySelectorAll(".verdicts")) {
            const {id} = table.closest("section");
            if (!verdictsLooked.has(id))
                verdictsLooked.set(id, {key: null, down: false, words: ""});
            table.caption.firstElementChild.append("; a heading sorts");
            filterMarkup(table, verdictsLooked.get(id));
            sortMarkup(table, verdictsLooked.get(id));
        }
    }

    /* What scripts add to markup. */
    function dress(root) {
        copying(root);
        verdicts(root);
    }

    /* ---- the table of runs ---- */

    const writers = {
        percent: (v) => (100 * v).toFixed(2),
        count: (v) => number.format(v),
        number: (v) => v >= 1e15 ? String(v) : v >= 100 ? number.format(Math.round(v)) : String(+v.toPrecision(3)),
    };

    function cellText(kind, value) {
        return value === null ? "" : typeof value === "number" && writers[kind] ? writers[kind](value)
                                                                                : String(value);
    }

    /* Draws it; returns what shows other data in it, as it is sorted and filtered. */
    function runsTable(place, data) {
        let columns, rows, numeric, texts, states, shown, words = [], state = null;
        const sorted = {key: null, down: false};
        const table = walk(make("table")), head = make("tr"), body = make("tbody");
        const count = make("span", {role: "status"}), hidden = new Map();

        function take(runs) {
            ({columns, rows} = runs);
            shown = columns.map((c) => hidden.has(c.key) ? !hidden.get(c.key) : c.shown);
            numeric = columns.map((c, i) => rows.some((r) => typeof r[i] === "number") &&
                rows.every((r) => typeof r[i] !== "string"));
            texts = rows.map((row) => row.map((v, i) =>
                columns[i].title + "=" + cellText(columns[i].kind, v)).join(" ").toLowerCase());
            states = [...new Set(rows.map((r) => r[3]))].sort();
        }

        function drawHead() {
            const redraw = () => {
                drawHead();
                drawBody();
                return head;
            };
            head.replaceChildren(...columns.flatMap((column, i) => !shown[i] ? [] : [heading(column.title, column.key,
                numeric[i], numeric[i] && column.key !== "seed", sorted, redraw)]));
        }

        function drawBody() {
            const by = columns.findIndex((c) => c.key === sorted.key);
            const found = rows.map((_, i) => i).filter((i) =>
                (state === null || rows[i][3] === state) && words.every((w) => texts[i].includes(w)));
            const chosen = by < 0 ? found : inOrder(found, (i) => rows[i][by], sorted.down);
            body.replaceChildren(...chosen.map((r) => make("tr", {className: rows[r][3]},
                ...columns.flatMap((column, i) => {
                    if (!shown[i])
                        return [];
                    const value = rows[r][i], text = cellText(column.kind, value);
                    const long = column.kind === "text" && !numeric[i];
                    const code = column.kind === "code" ? make("code", {textContent: text}) : text;
                    const cell = make("td", {className: numeric[i] ? "n" : long ? "t" : ""},
                        live && column.kind === "code" ? make("a", {href: "/run/" + text}, code) : code);
                    if (typeof value === "number" && text !== String(value))
                        cell.title = String(value);
                    return [cell];
                }))));
            walkable(table);
            count.textContent = `${number.format(chosen.length)} of ${number.format(rows.length)} runs`;
        }

        const search = make("input", {type: "search", placeholder: "ste=clipped seed=3"});
        search.addEventListener("input", () => {
            words = wordsOf(search.value);
            drawBody();
        });
        const boxes = make("div");
        const drawBoxes = () => boxes.replaceChildren(...columns.map((column, i) => {
            const box = make("input", {type: "checkbox", checked: shown[i]});
            box.addEventListener("change", () => {
                shown[i] = box.checked;
                hidden.set(column.key, !box.checked);
                drawHead();
                drawBody();
            });
            return make("label", {}, box, " " + column.title);
        }));
        const ofState = choice([], (i) => {
            state = i === 0 ? null : states[i - 1];
            drawBody();
        });

        function draw(runs) {
            const before = columns && JSON.stringify(columns);
            take(runs);
            offer(ofState, ["all", ...states]);
            state = states.includes(state) ? state : null;
            ofState.value = state === null ? 0 : states.indexOf(state) + 1;
            if (before !== JSON.stringify(columns)) {
                drawBoxes();
                drawHead();
            }
            const at = body.contains(document.activeElement) && document.activeElement.getAttribute("href");
            at ? drawBody() : keepFocus(body, drawBody);
            const link = at && [...body.querySelectorAll("a")].find((a) => a.getAttribute("href") === at);
            if (link)
                link.focus({preventScroll: true});
        }

        table.append(make("caption", {textContent: "Runs; a heading sorts"}), make("thead", {}, head), body);
        place.replaceChildren(
            make("div", {className: "controls"}, labelled("Filter", search), labelled("State", ofState), count,
                make("details", {className: "chooser"}, make("summary", {textContent: "Columns"}), boxes)),
            make("div", {className: "runs", tabIndex: 0, role: "region", "aria-label": "Runs"}, table));
        draw(data.runs);
        return draw;
    }

    /* ---- pictures ---- */

    function paint(canvas, pixels, [channels, h, w]) {
        canvas.width = w;
        canvas.height = h;
        const context = canvas.getContext("2d"), image = context.createImageData(w, h);
        for (let i = 0; i < h * w; i++)
            image.data.set([0, 1, 2].map((k) => pixels[(channels === 3 ? k * h * w : 0) + i])
                .concat(255), 4 * i);
        context.putImageData(image, 0, 0);
        return canvas;
    }

    /* ---- what is taken for what ---- */

    const modelName = (m) => `${m.label}, seed ${m.seed}`;

    /* chosen.label: the config that is looked at. */
    function confusion(place, data, field, chosen) {
        const given = data.confusion, images = data.images, parts = [];
        if (given) {
            const all = {label: "all configs", runs: 0, counts: given.arms[0].counts.map(() => 0)};
            for (const arm of given.arms) {
                all.runs += arm.runs;
                arm.counts.forEach((n, i) => all.counts[i] += n);
            }
            const right = (arm) => arm.counts.reduce((sum, n, i) =>
                sum + (i % (given.classes + 1) === 0 ? n : 0), 0) / arm.runs;
            const sorted = [...given.arms].sort((a, b) => right(b) - right(a));
            const arms = sorted.length > 1 ? [...sorted, all] : sorted;
            const table = walk(make("table", {className: "matrix"})), pairs = make("ol", {className: "pairs"});
            const show = (i) => {
                chosen.label = arms[i].label;
                showMatrix(table, pairs, given.classes, arms[i]);
            };
            const first = Math.max(0, arms.findIndex((a) => a.label === chosen.label));
            const select = choice(arms.map((a) => a.label), show);
            select.value = first;
            parts.push(make("div", {className: "controls"}, labelled("Config", select)),
                make("div", {className: "split"}, make("div", {className: "wide"}, table),
                    make("div", {}, make("h4", {textContent: "Most often confused"}), pairs)));
            show(first);
        }
        if (images && images.hard.length > 0) {
            parts.push(make("h4", {textContent: "The hardest images"}), make("ul", {className: "pictures"},
                ...images.hard.map((image) => {
                    const most = image.taken.reduce((a, b) => b[1] > a[1] ? b : a);
                    const text = `${image.class} taken for ${most[0]}`;
                    const button = make("button", {type: "button", title: `image ${image.image}; wrong in ` +
                        `${image.wrong} of ${images.runs} runs: ` +
                        image.taken.map((t) => `${t[1]} say ${t[0]}`).join(", ")},
                        paint(make("canvas", {role: "img", "aria-label": text}), bytesOf(image.pixels),
                            images.shape),
                        make("span", {}, make("b", {textContent: `${image.class} \u2192 ${most[0]}`}),
                            ` ${image.wrong}/${images.runs}`));
                    if (field)
                        button.addEventListener("click", () => field(image, true));
                    else
                        button.disabled = true;
                    return make("li", {}, button);
                })));
        } else if (!images) {
            parts.push(make("p", {className: "note", textContent:
                "The pictures are not here: the data set was not found where the report was made."}));
        }
        place.replaceChildren(...parts);
    }

    /* Means over the runs; the colour of a mistake is its share of the worst one. */
    function showMatrix(table, pairs, n, arm) {
        const mean = (v) => v === 0 ? "" : v >= 10 ? v.toFixed(0) : v.toFixed(1);
        const wrong = [];
        for (let r = 0; r < n; r++)
            for (let c = 0; c < n; c++)
                if (r !== c && arm.counts[r * n + c] > 0)
                    wrong.push([arm.counts[r * n + c] / arm.runs, r, c]);
        wrong.sort((a, b) => b[0] - a[0]);
        const worst = wrong.length > 0 ? wrong[0][0] : 1, classes = Array.from({length: n}, (_, i) => i);
        table.replaceChildren(
            make("caption", {textContent: `Images, means over ${arm.runs} run${arm.runs > 1 ? "s" : ""}: ` +
                "true class down, answer across"}),
            make("thead", {}, make("tr", {}, make("td"), ...classes.map((c) =>
                make("th", {scope: "col", textContent: c})))),
            make("tbody", {}, ...classes.map((r) => make("tr", {}, make("th", {scope: "row", textContent: r}),
                ...classes.map((c) => {
                    const v = arm.counts[r * n + c] / arm.runs;
                    const cell = make("td", {textContent: mean(v), className: r === c ? "own" : "",
                        title: `${r} taken for ${c}: ${v.toFixed(2)} images a run`});
                    if (r !== c && v > 0)
                        cell.style.background = `rgba(var(--plus), ${0.08 + 0.6 * v / worst})`;
                    return cell;
                })))));
        walkable(table);
        pairs.replaceChildren(...wrong.slice(0, 8).map(([v, r, c]) => {
            const of = classes.reduce((sum, k) => sum + arm.counts[r * n + k], 0) / arm.runs;
            return make("li", {}, make("b", {textContent: `${r} \u2192 ${c}`}),
                `: ${mean(v)} of ${of.toFixed(0)} images (${(100 * v / of).toFixed(1)} %)`);
        }));
    }

    /* ---- filters ---- */

    const FILTERS_MOST = 32;

    /* Kernels as a picture: a column an output channel, a row an input channel. of(o, i, tap): from -1 to 1. */
    function kernels(outs, ins, k, of, text) {
        const canvas = make("canvas", {role: "img", "aria-label": text}), cell = k + 1;
        const zoom = Math.max(1, Math.min(6, Math.floor(900 / (outs * cell))));
        canvas.width = outs * cell + 1;
        canvas.height = ins * cell + 1;
        canvas.style.width = canvas.width * zoom + "px";
        const context = canvas.getContext("2d");
        const style = getComputedStyle(document.documentElement);
        const hue = ["--minus", "--plus"].map((name) => style.getPropertyValue(name));
        for (let o = 0; o < outs; o++)
            for (let i = 0; i < ins; i++)
                for (let t = 0; t < k * k; t++) {
                    const v = of(o, i, t);
                    context.fillStyle = `rgba(${hue[v > 0 ? 1 : 0]}, ${Math.min(1, Math.abs(v))})`;
                    context.fillRect(o * cell + 1 + t % k, i * cell + 1 + Math.floor(t / k), 1, 1);
                }
        return canvas;
    }

    function layerFigures(stage, latent) {
        const {op} = stage, k = op.kernel, outs = Math.min(op.out[0], FILTERS_MOST);
        const ins = Math.min(op.in[0], FILTERS_MOST), taps = op.in[0] * k * k, figures = [];
        const flipped = (o) => stage.fold && stage.fold.flipped[o] ? -1 : 1;
        let most = stage.binary ? 1 : 1e-30;
        if (!stage.binary)
            for (const w of op.weight)
                most = Math.max(most, Math.abs(w));
        if (latent && latent.values) {
            const values = new Int8Array(bytesOf(latent.values).buffer);
            figures.push(make("figure", {}, kernels(Math.min(outs, latent.shape[0]), ins, k, (o, i, t) =>
                values[o * taps + i * k * k + t] / 127, `${stage.name}: latent weights`),
                make("figcaption", {textContent: `latent, up to \u00b1${latent.most.toPrecision(2)}`})));
        }
        figures.push(make("figure", {}, kernels(outs, ins, k, (o, i, t) =>
            flipped(o) * op.weight[o * taps + i * k * k + t] / most, `${stage.name}: weights that act`),
            make("figcaption", {textContent: stage.binary ? "as they act: \u00b11"
                : `as they act, up to \u00b1${most.toPrecision(2)}`})));
        const part = outs < op.out[0] || ins < op.in[0] ? `; shown: the first ${outs}, of ${ins} inputs` : "";
        return [make("h4", {textContent: `${stage.name}: ${op.out[0]} kernels of ` +
            `${op.in[0]} \u00d7 ${k} \u00d7 ${k}${part}`}), make("div", {className: "layer"}, ...figures)];
    }

    function filters(place, models, chosen) {
        const figures = make("div");
        const show = (m) => {
            chosen.run = models[m].run;
            const model = models[m].decoded();
            const layers = model.stages.filter((s) => s.op.kernel > 1 && s.op.weight);
            figures.replaceChildren(...layers.flatMap((stage) =>
                layerFigures(stage, models[m].latent.find((l) => l.layer === stage.name))));
            if (layers.length === 0)
                figures.replaceChildren(make("p", {className: "note", textContent:
                    "This network has no convolution whose kernels could be shown."}));
        };
        const select = choice(models.map(modelName), show);
        const same = models.findIndex((m) => m.run === chosen.run);
        const first = same >= 0 ? same : Math.max(0, models.findIndex((m) => !m.baseline));
        select.value = first;
        place.replaceChildren(make("div", {className: "controls"}, labelled("Network", select)), figures);
        show(first);
    }

    /* ---- drawing ---- */

    /* What bnnrun predict --fit makes of strokes: their box scaled to 20 of 28 pixels, the centre of their mass in
     * the middle (data/fit.h). ink: [side * side], from 0 to 1. */
    function fitStrokes(ink, side, [channels, h, w]) {
        let [x0, y0, x1, y1] = [side, side, -1, -1];
        for (let i = 0; i < side * side; i++)
            if (ink[i] > 0.5) {
                const x = i % side, y = Math.floor(i / side);
                [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
            }
        const out = new Uint8Array(channels * h * w);
        if (x1 < 0)
            return out;
        const scale = Math.max((x1 - x0 + 1) / Math.round(w * 20 / 28), (y1 - y0 + 1) / Math.round(h * 20 / 28));
        const at = (x, y) => x < 0 || y < 0 || x >= side || y >= side ? 0 : ink[y * side + x];
        let mass = 0, mx = 0, my = 0;
        for (let y = y0; y <= y1; y++)
            for (let x = x0; x <= x1; x++) {
                mass += at(x, y);
                mx += at(x, y) * (x + 0.5);
                my += at(x, y) * (y + 0.5);
            }
        const left = mx / mass - scale * w / 2, top = my / mass - scale * h / 2, steps = 6;
        for (let i = 0; i < h * w; i++) {
            let sum = 0;
            for (let s = 0; s < steps * steps; s++)
                sum += at(Math.floor(left + (i % w + (s % steps + 0.5) / steps) * scale),
                    Math.floor(top + (Math.floor(i / w) + (Math.floor(s / steps) + 0.5) / steps) * scale));
            for (let c = 0; c < channels; c++)
                out[c * h * w + i] = Math.round(255 * sum / (steps * steps));
        }
        return out;
    }

    const PEN = 22, SIDE = 280, STEP = 10;

    /* A canvas to draw on with a pointer, or with the arrow keys and the space bar. */
    function pad(changed) {
        const canvas = make("canvas", {className: "field", width: SIDE, height: SIDE, tabIndex: 0,
            role: "application", "aria-label": "A field to draw a digit in. Arrow keys move the pen, the " +
                "space bar puts it down or lifts it, Delete clears."});
        const context = canvas.getContext("2d", {willReadFrequently: true}), mark = make("span", {className: "pen"});
        let last = null, pen = {x: SIDE / 2, y: SIDE / 4, down: false};
        const showPen = () => { /* to who draws with keys */
            mark.style.left = 100 * pen.x / SIDE + "%";
            mark.style.top = 100 * pen.y / SIDE + "%";
            mark.classList.toggle("down", pen.down);
        };
        const line = (from, to) => {
            context.strokeStyle = "#fff";
            context.lineWidth = PEN;
            context.lineCap = context.lineJoin = "round";
            context.beginPath();
            context.moveTo(from.x, from.y);
            context.lineTo(to.x + 0.01, to.y);
            context.stroke();
        };
        const place = (event) => {
            const box = canvas.getBoundingClientRect();
            return {x: (event.clientX - box.left) * SIDE / box.width,
                y: (event.clientY - box.top) * SIDE / box.height};
        };
        const clear = () => {
            context.fillStyle = "#000";
            context.fillRect(0, 0, SIDE, SIDE);
        };
        canvas.addEventListener("pointerdown", (event) => {
            canvas.setPointerCapture(event.pointerId);
            last = place(event);
            line(last, last);
            changed(false);
        });
        canvas.addEventListener("pointermove", (event) => {
            if (last === null)
                return;
            const now = place(event);
            line(last, now);
            last = now;
            changed(false);
        });
        for (const end of ["pointerup", "pointercancel"])
            canvas.addEventListener(end, () => {
                last = null;
                changed(true);
            });
        canvas.addEventListener("keydown", (event) => {
            const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
            if (!way && event.key !== " " && event.key !== "Delete")
                return;
            event.preventDefault();
            const from = {x: pen.x, y: pen.y};
            if (event.key === " ")
                pen.down = !pen.down;
            else if (event.key === "Delete")
                clear();
            else {
                pen.x = Math.min(SIDE, Math.max(0, pen.x + STEP * way[0]));
                pen.y = Math.min(SIDE, Math.max(0, pen.y + STEP * way[1]));
            }
            if (pen.down)
                line(from, pen);
            showPen();
            changed(true);
        });
        showPen();
        clear();
        const ink = () => {
            const data = context.getImageData(0, 0, SIDE, SIDE).data;
            return Float32Array.from({length: SIDE * SIDE}, (_, i) => data[4 * i] / 255);
        };
        const show = (pixels, shape) => {
            clear();
            context.imageSmoothingEnabled = false;
            context.drawImage(paint(make("canvas"), pixels, shape), 0, 0, SIDE, SIDE);
        };
        return {element: make("div", {className: "paper"}, canvas, mark), clear, ink, show};
    }

    /* exp of differences from the largest, so that nothing overflows. */
    function softmax(logits) {
        const most = Math.max(...logits), powers = Array.from(logits, (v) => Math.exp(v - most));
        const sum = powers.reduce((a, b) => a + b, 0);
        return powers.map((p) => p / sum);
    }

    /* Returns what shows an image of the test set in the field, and what shows other models and images beside it. */
    function drawing(place, data, models) {
        const answer = make("div", {className: "answer", role: "status"}), said = make("p", {className: "note"});
        const bars = walk(make("table", {className: "bars"})), others = make("table");
        const seen = make("canvas", {className: "seen", role: "img", "aria-label": "what the network sees"});
        let chosen = Math.max(0, models.findIndex((m) => !m.baseline)), pixels = null, about = "";
        const field = pad((whole) => {
            about = "";
            look(fitStrokes(field.ink(), SIDE, models[chosen].decoded().input), whole);
        });

        function look(image, whole) {
            const model = models[chosen].decoded();
            pixels = image;
            paint(seen, pixels, model.input);
            const logits = bnnModel.run(model, pixels), share = softmax(logits), best = bnnModel.classOf(logits);
            const blank = pixels.every((p) => p === 0);
            answer.textContent = blank ? "\u2013" : best;
            said.textContent = blank ? "Draw in the field, or choose an image below." : about;
            bars.replaceChildren(make("caption", {textContent: "softmax of the logits"}),
                make("tbody", {}, ...Array.from(logits, (v, i) => make("tr", {},
                    make("th", {scope: "row", textContent: i}),
                    make("td", {}, make("meter", {min: 0, max: 1, value: blank ? 0 : share[i],
                        "aria-label": `class ${i}`})),
                    make("td", {className: "n", textContent: blank ? "" : (100 * share[i]).toFixed(1) + " %",
                        title: `logit ${v}`})))));
            walkable(bars);
            if (whole && !blank)
                lookAll();
        }

        function lookAll() {
            const rows = models.filter((m) => m.decoded().input.join() === models[chosen].decoded().input.join())
                .map((m) => {
                    const logits = bnnModel.run(m.decoded(), pixels), best = bnnModel.classOf(logits);
                    return make("tr", {}, make("th", {scope: "row", textContent: m.label}),
                        make("td", {className: "n", textContent: m.seed}),
                        make("td", {className: "n"}, make("b", {textContent: best})),
                        make("td", {className: "n", textContent: (100 * softmax(logits)[best]).toFixed(1) + " %"}));
                });
            others.replaceChildren(make("caption", {textContent: "What each network says"}),
                make("thead", {}, make("tr", {}, ...["config", "seed", "answer", "softmax"].map((text, i) =>
                    make("th", {scope: "col", textContent: text, className: i > 0 ? "n" : ""})))),
                make("tbody", {}, ...rows));
        }

        function choose(image, scroll) {
            const bytes = bytesOf(image.pixels);
            field.show(bytes, data.images.shape);
            about = `Test image ${image.image}, a ${image.class}: ${image.wrong} of ${data.images.runs} runs ` +
                "get it wrong.";
            look(bytes, true);
            if (scroll)
                place.closest("section").scrollIntoView();
        }

        const select = choice(models.map(modelName), (i) => {
            chosen = i;
            look(pixels, true);
        });
        select.value = chosen;
        const clear = make("button", {type: "button", textContent: "Clear"});
        clear.addEventListener("click", () => {
            field.clear();
            about = "";
            others.replaceChildren();
            look(new Uint8Array(models[chosen].decoded().input.reduce((a, b) => a * b)), false);
        });
        const samples = make("div", {className: "samples"});
        const drawSamples = () => samples.replaceChildren(...(!data.images ? [] :
            [...data.images.easy, ...data.images.hard.slice(0, 14)]).map((image) => {
            const button = make("button", {type: "button", title: `test image ${image.image}, a ${image.class}`},
                paint(make("canvas", {role: "img", "aria-label": `a ${image.class}, image ${image.image}`}),
                    bytesOf(image.pixels), data.images.shape));
            button.addEventListener("click", () => choose(image, false));
            return button;
        }));
        function update(now, nowModels) {
            const run = models[chosen].run, same = nowModels.findIndex((m) => m.run === run);
            [data, models] = [now, nowModels];
            chosen = Math.max(0, same);
            offer(select, models.map(modelName));
            select.value = chosen;
            drawSamples();
            look(pixels, true);
        }
        drawSamples();
        place.replaceChildren(
            make("div", {className: "controls"}, labelled("Network", select), clear),
            make("div", {className: "draw"}, make("div", {className: "pad"}, field.element, samples),
                make("div", {}, make("p", {className: "note", textContent: "what it sees"}), seen, answer, said),
                bars, others));
        clear.click();
        return {choose: (image, scroll) => choose(image, scroll), update};
    }

    /* ---- all of it ---- */

    const views = new Map(); /* of an experiment, by its id: its data, and what is drawn of them */
    let all = [];

    function decoded(m) {
        let model = null;
        return {...m, decoded: () => model = model || bnnModel.decode(bytesOf(m.model))};
    }

    function showExperiment(data) {
        const view = views.get(data.id) || {confusion: {}, filters: {}}, before = view.data || {};
        const part = (name) => document.querySelector(`#${data.id} [data-part=${name}]`);
        const differs = (...keys) => keys.some((key) => JSON.stringify(before[key]) !== JSON.stringify(data[key]));
        views.set(data.id, view);
        view.data = data;
        if (part("draw") && data.models.length > 0 && (!view.field || differs("models", "images"))) {
            const models = data.models.map(decoded);
            if (view.field)
                view.field.update(data, models);
            else
                view.field = drawing(part("draw"), data, models);
        }
        if (part("runs") && differs("runs"))
            view.runs ? view.runs(data.runs) : view.runs = runsTable(part("runs"), data);
        if (part("confusion") && differs("confusion", "images"))
            keepFocus(part("confusion"), () => confusion(part("confusion"), data,
                data.images && view.field ? view.field.choose : null, view.confusion));
        if (part("filters") && data.models.length > 0 && differs("models"))
            keepFocus(part("filters"), () => filters(part("filters"), data.models.map(decoded), view.filters));
    }

    /* Shows the data of all experiments; returns those before. */
    function show(experiments) {
        const before = all;
        all = experiments;
        experiments.forEach(showExperiment);
        return before;
    }

    theme(document.querySelector("[data-part=theme]"));
    document.querySelectorAll(".contents").forEach((nav) => contents(nav));
    tips();
    dress(document);
    show(JSON.parse(document.getElementById("data").textContent) || []);
    return {show, contents, dress};
})();
