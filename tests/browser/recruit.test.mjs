// Somebody applies on the careers site without script while the city reviews blind, moves on, talks, offers and hires.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, launch, shot, sideways, sizes, violations } from "./help.mjs";

let browser, recruiter, reviewer, applicant;
const mark = `hire${Date.now()}`;
const name = { first: `<b>${mark}</b>`, last: `"><svg onload=window.planted=1>${mark}` };
const letter = `${mark} <script>window.planted=1</script> <img src=x onerror=window.planted=1>`;
let slug, board, candidate, mine, reference;

/** as signs one of the demo's people in. */
async function as(who, options = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: sizes.desktop, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.noise = [];
  page.on("pageerror", (error) => page.noise.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !/status of (404|409|422)/.test(message.text())) page.noise.push(message.text()); });
  await page.goto("/login");
  await page.locator(".demo-user", { hasText: who }).first().click();
  await page.waitForURL("**/console/**");
  return page;
}

const clean = async (page, where) => {
  assert.equal(await page.evaluate(() => window.planted), undefined, `${where}: planted script ran`);
  assert.equal(await page.locator("main script, main svg[onload], main img[onerror]").count(), 0, `${where}: planted element`);
  assert.deepEqual(page.noise, [], where);
};

before(async () => {
  browser = await launch();
  recruiter = await as("Wilhelmina");
  reviewer = await as("Mara");
  applicant = await (await browser.newContext({ baseURL: base, viewport: sizes.phone, javaScriptEnabled: false })).newPage();
  applicant.setDefaultTimeout(15000);
});
after(() => browser?.close());

const fillStep = async (fields) => {
  for (const [label, value] of Object.entries(fields)) await applicant.getByLabel(label, { exact: true }).fill(value);
  await applicant.getByRole("button", { name: "Continue" }).click();
};

