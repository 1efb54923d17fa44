// The console by keyboard, and by pointer where that differs.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { launch, make, person } from "./help.mjs";

let browser, page;
const mine = `Keys ${Date.now()}`;
const list = `/console/Case/list?view=AllCases&sort=-CaseNumber&q=${encodeURIComponent(mine)}`; // numbers tell the order, seconds may not
before(async () => {
  browser = await launch();
  page = await person(browser);
  for (const n of ["one", "two", "three"]) await make(page, "Case", { Subject: `${mine} ${n}`, Status: "New" });
});
after(() => browser?.close());
beforeEach(() => { page.noise.length = 0; });
const quiet = () => assert.deepEqual(page.noise, []);
const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
/** choose goes down the palette to the row of that name. */
const choose = async (name) => {
  const row = page.getByRole("option", { name }), rows = await page.locator("#palette").getByRole("option").count();
  for (let steps = 0; (await row.getAttribute("aria-selected")) !== "true"; steps++) {
    assert.ok(steps <= rows, `no way down to ${name}`);
    await page.keyboard.press("ArrowDown");
  }
};
const toast = (text) => page.getByRole("status").getByText(text).waitFor();

test("the palette opens anywhere, finds, opens and gives the focus back", async () => {
  await page.goto(list);
  await page.locator("#list-filter").focus();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Search or do anything" });
  await box.waitFor();
  assert.ok((await page.locator("#palette").getByRole("option").count()) > 3, "commands before anything is typed");
  await page.keyboard.type(mine + " two");
  await page.getByRole("option", { name: `${mine} two` }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await box.inputValue(), "");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "list-filter");
  await page.keyboard.press("Control+k");
  await page.keyboard.type(mine + " two");
  await page.getByRole("option", { name: `${mine} two` }).waitFor();
  await choose(`${mine} two`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/r\//);
  quiet();
});

test("an answer that comes late leaves the row that is chosen, and the focus where it is", async () => {
  await make(page, "Case", { Subject: `Caseload ${Date.now()}` }); // found by what finds commands of the page, too
  await page.goto("/console/home");
  let answer = () => {};
  await page.route("**/console/search?as=palette*", async (route) => {
    await new Promise((done) => { answer = done; });
    await route.continue();
  });
  const palette = page.locator("#palette"), chosen = () => palette.locator("[aria-selected=true]").allTextContents();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Search or do anything" });
  await page.mouse.move(720, 300); // the pointer rests over the list
  await page.keyboard.type("case");
  await palette.locator("[data-wait]").waitFor(); // it is asked for, and not there yet
  await page.keyboard.press("ArrowDown");
  const before = await chosen();
  assert.equal(before.length, 1);
  for (const row of await palette.getByRole("option").allTextContents()) assert.match(row, /case/i, "what does not match is not there");
  answer();
  await palette.locator("[data-wait]").waitFor({ state: "detached" });
  await palette.locator("mark").first().waitFor();
  assert.deepEqual(await chosen(), before, "the answer chooses nothing");
  const rows = await palette.getByRole("option").count();
  for (let i = 0; i < rows; i++) {
    await page.keyboard.press("ArrowDown");
    const on = palette.locator("[aria-selected=true]");
    assert.equal(await on.count(), 1);
    assert.equal(await box.getAttribute("aria-activedescendant"), await on.getAttribute("id"), "what is chosen is what is read out");
    assert.ok(await box.evaluate((e) => e === document.activeElement), "the focus stays in the box");
  }
  assert.deepEqual(await chosen(), before, "once around the list");
  await palette.locator(".palette-group").first().click();
  assert.ok(await box.evaluate((e) => e === document.activeElement), "a press beside a row leaves the focus in the box");
  assert.deepEqual(await chosen(), before);
  await page.mouse.move(722, 302);
  quiet();
  await page.unroute("**/console/search?as=palette*");
});

test("what was asked for before the palette was closed does not come into the next one", async () => {
  await page.goto("/console/home");
  let answers = 0;
  await page.route("**/console/search?as=palette*", async (route) => { answers++; await route.continue(); });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("heating");
  await page.keyboard.press("Control+k"); // closed before the question went out, or while it was under way
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Search or do anything" });
  assert.equal(await box.inputValue(), "");
  const begun = answers;
  await page.keyboard.type("contact");
  await page.locator("#palette").getByRole("option", { name: /People|contact/i }).first().waitFor();
  await page.waitForFunction(() => !document.querySelector("#palette [data-wait]"));
  assert.ok(answers >= begun);
  assert.equal(await page.locator("#palette mark", { hasText: /heating/i }).count(), 0, "nothing of the first question");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.unroute("**/console/search?as=palette*");
  quiet();
});

