// The public site works without script. This adds: suggestions while somebody
// types, a look at files before they travel, a print button.

/** suggest shows below a form's field what is there already. @param {HTMLFormElement} form */
function suggest(form) {
  const field = /** @type {HTMLInputElement | HTMLTextAreaElement | null} */ (form.querySelector("input[type=search], textarea"));
  const place = document.createElement("div");
  const status = document.createElement("p");
  status.className = "vh";
  status.setAttribute("role", "status");
  if (!field) return;
  form.append(place, status);
  let timer = 0;
  let asked = "";
  /** @type {AbortController | undefined} */
  let running;
  const clear = () => { place.replaceChildren(); status.textContent = ""; };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const text = field.value.trim();
      if (text === asked) return;
      asked = text;
      running?.abort();
      if (text.length < 3) return clear();
      running = new AbortController();
      try {
        const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" }, signal: running.signal });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.replaceChildren(...page.body.children);
        const count = place.querySelector("[data-count]")?.getAttribute("data-count") ?? "0";
        status.textContent = (form.dataset.status ?? "%s").replace("%s", count);
      } catch { /* somebody typed on, or the network is away: the form itself still works */ }
    }, 120);
  });
  field.addEventListener("keydown", (/** @type {Event} */ event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape") clear();
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(/** @type {Node} */ (event.target)) && form.matches(".ask")) clear();
  });
}

/** upload says before sending which files cannot be taken. @param {HTMLElement} field */
function upload(field) {
  const input = /** @type {HTMLInputElement | null} */ (field.querySelector("input[type=file]"));
  const kinds = input?.accept.split(",") ?? [];
  input?.addEventListener("change", () => {
    let words = "";
    for (const file of input.files ?? []) {
      if (file.size > 10 << 20) words = (field.dataset.tooLarge ?? "").replace("%s", file.name);
      else if (!kinds.some((kind) => file.name.toLowerCase().endsWith(kind))) words = (field.dataset.wrongKind ?? "").replace("%s", file.name);
    }
    input.setCustomValidity(words);
    input.reportValidity();
  });
}

/** print offers what the text beside it describes. @param {HTMLElement} place */
function print(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = place.dataset.print ?? "";
  button.addEventListener("click", () => window.print());
  place.replaceChildren(button);
}

document.querySelectorAll("form[data-suggest]").forEach((form) => suggest(/** @type {HTMLFormElement} */ (form)));
document.querySelectorAll("[data-upload]").forEach((field) => upload(/** @type {HTMLElement} */ (field)));
document.querySelectorAll("[data-print]").forEach((place) => print(/** @type {HTMLElement} */ (place)));
/** @type {HTMLElement | null} */ (document.querySelector("[data-focus]"))?.focus();
