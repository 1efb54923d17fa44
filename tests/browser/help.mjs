// What the browser tests share: a browser, people who are signed in, axe, and
// an ear for everything that the console of the browser complains about.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const base = process.env.STOA_URL ?? "http://127.0.0.1:8080";
export const username = process.env.STOA_USERNAME ?? "admin@harborview.example";
export const password = process.env.STOA_PASSWORD ?? "";
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** launch starts a browser. Chromium may never answer a close of pages that are on their way to another address, so nobody waits for it long. */
export async function launch() {
  const executablePath = process.env.CHROMIUM ?? (process.env.PATH ?? "").split(":").map((d) => join(d, "chromium")).find(existsSync);
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const atMost = (seconds, close) => () => Promise.race([close(), new Promise((done) => setTimeout(done, seconds * 1000))]);
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await open(options);
    context.close = atMost(5, context.close.bind(context));
    return context;
  };
  browser.close = atMost(10, browser.close.bind(browser));
  return browser;
}

/** visitor opens a page of somebody who has not signed in; page.noise lists what the browser complained about. */
async function visitor(browser, options) {
  const context = await browser.newContext({ baseURL: base, viewport: sizes.desktop, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.noise = [];
  page.on("pageerror", (error) => page.noise.push(String(error)));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    if (/status of (401|404|409|422|429)/.test(message.text())) return; // an answer that the test asks for, told as every answer is
    page.noise.push(message.text());
  });
  await page.goto("/login");
  return page;
}

/** role opens a page of one of the demo's people, who sign in from this machine with one press. */
export async function role(browser, name, options = {}) {
  const page = await visitor(browser, options);
  await page.locator(".demo-user", { hasText: name }).click();
  await page.waitForURL("**/console/home");
  return page;
}

/** roles returns the names of the demo's people, none where there is no demo. */
export async function roles(browser) {
  const page = await visitor(browser, {});
  const names = await page.locator(".demo-user b, .demo-user .strong").allTextContents();
  await page.context().close();
  return names.map((n) => n.trim());
}

/** person opens a page of the administrator. */
export async function person(browser, options = {}) {
  const page = await visitor(browser, options);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/console/home");
  return page;
}

/** violations returns what axe finds on the page, one line a finding; rules narrows it to some. */
export async function violations(page, rules) {
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(axeSource);
  const found = await page.evaluate((only) => axe.run(document, { runOnly: only, resultTypes: ["violations"] }), rules ? { type: "rule", values: rules } : { type: "tag", values: tags });
  return found.violations.flatMap((v) => v.nodes.slice(0, 3).map((n) => `${v.id}: ${n.target.join(" ")} :: ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ""}`));
}

/** sideways returns by how many pixels the page is wider than its window. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/**
 * unreachable returns what one can press or fill in and cannot reach: it lies beside the window once it has the focus,
 * or under something else. Parts that scroll by themselves are let off where they can be scrolled by keys.
 */
export const unreachable = (page) => page.evaluate(() => {
  const lost = [];
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert], .vh, .skip") && e.tabIndex >= 0);
  for (const e of all.slice(0, 150)) {
    e.focus({ preventScroll: true });
    e.scrollIntoView({ block: "center", inline: "nearest" });
    const box = [...e.getClientRects()].find((r) => r.width > 1 && r.height > 1);
    if (!box) continue;
    const name = `${e.tagName.toLowerCase()} ${(e.getAttribute("aria-label") ?? e.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40)}`;
    const x = Math.min(Math.max(box.left, 0) + Math.min(box.width, innerWidth) / 2, innerWidth - 2), y = Math.min(Math.max(box.top, 0) + Math.min(box.height, innerHeight) / 2, innerHeight - 2);
    if (box.left < -1 || box.left > innerWidth - 8 || box.top > innerHeight || box.bottom < 0) { lost.push(`${name}: beside the window`); continue; }
    const top = document.elementFromPoint(x, y);
    if (top && !e.contains(top) && !top.contains(e) && !e.closest("label")?.contains(top)) lost.push(`${name}: under ${top.tagName.toLowerCase()}.${top.className?.baseVal ?? top.className}`);
  }
  return lost;
});

/** shot keeps a picture where STOA_SHOTS names a folder. */
export async function shot(page, name) {
  const dir = process.env.STOA_SHOTS;
  if (!dir) return;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: join(dir, name + ".png") });
}

/** make creates a record through the form and returns its address. */
export async function make(page, object, values) {
  await page.goto(`/console/${object}/new`);
  for (const [label, value] of Object.entries(values)) {
    const field = page.locator("#record-form").getByLabel(label, { exact: false }).first();
    if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await page.locator("#record-form").getByRole("button", { name: "Save" }).first().click();
  await page.waitForURL(/\/console\/r\/[0-9A-Za-z]{18}$/);
  return new URL(page.url()).pathname;
}

/** rest makes a record through the API, as the person of the page. */
export async function rest(page, object, values) {
  const answer = await page.request.post("/services/data/v66.0/sobjects/" + object, { data: values, headers: { Authorization: "Bearer " + (await token()) } });
  assert.equal(answer.status(), 201, await answer.text());
  return (await answer.json()).id;
}
let known = "";
/** token signs in by SOAP, as clients without a browser do. */
export async function token() {
  if (known) return known;
  const body = `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com"><soapenv:Body><u:login><u:username>${username}</u:username><u:password>${password}</u:password></u:login></soapenv:Body></soapenv:Envelope>`;
  const answer = await (await fetch(base + "/services/Soap/u/66.0", { method: "POST", headers: { "Content-Type": "text/xml", SOAPAction: '""' }, body })).text();
  known = /<sessionId>([^<]+)/.exec(answer)?.[1] ?? "";
  assert.ok(known, answer);
  return known;
}
