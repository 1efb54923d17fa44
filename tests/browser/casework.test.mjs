// What an agent does with cases that have to do with each other, with mail that came to the wrong one, with files and
// formats, and with a question that others ask, too: by keys, by pointer, and without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, launch, make, person, rest, shot, sideways, sizes, token, violations } from "./help.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** cases makes cases of citizens and returns their ids. */
async function cases(page, subjects, values = {}) {
  const ids = [];
  for (const subject of subjects) {
    const path = await make(page, "Case", { Subject: subject, Description: `About ${subject}.`, "Email Address": `${subject.replace(/\W+/g, ".").toLowerCase()}@post.example`, ...values });
    ids.push(path.split("/").at(-1));
  }
  return ids;
}
/** plain is a page of the same person without script. */
async function plain(page) {
  const state = await page.context().storageState();
  const other = await (await browser.newContext({ baseURL: base, storageState: state, javaScriptEnabled: false, viewport: sizes.desktop })).newPage();
  other.setDefaultTimeout(15000);
  return other;
}
/** mail puts a citizen's message on a case, as the desk keeps those that come by mail. */
async function mail(page, on, text, receipt = {}) {
  const from = `eve${Date.now()}@other.example`;
  const id = await rest(page, "EmailMessage", { ParentId: on, Incoming: true, IsExternallyVisible: true, Subject: text.slice(0, 40), TextBody: text, FromAddress: from, FromName: "Eve Other" });
  await rest(page, "Mail_Receipt__c", { Key__c: `test:${id}`, Incoming__c: true, At__c: new Date().toISOString(), Case__c: on, Email_Message__c: id, From__c: from, Subject__c: text.slice(0, 40), Kind__c: "ordinary", Rule__c: "new", Why__c: "The sender is not on the case that the message names.", Outcome__c: "New case", ...receipt });
  return id;
}
const reply = (page) => page.getByRole("form", { name: /^Reply to/ }).getByLabel("Message");
const toast = (page) => page.locator("stoa-toast .toast").last();
const heading = (page, name) => page.getByRole("heading", { level: 1, name });

test("an unsure message says why, moves in one press, and comes back by the way that was told", async () => {
  const page = await person(browser);
  const [right, wrong] = await cases(page, ["Right case", "Wrong case"]);
  const text = `The lamp again ${Date.now()}`;
  await mail(page, wrong, text, { Refused_Case__c: right });
  await page.goto(`/console/desk/mine/${wrong}`);
  const notice = page.getByRole("group", { name: "Not sure where this message belongs" });
  await notice.getByText("its sender is not on that case").waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "unsure");
  await notice.getByRole("button", { name: /^Move it to/ }).click();
  await toast(page).getByText(/The message is on/).waitFor();
  await page.getByText(/moved a message to/).waitFor();
  assert.equal(await page.getByRole("article").filter({ hasText: text }).count(), 0);
  await toast(page).getByRole("button", { name: "Undo" }).click();
  await page.getByRole("article").filter({ hasText: text }).waitFor();
  // The page that asks where it belongs, by keys alone.
  await page.getByRole("article").filter({ hasText: text }).getByLabel(/^More for/).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Move to another case" }).last().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/move\?/);
  await heading(page, "Move to another case").waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "move");
  await page.getByLabel("Why it moves").fill("It is about the other lamp.");
  await page.getByRole("button", { name: /^Move here/ }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByText("It is about the other lamp.").first().waitFor();
  await page.goto(`/console/desk/mine/${right}?tab=mail`);
  await page.getByText(/moved it here from .*“It is about the other lamp.”/).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "ledger");
  assert.deepEqual(page.noise, []);
  await page.context().close();
});

