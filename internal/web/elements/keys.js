// Single keys of the console; ? shows them all.
import { begin } from "./menus.js";
import { typing } from "./page.js";

let pending = 0; // when G was pressed

const places = { h: "/console/home", c: "/console/Case/list", p: "/console/Contact/list", a: "/console/apps", d: "/console/desk", s: "/console/service" };

/** region moves the focus to the next part of the page. @param {number} step */
function region(step) {
  const parts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".rail, .top, main")].filter((e) => e.getClientRects().length));
  const at = parts.findIndex((e) => e.contains(document.activeElement));
  const next = parts[(at + step + parts.length) % parts.length];
  (next.matches("main") ? next : /** @type {HTMLElement} */ (next.querySelector("a, button, summary")))?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "F6") { event.preventDefault(); region(event.shiftKey ? -1 : 1); }
  if (event.altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-9]$/.test(event.code)) {
    const tab = /** @type {HTMLElement | undefined} */ (document.querySelectorAll(".worktab a")[Number(event.code.slice(5)) - 1]);
    if (tab) { event.preventDefault(); tab.click(); }
  }
});

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
    const fresh = document.getElementById("main")?.dataset.new;
    if (target) { event.preventDefault(); target.click(); begin(target.closest("details")); } else if (key === "c" && fresh) { event.preventDefault(); location.href = fresh; }
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
