// The console without script: links, forms and redirects do everything.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, person, password, username } from "./help.mjs";

let browser, page, record;
const subject = `Plain ${Date.now()}`;
before(async () => {
  browser = await launch();
  page = await person(browser, { javaScriptEnabled: false });
});
after(() => browser?.close());

test("a case is made, and what is missing is said", async () => {
  await page.goto("/console/Contact/new");
  await page.getByLabel("First Name").fill("Nobody");
  await page.getByRole("button", { name: "Save" }).first().click();
  assert.match(await page.getByRole("alert").first().textContent(), /Enter Last Name/);
  assert.equal(await page.getByLabel("First Name").inputValue(), "Nobody", "the text stays");
  await page.goto("/console/Case/new");
  await page.getByLabel("Subject").fill(subject);
  await page.getByLabel("Parent Case").fill("no such case");
  await page.getByRole("button", { name: "Save" }).first().click();
  assert.match(await page.locator("#f-ParentId-error").textContent(), /no such case/);
  await page.getByLabel("Parent Case").fill("");
  await page.getByRole("button", { name: "Save" }).first().click();
  assert.match(page.url(), /\/console\/r\//);
  record = new URL(page.url()).pathname;
  assert.match(await page.getByRole("status").first().textContent(), /Case created/);
});

test("a record is found, filtered, sorted and opened by links and forms", async () => {
  await page.goto("/console/Case/list?view=AllCases");
  await page.getByLabel("Filter this list").fill(subject);
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=/);
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.getByRole("link", { name: "Status" }).click();
  await page.waitForURL(/sort=Status/);
  await page.getByRole("link", { name: subject, exact: true }).click();
  assert.equal(new URL(page.url()).pathname, record);
});

test("a filter is added and taken away", async () => {
  await page.goto("/console/Case/list?view=AllCases");
  await page.getByText("Filter", { exact: true }).click();
  await page.locator("#filter-text").selectOption("Closed");
  await page.getByRole("button", { name: "Show only these" }).click();
  await page.waitForURL(/Status%3Aeq%3AClosed/);
  await page.getByRole("link", { name: /Take away the filter/ }).click();
  assert.ok(!page.url().includes("Closed"));
});

test("a record is edited, moved along its path, deleted and taken out again", async () => {
  await page.goto(record);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Subject").fill(subject + ", changed");
  await page.getByRole("button", { name: "Save" }).first().click();
  assert.match(await page.getByRole("heading", { level: 1 }).textContent(), /changed/);
  await page.getByRole("button", { name: "On hold", exact: true }).click();
  assert.match(await page.getByRole("status").first().textContent(), /is now On hold/);
  await page.getByRole("button", { name: "Undo" }).click();
  assert.match(await page.getByRole("status").first().textContent(), /is now New/);
  await page.getByLabel("More actions").click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  assert.equal(new URL(page.url()).pathname, record);
});

test("a tile is moved by its menu", async () => {
  await page.goto(`/console/Case/list?view=AllCases&as=board&q=${encodeURIComponent(subject)}`);
  await page.getByLabel(/^Move/).click();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  assert.match(await page.getByRole("status").first().textContent(), /is now Open/);
  assert.match(page.url(), /as=board/);
});

test("several records are changed", async () => {
  await page.goto(`/console/Case/list?view=AllCases&q=${encodeURIComponent(subject)}`);
  await page.getByLabel(/^Choose Plain/).check();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByLabel("Which field changes").selectOption("Priority");
  await page.getByRole("button", { name: "Choose", exact: true }).click();
  await page.getByLabel("New value of Priority").selectOption("High");
  await page.getByRole("button", { name: "Change 1 record" }).click();
  assert.match(await page.getByRole("status").first().textContent(), /1 cases? changed/);
});

test("a view is saved, opened and deleted", async () => {
  await page.goto("/console/Case/list?view=AllCases&f=Priority:eq:High");
  await page.getByText("Save view", { exact: true }).first().click();
  await page.getByLabel("Name of the view").fill("Plain view");
  await page.getByRole("button", { name: "Save as a new view" }).click();
  const heading = () => page.getByRole("heading", { level: 1 }).textContent();
  assert.equal(await heading(), "Plain view");
  await page.getByRole("button", { name: "Open this view first" }).click();
  await page.goto("/console/Case/list");
  assert.equal(await heading(), "Plain view", "pinned");
  await page.getByText("Save view", { exact: true }).first().click();
  await page.getByLabel("Name of the view").fill("Plainer view");
  await page.getByRole("button", { name: "Save changes" }).click();
  assert.equal(await heading(), "Plainer view", "renamed");
  await page.getByText("Save view", { exact: true }).first().click();
  await page.getByLabel("Name of the view").fill("Plain copy");
  await page.getByRole("button", { name: "Save as a new view" }).click();
  assert.equal(await heading(), "Plain copy");
  await page.getByText("Save view", { exact: true }).first().click();
  await page.getByRole("button", { name: "Delete this view" }).click();
  await page.goto("/console/Case/list");
  assert.equal(await heading(), "Plainer view", "the first one is still there");
  await page.getByText("Save view", { exact: true }).first().click();
  await page.getByRole("button", { name: "Delete this view" }).click();
  assert.match(await page.getByRole("status").first().textContent(), /Plainer view deleted/);
});

test("a list is exported", async () => {
  const answer = await page.context().request.get(`/console/Case/export.csv?view=AllCases&q=${encodeURIComponent(subject)}`);
  assert.match(answer.headers()["content-type"], /text\/csv/);
  const lines = (await answer.text()).trim().split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[1], new RegExp(subject));
});

test("one signs out, is asked to sign in again, and comes back to the page", async () => {
  await page.goto("/logout");
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/login");
  await page.goto(record);
  await page.waitForURL(/\/login\?to=/);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  assert.match(await page.getByRole("alert").textContent(), /do not match/);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  assert.equal(new URL(page.url()).pathname, record);
});

test("the demo is entered with one click", async (t) => {
  const context = await browser.newContext({ baseURL: process.env.STOA_URL, javaScriptEnabled: false });
  const visitor = await context.newPage();
  await visitor.goto("/login");
  const roles = visitor.locator(".demo-user");
  if ((await roles.count()) === 0) return t.skip("no demo");
  await roles.first().click();
  await visitor.waitForURL("**/console/home");
  await context.close();
});

test("addresses of the original lead to their twins", async () => {
  await page.goto("/lightning/o/Case/list");
  assert.equal(new URL(page.url()).pathname, "/console/Case/list");
  await page.goto(`/lightning/r/Case/${record.split("/").pop()}/view`);
  assert.equal(new URL(page.url()).pathname, record);
});
