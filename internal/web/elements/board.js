import { ask, forward, parse, say } from "./page.js";
import { toast } from "./toast.js";

/** stoa-board: moves tiles between lanes by pointer and by keys; the tile's own form does the move. */
class Board extends HTMLElement {
  #abort = new AbortController();
  /** The tile that is lifted, where it came from and where it would go. @type {{item: HTMLElement, from: HTMLElement, over: HTMLElement, keys: boolean} | null} */
  #lift = null;
  /** A press that may become a lift. @type {{item: HTMLElement, x: number, y: number, id: number, timer: number} | null} */
  #press = null;
  #mark = document.createElement("li");

  get #lanes() { return /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[data-lane]")]); }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#mark.className = "drop";
    for (const tile of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("li[data-id] .tile"))) {
      tile.tabIndex = 0;
      if (tile.querySelector("[data-move]")) tile.setAttribute("aria-describedby", "board-keys");
    }
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    document.addEventListener("pointermove", (event) => this.#move(event), { signal });
    document.addEventListener("pointerup", (event) => this.#up(event), { signal });
    document.addEventListener("pointercancel", () => this.#back(), { signal });
    this.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
    this.addEventListener("click", (event) => { if (dragged) { event.preventDefault(); event.stopPropagation(); dragged = false; } }, { signal, capture: true });
    this.addEventListener("submit", (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target), item = /** @type {HTMLElement | null} */ (form.closest("li[data-id]")), button = /** @type {HTMLButtonElement | null} */ (event.submitter);
      const lane = this.#lanes.find((l) => l.dataset.lane === button?.value);
      if (!form.matches("[data-move]") || !item || !lane) return;
      event.preventDefault();
      const from = /** @type {HTMLElement} */ (item.closest("[data-lane]"));
      item.querySelector("details")?.removeAttribute("open");
      this.#put(item, from, lane);
    }, { signal });
  }
  disconnectedCallback() { this.#abort.abort(); this.#back(); }

  /** @param {HTMLElement} item @param {boolean} keys */
  #raise(item, keys) {
    const from = /** @type {HTMLElement} */ (item.closest("[data-lane]"));
    if (!item.querySelector("[data-move]")) return;
    this.#lift = { item, from, over: from, keys };
    item.querySelector(".tile")?.setAttribute("data-lift", "");
    if (keys) say((this.dataset.wordsLifted ?? "").replace("%s", item.querySelector("h3")?.textContent?.trim() ?? ""));
  }

  /** @param {HTMLElement | null | undefined} lane */
  #over(lane) {
    if (!this.#lift || !lane || lane === this.#lift.over) return;
    this.#lift.over.removeAttribute("data-over");
    this.#lift.over = lane;
    this.#mark.remove();
    if (lane !== this.#lift.from) {
      lane.setAttribute("data-over", "");
      this.#mark.textContent = lane.dataset.label ?? "";
      lane.querySelector("ul")?.prepend(this.#mark);
    }
    lane.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (this.#lift.keys) say((this.dataset.wordsOver ?? "").replace("%s", lane.dataset.label ?? ""));
  }

  /** back ends a lift without a move. */
  #back(spoken = false) {
    if (this.#press) clearTimeout(this.#press.timer);
    this.#press = null;
    if (!this.#lift) return;
    this.#lift.item.querySelector(".tile")?.removeAttribute("data-lift");
    this.#lift.over.removeAttribute("data-over");
    this.#mark.remove();
    this.#lift = null;
    if (spoken) say(this.dataset.wordsBack ?? "");
  }

  #drop() {
    if (!this.#lift) return;
    const { item, from, over } = this.#lift;
    this.#back();
    if (over !== from) this.#put(item, from, over);
  }

  /** put paints the move, sends it, and takes it back where the server refuses. @param {HTMLElement} item @param {HTMLElement} from @param {HTMLElement} to */
  async #put(item, from, to) {
    const form = /** @type {HTMLFormElement} */ (item.querySelector("[data-move]")), after = item.nextSibling, list = item.parentElement;
    const choice = /** @type {HTMLButtonElement} */ ([.../** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("button[name]"))].find((b) => b.value === to.dataset.lane));
    if (!choice || !this.dispatchEvent(new CustomEvent("stoa:board-move", { bubbles: true, cancelable: true, detail: { id: item.dataset.id, from: from.dataset.lane, to: to.dataset.lane } }))) return;
    const data = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    data.set(choice.name, choice.value);
    data.set("was", from.dataset.lane ?? "");
    to.querySelector("ul")?.prepend(item);
    item.dataset.state = "saving";
    /** @type {HTMLElement | null} */ (item.querySelector(".tile"))?.focus();
    let why = this.dataset.wordsRefused ?? "";
    try {
      const answer = await ask(form.action, { method: "POST", body: data });
      const html = await answer.text();
      if (answer.ok) {
        item.dataset.version = answer.headers.get("Stoa-Version") ?? "";
        const version = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=version]"));
        if (version) version.value = item.dataset.version;
        choice.value = from.dataset.lane ?? "";
        choice.lastChild?.replaceWith(from.dataset.label ?? "");
        delete item.dataset.state;
        this.#counts(from, to);
        toast(parse(html));
        say((this.dataset.wordsDropped ?? "").replace("%s", to.dataset.label ?? ""));
        this.dispatchEvent(new CustomEvent("stoa:board-moved", { bubbles: true, detail: { id: item.dataset.id } }));
        return;
      }
      const message = parse(html);
      why = message.textContent?.trim() || why;
      toast(message);
    } catch { say(why, "alert"); }
    item.dataset.state = "refused";
    list?.insertBefore(item, after);
    /** @type {HTMLElement | null} */ (item.querySelector(".tile"))?.focus();
    this.dispatchEvent(new CustomEvent("stoa:board-refused", { bubbles: true, detail: { reason: why } }));
  }

  /** @param {HTMLElement} from @param {HTMLElement} to */
  #counts(from, to) {
    for (const [lane, change] of /** @type {[HTMLElement, number][]} */ ([[from, -1], [to, 1]])) {
      const count = lane.querySelector("[data-count]");
      if (count && /^\d+$/.test(count.textContent ?? "")) count.textContent = String(Number(count.textContent) + change);
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const tile = /** @type {HTMLElement} */ (event.target);
    if (!tile.matches(".tile")) return;
    const item = /** @type {HTMLElement} */ (tile.closest("li")), lanes = this.#lanes;
    const lane = this.#lift?.over ?? /** @type {HTMLElement} */ (tile.closest("[data-lane]"));
    const on = forward(tile), step = { [on]: 1, [on === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: -1 }[event.key] ?? 0;
    if (this.#lift) {
      if (step) { event.preventDefault(); this.#over(lanes[lanes.indexOf(lane) + step]); }
      else if (event.key === " " || event.key === "Enter") { event.preventDefault(); this.#drop(); }
      else if (event.key === "Escape") { event.preventDefault(); this.#back(true); }
      return;
    }
    if (event.key === " ") { event.preventDefault(); this.#raise(item, true); return; }
    if (event.key === "Enter") { event.preventDefault(); tile.querySelector("a")?.click(); return; }
    const tiles = (/** @type {HTMLElement} */ l) => /** @type {HTMLElement[]} */ ([...l.querySelectorAll(".tile")]);
    const here = tiles(lane), at = here.indexOf(tile);
    let next = { ArrowDown: here[at + 1], ArrowUp: here[at - 1], Home: here[0], End: here.at(-1) }[event.key];
    if (step) { const row = lanes.slice(0), from = row.indexOf(lane); for (let i = from + step; row[i] && !next; i += step) next = tiles(row[i])[Math.min(at, tiles(row[i]).length - 1)]; }
    if (next) { event.preventDefault(); next.focus(); }
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const target = /** @type {Element} */ (event.target), item = /** @type {HTMLElement | null} */ (target.closest("li[data-id]"));
    dragged = false;
    if (!item || event.button !== 0 || target.closest(".menu, form")) return;
    const rest = event.pointerType === "touch" && !target.closest("[data-grip]") ? 350 : 0;
    this.#press = { item, x: event.clientX, y: event.clientY, id: event.pointerId, timer: rest ? setTimeout(() => { if (this.#press) this.#raise(item, false); }, rest) : 0 };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const press = this.#press;
    if (!press || press.id !== event.pointerId) return;
    const far = Math.hypot(event.clientX - press.x, event.clientY - press.y) > 6;
    if (!this.#lift && far) {
      if (press.timer) { clearTimeout(press.timer); this.#press = null; return; } // a finger that moves at once scrolls
      this.#raise(press.item, false);
    }
    if (!this.#lift || this.#lift.keys) return;
    event.preventDefault();
    getSelection()?.removeAllRanges();
    this.#over(/** @type {HTMLElement | null} */ (document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-lane]")));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.#press) clearTimeout(this.#press.timer);
    const lifted = this.#lift && !this.#lift.keys;
    this.#press = null;
    if (!lifted) return;
    dragged = true; // the click that follows is not one
    setTimeout(() => { dragged = false; });
    if (document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-lane]")) this.#drop(); else this.#back();
  }
}
let dragged = false;
customElements.define("stoa-board", Board);
