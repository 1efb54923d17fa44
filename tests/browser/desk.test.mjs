// The desk, as an agent sees it: found by role and label, moved by keys. What it must do is in
// the names; the figures that it prints are those of this machine.
import assert from "node:assert/strict";
import { cpus, loadavg } from "node:os";
import { after, before, test } from "node:test";
import { base, launch, make, person, rest, shot, sideways, sizes, violations } from "./help.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const p95 = (all) => [...all].sort((a, b) => a - b)[Math.ceil(all.length * 0.95) - 1];

/** queue makes cases of one's own through the form and opens the list of one's cases; it returns their ids, the newest last. */
async function queue(page, subjects, values = {}) {
  const ids = [];
  for (const subject of subjects) {
    const path = await make(page, "Case", { Subject: subject, Description: `About ${subject}.`, "Email Address": `${subject.replace(/\W+/g, ".").toLowerCase()}@post.example`, ...values });
    ids.push(path.split("/").at(-1));
  }
  return ids;
}
/** somebody is one of the demo's people, who sign in from this machine with one press. */
async function somebody(browser, name) {
  const page = await (await browser.newContext({ baseURL: base, viewport: sizes.desktop, reducedMotion: "reduce" })).newPage();
  page.setDefaultTimeout(15000);
  await page.goto("/login");
  await page.getByRole("button", { name }).click();
  await page.waitForURL("**/console/home");
  return page;
}
const items = (page) => page.getByRole("region", { name: "Cases waiting" }).getByRole("listitem").getByRole("link");
const heading = (page) => page.getByRole("heading", { level: 1 });
const reply = (page) => page.getByRole("form", { name: /^Reply to/ }).getByLabel("Message");
const toast = (page) => page.locator("stoa-toast .toast").last();

test("A1: open, reply, set waiting and go on takes nine keystrokes and no pointer", async () => {
  const page = await person(browser);
  await queue(page, ["Anna one", "Anna two", "Anna three"]);
  await page.goto("/console/desk/mine?sort=new");
  await page.evaluate(() => {
    window.pointers = 0;
    for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => window.pointers++, true);
  });
  let keys = 0;
  const press = async (key) => { keys++; await page.keyboard.press(key); };
  await press("j");
  await press("j");
  const subject = await page.evaluate(() => document.activeElement.querySelector(".subj").textContent);
  await press("Enter");
  await page.getByRole("heading", { level: 1, name: subject }).waitFor();
  await press("r");
  await page.keyboard.type("We look into it and write again today.");
  await press("Control+Enter");
  await toast(page).getByText("Reply sent").waitFor();
  await press("s");
  await press("o");
  await press("Enter");
  await page.locator('[data-fact="Status"]', { hasText: "Open" }).waitFor();
  await press("Shift+>");
  await page.waitForFunction((was) => document.querySelector("#case-h").textContent !== was, subject);
  assert.ok(keys <= 9, `${keys} keystrokes`);
  assert.equal(await page.evaluate(() => window.pointers), 0);
  console.log(`A1: ${keys} keystrokes besides the text, 0 pointer events`);
  assert.deepEqual(page.noise, []);
  await page.context().close();
});

test("A2: the next case is painted within 100 ms", async () => {
  const page = await person(browser);
  await page.goto("/console/desk/mine?sort=new");
  await items(page).first().click();
  await page.waitForFunction(() => document.querySelector("#case-h"));
  const times = [];
  for (let i = 0; i < 30; i++) {
    await page.locator("stoa-desk[data-ahead]").waitFor(); // a person reads; meanwhile the neighbours are fetched
    const key = i % 2 ? "<" : ">";
    times.push(await page.evaluate((key) => new Promise((done) => {
      const was = document.querySelector("#pane-case"), begun = performance.now();
      const seen = new MutationObserver(() => {
        if (document.querySelector("#pane-case") === was) return;
        seen.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
      });
      seen.observe(document.querySelector(".panes"), { childList: true });
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }), key));
  }
  const forward = times.filter((_, i) => i % 2 === 0);
  console.log(`A2: next case p95 ${p95(forward).toFixed(0)} ms, back p95 ${p95(times.filter((_, i) => i % 2)).toFixed(0)} ms over ${times.length}, load ${loadavg()[0].toFixed(1)}`);
  if (loadavg()[0] < 2 * cpus().length) assert.ok(p95(forward) <= 100, `p95 ${p95(forward)} ms`); // a machine that does other things measures those
  await page.context().close();
});

