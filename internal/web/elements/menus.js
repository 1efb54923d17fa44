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
document.addEventListener("toggle", (event) => {
  const menu = /** @type {HTMLDetailsElement} */ (event.target);
  const first = menu.matches?.("details.pop[open]") && menu.querySelector("[data-first]");
  if (first instanceof HTMLInputElement) { first.focus(); first.select(); }
}, true);
document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
});
