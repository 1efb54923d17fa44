// Mail both ways: a resident writes on the mailbox page of the demonstration without script, the
// desk has the case within two seconds, and what the desk answers arrives with the resident.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, launch, password, person, shot, sideways, sizes, username, violations } from "./help.mjs";

let browser, resident;
const who = `olga${Date.now()}@citizen.example`;
const subject = `Noise ${Date.now()}`;
before(async () => {
  browser = await launch();
  resident = await (await browser.newContext({ baseURL: base, viewport: sizes.phone, javaScriptEnabled: false })).newPage();
});
after(() => browser?.close());

/** until asks again until the answer is yes, at most for some seconds. */
async function until(seconds, ask) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((r) => setTimeout(r, 200))) if (await ask()) return;
  assert.fail(`it did not happen within ${seconds} s`);
}

/** program signs in as a program does, and returns what asks for rows. */
async function program(page) {
  const envelope = `<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com"><username>${username}</username><password>${password}</password></login></e:Body></e:Envelope>`;
  const answer = await page.request.post("/services/Soap/u/64.0", { data: envelope, headers: { "Content-Type": "text/xml", SOAPAction: "login" } });
  const token = (await answer.text()).match(/<sessionId>([^<]+)</)?.[1];
  assert.ok(token, "the API lets the administrator in");
  return async (query) => (await (await page.request.get(`/services/data/v64.0/query?q=${encodeURIComponent(query)}`, { headers: { Authorization: `Bearer ${token}` } })).json()).records;
}

test("what is missing is said, and what was typed stays", async () => {
  await resident.goto("/mailbox/write");
  await resident.getByLabel("Subject").fill(subject);
  await resident.getByRole("button", { name: "Send" }).click();
  assert.match(await resident.getByRole("alert").first().textContent(), /Enter an e-mail address/);
  assert.equal(await resident.getByLabel("Subject").inputValue(), subject);
});

test("mail becomes a case within two seconds, and is confirmed", async () => {
  await resident.getByLabel("Your address").fill(who);
  await resident.getByLabel("Message").fill("There is noise at night.\n\n-- \nOlga");
  const begun = Date.now();
  await resident.getByRole("button", { name: "Send" }).click();
  assert.match(resident.url(), /\/mailbox\/olga/);
  const page = await person(browser);
  const found = await page.request.get(`/console/search?q=${encodeURIComponent(subject)}`);
  assert.match(await found.text(), new RegExp(subject));
  console.log(`# the case is found ${Date.now() - begun} ms after it was sent, signing in and searching included`);
  await until(10, async () => { await resident.reload(); return (await resident.getByRole("link", { name: /We have your message/ }).count()) === 1; });
});

test("an answer from the desk arrives, and the resident answers it in turn", async () => {
  const page = await person(browser);
  await page.goto(`/console/search?q=${encodeURIComponent(subject)}`);
  const href = await page.getByRole("main").getByRole("link", { name: new RegExp(subject) }).first().getAttribute("href");
  const id = href.split("/").pop().split("?")[0];
  await page.goto(`/console/desk/case/${id}`);
  await page.getByRole("form", { name: /^Reply to/ }).getByLabel("Message").fill("We measure it on Monday.");
  const soql = await program(page);
  await page.getByRole("button", { name: /^Send/ }).first().click();
  // Held first, so that it can be taken back; then it is to be in the queue at once.
  const held = `SELECT Status, MessageDate FROM EmailMessage WHERE ParentId = '${id}' AND Incoming = false ORDER BY Id DESC LIMIT 1`;
  let due = 0, queued = 0;
  for (const end = Date.now() + 40_000; !queued && Date.now() < end; await new Promise((r) => setTimeout(r, 5))) {
    const [message] = await soql(held);
    if (message?.Status === "5") due = Date.parse(message.MessageDate);
    else if (message && due) queued = Date.now();
  }
  assert.ok(queued, "the reply is never let go");
  console.log(`# A20: the reply is in the outgoing queue ${queued - due} ms after its hold`);
  await until(40, async () => { await resident.reload(); return (await resident.getByText("We measure it on Monday.").count()) > 0; });
  await resident.getByRole("link", { name: new RegExp(`^Re: ${subject}`) }).first().click();
  await resident.getByLabel("Message").fill("Monday is fine.");
  await resident.getByRole("button", { name: "Send" }).click();
  await page.goto(`/console/desk/case/${id}`);
  await page.getByText("Monday is fine.").first().waitFor();
  assert.deepEqual(page.noise, []);
});

test("the mailbox is clean in both themes, on a desk and at 320 px", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [sizes.desktop, { width: 320, height: 800 }]) {
      const context = await browser.newContext({ baseURL: base, viewport, colorScheme, reducedMotion: "reduce", bypassCSP: true });
      const page = await context.newPage();
      for (const path of ["/mailbox", `/mailbox/${who}`, "/mailbox/write"]) {
        await page.goto(path);
        assert.deepEqual(await violations(page), [], `${path} in ${colorScheme}`);
        assert.equal(await sideways(page), 0, `${path} at ${viewport.width}`);
        await shot(page, `mailbox${path.length}-${colorScheme}-${viewport.width}`);
      }
      await page.goto(`/mailbox/${who}`);
      await page.getByRole("link", { name: /^Re:/ }).first().click();
      assert.deepEqual(await violations(page), []);
      await context.close();
    }
  }
});