test("A4: every action of a menu is in the palette, with its key", async () => {
  const page = await person(browser);
  await queue(page, ["Palette case"]);
  await page.goto("/console/desk/mine?sort=new");
  await items(page).first().click();
  await page.reload();
  const missing = await page.evaluate(() => {
    const rows = new Map([...document.querySelector("template[data-commands]").content.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a]));
    return [...document.querySelectorAll("main [data-act]")].filter((e) => {
      const row = rows.get("#" + e.id), key = e.getAttribute("data-key");
      return !row || key && !row.querySelector("kbd")?.textContent.toLowerCase().includes(key);
    }).map((e) => e.id || e.textContent.trim());
  });
  assert.deepEqual(missing, []);
  const actions = await page.locator("main [data-act]").count();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("priority: high");
  await page.keyboard.press("Enter");
  await toast(page).getByText("Priority is High").waitFor();
  console.log(`A4: ${actions} actions of the page, all in the palette`);
  await page.context().close();
});

test("A5: ? shows the keys, no key fires while one writes, and one switch turns them off", async () => {
  const page = await person(browser);
  await page.goto("/console/desk/mine?sort=new");
  await items(page).first().click();
  await page.getByRole("region", { name: "Conversation" }).waitFor();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Write a reply").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.keyboard.type("jkansopme?ę@");
  assert.equal(await reply(page).inputValue(), "jkansopme?ę@");
  await reply(page).fill("");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await dialog.getByRole("button", { name: "Turn single keys off" }).click();
  await page.waitForLoadState();
  await page.keyboard.press("n");
  assert.equal(await page.getByRole("form", { name: "Note for the staff" }).isVisible(), false);
  await page.goto("/console/keys");
  await page.getByRole("button", { name: "Turn single keys on" }).click();
  await page.getByRole("button", { name: "Turn single keys off" }).waitFor();
  await page.context().close();
});

test("A6: a sent reply comes back as a draft, and a status as it was", async () => {
  const page = await person(browser);
  const [id] = await queue(page, ["Undo case"]);
  await page.goto(`/console/desk/mine/${id}`);
  await reply(page).fill("Too early.");
  await page.keyboard.press("Control+Enter");
  await toast(page).getByText("Reply sent").waitFor();
  await page.getByText("Goes out in a moment").waitFor();
  await toast(page).getByRole("button", { name: "Undo" }).click();
  await toast(page).getByText("Taken back").waitFor();
  assert.equal(await reply(page).inputValue(), "Too early.");
  assert.equal(await page.locator('[data-fact="Status"]').textContent(), "New");
  await page.keyboard.press("Escape");
  await page.keyboard.press("e");
  await toast(page).getByText("Status is Solved").waitFor();
  await toast(page).getByRole("button", { name: "Undo" }).click();
  await page.locator('[data-fact="Status"]', { hasText: "New" }).waitFor();
  await page.context().close();
});

