import { ask, parse, say, typing } from "./page.js";
import { toast } from "./toast.js";

const beat = 10_000; // how often one says that one is here
const gone = 25_000; // after which somebody who says nothing is no longer here

/** stoa-desk: case to case without loading a page, what happens meanwhile, and the keys of the desk. */
class Desk extends HTMLElement {
  #abort = new AbortController();
  /** cases that were fetched ahead, by id @type {Map<string, Promise<string>>} */ #ahead = new Map();
  /** who else is here: when they said so, and what they do @type {Map<string, {name: string, says: string, at: number}>} */ #others = new Map();
  /** @type {EventSource | null} */ #stream = null;
  #listens = "";
  #timer = 0;
  #lost = 0;
  #cursor = "";

  get #pane() { return /** @type {HTMLElement | null} */ (this.querySelector("#pane-case")); }
  get #case() { return this.#pane?.dataset.case ?? ""; }
  get #rows() { return /** @type {HTMLAnchorElement[]} */ ([...this.querySelectorAll("#q-list a.q-item")]); }
  get #words() { return this.dataset; }

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("submit", (event) => this.#outside(event), { signal });
    document.addEventListener("stoa:act", (event) => this.#act(/** @type {CustomEvent} */ (event)), { signal });
    this.addEventListener("stoa:compose-typing", () => this.#announce("typing"), { signal });
    addEventListener("popstate", () => this.#back(), { signal });
    addEventListener("pagehide", () => this.#announce("left", true), { signal });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#listen(); }, { signal });
    this.#timer = setInterval(() => { this.#announce("looking"); this.#present(); }, beat);
    this.#opened();
  }
  disconnectedCallback() {
    this.#abort.abort();
    this.#stream?.close();
    clearInterval(this.#timer);
  }

  /** opened does what a case that is newly shown needs. */
  #opened() {
    this.#others.clear();
    this.#cursor = this.#case;
    this.#listen();
    this.#announce("looking");
    const conv = this.querySelector("#conv");
    if (conv && !location.search.includes("tab=")) conv.scrollTop = conv.scrollHeight;
    this.#mark();
    this.removeAttribute("data-ahead");
    const now = this.#case, near = [this.#neighbour(1), this.#neighbour(-1)].filter((r) => r !== undefined);
    Promise.allSettled(near.map((row) => this.#fetch(row))).then(() => { if (this.#case === now) this.setAttribute("data-ahead", ""); });
  }

  /** mark shows in the list which case is open. */
  #mark() {
    for (const row of this.#rows) {
      if (row.dataset.case === this.#case) { row.setAttribute("aria-current", "true"); row.classList.add("read"); row.querySelector(".dot")?.remove(); } else row.removeAttribute("aria-current");
    }
    const rows = this.#rows, at = rows.findIndex((r) => r.dataset.case === this.#case);
    const next = this.querySelector("[data-next]"), previous = this.querySelector("[data-previous]");
    next?.toggleAttribute("hidden", !rows.length || rows.length === 1 && at === 0);
    previous?.toggleAttribute("hidden", at < 1);
  }

  /** neighbour returns the case before or after the open one. @param {number} step */
  #neighbour(step) {
    const rows = this.#rows, at = rows.findIndex((r) => r.dataset.case === this.#case);
    if (at < 0) return step > 0 ? rows[0] : undefined;
    return rows[at + step];
  }

  /** fetch gets a case ahead. @param {HTMLAnchorElement} row */
  #fetch(row) {
    const id = row.dataset.case ?? "";
    if (!this.#ahead.has(id)) {
      const answer = ask(row.href + "?ahead=1").then((a) => { if (!a.ok) throw new Error(String(a.status)); return a.text(); });
      answer.catch(() => this.#ahead.delete(id));
      this.#ahead.set(id, answer);
      if (this.#ahead.size > 20) this.#ahead.delete(/** @type {string} */ (this.#ahead.keys().next().value));
    }
    return /** @type {Promise<string>} */ (this.#ahead.get(id));
  }

  /** go opens a case in place. @param {HTMLAnchorElement} row */
  async #go(row, push = true) {
    const id = row.dataset.case ?? "", ready = this.#ahead.has(id);
    try {
      this.#pane?.setAttribute("aria-busy", "true");
      const html = await this.#fetch(row);
      this.#ahead.delete(id);
      this.#announce("left");
      if (push) history.pushState({ desk: true }, "", row.href);
      this.#swap(html);
      if (ready) ask(row.href).catch(() => {}); // it counts as seen now
      this.querySelector(".panes")?.setAttribute("data-show", "case");
      document.getElementById("case-h")?.focus({ preventScroll: true });
    } catch { location.href = row.href; }
  }

  /** swap puts a case in the place of the one that is shown. @param {string} html */
  #swap(html) {
    const part = parse(html), about = part.querySelector("template[data-case]");
    for (const id of ["pane-case", "pane-context"]) {
      const fresh = part.querySelector("#" + id), old = this.querySelector("#" + id);
      if (fresh && old) old.replaceWith(fresh);
    }
    if (about instanceof HTMLTemplateElement) {
      document.title = about.dataset.title + " · " + document.title.split(" · ").at(-1);
      for (const one of about.content.querySelectorAll(".toast")) toast(wrap(one));
    }
    this.#opened();
  }

  /** back follows the browser's own way back. */
  #back() {
    const row = this.#rows.find((r) => new URL(r.href).pathname === location.pathname);
    if (row) this.#go(row, false); else location.reload();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const target = /** @type {Element} */ (event.target);
    const row = /** @type {HTMLAnchorElement | null} */ (target.closest("a.q-item"));
    if (row) { event.preventDefault(); this.#go(row); return; }
    if (target.closest("[data-next], [data-previous]")) {
      const to = this.#neighbour(target.closest("[data-next]") ? 1 : -1) ?? (target.closest("[data-next]") ? this.#rows.find((r) => r.dataset.case !== this.#case) : undefined);
      target.closest("details")?.removeAttribute("open");
      if (to) { event.preventDefault(); this.#go(to); }
      return;
    }
    const macro = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-macro]"));
    if (macro) { event.preventDefault(); this.#macro(macro); }
    if (target.closest("#thread-more")) this.#news();
    if (target.closest("#list-more")) this.#list(true);
  }

  /** act does what the palette names where it is not a plain click. @param {CustomEvent} event */
  #act(event) {
    if (event.detail.id !== "act-send") return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (this.querySelector("[data-guard-form] [data-send], stoa-compose form:not([hidden]) [data-send]"))?.click();
  }

  /** macro shows what a macro would do, in a dialog. @param {HTMLAnchorElement} link */
  async #macro(link) {
    const answer = await ask(link.href);
    if (!answer.ok) { location.href = link.href; return; }
    link.closest("details")?.removeAttribute("open");
    const dialog = Object.assign(document.createElement("dialog"), { className: "sheet" });
    dialog.setAttribute("aria-labelledby", "macro-h");
    dialog.append(parse(await answer.text()));
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => { if (/** @type {Element} */ (event.target).closest("a[data-close-dialog]")) { event.preventDefault(); dialog.close(); } });
    this.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (dialog.querySelector("[data-first]"))?.focus();
  }

  /** submit sends the forms of a case without leaving the page. @param {SubmitEvent} event */
  async #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.matches("[data-insert]")) { event.preventDefault(); this.#insert(form, event.submitter); return; }
    const own = form.closest("#pane-case, #pane-context, dialog");
    if (!own && !form.closest("#pane-list")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "";
    const was = this.#case;
    const values = new FormData(form, event.submitter);
    event.submitter?.setAttribute("aria-busy", "true");
    this.#ahead.delete(this.#case);
    if (values.get("field") === "Status" && event.submitter) { // shown before the server agrees
      const badge = this.querySelector('[data-fact="Status"]');
      if (badge && form.dataset.menu) badge.textContent = event.submitter.textContent?.trim() ?? "";
    }
    form.closest("details")?.removeAttribute("open");
    try {
      const body = form.enctype === "multipart/form-data" ? values : new URLSearchParams(/** @type {any} */ (values));
      const answer = await ask(form.action, { method: "POST", body });
      form.closest("dialog")?.close();
      await this.#answered(answer, was);
    } catch {
      say(this.#words.wordsLost ?? "", "alert");
      this.#tell(this.#words.wordsLost ?? "");
    } finally {
      delete form.dataset.busy;
      event.submitter?.removeAttribute("aria-busy");
    }
  }

  /** insert puts an article into the reply. @param {HTMLFormElement} form @param {HTMLElement | null} button */
  async #insert(form, button) {
    const answer = await ask(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form, button))) }).catch(() => null);
    if (!answer?.ok) { this.#tell(answer ? parse(await answer.text()).textContent?.trim() ?? "" : this.#words.wordsLost ?? ""); return; }
    /** @type {any} */ (this.querySelector("stoa-compose"))?.insert(await answer.text());
  }

