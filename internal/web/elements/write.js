import { ask, parse } from "./page.js";
import { change, markdown } from "./markdown.js";

const lookAfter = 250; // after the last key

/** The keys of the toolbar, by what they do. @type {Record<string, (event: KeyboardEvent) => boolean>} */
const keys = {
  bold: (e) => !e.shiftKey && e.key.toLowerCase() === "b",
  italic: (e) => !e.shiftKey && e.key.toLowerCase() === "i",
  link: (e) => e.shiftKey && e.key.toLowerCase() === "l",
  heading: (e) => e.shiftKey && e.key.toLowerCase() === "h",
  numbers: (e) => e.shiftKey && e.code === "Digit7",
  list: (e) => e.shiftKey && e.code === "Digit8",
  quote: (e) => e.shiftKey && e.code === "Digit9",
};

/** stoa-write: a text in Markdown with a toolbar, keys, a preview that follows, and formats that survive a paste. */
class Write extends HTMLElement {
  #abort = new AbortController();
  #timer = 0;
  #turn = 0;

  get #text() { return /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea")); }
  get #bar() { return /** @type {HTMLElement | null} */ (this.querySelector("[role=toolbar]")); }
  get #buttons() { return /** @type {HTMLButtonElement[]} */ ([...(this.#bar?.querySelectorAll("button") ?? [])]); }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (this.#bar) this.#bar.hidden = false;
    for (const [i, b] of this.#buttons.entries()) b.tabIndex = i ? -1 : 0;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("paste", (event) => this.#paste(event), { signal });
    this.addEventListener("input", () => this.#soon(), { signal });
    if (this.hasAttribute("data-open")) this.#look();
  }
  disconnectedCallback() {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  /** put replaces a stretch of the text so that Ctrl Z takes it back. @param {number} from @param {number} to @param {string} words */
  #put(from, to, words) {
    const text = this.#text;
    text.focus();
    text.setSelectionRange(from, to);
    if (words === "" ? document.execCommand("delete") : document.execCommand("insertText", false, words)) return;
    text.setRangeText(words, from, to, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** format does what a button says. @param {string} what */
  #format(what) {
    const text = this.#text;
    const c = change(text.value, text.selectionStart, text.selectionEnd, what, { sample: this.dataset.sample ?? "" });
    this.#put(c.from, c.to, c.put);
    text.setSelectionRange(c.select[0], c.select[1]);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (button?.dataset.format) { event.preventDefault(); this.#format(button.dataset.format); }
    if (button?.hasAttribute("data-look")) { event.preventDefault(); this.#toggle(button); }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const buttons = this.#buttons, at = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    if (at >= 0) {
      const rtl = this.matches(":dir(rtl)") ? -1 : 1;
      const to = { ArrowRight: at + rtl, ArrowLeft: at - rtl, Home: 0, End: buttons.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = buttons[(to + buttons.length) % buttons.length];
      for (const b of buttons) b.tabIndex = b === next ? 0 : -1;
      next.focus();
      return;
    }
    if (event.target !== this.#text || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    const what = Object.keys(keys).find((k) => keys[k](event));
    if (what && this.#bar?.querySelector(`[data-format="${what}"]`)) { event.preventDefault(); this.#format(what); }
  }

  /** paste keeps the format of what comes from elsewhere, as Markdown. @param {ClipboardEvent} event */
  #paste(event) {
    const html = event.target === this.#text ? event.clipboardData?.getData("text/html") : "";
    const words = html ? markdown(html) : "";
    if (!words) return; // the browser pastes the plain text
    event.preventDefault();
    this.#put(this.#text.selectionStart, this.#text.selectionEnd, words);
  }

  /** toggle shows or hides the preview. @param {HTMLElement} button */
  #toggle(button) {
    const open = !this.hasAttribute("data-open");
    this.toggleAttribute("data-open", open);
    button.setAttribute("aria-pressed", String(open));
    const box = /** @type {HTMLElement | null} */ (this.querySelector("[data-preview]"));
    if (box) box.hidden = !open;
    if (open) this.#look();
  }

  #soon() {
    clearTimeout(this.#timer);
    if (this.hasAttribute("data-open")) this.#timer = setTimeout(() => this.#look(), lookAfter);
  }

  /** look asks the server how the text will look: it is the one that sends it. */
  async #look() {
    const box = /** @type {HTMLElement | null} */ (this.querySelector("[data-preview] [data-page]")), turn = ++this.#turn;
    if (!box || !this.dataset.look) return;
    try {
      const answer = await ask(this.dataset.look, { method: "POST", body: new URLSearchParams({ body: this.#text.value }) });
      if (answer.ok && turn === this.#turn) box.replaceChildren(parse(await answer.text()));
    } catch { /* the next key asks again */ }
  }
}
customElements.define("stoa-write", Write);
