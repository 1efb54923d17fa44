import { say } from "./page.js";

const svg = "http://www.w3.org/2000/svg";

/** stoa-toast: messages that go by themselves, unless somebody reads them, and offer the way back. */
class Toasts extends HTMLElement {
  #abort = new AbortController();
  #timer = 0;

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    for (const toast of this.children) this.#begin(toast);
    document.addEventListener("keydown", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || target.closest?.("input, textarea, select")) return;
      const undo = /** @type {HTMLFormElement | null} */ (this.querySelector(".toast:last-of-type form"));
      if (undo) { event.preventDefault(); undo.requestSubmit(); }
    }, { signal });
    this.#timer = setInterval(() => this.#tick(), 250);
  }

  disconnectedCallback() {
    this.#abort.abort();
    clearInterval(this.#timer);
  }

  /** add shows the toast in a fragment of the server. @param {ParentNode} fragment */
  add(fragment) {
    const toast = fragment.querySelector(".toast");
    if (!toast) return;
    this.append(toast);
    while (this.children.length > 3) this.firstElementChild?.remove();
    this.#begin(toast);
  }

  /** @param {Element} toast */
  #begin(toast) {
    if (toast.hasAttribute("data-left")) return;
    const failed = toast.getAttribute("data-kind") === "fail";
    if (failed) say(toast.textContent?.trim() ?? "", "alert");
    toast.setAttribute("data-left", failed ? "Infinity" : toast.getAttribute("data-seconds") ?? "10");
    if (failed) {
      const gone = document.createElement("button");
      gone.type = "button";
      gone.setAttribute("data-gone", "");
      gone.textContent = "✕";
      gone.setAttribute("aria-label", document.querySelector("[data-close-dialog]")?.getAttribute("aria-label") ?? "");
      gone.addEventListener("click", () => toast.remove());
      toast.append(gone);
      return;
    }
    const bar = document.createElementNS(svg, "svg");
    bar.setAttribute("class", "bar");
    bar.setAttribute("aria-hidden", "true");
    const rect = document.createElementNS(svg, "rect");
    rect.setAttribute("width", "100%");
    rect.setAttribute("height", "100%");
    bar.append(rect);
    toast.append(bar);
  }

  #tick() {
    if (document.hidden || this.matches(":hover, :focus-within")) return;
    for (const toast of [...this.children]) {
      const left = Number(toast.getAttribute("data-left")) - 0.25;
      if (left <= 0) { toast.remove(); this.dispatchEvent(new CustomEvent("stoa:toast-gone", { bubbles: true })); continue; }
      toast.setAttribute("data-left", String(left));
      toast.querySelector("rect")?.setAttribute("width", `${(left / Number(toast.getAttribute("data-seconds") ?? 10)) * 100}%`);
    }
  }
}
customElements.define("stoa-toast", Toasts);

/** toast shows a message of the server wherever the page has its messages. @param {ParentNode} fragment */
export const toast = (fragment) => /** @type {Toasts | null} */ (document.querySelector("stoa-toast"))?.add(fragment);
