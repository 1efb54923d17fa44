// What the elements share: speaking, asking the server, and when keys count.

/** @type {Record<string, {text: string, timer: number}>} */
const waiting = {};
let spoken = 0;

/**
 * say speaks one sentence in a live region of the page; sentences are at least
 * a second apart and the newest replaces one that was not spoken yet.
 * @param {string} text
 * @param {"say" | "alert"} region
 */
export function say(text, region = "say") {
  if (waiting[region]) clearTimeout(waiting[region].timer);
  const timer = setTimeout(() => {
    const box = document.getElementById(region);
    if (box) box.textContent = text;
    spoken = Date.now();
    delete waiting[region];
  }, Math.max(20, spoken + 1000 - Date.now()));
  waiting[region] = { text, timer };
}

/**
 * ask sends a request as the page's own script does. Where the session has
 * ended it leads to sign-in in a new tab and throws, so that text is kept.
 * @param {string} url
 * @param {RequestInit} init
 */
export async function ask(url, init = {}) {
  const answer = await fetch(url, { ...init, headers: { ...init.headers, "HX-Request": "true", "HX-Current-URL": location.href } });
  if (answer.status === 401) {
    const login = answer.headers.get("HX-Redirect");
    if (login) open(login, "_blank", "noopener");
    throw new Error("session ended");
  }
  return answer;
}

/**
 * parse returns the elements of an answer.
 * @param {string} html
 */
export function parse(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
}

/**
 * typing reports whether keys belong to a text field, a dialog or a method of input.
 * @param {KeyboardEvent} event
 */
export function typing(event) {
  const target = /** @type {Element} */ (event.target);
  return event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !!target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog[open]") ||
    !!document.querySelector("dialog[open]") || document.documentElement.dataset.keys === "off";
}

/** forward returns the arrow key that means "next" where text is read in the element's direction. */
export const forward = (/** @type {Element} */ e) => (e.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight");

/** wide reports whether the window is wide enough for tables; below that rows are cards. */
export const wide = () => matchMedia("(min-width: 48em)").matches;
