// Single keys of the console; ? shows them all.
import { typing } from "./page.js";

let pending = 0; // when G was pressed

const places = { h: "/console/home", c: "/console/Case/list", p: "/console/Contact/list", a: "/console/apps" };

document.addEventListener("keydown", (event) => {
  if (typing(event) || event.defaultPrevented) return;
  const key = event.key.toLowerCase();
  if (Date.now() - pending < 1500 && places[key]) {
    pending = 0;
    event.preventDefault();
    location.href = places[key];
    return;
  }
  pending = key === "g" ? Date.now() : 0;
  if (key === "?") {
    event.preventDefault();
    /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"))?.showModal();
  } else if (key === "/") {
    const filter = document.getElementById("list-filter") ?? document.getElementById("search-text");
    if (filter) { event.preventDefault(); filter.focus(); }
  } else if (/^[a-z]$/.test(key)) {
    const target = /** @type {HTMLElement | null} */ (document.querySelector(`main [data-key="${key}"]`));
    if (target) { event.preventDefault(); target.click(); }
  }
});

// Dialogs: an element with data-open leads to a page without script, and opens the dialog with it.
document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest?.("[data-open]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    const dialog = document.getElementById(opener.getAttribute("data-open") ?? "");
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      opener.closest("details[open]")?.removeAttribute("open");
      const own = dialog.closest("stoa-palette");
      if (own) /** @type {any} */ (own).show(opener); else dialog.showModal();
    }
  }
  target.closest?.("[data-close-dialog]")?.closest("dialog")?.close();
  if (target instanceof HTMLDialogElement) target.close(); // the ground behind it
});