test("A7: two people see each other within a second, and no reply goes out unknowingly beside another", async () => {
  const one = await person(browser), two = await somebody(browser, "Mara Lindqvist");
  const [id] = await queue(one, ["Shared case"]);
  await one.goto(`/console/desk/mine/${id}`);
  await one.getByRole("region", { name: "Conversation" }).waitFor();
  await two.goto(`/console/desk/mine/${id}`);
  const told = async (page, words) => {
    const begun = Date.now();
    await page.locator("#presence", { hasText: words }).waitFor();
    return Date.now() - begun;
  };
  const looks = await told(one, "Mara Lindqvist is looking at this case");
  const [types] = await Promise.all([told(one, "Mara Lindqvist is writing"), reply(two).pressSequentially("Written by the second.")]);
  console.log(`A7: looking shown ${looks} ms after the page, writing ${types} ms after the first key`);
  assert.ok(looks <= 1000 && types <= 1000);
  await reply(one).fill("Written by the first.");
  await one.keyboard.press("Control+Enter");
  await toast(one).getByText("Reply sent").waitFor();
  await two.getByRole("button", { name: /Something new on this case/ }).waitFor();
  assert.equal(await reply(two).inputValue(), "Written by the second.");
  await reply(two).focus();
  await two.keyboard.press("Control+Enter");
  await two.getByRole("alert").filter({ hasText: "Your reply is not sent" }).waitFor();
  await two.getByRole("article").filter({ hasText: "Written by the first." }).waitFor();
  await shot(two, "desk-guard");
  assert.deepEqual(await violations(two), []);
  await two.keyboard.press("Control+Enter");
  await toast(two).getByText("Reply sent").waitFor();
  await one.context().close();
  await two.context().close();
});

test("A8: a draft outlives the browser", async () => {
  let page = await person(browser);
  const [id] = await queue(page, ["Draft case"]);
  await page.goto(`/console/desk/mine/${id}`);
  await reply(page).pressSequentially("Half a thought");
  const begun = Date.now();
  await page.getByText(/^Draft saved/).waitFor();
  console.log(`A8: draft saved ${Date.now() - begun} ms after the last key`);
  assert.ok(Date.now() - begun <= 2000);
  await page.context().close();
  page = await person(browser);
  await page.goto(`/console/desk/mine/${id}`);
  assert.equal(await reply(page).inputValue(), "Half a thought");
  await page.context().close();
});

test("A9: another case never has the copy of the one before, and a new address needs a word", async () => {
  const page = await person(browser);
  const [a, b] = await queue(page, ["Copy one", "Copy two"]);
  await page.goto(`/console/desk/mine/${a}`);
  await page.getByLabel("Copy", { exact: true }).fill("stranger@elsewhere.example");
  await reply(page).fill("With a copy.");
  await page.locator(`a.q-item[data-case="${b}"]`).click();
  await page.getByRole("heading", { level: 1, name: "Copy two" }).waitFor();
  assert.equal(await page.getByLabel("Copy", { exact: true }).inputValue(), "");
  await page.locator(`a.q-item[data-case="${a}"]`).click();
  await page.getByRole("heading", { level: 1, name: "Copy one" }).waitFor();
  assert.equal(await page.getByLabel("Copy", { exact: true }).inputValue(), "stranger@elsewhere.example");
  await reply(page).focus();
  await page.keyboard.press("Control+Enter");
  await page.getByRole("alert").filter({ hasText: "one address is new" }).waitFor();
  await page.getByLabel("Send it to stranger@elsewhere.example too").check();
  await page.getByRole("button", { name: /Send as it is/ }).click();
  await toast(page).getByText("Reply sent").waitFor();
  await page.context().close();
});

test("A13: list and case tell the same time of a promise", async () => {
  const page = await person(browser);
  const [id] = await queue(page, ["Promise case"]);
  await page.goto(`/console/desk/mine/${id}`);
  const due = (where) => page.locator(where).first().evaluate((e) => (e.querySelector("stoa-time") ?? e).textContent.trim());
  const inList = await due(`a.q-item[data-case="${id}"] .marks .badge:has(.i)`), inCase = await due("#case-head .sla b");
  assert.equal(inList, inCase);
  assert.match(await page.locator("#case-head .sla").getAttribute("title"), /of the hours “.+”, promised/);
  console.log(`A13: list and case both say "${inCase}"`);
  await page.context().close();
});

