import { ask, parse } from "./page.js";

const draftAfter = 800; // after the last key

/** stoa-compose: drafts that keep themselves, quick texts, macros; the forms work without it. */
class Compose extends HTMLElement {
  #abort = new AbortController();
  #timer = 0;
  #turn = 0;
  /** what is not kept yet @type {HTMLFormElement | null} */ #dirty = null;
  #typed = 0;

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.addEventListener("input", (event) => this.#input(event), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("focusout", () => this.keep(), { signal });
    this.addEventListener("submit", () => { this.#dirty = null; clearTimeout(this.#timer); }, { signal });
    addEventListener("pagehide", () => this.keep(true), { signal });
  }
  disconnectedCallback() {
    this.keep(true);
    this.#abort.abort();
  }

  /** form returns the one that is shown. */
  get form() { return /** @type {HTMLFormElement} */ (this.querySelector("form:not([hidden])")); }

  /** show turns to the reply or the note. What was written in the other stays there. @param {string} kind */
  show(kind) {
    this.dataset.kind = kind;
    for (const form of this.querySelectorAll("form[data-for]")) form.toggleAttribute("hidden", form.getAttribute("data-for") !== kind);
    for (const choice of this.querySelectorAll("[data-kind][role=button]")) choice.setAttribute("aria-pressed", String(choice.getAttribute("data-kind") === kind));
    const text = this.form.querySelector("textarea");
    text?.focus();
    text?.setSelectionRange(text.value.length, text.value.length);
  }

  /** insert puts words where the cursor is. @param {string} words */
  insert(words) {
    if (this.dataset.kind === "note") this.show("reply");
    const text = this.form.querySelector("textarea");
    if (!text) return;
    text.focus();
    this.#put(text, text.selectionStart, text.selectionEnd, (text.selectionStart > 0 && text.value[text.selectionStart - 1] !== "\n" ? "\n" : "") + words + "\n");
  }

  /** put replaces a stretch of the text so that Ctrl Z takes it back. @param {HTMLTextAreaElement} text */
  #put(text, from, to, words) {
    text.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, words)) {
      text.setRangeText(words, from, to, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  /** @param {Event} event */
  #input(event) {
    const field = /** @type {HTMLElement} */ (event.target), form = field.closest("form");
    if (!form || /** @type {HTMLInputElement} */ (field).type === "file") return;
    this.#dirty = form;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), draftAfter);
    if (Date.now() - this.#typed > 3000) {
      this.#typed = Date.now();
      this.dispatchEvent(new CustomEvent("stoa:compose-typing", { bubbles: true }));
    }
    if (field instanceof HTMLTextAreaElement) this.#offer(field);
  }

  /** keep saves the draft where it is not saved yet. @param {boolean} leaving the page goes away */
  async keep(leaving = false) {
    const form = this.#dirty;
    if (!form || !this.dataset.draft) return;
    this.#dirty = null;
    clearTimeout(this.#timer);
    const values = new URLSearchParams();
    for (const name of ["body", "to", "cc", "version"]) values.set(name, /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name))?.value ?? "");
    values.set("kind", form.dataset.for === "note" ? "Note" : "Reply");
    const state = this.querySelector("[data-state]"), words = /** @type {HTMLElement | null} */ (this.closest("stoa-desk"))?.dataset ?? {};
    try {
      const answer = await ask(this.dataset.draft, { method: "POST", body: values, keepalive: leaving });
      if (!answer.ok) throw new Error(String(answer.status));
      const at = await answer.text();
      if (state) state.textContent = (words.wordsSaved ?? "%s").replace("%s", at);
      this.dispatchEvent(new CustomEvent("stoa:compose-draft", { bubbles: true, detail: { at } }));
    } catch {
      this.#dirty ??= form;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.keep(), 3000);
      if (state) state.textContent = words.wordsUnsaved ?? "";
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    const kind = target.closest("[data-kind][role=button]")?.getAttribute("data-kind");
    if (kind) { event.preventDefault(); this.show(kind); return; }
    const quick = /** @type {HTMLElement | null} */ (target.closest(".quick-menu [data-text]"));
    if (quick) this.#take(quick);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const text = /** @type {HTMLTextAreaElement} */ (event.target);
    if (event.isComposing) return;
    const menu = /** @type {HTMLElement | null} */ (text.closest("form")?.querySelector("[data-menu]"));
    const rows = menu && !menu.hidden ? /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[data-text]")]) : [];
    if (rows.length) {
      const at = Math.max(0, rows.findIndex((r) => r.getAttribute("aria-selected") === "true"));
      const choose = (/** @type {number} */ to) => { event.preventDefault(); for (const [i, r] of rows.entries()) r.setAttribute("aria-selected", String(i === (to + rows.length) % rows.length)); };
      if (event.key === "ArrowDown") return choose(at + 1);
      if (event.key === "ArrowUp") return choose(at - 1);
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey || event.key === "Tab") { event.preventDefault(); return this.#take(rows[at]); }
    }
    if (event.key === "Escape") {
      event.preventDefault();
      if (menu && !menu.hidden) { menu.hidden = true; return; }
      text.blur();
      document.getElementById("case-h")?.focus();
    }
    if (event.key === "/" && text instanceof HTMLTextAreaElement && (text.selectionStart === 0 || text.value[text.selectionStart - 1] === "\n")) {
      const macros = /** @type {HTMLDetailsElement | null} */ (document.getElementById("macros"));
      if (macros) { event.preventDefault(); macros.open = true; }
    }
  }

  /** offer shows the quick texts whose name begins with what stands after a semicolon. @param {HTMLTextAreaElement} text */
  async #offer(text) {
    const menu = /** @type {HTMLElement | null} */ (text.closest("form")?.querySelector("[data-menu]"));
    const typed = /(?:^|\s);([\p{L}\p{N}_-]*)$/u.exec(text.value.slice(0, text.selectionStart));
    if (!menu) return;
    if (!typed) { menu.hidden = true; return; }
    const turn = ++this.#turn;
    try {
      const answer = await ask(`${this.dataset.quick}?q=${encodeURIComponent(typed[1])}`);
      if (!answer.ok || turn !== this.#turn) return;
      menu.replaceChildren(parse(await answer.text()));
      menu.querySelector("[data-text]")?.setAttribute("aria-selected", "true");
      menu.hidden = false;
    } catch { menu.hidden = true; }
  }

  /** take puts a quick text in the place of what was typed. @param {HTMLElement} row */
  #take(row) {
    const form = row.closest("form"), text = form?.querySelector("textarea"), menu = /** @type {HTMLElement | null} */ (row.closest("[data-menu]"));
    if (!text || !menu) return;
    menu.hidden = true;
    text.focus();
    const before = text.value.slice(0, text.selectionStart), start = before.lastIndexOf(";");
    if (start >= 0) this.#put(text, start, text.selectionStart, row.dataset.text ?? "");
  }
}
customElements.define("stoa-compose", Compose);

// Ctrl Enter sends the form that one writes in, also a reply that was held back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.defaultPrevented) return;
  const from = /** @type {Element} */ (event.target).closest?.("stoa-compose form:not([hidden]), [data-guard-form]") ?? document.querySelector("[data-guard-form], stoa-compose form:not([hidden])");
  const send = /** @type {HTMLElement | null} */ (from?.querySelector("[data-send]") ?? null);
  if (send) { event.preventDefault(); send.click(); }
});
