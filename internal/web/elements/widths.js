// Widths of columns: dragged at the end of a column's head, or changed by Shift
// and an arrow key from a cell. The address keeps them, and so does a saved view.
import { forward, say, wide } from "./page.js";

const least = 48, step = 24;

/** cols returns the columns of a table by the field that each shows. @param {Element} table */
const cols = (table) => /** @type {HTMLTableColElement[]} */ ([...table.querySelectorAll("col[data-column]")]);

/** fix gives every column the width that it has, so that from now on only what is dragged changes. @param {HTMLTableElement} table */
function fix(table) {
  if (table.hasAttribute("data-fixed")) return;
  const heads = [...table.querySelectorAll("th:has([data-resize])")];
  const now = heads.map((h) => Math.round(h.getBoundingClientRect().width));
  for (const [i, col] of cols(table).entries()) col.width = String(now[i]);
  table.setAttribute("data-fixed", "");
}

/** set makes a column as wide as it may be. @param {HTMLTableElement} table @param {string} field @param {number} pixels */
function set(table, field, pixels) {
  const col = cols(table).find((c) => c.dataset.column === field);
  if (col) col.width = String(Math.max(least, Math.min(1200, Math.round(pixels))));
}

/** keep writes the widths into the address, and into the links and forms of the page that lead to the same list. @param {HTMLTableElement} table */
function keep(table) {
  const widths = cols(table).filter((c) => c.width).map((c) => `${c.dataset.column}:${c.width}`).join(",");
  const here = new URL(location.href);
  here.searchParams.set("w", widths);
  history.replaceState(history.state, "", here);
  const object = location.pathname.replace(/\/list$/, "/");
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("main :is(th, .toolbar, .segment) a"))) {
    const to = new URL(link.href);
    if (!to.pathname.startsWith(object)) continue;
    to.searchParams.set("w", widths);
    link.href = to.pathname + to.search;
  }
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("main :is(.toolbar, .page-head) form"))) {
    const input = form.querySelector("input[name=w]") ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "w" }));
    /** @type {HTMLInputElement} */ (input).value = widths;
  }
}

document.addEventListener("pointerdown", (event) => {
  const grip = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-resize]")), table = grip?.closest("table"), head = grip?.closest("th");
  if (!grip || !table || !head || event.button !== 0) return;
  event.preventDefault();
  fix(table);
  const from = event.clientX, width = head.getBoundingClientRect().width, on = forward(head) === "ArrowRight" ? 1 : -1;
  grip.setPointerCapture(event.pointerId);
  const stop = new AbortController();
  grip.addEventListener("pointermove", (move) => set(table, grip.dataset.resize ?? "", width + (move.clientX - from) * on), { signal: stop.signal });
  for (const end of ["pointerup", "pointercancel"]) grip.addEventListener(end, () => { stop.abort(); keep(table); }, { signal: stop.signal });
});

document.addEventListener("keydown", (event) => {
  if (!event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || !wide() || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
  const cell = /** @type {HTMLElement} */ (event.target);
  const table = cell.matches?.("[data-field]:not([data-editing])") ? cell.closest("table") : null, field = cell.dataset?.field ?? "";
  if (!table || !table.querySelector(`col[data-column="${field}"]`)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  fix(table);
  const width = Number(cols(table).find((c) => c.dataset.column === field)?.width || cell.getBoundingClientRect().width);
  set(table, field, width + (event.key === forward(cell) ? step : -step));
  keep(table);
  say(`${cols(table).find((c) => c.dataset.column === field)?.width} px`);
}, true);