  /** outside takes the forms of toasts: undo. @param {SubmitEvent} event */
  #outside(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || !form.closest("stoa-toast") || !form.action.includes("/console/desk/")) return;
    event.preventDefault();
    const values = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    form.closest(".toast")?.remove();
    ask(form.action, { method: "POST", body: values }).then((answer) => this.#answered(answer, this.#case)).catch(() => this.#tell(this.#words.wordsLost ?? ""));
  }

  /** answered shows what an action led to. Who went on to another case meanwhile stays there. @param {Response} answer @param {string} was */
  async #answered(answer, was) {
    const to = answer.headers.get("HX-Redirect");
    if (!to) { // a guard, or an error
      const html = await answer.text(), part = parse(html);
      if (!part.querySelector("#pane-case")) { this.#tell(part.textContent?.trim() ?? ""); return; }
      this.#swap(html);
      document.getElementById("guard-notice")?.focus();
      return;
    }
    const path = new URL(to, location.href).pathname.split("/");
    if (path.length !== 5 || path[3] === "merge" || path[3] !== this.dataset.queue && path[4] !== this.#case) { location.href = to; return; }
    const page = await ask(to);
    if (!page.ok) { location.href = to; return; }
    if (this.#case !== was) {
      const about = parse(await page.text()).querySelector("template[data-case]");
      if (about instanceof HTMLTemplateElement) for (const one of about.content.querySelectorAll(".toast")) toast(wrap(one));
      this.#list(false);
      return;
    }
    if (path[4] !== this.#case) history.pushState({ desk: true }, "", to);
    this.#swap(await page.text());
    document.getElementById("case-h")?.focus({ preventScroll: true });
    this.#list(true);
  }

  /** tell shows words of our own as a message that failed. @param {string} text */
  #tell(text) {
    const box = document.createElement("div");
    box.className = "toast";
    box.setAttribute("data-kind", "fail");
    box.append(Object.assign(document.createElement("span"), { textContent: text }));
    toast(wrap(box));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (typing(event) || event.defaultPrevented) return;
    const rows = this.#rows;
    if (event.key === ">" || event.key === "<") {
      event.preventDefault();
      const to = this.#neighbour(event.key === ">" ? 1 : -1) ?? (event.key === ">" ? rows.find((r) => r.dataset.case !== this.#case) : undefined);
      if (to) this.#go(to);
      return;
    }
    if (event.key !== "j" && event.key !== "k" || event.shiftKey || !rows.length) return;
    event.preventDefault();
    const focused = rows.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    const at = focused >= 0 ? focused : rows.findIndex((r) => r.dataset.case === this.#cursor);
    const to = rows[at < 0 ? 0 : Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
    this.#cursor = to.dataset.case ?? "";
    to.focus();
    to.scrollIntoView({ block: "nearest" });
    this.#fetch(to);
  }

  /** listen opens the stream for the case and the queue that are shown. */
  #listen() {
    const url = `${this.dataset.live}?queue=${encodeURIComponent(this.dataset.queue ?? "")}&case=${encodeURIComponent(this.#case)}`;
    if (this.#listens === url && this.#stream && this.#stream.readyState !== EventSource.CLOSED) return;
    this.#stream?.close();
    this.#listens = url;
    const stream = new EventSource(url);
    this.#stream = stream;
    stream.addEventListener("ready", () => {
      clearTimeout(this.#lost);
      if (this.hasAttribute("data-lost")) { this.removeAttribute("data-lost"); this.#list(false); this.#came(); }
      this.#announce("looking");
    });
    stream.addEventListener("told", (event) => this.#told(JSON.parse(event.data)));
    stream.addEventListener("error", () => {
      clearTimeout(this.#lost);
      this.#lost = setTimeout(() => { if (stream.readyState !== EventSource.OPEN) { this.setAttribute("data-lost", ""); say(this.#words.wordsLost ?? ""); } }, 5000);
    });
  }

  /** told takes one event of the stream. @param {{topic: string, says: string, by: string, name: string, me: boolean}} event */
  #told(event) {
    if (event.topic === "lost") { this.#list(false); this.#came(); return; }
    if (event.topic !== "case/" + this.#case) { clearTimeout(this.#listTimer); this.#listTimer = setTimeout(() => this.#list(false), 300); return; }
    switch (event.says) {
      case "message": return this.#came();
      case "status": return void this.#head();
      case "looking": case "typing": case "left": {
        if (event.me) return;
        const known = this.#others.has(event.by);
        if (event.says === "left") this.#others.delete(event.by);
        else this.#others.set(event.by, { name: event.name, says: event.says, at: Date.now() });
        if (!known && event.says !== "left") this.#announce("looking"); // so that they know of us at once
        this.#present();
      }
    }
  }
  #listTimer = 0;

  /** present says who else is here. */
  #present() {
    for (const [id, one] of this.#others) if (Date.now() - one.at > gone) this.#others.delete(id);
    const box = this.querySelector("#presence");
    if (!box) return;
    const text = [...this.#others.values()].map((o) => ((o.says === "typing" ? this.#words.wordsTyping : this.#words.wordsLooking) ?? "%s").replace("%s", o.name)).join(". ");
    if (box.textContent !== text) box.textContent = text;
    for (const one of this.#others.values()) if (one.says === "typing" && Date.now() - one.at > 6000) one.says = "looking";
  }

  /** announce says that one looks, writes or has left. @param {string} says */
  #announce(says, leaving = false) {
    if (!this.#case || !this.dataset.presence || document.hidden && says === "looking") return;
    ask(this.dataset.presence, { method: "POST", body: new URLSearchParams({ case: this.#case, says }), keepalive: leaving }).catch(() => {});
  }

  /** came holds a new message back while somebody reads or writes, and shows it at once where nobody does. */
  async #came() {
    const conv = this.querySelector("#conv"), more = /** @type {HTMLElement | null} */ (this.querySelector("#thread-more"));
    if (!conv || !this.querySelector("#thread") || !more) return;
    const html = await this.#part("thread");
    if (html === null) return;
    this.#waiting = html;
    const fresh = /** @type {HTMLElement | null} */ (parse(this.#waiting).querySelector("#thread"));
    const last = /** @type {HTMLElement | null} */ (this.querySelector("#thread"))?.dataset.last;
    if (!fresh) return;
    const writing = this.contains(document.activeElement) && document.activeElement?.closest("stoa-compose");
    const atEnd = conv.scrollHeight - conv.scrollTop - conv.clientHeight < 80;
    if (fresh.dataset.last === last || !writing && atEnd) { this.#news(false); if (fresh.dataset.last !== last) say(this.#words.wordsMessage ?? ""); return; }
    more.textContent = this.#words.wordsMessage ?? "";
    more.hidden = false;
    say(this.#words.wordsMessage ?? "");
  }
  #waiting = "";

  /** news shows what was held back: it counts as read now, so the version of the forms moves on. */
  #news(read = true) {
    const fresh = /** @type {HTMLElement | null} */ (parse(this.#waiting).querySelector("#thread")), old = this.querySelector("#thread");
    const more = /** @type {HTMLElement | null} */ (this.querySelector("#thread-more"));
    if (more) more.hidden = true;
    if (!fresh || !old) return;
    const conv = this.querySelector("#conv"), end = read || conv && conv.scrollHeight - conv.scrollTop - conv.clientHeight < 80;
    old.replaceWith(fresh);
    this.#present();
    for (const input of this.querySelectorAll('stoa-compose input[name="version"]')) /** @type {HTMLInputElement} */ (input).value = fresh.dataset.version ?? "";
    if (conv && end) conv.scrollTop = conv.scrollHeight;
  }

  /** part asks for a part of the open case; null where that failed or another case is open by then. @param {string} name */
  async #part(name) {
    const now = this.#pane;
    const answer = await ask(`${now?.dataset.path}?part=${name}`).catch(() => null);
    const html = answer?.ok ? await answer.text() : null;
    return this.#pane === now ? html : null;
  }

  /** head brings the facts of the case up to date, unless somebody is in them. */
  async #head() {
    const old = this.querySelector("#case-head");
    if (!old || old.querySelector("details[open]")) return;
    const html = await this.#part("head");
    if (html === null) return;
    const fresh = parse(html).querySelector("#case-head"), now = this.querySelector("#case-head");
    if (!fresh || !now || now.querySelector("details[open]")) return;
    const focused = now.contains(document.activeElement) ? document.activeElement?.id : "";
    now.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    this.#mark();
    this.#came();
  }

  /** list brings the queue up to date; new rows wait while somebody is in it. @param {boolean} now */
  async #list(now) {
    const url = new URL(`/console/desk/${this.dataset.queue}`, location.href);
    url.searchParams.set("part", "list");
    const sort = new URLSearchParams(location.search).get("sort");
    if (sort) url.searchParams.set("sort", sort);
    const answer = await ask(String(url)).catch(() => null);
    if (!answer?.ok) return;
    const fresh = parse(await answer.text()).querySelector("#pane-list"), old = this.querySelector("#pane-list");
    if (!fresh || !old) return;
    const count = fresh.querySelector("#queue-count");
    if (count) old.querySelector("#queue-count")?.replaceWith(count);
    const has = new Set(this.#rows.map((r) => r.dataset.case));
    const added = [...fresh.querySelectorAll("a.q-item")].filter((r) => !has.has(/** @type {HTMLElement} */ (r).dataset.case)).length;
    const inIt = old.contains(document.activeElement) || !!old.querySelector("input:checked") || !!old.querySelector("details[open]");
    const more = /** @type {HTMLElement | null} */ (old.querySelector("#list-more"));
    if (!now && added && inIt && more) {
      more.textContent = (this.#words.wordsNew ?? "%s").replace("%s", String(added));
      more.hidden = false;
      return;
    }
    if (!now && inIt) return;
    const list = fresh.querySelector("#queue-form"), box = old.querySelector("#queue-form");
    if (!list || !box) return;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest("a.q-item"))?.dataset.case, top = box.scrollTop;
    box.replaceWith(list);
    list.scrollTop = top;
    if (more) more.hidden = true;
    this.#mark();
    if (focused) this.#rows.find((r) => r.dataset.case === focused)?.focus({ preventScroll: true });
    if (added && !now) say((this.#words.wordsNew ?? "%s").replace("%s", String(added)));
  }
}

/** wrap puts an element into a fragment. @param {Element} one */
function wrap(one) {
  const part = document.createDocumentFragment();
  part.append(one);
  return part;
}
customElements.define("stoa-desk", Desk);
