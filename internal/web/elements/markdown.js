// Markdown as people make it with a toolbar, and out of what they paste.

/** The marks around a stretch of text. @type {Record<string, string>} */
const around = { bold: "**", italic: "_" };
/** What begins a line. @type {Record<string, string>} */
const before = { heading: "## ", list: "- ", numbers: "1. ", quote: "> " };
const marks = /^(?:#{1,6} |[-*+] |\d+[.)] |> )/;

/**
 * change returns what a button of the toolbar makes of a selection: the stretch that is replaced, by what, and what is
 * selected afterwards. A second press takes the first one back.
 * @param {string} text @param {number} start @param {number} end @param {string} what @param {Record<string, string>} words
 */
export function change(text, start, end, what, words) {
  if (what in around) {
    const mark = around[what], some = text.slice(start, end), n = mark.length;
    if (text.slice(start - n, start) === mark && text.slice(end, end + n) === mark) return { from: start - n, to: end + n, put: some, select: [start - n, end - n] };
    if (some.trim().includes("\n")) { // marks do not go over the end of a paragraph
      const put = some.split("\n").map((l) => l.replace(/^(\s*(?:#{1,6} |[-*+] |\d+[.)] |> )?)(.*\S)(\s*)$/, `$1${mark}$2${mark}$3`)).join("\n");
      return { from: start, to: end, put, select: [start, start + put.length] };
    }
    const put = some.trim() || words.sample, lead = some.slice(0, some.length - some.trimStart().length), tail = some.trim() ? some.slice(some.trimEnd().length) : "";
    return { from: start, to: end, put: lead + mark + put + mark + tail, select: [start + lead.length + n, start + lead.length + n + put.length] };
  }
  if (what === "link") {
    const some = text.slice(start, end).trim(), address = /^(?:https?:\/\/|mailto:|\/)\S+$/.test(some);
    const label = address ? words.sample : some || words.sample, target = address ? some : "https://";
    const put = `[${label}](${target})`, at = start + 1 + (address ? 0 : label.length + 2);
    return { from: start, to: end, put, select: address ? [at, at + label.length] : [at, at + target.length] };
  }
  const from = text.lastIndexOf("\n", start - 1) + 1, stop = text.indexOf("\n", end), to = stop < 0 ? text.length : stop;
  const lines = text.slice(from, to).split("\n"), mark = before[what];
  const is = (/** @type {string} */ l) => (what === "numbers" ? /^\d+[.)] /.test(l) : l.startsWith(mark));
  const off = lines.every((l) => is(l) || !l.trim()) && lines.some(is);
  const put = lines.map((l, i) => {
    const bare = l.replace(marks, "");
    if (off) return bare;
    return what === "numbers" ? `${i + 1}. ${bare}` : mark + bare;
  }).join("\n");
  return { from, to, put, select: [from + put.length, from + put.length] };
}

/** rich reports whether HTML from a clipboard has a format that Markdown can keep. @param {ParentNode} part */
const rich = (part) => !!part.querySelector("b, strong, i, em, a[href], ul, ol, h1, h2, h3, h4, h5, h6, blockquote, pre");

/**
 * markdown returns HTML from a clipboard as Markdown, "" where plain text says it all. The result is text: nothing of
 * the HTML itself gets into the page.
 * @param {string} html
 */
export function markdown(html) {
  // Styles would be refused by the page's own policy, loudly; what they say of a <b> is looked at as data.
  const safe = html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/(<[^>]*?\s)style=/gi, "$1data-style=");
  const body = new DOMParser().parseFromString(safe, "text/html").body;
  for (const e of body.querySelectorAll("script, style, head, meta, link, template, iframe, object")) e.remove();
  if (!rich(body)) return "";
  return blocks(body).replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

/** blocks writes the children of an element as paragraphs, lists and headings. @param {Element} element @returns {string} */
function blocks(element) {
  let out = "";
  for (const node of element.childNodes) {
    if (node instanceof Text) { out += escaped(node.data.replace(/\s+/g, " ")); continue; }
    if (!(node instanceof Element)) continue;
    const tag = node.localName;
    if (tag === "ul" || tag === "ol") out += `\n\n${list(node)}\n\n`;
    else if (/^h[1-6]$/.test(tag)) out += `\n\n## ${inline(node)}\n\n`;
    else if (tag === "blockquote") out += `\n\n${blocks(node).trim().split("\n").map((l) => `> ${l}`.trimEnd()).join("\n")}\n\n`;
    else if (tag === "pre") out += `\n\n\`\`\`\n${node.textContent?.replace(/\n+$/, "") ?? ""}\n\`\`\`\n\n`;
    else if (tag === "tr") out += `\n${[...node.children].map((c) => inline(c)).join(" · ")}\n`;
    else if (/^(?:p|div|section|article|header|footer|main|table|tbody|thead|tfoot|figure|address|dl|dt|dd)$/.test(tag)) out += `\n\n${blocks(node)}\n\n`;
    else out += inlineOf(node);
  }
  return out;
}

/** @param {Element} element @returns {string} */
function list(element, depth = "") {
  let n = 0;
  return [...element.children].filter((c) => c.localName === "li").map((item) => {
    const mark = element.localName === "ol" ? `${++n}. ` : "- ", copy = /** @type {Element} */ (item.cloneNode(true));
    const inner = [...copy.children].filter((c) => c.localName === "ul" || c.localName === "ol");
    for (const one of inner) one.remove();
    return depth + mark + blocks(copy).trim().replace(/\s*\n\s*/g, " ") + inner.map((one) => "\n" + list(one, depth + " ".repeat(mark.length))).join("");
  }).join("\n");
}

/** inline writes the words of an element. @param {Element} element @returns {string} */
function inline(element) {
  return [...element.childNodes].map((n) => (n instanceof Element ? inlineOf(n) : n instanceof Text ? escaped(n.data.replace(/\s+/g, " ")) : "")).join("").trim();
}

/** @param {Element} element @returns {string} */
function inlineOf(element) {
  const tag = element.localName, words = inline(element), style = element.getAttribute("data-style") ?? "";
  if (tag === "br") return "\n";
  if (element.querySelector("p, div, ul, ol, h1, h2, h3, h4, h5, h6, blockquote, pre, table")) return `\n\n${blocks(element)}\n\n`;
  if (tag === "img") return escaped(element.getAttribute("alt") ?? "");
  if (!words) return element.textContent ? " " : "";
  const lead = /^\s/.test(element.textContent ?? "") ? " " : "", tail = /\s$/.test(element.textContent ?? "") ? " " : "";
  if (tag === "a") {
    const href = element.getAttribute("href") ?? "";
    return /^(?:https?:|mailto:|tel:)[^\s<>]+$/i.test(href) ? `${lead}[${words}](${href.replace(/[()]/g, (c) => (c === "(" ? "%28" : "%29"))})${tail}` : lead + words + tail;
  }
  if (tag === "code") return `\`${element.textContent?.replaceAll("`", "'")}\``;
  // Word processors wrap everything into a <b> that is not bold.
  if ((tag === "b" || tag === "strong") && !/font-weight:\s*(?:normal|400)/.test(style)) return `${lead}**${words}**${tail}`;
  if (tag === "i" || tag === "em") return `${lead}_${words}_${tail}`;
  return /^(?:span|b|u|s|small|font|label|mark|sub|sup|time|abbr|cite|q)$/.test(tag) ? lead + words + tail : blocks(element);
}

/** escaped keeps what only looks like a mark from being one. @param {string} text */
const escaped = (text) => text.replace(/([\\*_`[\]])/g, "\\$1");
