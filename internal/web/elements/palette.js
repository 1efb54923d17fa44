import { ask, parse, say } from "./page.js";
import { places } from "./tabs.js";

/** stoa-palette: go anywhere, do anything. Local rows at once, the server's below them. */
class Palette extends HTMLElement {
  #abort = new AbortController();
  #search = new AbortController();
  #asked = 0;
  #timer = 0;
  #at = ""; // where the pointer was
  /** @type {Element | null} */ #opener = null;

  get #dialog() { return /** @type {HTMLDialogElement} */ (this.querySelector("dialog")); }
  get #input() { return /** @type {HTMLInputElement} */ (this.querySelector("input[role=combobox]")); }
  get #list() { return /** @type {HTMLElement} */ (this.querySelector("[role=listbox]")); }
  get #rows() { return /** @type {HTMLAnchorElement[]} */ ([...this.#list.querySelectorAll("[role=option]:not([hidden])")]); }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (this.#dialog.open) this.#dialog.close(); else this.show(document.activeElement);
    }, { signal });
    this.#input.addEventListener("input", (event) => { if (!(/** @type {InputEvent} */ (event).isComposing)) this.#typed(); }, { signal });
    this.#input.addEventListener("compositionend", () => this.#typed(), { signal });
    this.#input.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#dialog.addEventListener("close", () => {
      this.#drop();
      const back = /** @type {HTMLElement | null} */ (this.#opener?.isConnected ? this.#opener : document.getElementById("main"));
      back?.focus();
      this.dispatchEvent(new CustomEvent("stoa:palette-close", { bubbles: true }));
    }, { signal });
    this.#list.addEventListener("click", (event) => {
      const row = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a[role=option]"));
      if (row && this.#act(row)) event.preventDefault();
    }, { signal });
    this.#list.addEventListener("pointermove", (event) => this.#pointed(event), { signal });
    // A press beside a row leaves the focus in the box, so that its keys go on.
    this.#dialog.addEventListener("mousedown", (event) => { if (event.target !== this.#dialog && !/** @type {Element} */ (event.target).closest("input, button")) event.preventDefault(); }, { signal });
  }
  disconnectedCallback() { this.#abort.abort(); }

  /** show opens the palette. @param {Element | null} opener gets the focus back */
  show(opener) {
    this.#opener = opener;
    this.#drop();
    this.#input.value = "";
    this.#local("");
    this.#at = "";
    this.#dialog.showModal();
    this.#input.focus();
    this.dispatchEvent(new CustomEvent("stoa:palette-open", { bubbles: true }));
  }

  /** drop lets go of what was asked: neither an answer under way nor one that would be asked for may come into the list. */
  #drop() {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#asked++;
  }

  #typed() {
    const text = this.#input.value.replace(/\s+/g, " ").slice(0, 200);
    this.#local(text.trim().toLowerCase());
    this.#drop();
    if (text.trim().length > 1) this.#timer = setTimeout(() => this.#fetch(text.trim()), 60);
  }

  /** local draws the rows of the page that match, and the last places. @param {string} text */
  #local(text) {
    const rows = /** @type {HTMLTemplateElement} */ (this.querySelector("template[data-commands]")).content.cloneNode(true);
    this.#list.replaceChildren(rows);
    if (!text) this.#last();
    for (const row of this.#list.querySelectorAll("[role=option]")) row.toggleAttribute("hidden", !!text && !row.textContent?.toLowerCase().includes(text));
    this.#groups();
    this.#input.removeAttribute("aria-activedescendant");
    this.#choose(this.#rows[0]);
    this.#count();
  }

  #last() {
    const group = this.#list.querySelector("[role=group]:last-of-type")?.cloneNode(true);
    const recent = places().filter((p) => p.href !== location.pathname + location.search).reverse().slice(0, 5);
    const model = this.#list.querySelector("[role=option]");
    if (!group || !model || !recent.length) return;
    const first = this.#list.querySelector("[role=group]");
    for (const [i, place] of recent.entries()) {
      const row = /** @type {HTMLAnchorElement} */ (model.cloneNode(true));
      row.id = `po-last-${i}`;
      row.href = place.href;
      row.querySelector("use")?.setAttribute("href", place.icon);
      const label = row.querySelector(".clip");
      if (label) label.textContent = place.title;
      row.querySelector("kbd")?.remove();
      first?.append(row);
    }
  }

  /** @param {string} text */
  async #fetch(text) {
    const turn = ++this.#asked;
    this.#search = new AbortController();
    const skeleton = setTimeout(() => { if (turn === this.#asked) this.#list.append(parse('<div data-wait><span class="skel w-60"></span><span class="skel w-80"></span><span class="skel w-40"></span></div>')); }, 400);
    try {
      const answer = await ask(`${this.dataset.src}&q=${encodeURIComponent(text)}`, { signal: this.#search.signal });
      const html = answer.ok ? await answer.text() : null;
      if (turn !== this.#asked) return;
      if (html === null) throw new Error(String(answer.status));
      const chosen = this.#rows.find((r) => r.getAttribute("aria-selected") === "true");
      this.#list.append(parse(html));
      if (!this.#rows.length) this.#list.append(this.#everything(text));
      if (!chosen) this.#choose(this.#rows[0]);
    } catch (error) {
      if (turn !== this.#asked || this.#search.signal.aborted) return;
      this.#list.append(Object.assign(document.createElement("p"), { className: "palette-group", textContent: this.dataset.wordsFail ?? "" }));
    } finally {
      clearTimeout(skeleton);
      if (turn === this.#asked) {
        this.#list.querySelector("[data-wait]")?.remove();
        this.#count();
      }
    }
  }

  /** @param {string} text */
  #everything(text) {
    const box = document.createElement("div");
    const none = Object.assign(document.createElement("p"), { className: "palette-group", textContent: (this.dataset.wordsNone ?? "").replace("%s", text) });
    const row = Object.assign(document.createElement("a"), { className: "palette-item plain", id: "po-all", href: `/console/search?q=${encodeURIComponent(text)}`, textContent: (this.dataset.wordsAll ?? "").replace("%s", text), tabIndex: -1 });
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    box.append(none, row);
    return box;
  }

  #groups() {
    for (const group of this.#list.querySelectorAll("[role=group]")) group.toggleAttribute("hidden", !group.querySelector("[role=option]:not([hidden])"));
  }

  #count() {
    const words = (this.dataset.wordsCount ?? "%s").replace("%s", String(this.#rows.length));
    const box = this.querySelector("[data-count]");
    if (box) box.textContent = words;
    if (this.#input.value) say(words);
  }

  /** pointed chooses the row under a pointer that was moved: one that rests while the list scrolls below it chooses nothing. @param {PointerEvent} event */
  #pointed(event) {
    const at = `${event.screenX} ${event.screenY}`, moved = this.#at !== "" && this.#at !== at;
    this.#at = at;
    if (moved) this.#choose(/** @type {Element} */ (event.target).closest("[role=option]:not([aria-selected=true])"));
  }

  /** @param {Element | null | undefined} row */
  #choose(row) {
    if (!row) return;
    for (const other of this.#list.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
    row.setAttribute("aria-selected", "true");
    this.#input.setAttribute("aria-activedescendant", row.id);
  }

  /** act does what a row stands for that names a control of this page: #act-reply. @param {HTMLAnchorElement} row */
  #act(row) {
    const href = row.getAttribute("href") ?? "";
    if (!href.startsWith("#")) return false;
    const control = document.getElementById(href.slice(1));
    this.#opener = null;
    this.#dialog.close();
    document.dispatchEvent(new CustomEvent("stoa:act", { cancelable: true, detail: { id: href.slice(1) } })) && control?.click();
    return true;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const rows = this.#rows, at = rows.findIndex((r) => r.getAttribute("aria-selected") === "true");
    const go = (/** @type {number} */ to) => { event.preventDefault(); const row = rows[(to + rows.length) % rows.length]; this.#choose(row); row?.scrollIntoView({ block: "nearest" }); };
    const group = (/** @type {number} */ step) => { const now = rows[at]?.parentElement; let i = at; while (rows[i] && rows[i].parentElement === now) i += step; go(i); };
    switch (event.key) {
      case "ArrowDown": return go(at + 1);
      case "ArrowUp": return go(at - 1);
      case "PageDown": return group(1);
      case "PageUp": return group(-1);
      case "Escape":
        event.preventDefault();
        if (this.#input.value) { this.#input.value = ""; this.#typed(); } else this.#dialog.close();
        return;
      case "Enter": {
        const row = rows[at];
        if (!row) return; // the form leads to the search page
        event.preventDefault();
        if (this.#act(row)) return;
        const newTab = event.ctrlKey || event.metaKey;
        const choice = new CustomEvent("stoa:palette-choose", { bubbles: true, cancelable: true, detail: { href: row.href, newTab } });
        if (!this.dispatchEvent(choice)) return;
        if (newTab) open(row.href, "_blank", "noopener"); else location.href = row.href;
      }
    }
  }
}
customElements.define("stoa-palette", Palette);
