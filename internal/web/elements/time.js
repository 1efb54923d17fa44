/** @type {Set<Time>} */
const all = new Set();
let timer = 0;

/** tick repaints all times together, each minute, and each second while one of them has under two minutes left. */
function tick() {
  clearTimeout(timer);
  let least = Infinity;
  for (const time of all) least = Math.min(least, Math.abs(time.paint()));
  if (all.size) timer = setTimeout(tick, least < 120_000 ? 1000 : 15_000);
}

/** stoa-time: a promise that ticks by the server's clock. Without script it is the words that were printed. */
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

  /** paint writes what is left and returns it in milliseconds. */
  paint() {
    const left = Date.parse(this.dataset.due ?? "") - (Date.now() + this.#offset);
    const minutes = Math.max(1, Math.floor(Math.abs(left) / 60_000)), hours = Math.floor(minutes / 60);
    const words = (minutes < 60 ? this.dataset.min : hours < 10 ? this.dataset.hm : this.dataset.h) ?? "";
    const text = ((left >= 0 ? this.dataset.left : this.dataset.missed) ?? "%s").replace("%s", words.replace("%h", String(hours)).replace("%m", String(minutes < 60 ? minutes : minutes % 60)));
    if (this.textContent !== text) this.textContent = text;
    const state = left < 0 ? "missed" : "open";
    if (this.dataset.state && this.dataset.state !== state) this.dispatchEvent(new CustomEvent("stoa:time-due", { bubbles: true }));
    this.dataset.state = state;
    return left;
  }
}
customElements.define("stoa-time", Time);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
