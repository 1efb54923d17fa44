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
