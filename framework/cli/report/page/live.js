/* live.js - asks whoever serves the page for what is new. */
(() => {
    const SECONDS = 2;
    let tag = null, timer = 0;

    async function look() {
        try {
            const answer = await fetch(location.pathname, {cache: "no-store",
                headers: tag === null ? {} : {"If-None-Match": tag}});
            const now = answer.headers.get("ETag");
            if (tag !== null && now !== null && now !== tag)
                location.reload();
            tag = now || tag;
        } catch (error) {
            /* it is gone; it may come back */
        }
        timer = document.hidden ? 0 : setTimeout(look, 1000 * SECONDS);
    }

    document.addEventListener("visibilitychange", () => {
        clearTimeout(timer);
        timer = 0;
        if (!document.hidden)
            look();
    });
    look();
})();