test("cases are linked by words or number and unlinked with a way back, with and without script", async () => {
  const page = await person(browser);
  const stamp = `Quay${Date.now() % 100000}`;
  const [problem, one, two] = await cases(page, [`Grid ${stamp}`, `Lamp ${stamp} one`, `Lamp ${stamp} two`]);
  await page.goto(`/console/desk/mine/${problem}`);
  const panel = page.getByRole("region", { name: "Linked cases" });
  await panel.getByLabel("What the other case is").selectOption({ label: "It is a case of this problem" });
  await panel.getByLabel("Find a case").fill(`Lamp ${stamp}`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/link\?/);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: /^Link / }).first().click();
  await panel.getByText("Case of this problem", { exact: true }).waitFor();
  await panel.getByRole("button", { name: /^Remove the link/ }).click();
  await toast(page).getByText("No longer linked").waitFor();
  await toast(page).getByRole("button", { name: "Undo" }).click();
  await panel.getByText("Case of this problem", { exact: true }).waitFor();
  const other = await plain(page);
  await other.goto(`/console/desk/mine/${problem}/link?q=${encodeURIComponent(`Lamp ${stamp}`)}&kind=child`);
  const rows = other.getByRole("button", { name: /^Link / });
  await rows.last().click();
  await other.getByText("Linked", { exact: true }).waitFor();
  // One answer to both: who, what each gets, and only then the mail.
  await other.goto(`/console/desk/mine/${problem}/incidents`);
  assert.equal(await other.getByRole("checkbox").count(), 2);
  await other.getByLabel("Message").fill("About {!Case.Reference__c}: it is **repaired**.");
  await other.getByRole("button", { name: "Show what each gets" }).click();
  await heading(other, "2 citizens get this").waitFor();
  assert.equal(await other.locator(".letter strong").count(), 2);
  await other.getByRole("button", { name: "Send to 2 citizens" }).click();
  await other.getByText("2 citizens get the answer").waitFor();
  await page.goto(`/console/desk/mine/${one}`);
  await page.getByRole("article").filter({ hasText: "it is repaired" }).waitFor();
  await page.goto(`/console/desk/mine/${two}`);
  await page.locator('[data-fact="Status"]', { hasText: "Solved" }).waitFor();
  assert.deepEqual(page.noise, []);
  await other.context().close();
  await page.context().close();
});

test("formats come by keys, by the toolbar and by paste, and look as they will arrive", async () => {
  const page = await person(browser);
  const [id] = await cases(page, ["Formats"]);
  await page.goto(`/console/desk/mine/${id}`);
  const text = reply(page);
  await text.fill("soon");
  await text.press("Control+a");
  await text.press("Control+b");
  assert.equal(await text.inputValue(), "**soon**");
  await text.press("Control+b");
  assert.equal(await text.inputValue(), "soon");
  await text.press("Control+i");
  assert.equal(await text.inputValue(), "_soon_");
  await text.fill("one\ntwo");
  await text.press("Control+a");
  await text.press("Control+Shift+Digit8");
  assert.equal(await text.inputValue(), "- one\n- two");
  await text.press("Control+z");
  assert.equal(await text.inputValue(), "one\ntwo");
  const bar = page.getByRole("toolbar", { name: "Format" });
  await bar.getByRole("button", { name: "Bold" }).focus();
  for (const name of ["Italic", "Link"]) { await page.keyboard.press("ArrowRight"); assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), name); }
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Preview");
  await text.fill("");
  await text.focus();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/html", '<b style="font-weight:normal"><p>Bring <strong>two</strong> things<script>alert(1)</script>:</p><ul><li>the <a href="https://city.example/form">form</a></li><li><a href="javascript:alert(1)">a pen</a></li></ul><h1>Then</h1><blockquote>wait * here</blockquote></b>');
    data.setData("text/plain", "plain");
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  assert.equal(await text.inputValue(), "Bring **two** things:\n\n- the [form](https://city.example/form)\n- a pen\n\n## Then\n\n> wait \\* here");
  await bar.getByRole("button", { name: "Preview" }).click();
  const preview = page.getByRole("region", { name: /^What .* gets$/ });
  await preview.locator("strong", { hasText: "two" }).waitFor();
  await text.press("End");
  await text.fill("## Other\n\nwords");
  await preview.getByRole("heading", { name: "Other" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "formats");
  await page.keyboard.press("Control+Enter");
  await toast(page).getByText("Reply sent").waitFor();
  await page.getByRole("article", { name: /^Reply by/ }).getByRole("heading", { name: "Other" }).waitFor();
  const other = await plain(page);
  await other.goto(`/console/desk/mine/${id}`);
  await other.getByLabel("Message", { exact: true }).fill("**Without** script");
  await other.getByRole("button", { name: "Preview" }).click();
  await other.locator("strong", { hasText: "Without" }).waitFor();
  await other.getByRole("link", { name: "Keep writing" }).click();
  assert.equal(await other.getByLabel("Message", { exact: true }).inputValue(), "**Without** script");
  await page.goto("/console/service/articles/new");
  await page.locator("#article-body").fill("1. **first**");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("region", { name: "What readers see" }).locator("ol strong", { hasText: "first" }).waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(page.noise, []);
  await page.context().close();
});

