// Text that wants to be more than text is shown as text, wherever it is shown.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, make, person } from "./help.mjs";

let browser, page;
const mark = `hostile${Date.now()}`;
const texts = [
  `${mark} <script>window.planted=1</script>`,
  `${mark} <img src=x onerror="window.planted=1">`,
  `${mark} "><svg onload=window.planted=1>`,
  `${mark} <div hx-get="/logout" hx-trigger="load" hx-on:click="window.planted=1">x</div>`,
  `${mark} \${7*7} {{7*7}} %{7*7} ' OR Id != null --`,
  `${mark} \u202Egnp.exe javascript:alert(1)`,
];
before(async () => {
  browser = await launch();
  page = await person(browser);
});
after(() => browser?.close());

const clean = async (where) => {
  assert.equal(await page.evaluate(() => window.planted), undefined, `${where}: planted script ran`);
  assert.equal(await page.locator("main script, main img, main [onload], main [onerror]").count(), 0, `${where}: planted element`);
  assert.equal(await page.locator("main [hx-trigger=load]").count(), 0, `${where}: planted request`);
  assert.deepEqual(page.noise, [], where);
};

test("hostile text in every place", async () => {
  for (const text of texts) {
    const record = await make(page, "Case", { Subject: text, Description: text });
    assert.match(await page.locator("h1").textContent(), new RegExp(mark));
    await clean("record");
    await page.goto(record + "/edit");
    assert.equal(await page.getByLabel("Subject").inputValue(), text);
    await clean("form");
  }
  for (const path of [`/console/Case/list?view=AllCases&q=${mark}`, `/console/Case/list?view=AllCases&as=board&q=${mark}`, `/console/search?q=${mark}`, "/console/home"]) {
    await page.goto(path);
    await page.getByText(mark).first().waitFor({ state: "attached" });
    await clean(path);
  }
  await page.goto(`/console/Case/list?view=AllCases&q=${mark}`);
  assert.equal(await page.locator("tbody tr[data-id]").count(), texts.length);
  await page.keyboard.press("Control+k");
  await page.keyboard.type(mark);
  await page.getByRole("option", { name: new RegExp(mark) }).first().waitFor();
  await clean("palette");
});

test("hostile addresses", async () => {
  for (const path of [
    `/console/search?q=${encodeURIComponent("<script>window.planted=1</script>")}`,
    `/console/Case/list?view=AllCases&q=${encodeURIComponent("' OR Id != null OR Subject = '")}`,
    `/console/Case/list?view=AllCases&q=${encodeURIComponent("%_\\'\"")}`,
    `/console/Case/list?view=AllCases&f=${encodeURIComponent("Subject:has:' OR Id != null --")}`,
    `/console/Case/list?view=${encodeURIComponent('"><script>window.planted=1</script>')}`,
    `/console/Case/list?sort=${encodeURIComponent("Id FROM User--")}`,
    `/console/Case/list?cols=${encodeURIComponent("Id,(SELECT Id FROM Tasks)")}`,
    `/console/search?q=${encodeURIComponent("heat} RETURNING User(Password")}`,
  ]) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), 200, path);
    await clean(path);
  }
  await page.goto(`/console/Case/list?view=AllCases&q=${encodeURIComponent("' OR Id != null OR Subject = '")}`);
  assert.equal(await page.locator("tbody tr[data-id]").count(), 0, "the quote did not end the literal");
  const away = await page.context().request.get("/console/Case/list?after=e30&view=AllCases", { maxRedirects: 0 });
  assert.equal(away.status(), 400);
});

test("a form of another site is refused, and nobody is led elsewhere", async () => {
  const refused = await page.context().request.post("/console/preferences", { form: { theme: "dark" }, headers: { "Sec-Fetch-Site": "cross-site", Origin: "https://elsewhere.example" } });
  assert.equal(refused.status(), 403);
  const led = await page.context().request.post("/console/preferences", { form: { theme: "dark", back: "//elsewhere.example/" }, maxRedirects: 0 });
  assert.equal(led.headers().location, "/console/home");
});
