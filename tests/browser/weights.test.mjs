// What a page costs, and with which status the console answers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { base, launch, make, person } from "./help.mjs";

// Bytes as a browser loads them, brotli where the server has it.
const budget = { code: 80_000, html: 40_000, fonts: 54_000, before: 5 };

let browser, page, record;
before(async () => {
  browser = await launch();
  page = await person(browser);
  record = await make(page, "Case", { Subject: "A page to weigh" });
});
after(() => browser?.close());

test("every page keeps to its budget", async (t) => {
  for (const path of ["/console/home", "/console/Case/list?view=AllCases", "/console/Case/list?view=AllCases&as=board", "/console/search?q=heating", "/console/apps", "/console/Case/new", record]) {
    await t.test(path, async (t) => {
      const weighed = await browser.newContext({ baseURL: base, storageState: await page.context().storageState() });
      const fresh = await weighed.newPage();
      const loaded = [];
      fresh.on("request", (request) => loaded.push(request));
      await fresh.goto(path, { waitUntil: "load" });
      await fresh.evaluate(() => document.fonts.ready);
      assert.deepEqual(loaded.map((r) => r.url()).filter((url) => new URL(url).origin !== new URL(base).origin), [], "nothing comes from elsewhere");
      const sizes = { code: 0, html: 0, fonts: 0 };
      for (const request of loaded) {
        const kind = { document: "html", stylesheet: "code", script: "code", font: "fonts" }[request.resourceType()];
        if (kind === "fonts") sizes.fonts += (await (await request.response()).body()).length;
        else if (kind) sizes[kind] += brotliCompressSync(await (await request.response()).body()).length;
      }
      const first = loaded.filter((r) => ["document", "stylesheet", "font"].includes(r.resourceType())).length;
      t.diagnostic(`CSS and script ${sizes.code} B, HTML ${sizes.html} B, fonts ${sizes.fonts} B, ${first} requests before the first paint`);
      assert.ok(sizes.code <= budget.code, `CSS and script: ${sizes.code}`);
      assert.ok(sizes.html <= budget.html, `HTML: ${sizes.html}`);
      assert.ok(sizes.fonts <= budget.fonts, `fonts: ${sizes.fonts}`);
      assert.ok(first <= budget.before, `${first} requests before the first paint`);
      await weighed.close();
    });
  }
});

test("the console answers with the right status", async (t) => {
  const post = (path, form) => page.context().request.post(path, { form, maxRedirects: 0 });
  const get = (path) => page.context().request.get(path, { maxRedirects: 0 });
  const cases = [
    ["a list", 200, () => get("/console/Case/list")],
    ["a list by an unknown view", 200, () => get("/console/Case/list?view=NoSuchView")],
    ["an object that is not there", 404, () => get("/console/Nothing__c/list")],
    ["a record that is not there", 404, () => get("/console/r/500000000000000AAA")],
    ["an id that is none", 404, () => get("/console/r/notanid")],
    ["an address that is not there", 404, () => get("/console/Case/nothing/here")],
    ["a page that leads nowhere", 400, () => get("/console/Case/list?after=e30")],
    ["a form without what it needs", 422, () => post("/console/Contact/new", { FirstName: "Nobody" })],
    ["a form that is saved", 303, () => post("/console/Case/new", { Subject: "Saved", Status: "New" })],
    ["a method that is not there", 405, () => post("/console/home", {})],
    ["a view without a name", 303, () => post("/console/Case/views", { title: "", do: "new" })],
    ["a view that is not there", 404, () => post("/console/Case/views/delete", { view: "NoSuchView" })],
    ["an address of the original", 303, () => get("/lightning/o/Case/list")],
  ];
  for (const [name, status, ask] of cases) await t.test(name, async () => assert.equal((await ask()).status(), status));
  const stranger = await browser.newContext({ baseURL: base });
  await t.test("somebody who has not signed in", async () => {
    const answer = await stranger.request.get("/console/home", { maxRedirects: 0 });
    assert.equal(answer.status(), 303);
    assert.match(answer.headers().location, /^\/login\?to=/);
  });
  await stranger.close();
});
