const key = "stoa.tabs", most = 7;

/** places returns the pages that were open last, the newest first. @returns {{href: string, title: string, icon: string}[]} */
export function places() {
  try { return JSON.parse(localStorage.getItem(key) ?? "[]"); } catch { return []; }
}
const keep = (/** @type {unknown} */ list) => { try { localStorage.setItem(key, JSON.stringify(list)); } catch { /* private window: no memory */ } };

/** icon draws one of the sprite. @param {string} href */
function icon(href) {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("class", "i");
  box.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", href);
  box.append(use);
  return box;
}

/** stoa-tabs: the pages that are open, kept in this browser until sign-out. */
class Tabs extends HTMLElement {
  connectedCallback() {
    const nav = this.querySelector("nav"), now = nav?.querySelector("[data-on]"), link = now?.querySelector("a");
    if (!nav || !now || !link || this.hasAttribute("data-ready")) return;
    this.setAttribute("data-ready", "");
    const here = { href: location.pathname + location.search, title: this.dataset.title ?? "", icon: this.dataset.icon ?? "" };
    const path = (/** @type {string} */ href) => href.split("?")[0];
    let list = places();
    const at = list.findIndex((p) => path(p.href) === path(here.href));
    if (this.hasAttribute("data-passing")) {
      list = list.filter((_, i) => i !== at); // what is gone is not among the open pages any longer
      keep(list);
      list.push(here);
    } else {
      if (at >= 0) list[at] = here; else list.push(here);
      while (list.length > most) list.shift();
      keep(list);
    }
    now.remove();
    for (const place of list) nav.append(place === here ? now : this.#tab(place));
    now.append(this.#close(here));
  }

  /** @param {{href: string, title: string, icon: string}} place */
  #tab(place) {
    const tab = document.createElement("div");
    tab.className = "worktab";
    const link = document.createElement("a");
    link.className = "clip";
    link.href = place.href.startsWith("/console/") ? place.href : "/console/home";
    link.textContent = place.title;
    tab.append(icon(place.icon), link, this.#close(place));
    return tab;
  }

  /** @param {{href: string, title: string}} place */
  #close(place) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "x";
    button.setAttribute("aria-label", (this.dataset.close ?? "%s").replace("%s", place.title));
    button.append(icon(this.dataset.x ?? ""));
    button.addEventListener("click", () => {
      const list = places().filter((p) => p.href !== place.href);
      keep(list);
      const tab = button.closest(".worktab");
      if (tab?.hasAttribute("data-on")) location.href = list.at(-1)?.href ?? "/console/home";
      else tab?.remove();
    });
    return button;
  }
}
customElements.define("stoa-tabs", Tabs);

// Whoever signs out leaves nothing here.
if (location.pathname === "/login") try { localStorage.removeItem(key); } catch { /* no storage, nothing to leave */ }
