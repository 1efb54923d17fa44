// Menus are details elements: one is open at a time, Escape and a click outside close it.
const open = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.pop[open]"));

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
    event.preventDefault();
  }
});
/** begin puts the focus into the field that an open menu begins with, if it has one. @param {Element | null} menu */
export function begin(menu) {
  const first = menu?.matches("details.pop[open]") && menu.querySelector("[data-first]");
  if (first instanceof HTMLInputElement && first !== document.activeElement) { first.focus(); first.select(); }
}
document.addEventListener("toggle", (event) => begin(/** @type {Element} */ (event.target)), true);
document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
});

// In an open menu arrows move, and a letter chooses the first entry that begins with it; a second one goes on to the next.
const entries = (/** @type {Element} */ menu) => /** @type {HTMLElement[]} */ ([...menu.querySelectorAll(".menu :is(a, button)")].filter((e) => e.getClientRects().length));

document.addEventListener("keydown", (event) => {
  const menu = [...open()].at(-1);
  if (!menu || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || /** @type {Element} */ (event.target).closest?.("input, textarea, select, dialog")) return;
  const all = entries(menu), at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (!all.length) return;
  const go = (/** @type {number} */ to) => { event.preventDefault(); all[(to + all.length) % all.length].focus(); };
  switch (event.key) {
    case "ArrowDown": return go(at + 1);
    case "ArrowUp": return go(at < 0 ? -1 : at - 1);
    case "Home": return go(0);
    case "End": return go(-1);
  }
  if (event.key.length !== 1 || event.key === " " || document.documentElement.dataset.keys === "off") return;
  const fits = all.filter((e) => e.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()));
  event.preventDefault();
  event.stopPropagation();
  if (fits.length === 1 && menu.querySelector(".menu-choices")) fits[0].click();
  else if (fits.length) fits[(fits.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + 1) % fits.length].focus();
}, true);
document.addEventListener("toggle", (event) => {
  const menu = /** @type {HTMLDetailsElement} */ (event.target);
  if (menu.matches?.("details.pop[open]:has(.menu-choices)") && !menu.querySelector(".menu")?.contains(document.activeElement)) entries(menu)[0]?.focus({ preventScroll: true });
}, true);
