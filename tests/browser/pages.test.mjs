// Every page of the console, in both themes and at both widths: axe finds
// nothing, the browser complains about nothing, nothing scrolls sideways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, make, person, shot, sideways, sizes, violations } from "./help.mjs";

let browser, record;
before(async () => {
  browser = await launch();
  const page = await person(browser);
  record = await make(page, "Case", { Subject: "A page to look at", Description: "Words\nin two lines" });
  await page.context().close();
});
after(() => browser?.close());

const pages = () => ({
  home: "/console/home",
  apps: "/console/apps",
  keys: "/console/keys",
  "case list": "/console/Case/list",
  "case list, filtered": "/console/Case/list?view=AllCases&f=Status:eq:New&f=CreatedDate:ge:LAST_N_DAYS:30",
  "case list, nothing found": "/console/Case/list?view=AllCases&q=zzzzqqqq",
  "case list, a filter that does not fit": "/console/Case/list?view=AllCases&f=CreatedDate:eq:nonsense",
  board: "/console/Case/list?view=AllOpenCases&as=board",
  people: "/console/Contact/list",
  accounts: "/console/Account/list",
  tasks: "/console/Task/list?view=AllTasks",
  knowledge: "/console/Knowledge__kav/list?view=AllArticles",
  users: "/console/User/list",
  "board by another picklist": "/console/Case/list?view=AllCases&as=board&by=Priority",
  "recently viewed": "/console/Case/list?view=RecentlyViewedCases",
  "a list with widths": "/console/Case/list?view=AllCases&w=Subject:420,Status:120",
  opportunities: "/console/Opportunity/list",
  leads: "/console/Lead/list",
  record,
  "record, its history": record + "/related/Histories",
  "record, to edit": record + "/edit",
  "record, related list": record + "/related/CaseComments",
  "new case": "/console/Case/new",
  "new contact": "/console/Contact/new",
  search: "/console/search",
  "search results": "/console/search?q=heating",
  "search, nothing found": "/console/search?q=zzzzqqqq",
  "not found": "/console/r/500000000000000AAA",
  "sign out": "/logout",
});

for (const [size, viewport] of Object.entries(sizes)) {
  test(`pages, ${size}`, { timeout: 900_000 }, async (t) => {
    const page = await person(browser, { viewport, hasTouch: size === "phone" });
    for (const [name, path] of Object.entries(pages())) {
      await t.test(name, async () => {
        page.noise.length = 0;
        await page.emulateMedia({ colorScheme: "light" });
        const answer = await page.goto(path, { waitUntil: "load" });
        assert.equal(answer.status(), name === "not found" ? 404 : 200);
        assert.equal(await page.locator("h1").count(), 1, "one h1");
        assert.deepEqual(await violations(page), [], "light");
        assert.ok((await sideways(page)) <= 1, "scrolls sideways");
        await shot(page, `${name}.${size}.light`.replaceAll(/[ ,]+/g, "-"));
        await page.emulateMedia({ colorScheme: "dark" });
        assert.deepEqual(await violations(page, ["color-contrast", "link-in-text-block"]), [], "dark: the same page in other colours");
        await shot(page, `${name}.${size}.dark`.replaceAll(/[ ,]+/g, "-"));
        assert.deepEqual(page.noise, []);
      });
    }
    await page.context().close();
  });
}

test("the sign-in page", async (t) => {
  for (const [size, viewport] of Object.entries(sizes)) for (const colorScheme of ["light", "dark"]) {
    await t.test(`${size}, ${colorScheme}`, async () => {
      const context = await browser.newContext({ viewport, colorScheme, baseURL: process.env.STOA_URL });
      const page = await context.newPage();
      await page.goto("/login");
      assert.deepEqual(await violations(page), []);
      assert.ok((await sideways(page)) <= 1, "scrolls sideways");
      await shot(page, `login.${size}.${colorScheme}`);
      await context.close();
    });
  }
});

test("open menus, palette and the list of keys", async () => {
  const page = await person(browser);
  await page.goto("/console/Case/list?view=AllCases");
  for (const open of [
    () => page.keyboard.press("Control+k"),
    () => page.keyboard.press("Escape"),
    () => page.keyboard.press("?"),
    () => page.keyboard.press("Escape"),
    () => page.getByText("Columns", { exact: true }).click(),
    () => page.getByText("Save view", { exact: true }).first().click(),
    () => page.getByText("Filter", { exact: true }).click(),
    () => page.getByLabel(/your account$/).click(),
  ]) {
    await open();
    assert.deepEqual(await violations(page), []);
  }
  assert.deepEqual(page.noise, []);
});

test("at 320 pixels, which is 400 % zoom, nothing scrolls sideways", async (t) => {
  const page = await person(browser, { viewport: { width: 320, height: 640 } });
  for (const [name, path] of Object.entries(pages())) {
    await t.test(name, async () => {
      await page.goto(path);
      assert.ok((await sideways(page)) <= 1);
    });
  }
});
