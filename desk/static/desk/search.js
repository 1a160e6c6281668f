// Ctrl+K or / leads to the one search box, on every page of the staff's site. Ahead of every other listener.
"use strict";

function typing(target) {
    return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

window.addEventListener("keydown", (event) => {
    const wanted = ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") || (event.key === "/" && !typing(event.target));
    const box = document.getElementById("desk-search-box");
    if (!wanted || !box) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    box.focus();
    box.select();
}, true);