test("A15: merging shows the conversation before it happens and can be taken back", async () => {
  const page = await person(browser);
  const ids = await queue(page, ["Merge one", "Merge two", "Merge three"]);
  await page.goto(`/console/desk/merge?${ids.map((i) => "id=" + i).join("&")}`);
  for (const s of ["one", "two", "three"]) await page.getByRole("article").filter({ hasText: `About Merge ${s}.` }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: /^Merge into/ }).click();
  await page.getByRole("heading", { level: 1, name: "Merge one" }).waitFor();
  await page.getByRole("article").filter({ hasText: "About Merge three." }).waitFor();
  await toast(page).getByRole("button", { name: "Undo" }).click();
  await toast(page).getByText("Taken back").waitFor();
  assert.equal(await page.getByRole("article").filter({ hasText: "About Merge three." }).count(), 0);
  await page.context().close();
});

test("the desk has no fault that axe knows, in light and dark, on a desktop and a phone, and nothing moves sideways", async () => {
  for (const [size, viewport] of Object.entries(sizes)) for (const colorScheme of ["light", "dark"]) {
    const page = await person(browser, { viewport, colorScheme });
    const [id] = await queue(page, ["Axe case"]);
    for (const [name, path] of Object.entries({ queue: "/console/desk/mine", case: `/console/desk/mine/${id}`, details: `/console/desk/mine/${id}?tab=details`, timeline: `/console/desk/mine/${id}?tab=timeline`, note: `/console/desk/mine/${id}?as=note` })) {
      await page.goto(path);
      await page.waitForTimeout(300);
      assert.deepEqual(await violations(page), [], `${name}, ${size}, ${colorScheme}`);
      assert.equal(await sideways(page), 0, `${name}, ${size}`);
      await shot(page, `desk-${name}-${size}-${colorScheme}`);
    }
    assert.deepEqual(page.noise, []);
    await page.context().close();
  }
});

test("without script a case is read, answered, noted and solved", async () => {
  const page = await person(browser);
  const [id] = await queue(page, ["Plain case"]);
  const state = await page.context().storageState();
  await page.context().close();
  const plain = await (await browser.newContext({ baseURL: base, storageState: state, javaScriptEnabled: false, viewport: sizes.desktop })).newPage();
  await plain.goto(`/console/desk/mine/${id}`);
  await plain.getByLabel("Message", { exact: true }).fill("Answered without script.");
  await plain.getByRole("button", { name: "Send, then wait for citizen" }).click();
  await plain.getByText("Reply sent").waitFor();
  await plain.getByRole("article").filter({ hasText: "Answered without script." }).waitFor();
  await plain.getByRole("button", { name: "Note", exact: true }).click();
  await plain.getByLabel("Note", { exact: true }).fill("Noted without script.");
  await plain.getByRole("button", { name: "Save the note" }).click();
  await plain.getByRole("article").filter({ hasText: "Noted without script." }).waitFor();
  await plain.getByRole("button", { name: "Solve", exact: true }).click();
  await plain.getByText("Status is Solved").waitFor();
  await plain.context().close();
});

test("A10: a macro of six acts is one command, shown before it runs, and one undo takes it back", async () => {
  const page = await person(browser);
  const name = `Ask for a paper ${Date.now()}`;
  const macro = await rest(page, "Macro", { Name: name });
  const acts = [["Insert", "Field.Email.TextBody", "Please send us your last payslip."], ["Insert", "Field.CaseComment.CommentBody", "Payslip asked for."], ["Set", "Field.Case.Status", "Waiting"],
    ["Set", "Field.Case.Priority", "High"], ["Set", "Field.Case.Type", "Request"], ["Set", "Field.Case.Subject", "A paper is missing"]];
  for (const [i, [Operation, Target, Value]] of acts.entries()) await rest(page, "MacroInstruction", { MacroId: macro, Operation, Target, Value, SortOrder: i + 1 });
  const [id] = await queue(page, ["Macro case"]);
  await page.goto(`/console/desk/mine/${id}`);
  await page.keyboard.press("Control+k");
  await page.keyboard.type(name.toLowerCase());
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Please send us your last payslip.").waitFor();
  assert.equal(await dialog.getByRole("listitem").count(), acts.length);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Enter");
  await toast(page).getByText("Macro done").waitFor();
  await page.getByRole("heading", { level: 1, name: "A paper is missing" }).waitFor();
  await page.getByRole("article").filter({ hasText: "Payslip asked for." }).waitFor();
  await toast(page).getByRole("button", { name: "Undo" }).click();
  await page.getByRole("article").filter({ hasText: "Payslip asked for." }).waitFor({ state: "detached" });
  assert.equal(await page.locator('[data-fact="Status"]').textContent(), "New");
  assert.equal(await page.getByRole("article").filter({ hasText: "last payslip" }).count(), 0);
  await page.getByRole("heading", { level: 1, name: "Macro case" }).waitFor();
  await page.context().close();
});

