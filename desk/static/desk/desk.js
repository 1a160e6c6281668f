// Lists that are worked through with the keyboard: j and k go down and up, Enter opens.
"use strict";

const lists = () => [...document.querySelectorAll("[data-keys] > li")];
const opens = (row) => row.querySelector("a, button");

function go(step) {
    const rows = lists();
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.hasAttribute("data-here"));
    const next = Math.min(Math.max(here + step, 0), rows.length - 1);
    rows[here]?.removeAttribute("data-here");
    rows[next].setAttribute("data-here", "");
    rows[next].scrollIntoView({ block: "nearest" });
    opens(rows[next])?.focus({ preventScroll: true });
}

window.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
});
