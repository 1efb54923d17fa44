// What can be done with a row: its link leads to a page without script, and opens a menu beside it with it.
import { ask, parse } from "./page.js";

/** @type {HTMLElement | null} */ let menu = null;
/** @type {Element | null} */ let opener = null;
let closed = 0; // when the menu was closed last, so that the press that closed it does not open it again

/** box returns the menu's element, made when it is first needed. */
function box() {
  if (menu) return menu;
  menu = document.createElement("div");
  menu.className = "menu row-menu";
  menu.popover = "auto";
  menu.addEventListener("toggle", (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === "open";
    opener?.setAttribute("aria-expanded", String(open));
    if (!open) closed = Date.now();
  });
  menu.addEventListener("keydown", (event) => {
    const all = entries(), at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) { event.preventDefault(); event.stopPropagation(); all[(to + all.length) % all.length]?.focus(); }
  });
  menu.addEventListener("focusout", (event) => {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !menu?.contains(to)) menu?.hidePopover();
  });
  document.body.append(menu);
  return menu;
}

const entries = () => /** @type {HTMLElement[]} */ ([...(menu?.querySelectorAll("a, button") ?? [])]);

/** show fills the menu with what can be done with a row and puts it beside its link. @param {HTMLAnchorElement} link */
async function show(link) {
  opener?.removeAttribute("aria-expanded");
  opener = link;
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(link.href);
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    if (opener !== link) return;
    const at = box();
    at.setAttribute("aria-label", link.getAttribute("aria-label") ?? "");
    at.setAttribute("role", "group");
    at.replaceChildren(parse(html));
    at.showPopover({ source: link });
    entries()[0]?.focus();
  } catch {
    location.href = link.href;
  } finally { link.removeAttribute("aria-busy"); }
}

document.addEventListener("click", (event) => {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest?.("a[data-row-menu]"));
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || !("popover" in link)) return;
  event.preventDefault();
  if (link === opener && (menu?.matches(":popover-open") || (event.detail > 0 && Date.now() - closed < 250))) { menu?.hidePopover(); return; }
  show(link);
});
