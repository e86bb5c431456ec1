/* live.js - asks whoever serves the page for what is new, and puts it in the place of what was: where one reads, what
 * one has opened, sorted and drawn stays. Runs before page.js, and so sees what was sent. */
(() => {
    const SECONDS = 2, PAGE_TURNS = 3; /* between two looks; so many looks for one at the whole page */
    const watch = document.getElementById("watch"), panel = document.getElementById("progress");
    const tags = {}, sources = new Map(), nameOf = (element) => element.id || element.className;
    let timer = 0, turn = 0, gone = null, said = "", busy = false;

    /* Children that have children of their own to look at. */
    const isFolder = (element) => element.matches("main, article");
    function learn(folder) {
        for (const child of folder.children)
            if (isFolder(child))
                learn(child);
            else
                sources.set(nameOf(folder) + nameOf(child), child.outerHTML);
    }

    /* ---- what stays ---- */

    function pathOf(element, top) {
        const path = [];
        for (; element !== top; element = element.parentElement)
            path.unshift([...element.parentElement.children].indexOf(element));
        return path;
    }

    const scrolled = (element) => [...element.querySelectorAll(".wide, pre, figure > div")];

    /* Puts an element in the place of another of its kind. */
    function replace(old, fresh) {
        const focus = old.contains(document.activeElement) ? pathOf(document.activeElement, old) : null;
        const open = [...old.querySelectorAll("details")].map((d) => d.open);
        const places = scrolled(old).map((e) => [e.scrollLeft, e.scrollTop]);
        old.replaceWith(fresh);
        fresh.querySelectorAll("details").forEach((d, i) => d.open = open[i] || false);
        bnnPage.dress(fresh);
        scrolled(fresh).forEach((e, i) => [e.scrollLeft, e.scrollTop] = places[i] || [0, 0]);
        if (focus) {
            const same = focus.reduce((e, i) => e && e.children[i], fresh);
            if (same)
                same.focus({preventScroll: true});
        }
    }

    /* Does something to the page; what is read stays where it is on the screen. */
    function keepPlace(change) {
        const reads = [...document.querySelectorAll("article > :not(nav), main > section")].find((e) =>
            e.getBoundingClientRect().bottom > 60);
        const name = reads && nameOf(reads), folder = reads && nameOf(reads.parentElement);
        const before = reads ? reads.getBoundingClientRect().top : 0;
        change();
        const now = reads && (reads.isConnected ? reads : [...document.querySelectorAll("main, article")]
            .filter((e) => nameOf(e) === folder).flatMap((e) => [...e.children]).find((e) => nameOf(e) === name));
        if (now && scrollY > 0)
            scrollBy({top: now.getBoundingClientRect().top - before, behavior: "instant"});
    }

    /* ---- what is new ---- */

    /* What scripts draw in a section (data-part) is theirs; they get the data. */
    function merge(folder, fresh) {
        const children = [...fresh.children];
        let moved = false, last = null;
        for (const old of [...folder.children])
            if (!children.some((child) => nameOf(child) === nameOf(old))) {
                old.remove();
                moved = true;
            }
        for (const child of children) {
            const old = [...folder.children].find((e) => nameOf(e) === nameOf(child));
            const key = nameOf(folder) + nameOf(child), source = child.outerHTML;
            if (!old) {
                folder.insertBefore(child, last ? last.nextElementSibling : folder.firstElementChild);
                bnnPage.dress(child);
                moved = true;
                last = child;
            } else if (isFolder(child)) {
                merge(old, child);
                last = old;
            } else if (old === panel || sources.get(key) === source || old.querySelector("[data-part]")) {
                last = old;
            } else {
                replace(old, child);
                last = child;
            }
            sources.set(key, source);
        }
        const contents = folder.querySelector(":scope > .contents");
        if (moved && contents)
            bnnPage.contents(contents, sources.get(nameOf(folder) + "contents"));
    }

    const verdictsOf = (experiments) => new Map(experiments.flatMap((e) => (e.compare ? e.compare.comparisons : [])
        .map((row) => [[e.compare.experiment, row.config, row.baseline_config].join(), row])));

    /* Verdicts that were another before. */
    function news(before, after) {
        const old = verdictsOf(before), list = document.getElementById("news");
        for (const [key, row] of verdictsOf(after)) {
            if (old.has(key) ? old.get(key).verdict === row.verdict : row.verdict === "undecided")
                continue;
            const item = document.createElement("li"), time = document.createElement("time");
            time.textContent = new Date().toLocaleTimeString();
            item.append(time, ` ${row.label}: ${row.statement}`);
            list.prepend(item);
        }
        while (list.children.length > 8)
            list.lastElementChild.remove();
    }

    function renew(text) {
        const fresh = new DOMParser().parseFromString(text, "text/html"), main = document.getElementById("main");
        const names = (root) => [...root.querySelectorAll("main > article, main > p")].map(nameOf).join();
        const heads = (root) => [...root.querySelectorAll("h1, h2")].map((h) => h.textContent).join("\n");
        if (names(fresh) !== names(document) || heads(fresh) !== heads(document))
            return location.reload(); /* it is about something else now */
        const experiments = JSON.parse(fresh.getElementById("data").textContent) || [];
        keepPlace(() => {
            merge(main, fresh.getElementById("main"));
            const before = bnnPage.show(experiments);
            if (panel)
                news(before, experiments);
        });
    }

    function showProgress(markup) {
        const at = panel.contains(document.activeElement) && document.activeElement.getAttribute("href");
        keepPlace(() => panel.innerHTML = markup);
        const link = at && [...panel.querySelectorAll("a")].find((a) => a.getAttribute("href") === at);
        if (link)
            link.focus({preventScroll: true});
        const counts = [...panel.querySelectorAll(".counts")].map((p) => p.textContent.replace(/;.*/, "")).join(". ");
        if (counts !== said) /* for who cannot see it, without the time left */
            watch.textContent = said = counts;
    }

    /* ---- asking ---- */

    /* The text at an address; null: as it was. */
    async function ask(address) {
        const answer = await fetch(address, {cache: "no-store", signal: AbortSignal.timeout(60000),
            headers: tags[address] ? {"If-None-Match": tags[address]} : {}});
        if (answer.status !== 200 && answer.status !== 404)
            return null;
        tags[address] = answer.headers.get("ETag");
        return answer.text();
    }

    async function look() {
        if (busy)
            return;
        busy = true;
        try {
            const progress = panel ? await ask("/progress") : null;
            if (gone !== null) {
                gone = null;
                watch.classList.remove("gone");
                watch.textContent = said;
            }
            if (progress !== null)
                showProgress(progress);
            const page = turn++ % PAGE_TURNS === 0 || !panel ? await ask(location.pathname) : null;
            if (page !== null)
                renew(page);
        } catch (error) {
            if (gone === null) {
                gone = new Date().toLocaleTimeString();
                watch.classList.add("gone");
                watch.textContent = `Nobody has answered since ${gone}: is bnnrun serve still running? The page keeps ` +
                    "what it has, and asks again.";
            }
        }
        busy = false;
        clearTimeout(timer);
        timer = document.hidden ? 0 : setTimeout(look, 1000 * SECONDS);
    }

    document.documentElement.style.overflowAnchor = "none"; /* keepPlace does it */
    learn(document.getElementById("main"));
    if (panel) {
        const list = document.createElement("ul");
        list.id = "news";
        list.className = "news";
        list.setAttribute("role", "log");
        list.setAttribute("aria-label", "New verdicts");
        watch.after(list);
    }
    document.addEventListener("visibilitychange", () => {
        clearTimeout(timer);
        if (!document.hidden)
            look();
    });
    addEventListener("DOMContentLoaded", look);
})();
