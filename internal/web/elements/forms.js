// Forms: what keeps one from being saved takes the focus, a double click sends once.
const focusProblems = (/** @type {ParentNode} */ root) => {
  const problem = /** @type {HTMLElement | null} */ (root.querySelector("[data-focus]"));
  problem?.focus();
};
focusProblems(document);
document.addEventListener("htmx:after:swap", () => focusProblems(document.getElementById("main") ?? document));

// A link of the error summary puts the focus into its field.
document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.(".problems a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.getAttribute("href")?.slice(1) ?? ""));
  if (field) { event.preventDefault(); field.focus(); field.scrollIntoView({ block: "center" }); }
});

document.addEventListener("change", (event) => {
  const select = /** @type {HTMLSelectElement} */ (event.target);
  if (select.matches?.("select[data-submit]")) select.form?.requestSubmit();
});

/** @type {WeakMap<HTMLFormElement, number>} */
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post" && !form.hasAttribute("hx-post")) return;
  const last = sent.get(form) ?? 0;
  if (Date.now() - last < 1500) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  sent.set(form, Date.now());
}, true);

// An address such as …/edit#f-Subject opens the form at that field.
if (location.hash.startsWith("#f-")) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.focus();
