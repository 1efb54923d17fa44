/** @type {Set<Time>} */
const all = new Set();
let timer = 0;

/** tick repaints all times together, each quarter of a minute, and each second while one of them is about to change its state. */
function tick() {
  clearTimeout(timer);
  let least = Infinity;
  for (const time of all) least = Math.min(least, Math.abs(time.paint()));
  if (all.size) timer = setTimeout(tick, least < 120_000 ? 1000 : 15_000);
}

/**
 * stoa-time: a promise (data-due) or a moment that has passed (data-at), ticking by the server's clock. Without script
 * it is the words that were printed.
 */
class Time extends HTMLElement {
  #offset = 0;
  connectedCallback() {
    this.#offset = Date.parse(this.dataset.now ?? "") - Date.now() || 0;
    if (Math.abs(this.#offset) > 60_000 && this.dataset.seen) this.#offset = Number(this.dataset.seen);
    this.dataset.seen = String(this.#offset);
    all.add(this);
    tick();
  }
  disconnectedCallback() { all.delete(this); }

  /** paint writes the words of now and returns in how many milliseconds they matter most. */
  paint() { return this.dataset.at ? this.#past() : this.#promise(); }

  /** promise writes what is left, at most as of the moment at which the office closes. */
  #promise() {
    const now = Math.min(Date.now() + this.#offset, Date.parse(this.dataset.until ?? "") || Infinity);
    const left = Date.parse(this.dataset.due ?? "") - now;
    this.#write(((left >= 0 ? this.dataset.left : this.dataset.missed) ?? "%s").replace("%s", this.#length(Math.abs(left))));
    const state = left < 0 ? "missed" : "open";
    if (this.dataset.state && this.dataset.state !== state) this.dispatchEvent(new CustomEvent("stoa:time-due", { bubbles: true }));
    this.dataset.state = state;
    return left;
  }

  /** past writes how long ago something was; what is older than a day stays as it was printed. */
  #past() {
    const words = /** @type {HTMLElement | null} */ (this.closest("[data-words-now]"))?.dataset;
    const gone = Math.max(0, Date.now() + this.#offset - Date.parse(this.dataset.at ?? ""));
    if (words && gone < 86_400_000) {
      const minutes = Math.round(gone / 60_000), hours = Math.round(gone / 3_600_000);
      if (this.dataset.form === "age") this.#write(this.#length(gone, words));
      else if (gone < 45_000) this.#write(words.wordsNow ?? "");
      else if (gone < 3_600_000) this.#write((words.wordsMinutes ?? "").replace("%n", String(minutes)));
      else this.#write((words.wordsHours ?? "").split("|")[Math.min(hours, 24) - 1] ?? "");
    }
    return Infinity;
  }

  /** length says a length of time as the server does. @param {number} ms */
  #length(ms, words = this.dataset) {
    const minutes = Math.max(1, Math.floor(ms / 60_000)), hours = Math.floor(minutes / 60);
    const form = (minutes < 60 ? words.min : hours < 10 ? words.hm : words.h) ?? "";
    return form.replace("%h", String(hours)).replace("%m", String(minutes < 60 ? minutes : minutes % 60));
  }

  /** @param {string} text */
  #write(text) { if (text && this.textContent !== text) this.textContent = text; }
}
customElements.define("stoa-time", Time);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
