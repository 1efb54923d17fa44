// Many records at once: chosen by their list, changed by a job that one can leave and come back to, and changed back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, person, shot, sideways, violations } from "./help.mjs";

let browser, page;
const list = "/console/Case/list?view=AllCases&f=CaseNumber:le:00000500&cols=CaseNumber,Subject,Priority,Status";
const csv = async () => (await page.request.get(list.replace("/list?", "/export.csv?"))).text();
before(async () => {
  browser = await launch();
  page = await person(browser);
});
after(() => browser?.close());

/** chooseAll chooses everything that matches and asks to edit it; it returns how many that is. */
async function chooseAll() {
  await page.goto(list);
  await page.locator("tbody input[name=id]").first().check();
  const n = Number((await page.locator("label:has([data-all-match])").textContent()).replace(/\D/g, ""));
  await page.locator("[data-all-match]").check();
  await page.locator("[data-chosen]").getByText(`All ${n} that match`).waitFor();
  return n;
}

test("A11: all that match are changed, with progress that one can leave, and changed back", async () => {
  const before = await csv();
  const n = await chooseAll();
  assert.ok(n > 200, `only ${n} cases in the demo`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: `Change ${n} cases` }).waitFor();
  await page.getByLabel("Which field changes").selectOption("Priority");
  await page.waitForURL(/field=Priority/);
  await page.getByLabel("New value of Priority").selectOption("Low");
  const begun = Date.now();
  await page.getByRole("button", { name: `Change ${n} records` }).click();
  await page.waitForURL(/\/console\/bulk\/[A-Z2-7]+/);
  const shown = Date.now() - begun;
  await page.getByText(`${n} of ${n} done`).waitFor({ timeout: 60_000 });
  console.log(`# A11: ${n} cases changed ${Date.now() - begun} ms after the press, its page shown after ${shown} ms`);
  await page.locator("stoa-toast").getByText(`${n} cases changed`).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "bulk");
  const changed = (await csv()).trim().split("\n").slice(1);
  assert.ok(changed.every((line) => /,"?Low"?,/.test(line)), "every case is low");

  await page.goto("/console/home"); // one leaves, and comes back
  await page.getByLabel(/your account$/).click();
  await page.getByRole("link", { name: "Changes of many records" }).click();
  await page.getByRole("main").getByRole("link", { name: `Change ${n} cases` }).first().click();
  const back = Date.now();
  await page.getByRole("button", { name: "Undo this change" }).click();
  await page.getByText("Priority becomes what it was before").waitFor();
  await page.getByText(`${n} of ${n} done`).waitFor({ timeout: 60_000 });
  console.log(`# A11: ${n} cases changed back ${Date.now() - back} ms after the press`);
  assert.equal(await csv(), before, "every case is as it was");
  assert.deepEqual(page.noise, []);
});

test("all that match are deleted and come back", async () => {
  const before = await csv();
  const n = await chooseAll();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText(`${n} of ${n} done`).waitFor({ timeout: 60_000 });
  assert.equal((await csv()).trim().split("\n").length, 1);
  await page.getByRole("button", { name: "Undo this change" }).click();
  await page.getByText("They come out of the recycle bin").waitFor();
  await page.getByText(`${n} of ${n} done`).waitFor({ timeout: 60_000 });
  assert.equal(await csv(), before);
  assert.deepEqual(page.noise, []);
});

test("taking one row out of all that match leaves the rows that are chosen", async () => {
  await chooseAll();
  await page.locator("tbody input[name=id]").nth(1).uncheck();
  await page.locator("[data-chosen]").getByText(/^\d+ chosen$/).waitFor();
  assert.equal(await page.locator("[data-all-match]").isChecked(), false);
});

test("a few records are changed at once and the message takes it back, without script too", async () => {
  const context = await browser.newContext({ storageState: await page.context().storageState(), javaScriptEnabled: false, baseURL: process.env.STOA_URL });
  const plain = await context.newPage();
  await plain.goto(list);
  const row = plain.locator("tbody tr").first(), was = await row.locator("[data-field=Priority]").textContent();
  await row.getByRole("checkbox").check();
  await plain.getByRole("button", { name: "Edit", exact: true }).click();
  await plain.getByLabel("Which field changes").selectOption("Priority");
  await plain.getByRole("button", { name: "Choose", exact: true }).click();
  await plain.getByLabel("New value of Priority").selectOption({ label: was.trim() === "High" ? "Low" : "High" });
  await plain.getByRole("button", { name: "Change 1 record" }).click();
  assert.match(await plain.getByRole("status").first().textContent(), /1 case changed/);
  await plain.getByRole("button", { name: "Undo" }).click();
  assert.match(await plain.getByRole("status").first().textContent(), /Changed back: 1 case/);
  assert.equal(await plain.locator("tbody tr").first().locator("[data-field=Priority]").textContent(), was);
  await context.close();
});

test("a row ends with what can be done with it", async () => {
  await page.goto(list);
  const link = page.locator("tbody tr").first().getByRole("link", { name: /^Actions for/ });
  await link.click();
  const menu = page.locator(".row-menu");
  await menu.getByRole("link", { name: "Edit" }).waitFor();
  assert.deepEqual(await menu.locator("a, button").allInnerTexts(), ["Open", "Open at the desk", "Edit", "Change owner", "Copy", "Delete"]);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Edit");
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "hidden" });
  assert.match(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? ""), /^Actions for/);
  await page.keyboard.press("j"); // and by keys from a cell
  await page.keyboard.press("Shift+F10");
  await menu.getByRole("button", { name: "Delete" }).click();
  await page.locator("stoa-toast").getByText(/moved to the recycle bin/).waitFor();
  assert.match(page.url(), /CaseNumber/, "back at the list");
  await page.locator("stoa-toast").getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(/\/console\/r\//);
  assert.deepEqual(page.noise, []);
});

test("the menu of a row is a page without script, and fits a phone", async () => {
  const context = await browser.newContext({ storageState: await page.context().storageState(), javaScriptEnabled: false, viewport: { width: 320, height: 640 }, baseURL: process.env.STOA_URL });
  const plain = await context.newPage();
  await plain.goto(list);
  await plain.getByRole("link", { name: /^Actions for/ }).first().click();
  await plain.getByRole("link", { name: "Change owner" }).waitFor();
  assert.equal(await sideways(plain), 0);
  await plain.getByRole("link", { name: "Change owner" }).click();
  await plain.getByLabel("New value of Owner").waitFor();
  await context.close();
});

test("the purpose is seen, changed and kept", async () => {
  await page.goto("/console/Contact/list");
  const strip = page.getByRole("region", { name: "Purpose" });
  await strip.getByText("Administration").waitFor();
  await strip.getByRole("link", { name: "Change purpose" }).click();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("radio", { name: /Casework/ }).check();
  await page.getByRole("button", { name: "Work under this purpose" }).click();
  await page.waitForURL("**/console/Contact/list");
  await strip.getByText("Casework").waitFor();
  assert.equal((await page.request.post("/console/purpose", { form: { purpose: "not.mine" }, maxRedirects: 0 })).status(), 403, "one that is not held");
  await page.goto("/console/Account/list");
  await page.request.post("/console/purpose", { form: { purpose: "administration" } });
  await page.goto("/console/Contact/list");
  await strip.getByText("Administration").waitFor();
  assert.deepEqual(page.noise, []);
});
