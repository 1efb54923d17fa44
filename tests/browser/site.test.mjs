// The citizen's site: every journey without script and by keyboard, in both
// themes, in Spanish, from right to left, and on the smallest phone; and what its pages weigh.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { base, launch, person, shot, sideways, sizes, violations } from "./help.mjs";

let browser, plain;
const who = `ada${Date.now()}@citizen.example`;
const stamp = Date.now().toString().slice(-6);
/** @type {string} */ let tracked;
/** @type {string} */ let thread;
before(async () => {
  browser = await launch();
  plain = await (await browser.newContext({ baseURL: base, viewport: sizes.phone, javaScriptEnabled: false })).newPage();
});
after(() => browser?.close());

/** mailed waits for a message to who whose subject begins so, and returns its text. */
async function mailed(subject, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((r) => setTimeout(r, 200))) {
    const box = await (await plain.context().request.get(`/mailbox/${who}`)).text();
    const links = [...box.matchAll(/<a[^>]*href="([^"]+)"[^>]*>([\s\S]*?)<\/a>/g)].filter(([, , words]) => words.replace(/<[^>]*>/g, "").trim().startsWith(subject));
    if (links.length) return (await (await plain.context().request.get(links[0][1].replaceAll("&amp;", "&"))).text()).replace(/<wbr>/g, "");
  }
  assert.fail(`no message "${subject}" within ${seconds} s`);
}

test("a visitor gets no cookie and asks nobody else for anything", async () => {
  const context = await browser.newContext({ baseURL: base });
  const page = await context.newPage();
  const hosts = new Set();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  for (const path of ["/", "/services", "/questions", "/ask", "/track", "/search?q=heating"]) await page.goto(path);
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual([...hosts], [new URL(base).host]);
  console.log("# C5: 0 cookies, 1 host");
  await context.close();
});

test("a request from the first page to its own page, without script", async () => {
  await plain.goto("/services");
  await plain.getByRole("link", { name: /Report a pothole/ }).click();
  await plain.getByRole("link", { name: "Start" }).click();
  await plain.getByLabel("What is it about?").fill(`Hole ${stamp}`);
  await plain.getByLabel("Tell us more").fill("It is deep.");
  await plain.getByRole("button", { name: "Send" }).click();
  assert.match(await plain.getByRole("alert").textContent(), /e-mail address/);
  assert.equal(await plain.getByLabel("What is it about?").inputValue(), `Hole ${stamp}`);
  await plain.getByLabel("Your e-mail address").fill(who);
  const begun = Date.now();
  await plain.getByRole("button", { name: "Send" }).click();
  await plain.getByRole("heading", { name: "Thank you. We have it." }).waitFor();
  console.log(`# C1: ${Date.now() - begun} ms from Send to the page with the number`);
  assert.match(await plain.getByRole("main").textContent(), /HV-[A-Z0-9]{4}-[A-Z0-9]{2}/);
  assert.match(await plain.getByRole("main").textContent(), /Somebody answers you by/);
  await plain.getByRole("link", { name: "Follow it here" }).click();
  tracked = new URL(plain.url()).pathname;
  await mailed("", 5);
  console.log(`# C1: the copy is in the mailbox ${Date.now() - begun} ms after Send`);
});

test("it is answered, a photo is added, the link is mailed again, it is withdrawn", async () => {
  await plain.goto(tracked);
  const reference = (await plain.getByRole("main").textContent()).match(/HV-[A-Z0-9]{4}-[A-Z0-9]{2}/)[0];
  await plain.getByLabel("Answer or add something").fill("There is a cone now.");
  await plain.getByLabel("Photos and papers").setInputFiles({ name: "cone.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n") });
  await plain.getByRole("button", { name: "Send" }).click();
  await plain.getByText("There is a cone now.").waitFor();
  const file = await plain.context().request.get(await plain.getByRole("link", { name: /cone\.pdf/ }).getAttribute("href"));
  assert.equal(file.headers()["content-disposition"], "attachment; filename=cone.pdf");
  await plain.goto("/");
  await plain.getByLabel("Request number").fill(reference.toLowerCase());
  await plain.getByRole("button", { name: "Show my request" }).click();
  await plain.getByLabel("Your e-mail address").fill(who);
  await plain.getByRole("button", { name: "Mail me the link" }).click();
  await plain.getByText("If there is a request with this number").waitFor();
  await plain.goto(tracked);
  await plain.getByRole("button", { name: "Withdraw it" }).click();
  await plain.getByRole("button", { name: "Yes, withdraw it" }).click();
  await plain.getByText("You have withdrawn it.").waitFor();
});

