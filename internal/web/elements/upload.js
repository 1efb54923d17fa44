import { ask, say } from "./page.js";

const again = 2000; // after a try that failed

/** A file on its way. @typedef {{file: File, row: HTMLElement, id: string, at: number, state: "going" | "waiting" | "done" | "gone", stop: AbortController}} Going */

/**
 * stoa-upload: files go up in pieces while one writes, with their progress. One that lost its connection goes on where
 * it stopped, one that was cancelled is gone. Without script the form brings the files along.
 */
class Upload extends HTMLElement {
  #abort = new AbortController();
  /** @type {Set<Going>} */ #all = new Set();

  get #input() { return /** @type {HTMLInputElement} */ (this.querySelector("input[type=file]")); }
  get #list() { return /** @type {HTMLElement} */ (this.querySelector("[data-list]")); }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.addEventListener("change", (event) => {
      if (event.target !== this.#input) return;
      event.stopPropagation();
      const files = [...(this.#input.files ?? [])];
      this.#input.value = "";
      for (const file of files) this.#add(file);
    }, { signal });
    this.addEventListener("click", (event) => {
      const row = /** @type {Element} */ (event.target).closest("[data-drop]")?.closest("li");
      if (row) this.#drop(/** @type {HTMLElement} */ (row));
    }, { signal });
    addEventListener("online", () => { for (const one of this.#all) if (one.state === "waiting") this.#go(one); }, { signal });
    this.closest("form")?.addEventListener("submit", (event) => {
      if (![...this.#all].some((one) => one.state === "going" || one.state === "waiting")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      say(this.dataset.wordsWait ?? "", "alert");
      this.#note(this.dataset.wordsWait ?? "");
    }, { signal, capture: true });
  }
  disconnectedCallback() {
    this.#abort.abort();
    for (const one of this.#all) one.stop.abort();
  }

  /** note says something of all files. @param {string} text */
  #note(text) {
    const note = this.querySelector("[data-note]");
    if (note) note.textContent = text;
  }

  /** add begins a file, unless it is too large. @param {File} file */
  #add(file) {
    const row = document.createElement("li"), limit = Number(this.dataset.limit);
    row.className = "upload";
    const name = Object.assign(document.createElement("bdi"), { className: "clip", textContent: file.name });
    const bar = Object.assign(document.createElement("progress"), { max: Math.max(file.size, 1), value: 0 });
    bar.setAttribute("aria-label", file.name);
    const state = Object.assign(document.createElement("span"), { className: "muted small" });
    state.setAttribute("data-state-of", "");
    const drop = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-ghost btn-sm", textContent: this.dataset.wordsCancel ?? "" });
    drop.setAttribute("data-drop", "");
    drop.setAttribute("aria-label", `${this.dataset.wordsCancel} ${file.name}`);
    row.append(name, bar, state, drop);
    this.#list.append(row);
    const total = [...this.#all].filter((o) => o.state !== "gone").reduce((n, o) => n + o.file.size, file.size);
    /** @type {Going} */ const one = { file, row, id: "", at: 0, state: "going", stop: new AbortController() };
    this.#all.add(one);
    this.#note("");
    if (total > limit) {
      one.state = "gone";
      row.dataset.state = "failed";
      bar.remove();
      state.textContent = this.dataset.wordsLarge ?? "";
      say(`${file.name}: ${this.dataset.wordsLarge}`, "alert");
      return;
    }
    this.#go(one);
  }

  /** go sends what is missing, piece by piece. @param {Going} one */
  async #go(one) {
    one.state = "going";
    const url = this.dataset.upload ?? "", piece = Number(this.dataset.piece), { signal } = one.stop;
    try {
      if (!one.id) {
        const begun = await this.#answer(ask(url, { method: "POST", body: new URLSearchParams({ name: one.file.name, size: String(one.file.size) }), signal }));
        one.id = begun.id;
      } else one.at = (await this.#answer(ask(`${url}/${one.id}`, { signal }))).at;
      this.#show(one);
      while (one.at < one.file.size) {
        const body = one.file.slice(one.at, one.at + piece);
        one.at = (await this.#answer(ask(`${url}/${one.id}?at=${one.at}`, { method: "PUT", body, signal, headers: { "Content-Type": "application/octet-stream" } }))).at;
        this.#show(one);
      }
      one.state = "done";
      one.row.append(Object.assign(document.createElement("input"), { type: "hidden", name: "upload", value: one.id }));
      this.#show(one);
      say(`${one.file.name}: ${this.dataset.wordsDone}`);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) {
        one.state = "gone";
        one.row.dataset.state = "failed";
        this.#state(one, error.message);
        say(`${one.file.name}: ${error.message}`, "alert");
        return;
      }
      one.state = "waiting";
      this.#state(one, this.dataset.wordsLost ?? "");
      setTimeout(() => { if (one.state === "waiting" && this.isConnected) this.#go(one); }, again);
    }
  }

  /** answer reads what the server says of an upload; a no is final, other failures are tried again. @param {Promise<Response>} asked */
  async #answer(asked) {
    const answer = await asked;
    if (answer.ok || answer.status === 409) return answer.json();
    if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    throw new Refused((await answer.text()).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim());
  }

  /** @param {Going} one */
  #show(one) {
    const bar = one.row.querySelector("progress");
    if (bar) bar.value = one.at;
    one.row.dataset.state = one.state;
    if (one.state === "done") {
      this.#state(one, this.dataset.wordsDone ?? "");
      bar?.remove();
      const drop = one.row.querySelector("[data-drop]");
      if (drop) { drop.textContent = this.dataset.wordsRemove ?? ""; drop.setAttribute("aria-label", `${this.dataset.wordsRemove} ${one.file.name}`); }
    } else this.#state(one, (this.dataset.wordsAt ?? "%s").replace("%s", String(Math.floor(100 * one.at / Math.max(one.file.size, 1)))));
  }

  /** @param {Going} one @param {string} text */
  #state(one, text) {
    const state = one.row.querySelector("[data-state-of]");
    if (state) state.textContent = text;
  }

  /** drop cancels an upload, or takes a file that is there away. @param {HTMLElement} row */
  #drop(row) {
    const one = [...this.#all].find((o) => o.row === row);
    if (one) {
      one.state = "gone";
      one.stop.abort();
      this.#all.delete(one);
      if (one.id) ask(`${this.dataset.upload}/${one.id}`, { method: "DELETE" }).catch(() => {});
    }
    row.remove();
    this.#note("");
    this.#input.focus();
  }
}

/** Refused is an upload that the server does not take. */
class Refused extends Error {}
customElements.define("stoa-upload", Upload);
