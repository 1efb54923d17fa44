import { ask, parse } from "./page.js";

/** stoa-live: a page that is drawn anew when the stream says that something happened, and shows who is there. */
class Live extends HTMLElement {
  /** @type {EventSource | null} */ #stream = null;
  #timer = 0;
  #beat = 0;
  /** @type {Map<string, {name: string, what: string, at: number}>} */ #people = new Map();

  connectedCallback() {
    this.#stream = new EventSource(this.dataset.stream ?? "");
    this.#stream.addEventListener("told", (event) => this.#told(JSON.parse(event.data)));
    this.#beat = setInterval(() => this.#show(), 10_000);
  }
  disconnectedCallback() {
    this.#stream?.close();
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
  }

  /** @param {{topic: string, says: string, by: string, name: string}} event */
  #told(event) {
    if (event.topic !== "desk") {
      this.#timer ||= setTimeout(() => { this.#timer = 0; this.#draw(); }, 1000);
      return;
    }
    const [says, , what] = event.says.split(" ");
    if (says === "left") this.#people.delete(event.by); else this.#people.set(event.by, { name: event.name, what, at: Date.now() });
    this.#show();
  }

  /** show puts those who are there into the list. */
  #show() {
    const list = this.querySelector("[data-here]");
    if (!list) return;
    for (const [id, one] of this.#people) if (Date.now() - one.at > 25_000) this.#people.delete(id);
    for (const [id, one] of this.#people) {
      let row = [...list.children].find((r) => r.getAttribute("data-person") === id);
      if (!row) {
        row = document.createElement("li");
        row.className = "row";
        row.setAttribute("data-person", id);
        row.append(Object.assign(document.createElement("span"), { className: "grow", textContent: one.name }), Object.assign(document.createElement("span"), { className: "muted small" }));
        row.lastElementChild?.setAttribute("data-does", "");
        list.append(row);
      }
      const does = row.querySelector("[data-does]");
      if (does) does.textContent = one.what;
    }
    for (const row of list.children) {
      const does = row.querySelector("[data-does]");
      if (does?.textContent && !this.#people.has(row.getAttribute("data-person") ?? "")) does.textContent = "";
    }
    this.querySelector("[data-nobody]")?.toggleAttribute("hidden", list.children.length > 0);
  }

  /** draw asks for the page's part again. What is open stays open, and the focus where it is. */
  async #draw() {
    if (document.hidden || this.querySelector("details.pop[open]")) return;
    const answer = await ask(this.dataset.src ?? "").catch(() => null);
    if (!answer?.ok) return;
    const fresh = parse(await answer.text()).querySelector("[data-live-part]"), old = this.querySelector("[data-live-part]");
    if (!fresh || !old) return;
    const details = [...old.querySelectorAll("details")].map((d) => d.open);
    fresh.querySelectorAll("details").forEach((d, i) => { d.open = !!details[i]; });
    const href = document.activeElement?.getAttribute("href"), inside = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (inside && href) /** @type {HTMLElement | undefined} */ ([...fresh.querySelectorAll("a")].find((a) => a.getAttribute("href") === href))?.focus({ preventScroll: true });
    this.#show();
  }
}
customElements.define("stoa-live", Live);