test("a question that is answered already is not asked again", async () => {
  await plain.goto("/ask");
  await plain.getByLabel("Your question").fill("when is my bin emptied");
  const begun = Date.now();
  await plain.getByRole("button", { name: "Continue" }).click();
  await plain.getByRole("heading", { name: /Others asked|From our answers|When/ }).first().waitFor();
  console.log(`# C8: ${Date.now() - begun} ms to the suggestions without script`);
  await plain.getByRole("heading", { name: /Not what you need/ }).waitFor();
  const page = await (await browser.newContext({ baseURL: base })).newPage();
  const took = [];
  for (const text of ["heating", "payslips", "bin emptied", "brown water", "parking", "housing list", "shed permit", "library"]) {
    const start = Date.now();
    assert.equal((await page.request.get(`/suggest?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } })).status(), 200);
    took.push(Date.now() - start);
  }
  console.log(`# C8: suggestions in ${took.sort((a, b) => a - b).join(", ")} ms`);
  await page.goto("/ask");
  await page.getByLabel("Your question").pressSequentially("payslips");
  await page.locator(".suggest a").first().waitFor();
  await page.context().close();
});

test("a question to everybody keeps what was typed until the link is used, and waits for a moderator", async () => {
  await plain.goto(`/ask?q=${encodeURIComponent(`May I plant a tree at the kerb ${stamp}?`)}`);
  await plain.getByLabel("More about it").fill("A small one, **please**.");
  await plain.getByLabel("Everybody, so that others can help and learn").check();
  await plain.getByLabel("Topic").selectOption({ label: "Streets and lights" });
  await plain.getByLabel("Your e-mail address").fill(who);
  await plain.getByRole("button", { name: "Send" }).click();
  await plain.getByRole("heading", { name: "Look at your mailbox" }).waitFor();
  const link = (await mailed("Your link")).match(/\/signin\/[A-Z0-9]+/)[0];
  await plain.goto(link);
  await plain.getByText(`May I plant a tree at the kerb ${stamp}?`).waitFor();
  await plain.getByRole("button", { name: "Sign in and send what I wrote" }).click();
  await plain.waitForURL("**/my");
  await plain.getByText("Waits for a moderator").waitFor();
  const staff = await person(browser);
  await staff.goto("/console/moderation");
  assert.deepEqual(await violations(staff), []);
  await shot(staff, "moderation");
  const card = staff.getByRole("article").filter({ hasText: `kerb ${stamp}` });
  await card.getByRole("button", { name: "Publish" }).click();
  await staff.getByText("Published. The author is told.").waitFor();
  assert.deepEqual(staff.noise, []);
  await mailed("Your text is public now");
  const mine = await (await browser.newContext({ baseURL: base, storageState: await plain.context().storageState() })).newPage();
  await mine.goto("/my");
  assert.deepEqual(await violations(mine), []);
  await shot(mine, "my");
  await mine.context().close();
  await plain.goto("/my");
  await plain.getByRole("link", { name: `May I plant a tree at the kerb ${stamp}?` }).first().click();
  thread = new URL(plain.url()).pathname;
  assert.equal(await plain.locator(".prose strong").textContent(), "please");
});

test("votes, changes and their history, reports", async () => {
  await plain.goto("/questions");
  await plain.getByRole("main").getByRole("heading", { level: 2 }).getByRole("link").nth(2).click();
  const button = plain.getByRole("button", { name: /^Helpful/ }).first();
  const before = Number((await button.textContent()).match(/\d+/)[0]);
  await button.click();
  assert.equal(Number((await plain.getByRole("button", { name: /^Helpful/ }).first().textContent()).match(/\d+/)[0]), before + 1);
  await plain.getByRole("button", { name: /^Helpful/ }).first().click();
  assert.equal(Number((await plain.getByRole("button", { name: /^Helpful/ }).first().textContent()).match(/\d+/)[0]), before);
  await plain.getByRole("link", { name: "Report" }).first().click();
  await plain.getByLabel(/No advertising/).check();
  await plain.getByRole("button", { name: "Send the report" }).click();
  await plain.getByText("Thank you. A moderator will look at it.").waitFor();
});

test("every page is clean in both themes and languages, from right to left, and at 320 px", async () => {
  const paths = ["/", "/services", "/services/pothole", "/services/pothole/start", "/ask", "/ask?q=heating%20payment%20late", "/questions", thread, "/search?q=heating", "/track", tracked, `${tracked}/received`,
    "/signin", "/rules", "/articles/potholes-what-we-repair-at-once", "/nothing-is-here"];
  let seen = 0;
  for (const [prefix, colorScheme, viewport] of [["", "light", sizes.desktop], ["", "dark", sizes.phone], ["/es", "light", { width: 320, height: 800 }], ["/ar-XB", "dark", sizes.desktop]]) {
    const context = await browser.newContext({ baseURL: base, viewport, colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    const noise = [];
    page.on("console", (message) => { if (message.type() === "error" && !/status of 404/.test(message.text())) noise.push(message.text()); });
    for (const path of paths) {
      await page.goto(prefix + path);
      assert.equal(await sideways(page), 0, `${prefix}${path} at ${viewport.width}`);
      assert.deepEqual(await violations(page), [], `${prefix}${path} in ${colorScheme}`);
      await shot(page, `site${prefix.replace("/", "-")}${path.replace(/[^a-z]+/gi, "-").slice(0, 30)}-${colorScheme}-${viewport.width}`);
      seen++;
    }
    assert.deepEqual(noise, [], "what the browser complains about, policy errors among it");
    await context.close();
  }
  console.log(`# C6: axe finds nothing on ${seen} pages`);
});

test("pages stay light", async () => {
  const style = (await (await plain.context().request.get("/")).text()).match(/\/assets\/portal\.[0-9a-f]+\.css/)[0];
  const css = gzipSync(await (await plain.context().request.get(style)).body(), { level: 9 }).length;
  for (const [name, path, budget] of [["home", "/", 50_000], ["case", tracked, 20_480], ["article", "/articles/potholes-what-we-repair-at-once", 20_480], ["question", thread, 20_480], ["service", "/services/pothole", 20_480]]) {
    assert.match(await (await plain.context().request.get(path)).text(), /<\/html>/);
    const html = gzipSync(await (await plain.context().request.get(path)).body(), { level: 9 }).length;
    console.log(`# C3: ${name}: HTML ${html} + CSS ${css} = ${html + css} bytes gzip`);
    assert.ok(html + css <= budget, `${path}: ${html + css} bytes`);
  }
});

test("a request by keyboard alone", async () => {
  const context = await browser.newContext({ baseURL: base, viewport: sizes.desktop });
  const page = await context.newPage();
  await page.goto("/services/pothole/start");
  const to = async (label) => {
    for (let i = 0; i < 60; i++) {
      if (await page.evaluate((id) => document.activeElement?.id === id || document.activeElement?.textContent?.trim() === id, label)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not reach ${label}`);
  };
  await to("title");
  await page.keyboard.type(`By keyboard ${stamp}`);
  await to("email");
  await page.keyboard.type(who);
  await to("Send");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Thank you. We have it." }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await context.close();
});

test("machines find the way: sitemap, feeds, structured data, languages", async () => {
  const get = async (path) => (await plain.context().request.get(path)).text();
  assert.match(await get("/sitemap.xml"), /<sitemapindex[\s\S]*questions-1\.xml/);
  assert.match(await get("/sitemaps/questions-1.xml"), /<lastmod>/);
  assert.match(await get("/robots.txt"), /Sitemap: http/);
  assert.match(await get("/questions/feed.atom"), /<entry>/);
  assert.match(await get("/articles.atom"), /<entry>/);
  const html = await get(thread);
  assert.equal(JSON.parse(html.match(/<script type="application\/ld\+json">([\s\S]*?)<\/script>/)[1])["@type"], "QAPage");
  assert.match(html, /rel="canonical"/);
  assert.match(html, /hreflang="es"/);
  const moved = await plain.context().request.get(thread.replace(/[^/]+$/, "an-old-title"), { maxRedirects: 0 });
  assert.deepEqual([moved.status(), moved.headers().location], [301, thread]);
});