test("A16: a quick text opens where its name was typed", async () => {
  const page = await person(browser);
  const name = `hallo${Date.now()}`;
  await rest(page, "QuickText", { Name: name, Message: "Thank you for writing about {!Case.Subject}.", Channel: "Email" });
  const [id] = await queue(page, ["Quick case"]);
  await page.goto(`/console/desk/mine/${id}`);
  await reply(page).pressSequentially(`Well. ;${name}`);
  await page.getByRole("button", { name: new RegExp(name) }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await reply(page).inputValue(), "Well. Thank you for writing about Quick case.");
  await page.context().close();
});

test("the supervisor's page and the pages of whoever runs service have no fault, and count by themselves", async () => {
  for (const [size, viewport] of Object.entries(sizes)) for (const colorScheme of ["light", "dark"]) {
    const page = await person(browser, { viewport, colorScheme });
    for (const [name, path] of Object.entries({ service: "/console/service", queues: "/console/service/queues", macros: "/console/service/macros", articles: "/console/service/articles", article: "/console/service/articles/new" })) {
      await page.goto(path);
      assert.deepEqual(await violations(page), [], `${name}, ${size}, ${colorScheme}`);
      assert.equal(await sideways(page), 0, `${name}, ${size}`);
      await shot(page, `${name}-${size}-${colorScheme}`);
    }
    assert.deepEqual(page.noise, []);
    await page.context().close();
  }
  const watcher = await person(browser), worker = await person(browser);
  await watcher.goto("/console/service");
  const number = () => watcher.locator(".metric .big").first().textContent();
  const before = await number();
  await queue(worker, ["Counted case"]);
  const begun = Date.now();
  await watcher.waitForFunction((was) => document.querySelector(".metric .big").textContent !== was, before);
  console.log(`supervisor: a new case is counted ${Date.now() - begun} ms after it was saved`);
  await watcher.context().close();
  await worker.context().close();
});

test("an article is written, published, changed in a new version and compared", async () => {
  const page = await person(browser);
  await page.goto("/console/service/articles/new");
  const title = `How to renew a pass ${Date.now()}`;
  await page.getByLabel("Title, as people would ask it").fill(title);
  await page.getByLabel("Summary, in one or two sentences").fill("At the counter, in a minute.");
  await page.getByLabel("Text", { exact: true }).fill("Bring the old pass.\n\nA second photo is needed in all cases.");
  await page.getByLabel("Category").fill("Passes");
  await page.getByLabel("Everyone").check();
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Published", { exact: true }).waitFor();
  await page.getByRole("button", { name: "New version" }).click();
  await page.getByRole("button", { name: "Save the draft" }).waitFor();
  await page.getByLabel("Text", { exact: true }).fill("Bring the old pass.\n\nOne photo is enough.");
  await page.getByRole("button", { name: "Save the draft" }).click();
  await page.getByText("Draft saved").waitFor();
  await page.getByRole("link", { name: "What changed" }).click();
  await page.locator("ins", { hasText: "One" }).first().waitFor();
  await page.getByRole("heading", { name: "Version 2 against version 1" }).waitFor();
  await page.getByRole("link", { name: "2, draft" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "article-changes");
  await page.getByRole("link", { name: "Preview" }).click();
  await page.getByText("One photo is enough.").waitFor();
  await page.context().close();
});
