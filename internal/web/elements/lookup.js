import { ask, parse, say } from "./page.js";

/** stoa-lookup: offers records while a name is typed and keeps the id of the one that is chosen. */
class Lookup extends HTMLElement {
  #abort = new AbortController();
  #turn = 0;
  #timer = 0;
  /** @type {HTMLElement | null} */ #list = null;

  get #input() { return /** @type {HTMLInputElement} */ (this.querySelector("input:not([type=hidden])")); }
  get #hidden() { return /** @type {HTMLInputElement[]} */ ([...this.querySelectorAll("input[type=hidden]")]); }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort, input = this.#input;
    if (!input) return;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", (event) => {
      if (/** @type {InputEvent} */ (event).isComposing) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#fetch(), 120);
    }, { signal });
    input.addEventListener("keydown", (event) => this.#key(event), { signal });
    input.addEventListener("focus", () => input.select(), { signal });
    this.addEventListener("focusout", (event) => { if (!this.contains(/** @type {Node} */ (event.relatedTarget))) this.#close(); }, { signal });
  }
  disconnectedCallback() { this.#abort.abort(); this.#close(); }

  async #fetch() {
    const turn = ++this.#turn, text = this.#input.value.trim();
    try {
      const answer = await ask(`${this.dataset.src}&q=${encodeURIComponent(text)}`);
      const html = await answer.text();
      if (turn !== this.#turn || !this.isConnected) return;
      this.#open(answer.ok ? html : "");
    } catch { this.#close(); }
  }

  /** @param {string} html */
  #open(html) {
    this.#close();
    const list = document.createElement("div");
    list.className = "lookup-list";
    list.id = `${this.#input.id}-options`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", this.#input.getAttribute("aria-label") ?? document.querySelector(`label[for="${this.#input.id}"]`)?.textContent?.trim() ?? "");
    list.append(parse(html));
    if (!list.children.length) list.append(Object.assign(document.createElement("div"), { className: "lookup-none", textContent: this.dataset.wordsNone ?? "" })), list.removeAttribute("role");
    list.addEventListener("pointerdown", (event) => {
      const row = /** @type {Element} */ (event.target).closest("[role=option]");
      if (row) { event.preventDefault(); this.#take(row); }
    });
    this.append(list);
    this.#list = list;
    this.#input.setAttribute("aria-expanded", "true");
    this.#input.setAttribute("aria-controls", list.id);
    say(String(list.querySelectorAll("[role=option]").length));
  }

  #close() {
    this.#list?.remove();
    this.#list = null;
    this.#input?.setAttribute("aria-expanded", "false");
    this.#input?.removeAttribute("aria-activedescendant");
  }

  /** @param {Element} row */
  #take(row) {
    const [id, shown] = this.#hidden;
    this.#input.value = row.getAttribute("data-name") ?? "";
    id.value = row.getAttribute("data-id") ?? "";
    shown.value = this.#input.value;
    this.#close();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const rows = [...(this.#list?.querySelectorAll("[role=option]") ?? [])];
    const at = rows.findIndex((r) => r.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.#list) return void this.#fetch();
      const next = rows[(at + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length];
      rows[at]?.setAttribute("aria-selected", "false");
      next?.setAttribute("aria-selected", "true");
      next?.scrollIntoView({ block: "nearest" });
      if (next) this.#input.setAttribute("aria-activedescendant", next.id);
    } else if (event.key === "Enter" && rows[at]) {
      event.preventDefault();
      event.stopPropagation();
      this.#take(rows[at]);
    } else if (event.key === "Escape" && this.#list) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    }
  }
}
customElements.define("stoa-lookup", Lookup);
