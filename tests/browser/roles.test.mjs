// The console as the demo's people see it: nobody is led to a page that refuses them, nothing fails,
// and nothing lies beside the window where it is narrow or large.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, person, role, roles, sideways, unreachable, violations } from "./help.mjs";

let browser, names;
before(async () => {
  browser = await launch();
  names = await roles(browser);
});
after(() => browser?.close());

const most = 700; // pages that are asked for as one person; those of every object come last, since they are alike

/** shape is an address without what differs between records and rows, so that one of each kind is asked for. */
function shape(path) {
  const url = new URL(path, "http://x");
  const kinds = [...url.searchParams.keys()].filter((k) => !["after", "from"].includes(k)).sort().join(",");
  const view = url.searchParams.get("view") ?? "";
  return url.pathname.replace(/([0-9A-Za-z]{3})[0-9A-Za-z]{15}(?=\/|$)/g, "$1…") + "?" + kinds + (kinds === "view" ? view : "");
}

/** links returns where a page's links lead within the console, signing out aside. */
function links(html, from) {
  const out = [];
  for (const [, tag] of html.matchAll(/<a\s([^>]*)>/g)) {
    const href = tag.match(/\bhref="([^"]*)"/)?.[1].replaceAll("&amp;", "&");
    if (!href || href.startsWith("#") || /^[a-z]+:/.test(href)) continue;
    const to = new URL(href, "http://x" + from);
    if (to.pathname.startsWith("/console")) out.push(to.pathname + to.search);
  }
  return out;
}

/** walk asks for one page of each kind that links lead to, and returns those that were not answered with a page. */
async function walk(page) {
  const seen = new Set(), last = [], wait = [["/console/home", "the start"], ["/console/apps", "the start"], ["/console/search?q=heating", "the start"]], refused = [];
  let asked = 0;
  for (; wait.length + last.length > 0 && asked < most; asked++) {
    const [path, from] = wait.shift() ?? last.shift();
    const answer = await page.request.get(path);
    if (answer.status() !== 200) { refused.push(`${answer.status()} ${path}, from ${from}`); continue; }
    if (!answer.headers()["content-type"]?.startsWith("text/html")) continue;
    for (const to of links(await answer.text(), path)) {
      if (seen.has(shape(to))) continue;
      seen.add(shape(to));
      (/^\/console\/\w+\/(list|filter|lookup|export)/.test(to) ? last : wait).push([to, path]);
    }
  }
  return { asked, refused };
}

test("no link leads to a refusal, whoever follows it", { timeout: 600_000 }, async (t) => {
  if (!names.length) return t.skip("no demo");
  for (const name of [null, ...names]) {
    await t.test(name ?? "the administrator", async () => {
      const page = name ? await role(browser, name) : await person(browser);
      const { asked, refused } = await walk(page);
      console.log(`# ${name ?? "administrator"}: ${asked} kinds of pages`);
      assert.deepEqual(refused, []);
      await page.context().close();
    });
  }
});

test("the pages are clean for everybody", { timeout: 600_000 }, async (t) => {
  for (const name of names) {
    await t.test(name, async () => {
      const page = await role(browser, name);
      const rail = await page.locator(".rail a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
      for (const path of [...new Set([...rail, "/console/Case/list?view=AllCases&as=board", "/console/search?q=heating", "/console/bulk", "/console/purpose"])]) {
        page.noise.length = 0;
        const answer = await page.goto(path, { waitUntil: "load" });
        if (answer.status() === 404 && !rail.includes(path)) continue; // an object that this person does not see
        assert.equal(answer.status(), 200, path);
        assert.equal(await page.locator("h1").count(), 1, `${path}: one h1`);
        assert.deepEqual(await violations(page), [], path);
        assert.deepEqual(page.noise, [], path);
      }
      await page.context().close();
    });
  }
});

test("who only reads is offered nothing to write", async (t) => {
  const name = names.at(-1); // the auditor
  if (!name) return t.skip("no demo");
  const page = await role(browser, name);
  await page.goto("/console/home");
  assert.equal(await page.getByRole("link", { name: "New case" }).count(), 0);
  await page.goto("/console/Case/list?view=AllCases");
  assert.equal(await page.getByRole("checkbox").count(), 0, "no row is chosen");
  assert.equal(await page.getByRole("link", { name: /^Actions for/ }).count(), 0);
  assert.equal(await page.locator("[data-edit]").count(), 0, "no cell is edited");
  const record = await page.locator("tbody tr").first().getAttribute("data-href");
  await page.goto(record);
  for (const word of ["Edit", "Delete", "Copy"]) assert.equal(await page.getByRole("main").getByText(word, { exact: true }).count(), 0, word);
  for (const path of [record + "/edit", "/console/Case/new"]) assert.equal((await page.request.get(path)).status(), 403, path);
  const menu = await (await page.request.get(record + "/actions", { headers: { "HX-Request": "true" } })).text();
  assert.doesNotMatch(menu, /Edit|Delete|Copy|owner/);
  await page.context().close();
});

const windows = { "320 px": { width: 320, height: 640 }, "200 % zoom": { width: 640, height: 450 } };
for (const [size, viewport] of Object.entries(windows)) {
  test(`A18: everything is reachable at ${size}, and nothing moves sideways`, { timeout: 300_000 }, async (t) => {
    const page = await person(browser, { viewport, deviceScaleFactor: 2 });
    const record = await page.request.get("/console/Case/list?view=AllOpenCases").then((r) => r.text()).then((html) => html.match(/data-href="(\/console\/r\/500[^"]+)"/)[1]);
    const id = record.split("/").pop();
    for (const path of ["/console/home", "/console/Case/list?view=AllCases", "/console/Case/list?view=AllOpenCases&as=board", record, record + "/edit", "/console/search?q=heating", "/console/apps", "/console/purpose", "/console/bulk", `/console/Case/bulk?id=${id}`,
      "/console/desk", `/console/desk/case/${id}`, "/console/service", "/console/moderation"]) {
      await t.test(path.replaceAll(id, "…"), async () => {
        page.noise.length = 0;
        assert.equal((await page.goto(path)).status(), 200);
        assert.ok((await sideways(page)) <= 1, "scrolls sideways");
        assert.deepEqual(await unreachable(page), []);
        assert.deepEqual(page.noise, []);
      });
    }
    await page.context().close();
  });
}