test("somebody applies without script", async () => {
  await recruiter.goto("/console/recruit?show=all");
  board = await recruiter.locator("article", { hasText: "Blind review" }).first().locator("h2 a").getAttribute("href");
  await recruiter.goto(board);
  slug = await recruiter.getByRole("link", { name: "Public page" }).getAttribute("href");
  await applicant.goto(slug);
  await applicant.getByRole("button", { name: "Apply for this job" }).click();
  await applicant.getByRole("button", { name: "Continue" }).click();
  assert.match(await applicant.locator("#errors").textContent(), /last name/);
  await fillStep({ "First name": name.first, "Last name": name.last, Email: `${mark}@post.example` });
  await fillStep({ "Years of experience": "3" });
  for (let guard = 0; guard < 20 && !(await applicant.locator("#file").count()); guard++) {
    await applicant.locator("textarea").first().fill(letter);
    await applicant.getByRole("button", { name: "Continue" }).click();
  }
  const upload = async (file) => {
    await applicant.locator("#file").setInputFiles(file);
    await applicant.getByRole("button", { name: "Upload" }).click();
  };
  await upload({ name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") });
  assert.match(await applicant.locator("#errors").textContent(), /tool\.exe is not/);
  await upload({ name: "cv.pdf", mimeType: "application/pdf", buffer: Buffer.from("<script>no pdf</script>") });
  assert.match(await applicant.locator("#errors").textContent(), /cv\.pdf is not/);
  await upload({ name: "large.txt", mimeType: "text/plain", buffer: Buffer.alloc(10 * 1024 * 1024 + 1, "a") });
  assert.match(await applicant.locator("#errors").textContent(), /large\.txt is larger/);
  await upload({ name: `cv ${mark}<img onerror=1>.txt`, mimeType: "text/plain", buffer: Buffer.from(`${letter}\nSix years on the quay.`) });
  await applicant.getByRole("button", { name: "Continue" }).click();
  await applicant.getByRole("button", { name: "Continue" }).click();
  assert.match(await applicant.locator("dl.summary").textContent(), new RegExp(mark));
  await applicant.getByRole("button", { name: "Send the application" }).click();
  await applicant.waitForURL("**/jobs/mine/**");
  mine = applicant.url().replace(/\?.*/, "");
  reference = (await applicant.locator("main").textContent()).match(/J-[0-9A-Z]{4}-[0-9A-Z]{4}/)[0];
});

test("who reviews does not see who it is, who recruits does", async () => {
  await recruiter.goto(`${board}?q=${reference}`);
  const tile = recruiter.locator(".tile").first();
  candidate = await tile.locator("h3 a").getAttribute("href");
  await recruiter.goto(candidate);
  assert.match(await recruiter.locator("h1").textContent(), new RegExp(mark));
  assert.match(await recruiter.locator("#papers").locator("xpath=ancestor::section").textContent(), /Six years on the quay/);
  await clean(recruiter, "candidate page");
  for (const path of [candidate, `${board}?q=${reference}`, `/console/search?q=${mark}`, "/console/Candidate__c/list?view=All"]) {
    await reviewer.goto(path);
    assert.doesNotMatch((await reviewer.content()).replaceAll(`q=${mark}`, "").replaceAll(`"${mark}"`, "").replaceAll(`“${mark}”`, ""), /onload=window|Six years on the quay/, path);
  }
  await reviewer.goto(candidate);
  assert.match(await reviewer.locator("h1").textContent(), /^Candidate C-\d+$/);
  assert.ok((await reviewer.locator(".veiled").count()) > 4);
  await shot(reviewer, "recruit-blind");
});

test("a scorecard is filled in alone, by keyboard", async () => {
  await recruiter.getByLabel("Choose a colleague").selectOption({ label: "Mara Lindqvist" });
  await recruiter.getByRole("button", { name: "Ask for a review" }).click();
  await recruiter.getByText("Mara Lindqvist was asked for a review").waitFor();
  await recruiter.getByLabel("Choose a colleague").selectOption({ label: "Jun Alabaster" });
  await recruiter.getByRole("button", { name: "Ask for a review" }).click();
  await recruiter.getByText("Jun Alabaster was asked for a review").waitFor();
  await reviewer.goto(candidate);
  await reviewer.getByRole("button", { name: "Give my review" }).click();
  await reviewer.locator("#errors").waitFor();
  for (const group of await reviewer.locator(".score fieldset").all()) {
    await group.locator("input").first().focus();
    await reviewer.keyboard.press("Space");
    await reviewer.keyboard.press("ArrowRight");
    await reviewer.keyboard.press("ArrowRight");
  }
  await reviewer.getByLabel("Yes", { exact: true }).focus();
  await reviewer.keyboard.press("Space");
  await reviewer.getByLabel("What did you see or hear?").fill(letter);
  await reviewer.getByRole("button", { name: "Give my review" }).press("Enter");
  await reviewer.getByText("Your review is given").waitFor();
  assert.equal(await reviewer.getByRole("region", { name: "Scorecards side by side" }).count(), 1);
  await clean(reviewer, "scorecard");
  const other = await as("Jun");
  await other.goto(candidate);
  assert.equal(await other.getByRole("region", { name: "Scorecards side by side" }).count(), 0, "one's own comes first");
  await other.context().close();
});

test("moves by keys, taken back, and with a letter", async () => {
  await recruiter.goto(`${board}?q=${reference}`);
  await recruiter.locator(".tile").first().focus();
  await recruiter.keyboard.press("Space");
  await recruiter.keyboard.press("ArrowRight");
  await recruiter.keyboard.press("Space");
  await recruiter.locator(".toast").waitFor();
  assert.equal(await recruiter.locator('[data-lane="Screened"] .tile').count(), 1);
  await recruiter.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await recruiter.getByText("The move was taken back").waitFor();
  await recruiter.goto(`${board}?q=${reference}`);
  assert.equal(await recruiter.locator('[data-lane="Applied"] .tile').count(), 1);
  await recruiter.locator(".tile").getByRole("checkbox").first().check();
  await recruiter.getByLabel("Stage to which they move").selectOption("Not selected");
  await recruiter.getByRole("button", { name: "Move the chosen" }).click();
  await recruiter.getByRole("button", { name: "Move to Not selected" }).click();
  assert.match(await recruiter.locator("#errors").textContent(), /reason/i);
  await recruiter.getByRole("link", { name: "Cancel" }).click();
  await recruiter.goto(candidate);
  await recruiter.getByRole("link", { name: "Move to Screened" }).click();
  assert.match(await recruiter.locator("#preview").locator("xpath=ancestor::section").textContent(), new RegExp(mark));
  await clean(recruiter, "move");
  await recruiter.getByRole("button", { name: "Move to Screened" }).click();
  await recruiter.goto(candidate);
  await recruiter.getByRole("button", { name: "Interview", exact: true }).click();
  await recruiter.getByText("One application moved to Interview").waitFor();
  await reviewer.goto(candidate);
  assert.match(await reviewer.locator("h1").textContent(), new RegExp(mark), "at its stage the name is shown");
});

test("an interview is proposed, warned of, and confirmed", async () => {
  const day = new Date(Date.now() + 20 * 864e5).toISOString().slice(0, 10);
  const propose = async () => {
    await recruiter.goto(candidate);
    await recruiter.getByText("Propose an interview").click();
    const form = recruiter.locator(`form[action="${candidate}/interview"]`);
    await form.getByLabel("Day").fill(day);
    await form.getByLabel(/^Time/).fill("10:30");
    await form.getByLabel("Panel").selectOption({ label: "Mara Lindqvist" });
    await form.getByRole("button", { name: "Propose" }).click();
  };
  await propose();
  await recruiter.getByText("The applicant gets a letter now").waitFor();
  await propose();
  await recruiter.getByText("Somebody of the panel is busy then").waitFor();
  await applicant.goto(mine);
  await applicant.getByRole("button", { name: "I will be there" }).click();
  assert.match(await applicant.locator("main").textContent(), /You have confirmed/);
  await recruiter.goto(candidate);
  await recruiter.getByText("Confirmed", { exact: true }).first().waitFor();
});

test("an offer is written, sent and accepted", async () => {
  await recruiter.getByText("Write an offer", { exact: true }).click();
  await recruiter.getByRole("button", { name: "Write the letter" }).click();
  assert.match(await recruiter.locator("#errors").textContent(), /pay/i);
  const soon = (days) => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10);
  await recruiter.getByLabel("Pay", { exact: true }).fill("52,000");
  await recruiter.getByLabel("First day").fill(soon(60));
  await recruiter.getByLabel("Answer until").fill(soon(10));
  await recruiter.getByRole("button", { name: "Write the letter" }).click();
  await recruiter.waitForURL("**/offer/*");
  assert.match(await recruiter.locator(".letter").textContent(), /\$52,000 a year/);
  await clean(recruiter, "offer");
  await recruiter.getByRole("button", { name: "Send the offer" }).click();
  await recruiter.getByText("The offer is sent").waitFor();
  await applicant.goto(mine);
  await applicant.getByRole("button", { name: "I accept" }).click();
  assert.match(await applicant.locator("main").textContent(), /You have accepted/);
  await recruiter.goto(candidate);
  assert.equal((await recruiter.locator(".path [aria-current]").textContent()).trim(), "Hired");
});

test("the letters are on record, with the file for the calendar", async () => {
  for (const subject of [/^We have your application|received|thank you/i, /^An interview for/, /join us/]) {
    for (let waited = 0; !(await recruiter.locator("#messages").locator("xpath=ancestor::section").locator("summary bdi", { hasText: subject }).count()); waited++) {
      assert.ok(waited < 40, `no letter with ${subject}`);
      await recruiter.waitForTimeout(500);
      await recruiter.goto(candidate);
    }
  }
  await clean(recruiter, "messages");
});

test("the pages are accessible and fit, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const page = await as("Wilhelmina", { viewport, colorScheme });
      for (const path of ["/console/recruit", board, candidate, `${board}/move?id=${candidate.split("/").pop()}&to=Screened`]) {
        await page.goto(path);
        assert.deepEqual(await violations(page), [], `${path} ${colorScheme} ${size}`);
        assert.equal(await sideways(page), 0, `${path} ${size} scrolls sideways`);
        assert.deepEqual(page.noise, [], path);
        await shot(page, `recruit-${path.split(/[/?]/)[3] ?? "home"}-${colorScheme}-${size}`);
      }
      await page.context().close();
    }
  }
});

test("everything on the board works without script", async () => {
  const page = await as("Wilhelmina", { javaScriptEnabled: false });
  await page.goto(board);
  const tile = page.locator('[data-lane="Applied"] .tile').first();
  const who = await tile.locator("h3 a").getAttribute("href");
  await tile.locator("summary").click();
  await tile.getByRole("button", { name: "Screened" }).click();
  await page.getByText("One application moved to Screened").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("The move was taken back").waitFor();
  assert.equal(await page.locator(`[data-lane="Applied"] a[href="${who}"]`).count(), 1);
});
