import { ask, forward, parse, say, typing, wide } from "./page.js";
import { toast } from "./toast.js";

/** stoa-grid: moves through the cells of a table, edits them in place, picks rows. */
class Grid extends HTMLElement {
  #abort = new AbortController();
  /** @type {MutationObserver | null} */ #watch = null;
  #from = -1; // where a range of picked rows begins

  get #table() { return /** @type {HTMLTableElement} */ (this.querySelector("table")); }
  get #rows() { return /** @type {HTMLTableRowElement[]} */ ([...this.#table.tBodies[0].rows].filter((r) => r.dataset.id)); }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (!this.#table) return;
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("dblclick", (event) => { const cell = this.#cell(event.target); if (cell?.dataset.edit) { event.preventDefault(); this.edit(cell); } }, { signal });
    this.addEventListener("submit", (event) => { event.preventDefault(); const cell = this.#cell(event.target); if (cell) this.#save(cell, null); }, { signal });
    this.addEventListener("click", (event) => { if (/** @type {Element} */ (event.target).closest("[data-cancel]")) { const cell = this.#cell(event.target); if (cell) this.#leave(cell, true); } }, { signal });
    this.addEventListener("focusout", (event) => this.#left(event), { signal });
    document.addEventListener("change", (event) => this.#picked(/** @type {HTMLInputElement} */ (event.target)), { signal });
    document.addEventListener("keydown", (event) => this.#pageKey(event), { signal });
    document.addEventListener("reset", () => setTimeout(() => this.#count()), { signal });
    this.#upgrade();
    this.#watch = new MutationObserver(() => this.#upgrade());
    this.#watch.observe(this.#table.tBodies[0], { childList: true });
    matchMedia("(min-width: 48em)").addEventListener("change", () => this.#upgrade(), { signal });
    this.#count();
  }
  disconnectedCallback() { this.#abort.abort(); this.#watch?.disconnect(); }

  /** What says that everything that matches is meant, beyond the rows that are there. */
  get #match() { return /** @type {HTMLInputElement | null} */ (document.querySelector("[data-all-match]")); }

  /** upgrade makes the table a grid with one tab stop; below 48 em rows are cards and it stays a table. */
  #upgrade() {
    const grid = wide(), table = this.#table;
    if (grid) { table.setAttribute("role", "grid"); table.setAttribute("aria-rowcount", "-1"); } else { table.removeAttribute("role"); table.removeAttribute("aria-rowcount"); }
    if (this.#match?.checked) for (const row of this.#rows) { const box = /** @type {HTMLInputElement | null} */ (row.querySelector("input[name=id]")); if (box) box.checked = true; }
    let stop = !!table.querySelector("tbody [data-field][tabindex='0']");
    for (const row of this.#rows) {
      for (const cell of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-field]"))) {
        if (!grid) { cell.removeAttribute("tabindex"); cell.removeAttribute("aria-readonly"); continue; }
        if (!cell.dataset.edit) cell.setAttribute("aria-readonly", "true");
        if (!cell.hasAttribute("tabindex")) { cell.tabIndex = stop ? -1 : 0; stop = true; }
      }
      for (const inner of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-field]:not([data-editing]) a, td[data-slot=pick] input, td[data-slot=menu] a"))) {
        if (grid) inner.tabIndex = -1; else inner.removeAttribute("tabindex");
      }
    }
  }

  /** @param {EventTarget | null} target */
  #cell(target) { return /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest?.("[data-field]")); }

  /** @param {HTMLElement | undefined | null} cell */
  #focus(cell) {
    if (!cell) return;
    for (const old of this.#table.querySelectorAll("[data-field][tabindex='0']")) /** @type {HTMLElement} */ (old).tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** near returns the cell that is rows down and columns on from one. @param {HTMLElement} cell @param {number} down @param {number} on */
  #near(cell, down, on) {
    const rows = this.#rows, row = cell.closest("tr");
    const cells = (/** @type {Element | null | undefined} */ r) => /** @type {HTMLElement[]} */ ([...(r?.querySelectorAll("[data-field]") ?? [])]);
    const y = Math.max(0, Math.min(rows.length - 1, rows.indexOf(/** @type {HTMLTableRowElement} */ (row)) + down));
    const line = cells(row), x = Math.max(0, Math.min(line.length - 1, line.indexOf(cell) + on));
    return cells(rows[y])[x];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const cell = this.#cell(event.target);
    if (!cell || !wide()) return;
    if (cell.hasAttribute("data-editing")) return this.#editKey(event, cell);
    const next = forward(cell), before = next === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowDown: [1, 0], ArrowUp: [-1, 0], [next]: [0, 1], [before]: [0, -1], Home: [0, -99], End: [0, 99], PageDown: [10, 0], PageUp: [-10, 0] };
    const move = moves[event.key];
    if (move && !event.altKey && !event.metaKey) {
      event.preventDefault();
      const far = event.ctrlKey && (event.key === "Home" || event.key === "End") ? (event.key === "Home" ? -1e6 : 1e6) : 0;
      if (event.shiftKey && move[0]) this.#range(cell, move[0]);
      this.#focus(this.#near(cell, move[0] + far, move[1]));
    } else if (event.key === "F2" || (event.key === "Enter" && cell.dataset.edit && !cell.querySelector("[data-open-row]"))) {
      event.preventDefault();
      if (cell.dataset.edit) this.edit(cell);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const link = cell.querySelector("a") ?? cell.closest("tr")?.querySelector("[data-open-row]");
      /** @type {HTMLElement | null} */ (link)?.click();
    } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const link = /** @type {HTMLElement | null | undefined} */ (cell.closest("tr")?.querySelector("[data-row-menu]"));
      if (link) { event.preventDefault(); link.click(); }
    } else if (event.key === " ") {
      event.preventDefault();
      this.#pick(cell.closest("tr"), null);
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const all = this.#rows.every((r) => /** @type {HTMLInputElement | null} */ (r.querySelector("input[name=id]"))?.checked);
      if (all && this.#match) { this.#match.checked = true; this.#count(); } else for (const row of this.#rows) this.#pick(row, true);
    } else if (event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey)) {
      const rows = this.#rows.filter((r) => /** @type {HTMLInputElement | null} */ (r.querySelector("input[name=id]"))?.checked);
      const lines = rows.map((r) => [...r.querySelectorAll("[data-field]")].map((c) => c.textContent?.trim().replace(/\s+/g, " ")).join("\t"));
      navigator.clipboard?.writeText(lines.length ? lines.join("\n") : cell.textContent?.trim() ?? "");
    }
  }

  /** pageKey moves by rows from anywhere on the page. @param {KeyboardEvent} event */
  #pageKey(event) {
    if (event.defaultPrevented || typing(event) || !wide()) return;
    const key = event.key.toLowerCase();
    if (key !== "j" && key !== "k" && key !== "x") return;
    const here = this.#cell(document.activeElement), rows = this.#rows;
    if (key === "x") { if (here) { event.preventDefault(); this.#pick(here.closest("tr"), null); } return; }
    event.preventDefault();
    const primary = (/** @type {Element | undefined | null} */ row) => /** @type {HTMLElement | null} */ (row?.querySelector("[data-slot=primary]") ?? row?.querySelector("[data-field]"));
    if (!here || !this.contains(here)) return this.#focus(primary(rows[0]));
    this.#focus(primary(this.#near(here, key === "j" ? 1 : -1, 0)?.closest("tr")));
  }

  /** edit fetches the form of a cell and puts it in place of the value. @param {HTMLElement} cell */
  async edit(cell) {
    const row = cell.closest("tr");
    if (!row || cell.hasAttribute("data-editing") || !this.dispatchEvent(new CustomEvent("stoa:grid-edit", { bubbles: true, cancelable: true, detail: { id: row.dataset.id, field: cell.dataset.field } }))) return;
    try {
      const answer = await ask(/** @type {string} */ (cell.dataset.edit));
      if (!answer.ok) throw new Error(String(answer.status));
      const old = document.createDocumentFragment();
      old.append(...cell.childNodes);
      kept.set(cell, old);
      cell.setAttribute("data-editing", "");
      this.#form(cell, await answer.text());
    } catch { say(this.dataset.wordsFailed ?? "", "alert"); }
  }

  /** @param {HTMLElement} cell @param {string} html */
  #form(cell, html) {
    cell.replaceChildren(parse(html));
    const control = /** @type {HTMLInputElement | null} */ (cell.querySelector("input:not([type=hidden]), select, textarea"));
    cell.dataset.was ??= JSON.stringify(this.#values(cell));
    control?.focus();
    if (control instanceof HTMLInputElement && control.type === "text") control.select();
  }

  /** values returns what the cell's form holds. @param {HTMLElement} cell */
  #values(cell) {
    const form = cell.querySelector("form");
    return form ? [...new FormData(form)].filter(([name]) => name !== "version") : [];
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} cell */
  #editKey(event, cell) {
    const long = /** @type {Element} */ (event.target).matches("textarea");
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.#leave(cell, true); }
    else if (event.key === "Enter" && (!long || event.ctrlKey) && !event.isComposing && !event.defaultPrevented && !/** @type {Element} */ (event.target).matches("button")) { event.preventDefault(); this.#save(cell, this.#near(cell, 1, 0)); }
    else if (event.key === "Tab" && !cell.querySelector(".cell-conflict")) { event.preventDefault(); this.#save(cell, this.#near(cell, 0, event.shiftKey ? -1 : 1)); }
  }

  /** left saves what was changed when the focus goes elsewhere. @param {FocusEvent} event */
  #left(event) {
    const cell = this.#cell(event.target);
    if (!cell?.hasAttribute("data-editing") || cell.contains(/** @type {Node} */ (event.relatedTarget)) || !event.relatedTarget) return;
    if (cell.dataset.state === "saving" || cell.querySelector(".cell-conflict")) return;
    this.#save(cell, null, true);
  }

  /** leave puts the value back. @param {HTMLElement} cell @param {boolean} focus */
  #leave(cell, focus) {
    const old = kept.get(cell);
    if (old) cell.replaceChildren(old);
    kept.delete(cell);
    cell.removeAttribute("data-editing");
    delete cell.dataset.was;
    delete cell.dataset.state;
    if (focus) this.#focus(cell);
  }

  /** save sends the cell. @param {HTMLElement} cell @param {HTMLElement | null | undefined} next gets the focus @param {boolean} quiet leaves the focus */
  async #save(cell, next, quiet = false) {
    const form = cell.querySelector("form"), row = cell.closest("tr");
    if (!form || !row || cell.dataset.state === "saving") return;
    const resend = !!cell.querySelector(".cell-conflict");
    if (!resend && JSON.stringify(this.#values(cell)) === cell.dataset.was) { this.#leave(cell, !quiet && !next); if (next) this.#focus(next); return; }
    const data = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    if (!resend && row.dataset.version) {
      data.set("version", row.dataset.version);
      const name = cell.dataset.field ?? "", was = new Map(JSON.parse(cell.dataset.was ?? "[]"));
      data.set("was", String(was.get(name) ?? ""));
    }
    cell.dataset.state = "saving";
    try {
      const answer = await ask(form.action, { method: "POST", body: data });
      const html = await answer.text();
      if (answer.ok) {
        const parts = parse(html);
        this.#show(cell, parts);
        row.dataset.version = answer.headers.get("Stoa-Version") ?? "";
        const message = /** @type {HTMLTemplateElement | null} */ (parts.querySelector("[data-toast]"));
        if (message) toast(message.content);
        cell.dataset.state = "saved";
        setTimeout(() => { if (cell.dataset.state === "saved") delete cell.dataset.state; }, 1500);
        if (next) this.#focus(next); else if (!quiet) this.#focus(cell);
        this.dispatchEvent(new CustomEvent("stoa:grid-saved", { bubbles: true, detail: { id: row.dataset.id, field: cell.dataset.field } }));
      } else {
        cell.dataset.state = "failed";
        this.#form(cell, html);
        say(cell.querySelector(".error, .cell-conflict p")?.textContent?.trim() ?? this.dataset.wordsFailed ?? "", "alert");
      }
    } catch { cell.dataset.state = "failed"; say(this.dataset.wordsFailed ?? "", "alert"); }
  }

  /** show puts a saved value into its cell; the cell that names the row keeps its link. @param {HTMLElement} cell @param {DocumentFragment} parts */
  #show(cell, parts) {
    const old = kept.get(cell), link = old?.querySelector("[data-open-row]");
    kept.delete(cell);
    cell.removeAttribute("data-editing");
    delete cell.dataset.was;
    const value = /** @type {HTMLTemplateElement | null} */ (parts.querySelector("[data-value]")), text = /** @type {HTMLTemplateElement | null} */ (parts.querySelector("[data-text]"));
    if (link && old) { link.textContent = text?.content.textContent?.trim() ?? ""; cell.replaceChildren(old); } else if (value) cell.replaceChildren(value.content);
    for (const a of cell.querySelectorAll("a")) a.tabIndex = -1;
  }

  /** @param {HTMLTableRowElement | null} row @param {boolean | null} to null turns it */
  #pick(row, to) {
    const box = /** @type {HTMLInputElement | null} */ (row?.querySelector("input[name=id]"));
    if (!box || !row) return;
    box.checked = to ?? !box.checked;
    this.#from = this.#rows.indexOf(row);
    this.#count();
  }

  /** @param {HTMLElement} cell @param {number} down */
  #range(cell, down) {
    const rows = this.#rows, at = rows.indexOf(/** @type {HTMLTableRowElement} */ (cell.closest("tr")));
    if (this.#from < 0) this.#from = at;
    for (let i = Math.min(at, at + down); i <= Math.max(at, at + down); i++) {
      const box = /** @type {HTMLInputElement | null} */ (rows[i]?.querySelector("input[name=id]"));
      if (box) box.checked = true;
    }
    this.#count();
  }

  /** @param {HTMLInputElement} box */
  #picked(box) {
    if (box.matches?.("[data-all], [data-all-match]:checked")) for (const row of this.#rows) { const b = /** @type {HTMLInputElement | null} */ (row.querySelector("input[name=id]")); if (b) b.checked = box.checked; }
    if (box.matches?.("[data-all], [data-all-match], input[name=id]")) this.#count();
  }

  #count() {
    const boxes = /** @type {HTMLInputElement[]} */ (this.#rows.map((r) => r.querySelector("input[name=id]")).filter(Boolean));
    const n = boxes.filter((b) => b.checked).length, match = this.#match;
    if (match?.checked && n < boxes.length) match.checked = false; // one was taken out
    for (const b of boxes) b.closest("tr")?.toggleAttribute("aria-selected", false), b.checked && b.closest("tr")?.setAttribute("aria-selected", "true");
    const all = /** @type {HTMLInputElement | null} */ (this.querySelector("[data-all]"));
    if (all) { all.checked = n > 0 && n === boxes.length; all.indeterminate = n > 0 && n < boxes.length; }
    const box = /** @type {HTMLElement | null} */ (document.querySelector("[data-chosen]"));
    if (box && n) { box.textContent = match?.checked ? match.closest("label")?.textContent?.trim() ?? "" : (box.dataset.words ?? "%s").replace("%s", String(n)); say(box.textContent); }
  }
}

/** What a cell held before it was edited. @type {WeakMap<Element, DocumentFragment>} */
const kept = new WeakMap();
customElements.define("stoa-grid", Grid);