test("a file shows how far it is, waits for the connection, goes on where it was, and can be cancelled", async () => {
  const page = await person(browser);
  const [id] = await cases(page, ["Files"]);
  await page.goto(`/console/desk/mine/${id}`);
  await page.getByText("up to 25 MB in all").waitFor();
  const pieces = [];
  let refuse = true;
  await page.route("**/console/desk/upload/**", async (route) => {
    const request = route.request();
    if (request.method() === "PUT") {
      pieces.push(Number(new URL(request.url()).searchParams.get("at")));
      if (pieces.length === 3 && refuse) { refuse = false; return route.abort("connectionreset"); }
    }
    return route.continue();
  });
  const input = page.locator('stoa-upload input[type="file"]');
  await input.setInputFiles([{ name: "plan.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(2_000_000, 7) }]);
  const row = page.locator("li.upload", { hasText: "plan.pdf" });
  await row.getByText("No connection. It goes on by itself.").waitFor();
  const half = Number(await row.getByRole("progressbar").getAttribute("value"));
  assert.ok(half > 0 && half < 2_000_000, `it stands at ${half}`);
  await text(page, "Wait for it.");
  await page.getByRole("button", { name: "Send, then wait for citizen" }).click();
  await page.getByText("A file is still on its way.").first().waitFor();
  await row.getByText("There", { exact: true }).waitFor();
  assert.deepEqual(pieces, [0, 524288, 1048576, 1048576, 1572864], "it went on where it was");
  await input.setInputFiles([{ name: "other.txt", mimeType: "text/plain", buffer: Buffer.from("x") }]);
  await page.locator("li.upload", { hasText: "other.txt" }).getByText("There", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Remove other.txt" }).click();
  assert.equal(await page.locator("li.upload").count(), 1);
  await input.setInputFiles([{ name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(24_500_000) }]);
  await page.locator("li.upload", { hasText: "film.mp4" }).getByText(/^Too large/).waitFor();
  assert.deepEqual(await violations(page), []);
  await shot(page, "files");
  await page.keyboard.press("Control+Enter");
  await toast(page).getByText("Reply sent").waitFor();
  await page.getByRole("article", { name: /^Reply by/ }).getByRole("link", { name: /plan\.pdf/ }).waitFor();
  await page.context().close();
});
/** text writes a reply. */
const text = (page, words) => reply(page).fill(words);

test("how long ago, and how long there is, ticks without loading the page", async () => {
  const page = await person(browser);
  const [id] = await cases(page, ["Ticking"]);
  await page.clock.install({ time: new Date() });
  await page.goto(`/console/desk/mine/${id}`);
  const said = page.getByRole("article", { name: /^Message from/ }).locator("time");
  assert.match(await said.textContent(), /now|1 min ago/);
  await page.clock.fastForward("07:00");
  assert.match((await said.textContent()).trim(), /^[78] min ago$/);
  await page.clock.fastForward("02:00:00");
  assert.equal((await said.textContent()).trim(), "2 hours ago");
  assert.match(await page.locator(`.q-row[data-case="${id}"] time`).textContent(), /2 h \d+ min/);
  await page.context().close();
});

test("SOQL says of a promise what the desk says", async () => {
  const page = await person(browser);
  const [id] = await cases(page, ["Promised"]);
  const q = `SELECT MilestoneType.Name, TimeRemainingInMins, IsViolated, Case.MilestoneStatus FROM CaseMilestone WHERE CaseId = '${id}' AND MilestoneType.Name = 'First Reply'`;
  const answer = await page.request.get("/services/data/v66.0/query?q=" + encodeURIComponent(q), { headers: { Authorization: "Bearer " + (await token()) } });
  const [row] = (await answer.json()).records;
  assert.match(row.TimeRemainingInMins, /^\d+:\d\d$/);
  assert.equal(row.IsViolated, false);
  assert.equal(row.Case.MilestoneStatus, "Compliant");
  const minutes = Number(row.TimeRemainingInMins.split(":")[0]);
  await page.goto(`/console/desk/mine/${id}`);
  const words = await page.locator(".case-head .sla b").textContent();
  const [, h, m] = /(?:(\d+) h )?(\d+) min left/.exec(words) ?? [];
  if (m) assert.ok(Math.abs(Number(h ?? 0) * 60 + Number(m) - minutes) <= 1, `${words} and ${row.TimeRemainingInMins}`);
  else assert.match(words, /by /); // due on another day: the day is said, and SOQL says the hours of work until then
  await page.context().close();
});

test("a question becomes public as it was shown, after its citizen said yes, all of it without script", async () => {
  const page = await person(browser);
  const stamp = Date.now().toString(36); // a number would be one that somebody can be called by
  const [id] = await cases(page, [`Lamp ${stamp} at 12 Heron Way`], { Description: "My name is Ada Grey, 12 Heron Way, call 617 555 0134. Who repairs lamps?" });
  const desk = await plain(page);
  await desk.goto(`/console/desk/mine/${id}/public`);
  await desk.getByText("This case is not solved yet").waitFor();
  await desk.goto(`/console/desk/mine/${id}`);
  await desk.getByLabel("Message", { exact: true }).fill("Dear Ada, we do, **within two days**.");
  await desk.getByRole("button", { name: "Send, then wait for citizen" }).click();
  await desk.getByRole("button", { name: "Solve", exact: true }).click();
  await desk.goto(`/console/desk/mine/${id}/public`);
  await desk.getByLabel("The question in a line").fill(`Who repairs lamps ${stamp}?`);
  await desk.getByRole("button", { name: "Show what will be public" }).click();
  const shown = desk.getByRole("region", { name: "What will be public" });
  for (const never of ["Ada", "Heron Way", "555"]) assert.equal(await shown.getByText(never).count(), 0, `${never} is shown`);
  assert.ok((await shown.textContent()).includes("█████"));
  await desk.getByLabel(/Keep the place “12 Heron Way”/).check();
  await desk.getByRole("button", { name: "Show it with these ticks" }).click();
  await shown.getByText("12 Heron Way").waitFor();
  await desk.getByRole("button", { name: "Confirm" }).click();
  await desk.getByText("The citizen is asked", { exact: true }).waitFor();
  const link = /\/track\/\S+\/public/.exec(await desk.getByRole("article").filter({ hasText: "May we publish" }).textContent())[0];
  const citizen = await (await browser.newContext({ baseURL: base, javaScriptEnabled: false, viewport: sizes.phone })).newPage();
  await citizen.goto(link);
  await heading(citizen, "May others read your question?").waitFor();
  await citizen.getByText("12 Heron Way").waitFor();
  assert.equal(await sideways(citizen), 0);
  await shot(citizen, "consent");
  await citizen.getByRole("button", { name: "Yes, publish it" }).click();
  await citizen.getByText(/^Thank you. Others will find/).waitFor();
  let post = "";
  for (let i = 0; i < 60 && !post; i++) {
    await desk.goto(`/console/desk/mine/${id}/public`);
    post = (await desk.getByRole("link", { name: `Who repairs lamps ${stamp}?` }).count()) ? await desk.getByRole("link", { name: `Who repairs lamps ${stamp}?` }).getAttribute("href") : "";
  }
  assert.ok(post, "it is public within a while");
  await citizen.goto(post);
  await heading(citizen, `Who repairs lamps ${stamp}?`).waitFor();
  await citizen.locator("strong", { hasText: "within two days" }).first().waitFor();
  assert.equal(await citizen.getByText("Ada").count(), 0);
  for (const context of [citizen, desk, page]) await context.context().close();
});

test("the new pages have no fault that axe knows, on a desktop and a phone, in light and dark, and nothing moves sideways", async () => {
  const page = await person(browser);
  const [id, other] = await cases(page, ["Looked at", "Looked at, too"], { Description: "See https://city.example/" + "a".repeat(120) });
  await mail(page, id, "A word from elsewhere", { Stranger__c: true });
  await page.goto(`/console/desk/mine/${id}/link?q=Looked`);
  await page.getByRole("button", { name: /^Link / }).first().click();
  await page.waitForURL(new RegExp(`${id}$`));
  const message = await page.getByRole("article").filter({ hasText: "A word from elsewhere" }).getAttribute("data-entry");
  const state = await page.context().storageState();
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [sizes.desktop, sizes.phone, { width: 320, height: 800 }]) {
      const context = await browser.newContext({ baseURL: base, storageState: state, viewport, colorScheme, reducedMotion: "reduce" });
      const look = await context.newPage();
      for (const path of ["", "?tab=mail", `/move?message=${message}`, "/link?q=Looked", "/incidents", "/public"]) {
        await look.goto(`/console/desk/mine/${id}${path}`);
        assert.deepEqual(await violations(look), [], `${path} in ${colorScheme} at ${viewport.width}`);
        assert.equal(await sideways(look), 0, `${path} at ${viewport.width}`);
        await shot(look, `casework${path.replace(/\W.*$/, "") || path.slice(1, 5).replace(/\W/g, "")}-${colorScheme}-${viewport.width}`);
      }
      await context.close();
    }
  }
  assert.ok(other);
  await page.context().close();
});