test("J and K move by rows, Enter opens", async () => {
  await page.goto(list);
  await page.keyboard.press("j");
  assert.match(await focused(), /three/);
  await page.keyboard.press("j");
  assert.match(await focused(), /two/);
  await page.keyboard.press("k");
  assert.match(await focused(), /three/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/r\//);
  assert.match(await page.getByRole("heading", { level: 1 }).textContent(), /three/);
  quiet();
});

test("F2 edits a cell, Enter saves it, Ctrl Z takes it back", async () => {
  await page.goto(list);
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("F2");
  const select = page.getByRole("combobox", { name: "Status" });
  await select.selectOption("Open");
  await page.keyboard.press("Enter");
  await toast(/Status of .* is now Open/);
  assert.match(await page.locator("tbody tr").first().textContent(), /Open/);
  await page.keyboard.press("Control+z");
  await toast(/Status of .* is now New/);
  quiet();
});

test("Escape leaves a cell as it was; a wrong value says so and keeps the focus", async () => {
  await page.goto(list);
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("F2");
  const contact = page.locator("td input[role=combobox]");
  await contact.fill("Nobody of that name");
  await page.keyboard.press("Enter");
  await page.locator("td .error").waitFor();
  assert.match(await page.locator("td .error").textContent(), /Nobody of that name/);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-invalid")), "true");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("td form").count(), 0);
  quiet();
});

test("a cell that somebody else changed meanwhile asks whose value stays", async () => {
  await page.goto(list);
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("F2");
  await page.getByRole("combobox", { name: "Status" }).selectOption("Open");
  const href = await page.locator("tbody tr").first().getAttribute("data-href");
  const other = await page.context().newPage();
  await other.goto(href);
  await other.getByRole("button", { name: "On hold", exact: true }).click();
  await other.getByText(/is now On hold/).waitFor();
  await other.close();
  await page.bringToFront();
  await page.getByRole("combobox", { name: "Status" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".cell-conflict").getByText(/Meanwhile somebody set this to On hold/).waitFor();
  await page.getByRole("button", { name: "Keep mine" }).click();
  await toast(/is now Open/);
  quiet();
});

test("rows are picked by X and changed together", async () => {
  await page.goto(list);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("2 chosen").first().waitFor();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.waitForURL(/\/bulk\?/);
  await page.getByLabel("Which field changes").selectOption("Priority");
  await page.waitForURL(/field=Priority/);
  await page.getByLabel("New value of Priority").selectOption("Low");
  await page.getByRole("button", { name: "Change 2 records" }).click();
  await toast("2 cases changed");
  quiet();
});

test("a tile is lifted, moved and dropped by keys, and says so", async () => {
  await page.goto(list + "&as=board");
  const tile = page.locator("article.tile", { hasText: `${mine} one` });
  await tile.focus();
  await page.keyboard.press("Space");
  await page.locator("#say").getByText(/^Lifted/).waitFor({ state: "attached" });
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await toast(/is now Open/);
  assert.equal(await tile.evaluate((e) => e.closest("[data-lane]").dataset.lane), "Open");
  assert.ok(await tile.evaluate((e) => e === document.activeElement), "the focus stays on the tile");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  assert.equal(await tile.evaluate((e) => e.closest("[data-lane]").dataset.lane), "Open");
  quiet();
});

test("a tile is dragged, and moved by its menu", async () => {
  await page.goto(list + "&as=board");
  const tile = page.locator("article.tile", { hasText: `${mine} one` });
  const from = await tile.boundingBox(), to = await page.getByRole("region", { name: /^Cases by/ }).getByRole("region", { name: "New", exact: true }).boundingBox();
  await page.mouse.move(from.x + 40, from.y + 60);
  await page.mouse.down();
  await page.mouse.move(from.x + 20, from.y + 66, { steps: 4 });
  await page.mouse.move(to.x + 80, to.y + 40, { steps: 6 });
  await page.mouse.up();
  await toast(/is now New/);
  await tile.getByLabel(/^Move/).click();
  await tile.getByRole("button", { name: "Closed" }).click();
  await toast(/is now Closed/);
  quiet();
});

test("? shows the keys, G C leads to cases, C makes a case", async () => {
  await page.goto("/console/home");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.waitForURL("**/console/Case/list");
  await page.keyboard.press("c");
  await page.waitForURL("**/console/Case/new");
  quiet();
});

test("rows come as one scrolls, and more can be asked for", async () => {
  await page.goto("/console/Contact/list");
  const first = await page.locator("tbody tr[data-id]").count();
  await page.locator("tbody tr").last().scrollIntoViewIfNeeded();
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr[data-id]").length > n, first);
  const ids = await page.locator("tbody tr[data-id]").evaluateAll((rows) => rows.map((r) => r.dataset.id));
  assert.equal(new Set(ids).size, ids.length, "no row twice");
  quiet();
});

test("a lookup is filled by keys", async () => {
  await page.goto("/console/Case/new");
  const owner = page.getByLabel("Owner");
  await owner.fill("Mara");
  await page.getByRole("listbox", { name: "Owner" }).getByRole("option").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.match(await owner.inputValue(), /Mara/);
  assert.match(await page.locator("input[name=OwnerId]").inputValue(), /^005/);
  quiet();
});

test("V saves what is filtered as a view in two keys", async () => {
  await page.goto(list + "&f=Priority:eq:Medium");
  await page.keyboard.press("v");
  await page.keyboard.press("Enter");
  await page.waitForURL(/view=00B/);
  assert.match(await page.getByRole("heading", { level: 1 }).textContent(), /^All Cases, Priority is Medium/);
  assert.equal(await page.getByRole("link", { name: /Take away the filter: Priority is Medium/ }).count(), 1);
  await page.keyboard.press("v");
  await page.keyboard.press("Escape");
  assert.ok(await page.getByText("Save view", { exact: true }).first().evaluate((e) => document.activeElement === e.closest("summary")), "Escape gives the focus back");
  await page.keyboard.press("v");
  await page.getByRole("button", { name: "Delete this view" }).click();
  await toast(/deleted/);
  quiet();
});

test("a column is made wider by keys and by dragging, and the address keeps it", async () => {
  await page.goto(list);
  const width = () => page.locator('col[data-column="Subject"]').getAttribute("width").then(Number);
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+ArrowRight");
  const first = await width();
  await page.keyboard.press("Shift+ArrowRight");
  assert.equal(await width(), first + 24);
  const grip = await page.locator('[data-resize="Subject"]').boundingBox();
  await page.mouse.move(grip.x + 6, grip.y + 8);
  await page.mouse.down();
  await page.mouse.move(grip.x + 66, grip.y + 8, { steps: 3 });
  await page.mouse.up();
  const last = await width();
  assert.ok(last > first + 24, "dragged");
  await page.reload();
  assert.equal(await width(), last, "after a reload");
  await page.getByRole("link", { name: "Status", exact: true }).click();
  await page.waitForURL(/sort=Status/);
  assert.equal(await width(), last, "after sorting");
  quiet();
});

test("every key that ? shows does what it says", async () => {
  await page.goto("/console/home");
  await page.goto(list);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "list-filter");
  await page.keyboard.press("F6");
  assert.ok(await page.evaluate(() => !!document.activeElement?.closest(".rail")), "F6 leads to the next part");
  await page.keyboard.press("Shift+F6");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.keyboard.press("j");
  await page.keyboard.press("Control+a");
  await page.getByText("3 chosen").first().waitFor();
  await page.keyboard.press("Alt+1");
  await page.waitForURL((url) => url.pathname !== "/console/Case/list");
  for (const [key, path] of [["h", "/console/home"], ["p", "/console/Contact/list"], ["a", "/console/apps"], ["c", "/console/Case/list"]]) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.waitForURL("**" + path);
  }
  await page.goto(list);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/r\//);
  const record = page.url();
  await page.keyboard.press("e");
  await page.waitForURL(/\/edit$/);
  await page.goto(record);
  await page.keyboard.press("c");
  await page.waitForURL("**/console/Case/new");
  await page.goto(record);
  await page.getByLabel(/your account$/).focus();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await keys.waitFor();
  assert.ok((await keys.locator("dt").count()) >= 20);
  await page.keyboard.press("Escape");
  assert.match(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? ""), /your account$/, "the focus is back");
  quiet();
});

test("a theme that is chosen stays", async () => {
  await page.goto("/console/home");
  await page.getByLabel(/your account$/).click();
  await page.getByRole("button", { name: "Dark" }).click();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.goto("/console/apps");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  quiet();
});

test("an address that leads nowhere is not kept among the open pages", async () => {
  await page.goto("/console/home");
  await page.goto("/console/Nothing/list");
  assert.match(await page.locator(".worktab[data-on]").textContent(), /cannot find/);
  await page.goto("/console/home");
  assert.equal(await page.locator(".worktab", { hasText: "cannot find" }).count(), 0);
});
