// The sf CLI, as people and pipelines use it. Every test looks at what is printed, not only at the exit status.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const { STOA_URL: url, STOA_USERNAME: username, STOA_PASSWORD: password, STOA_CLIENT_ID: clientId, STOA_CLIENT_SECRET: clientSecret } = process.env;
const sf = fileURLToPath(new URL('node_modules/@salesforce/cli/bin/run.js', import.meta.url));
const run = Date.now().toString(36);
const env = {
  ...process.env, SF_DISABLE_TELEMETRY: 'true', SF_AUTOUPDATE_DISABLE: 'true', SF_SKIP_NEW_VERSION_CHECK: 'true', SF_DISABLE_DNS_CHECK: 'true',
  SF_USE_GENERIC_UNIX_KEYCHAIN: 'true', SF_DISABLE_LOG_FILE: 'true', NO_COLOR: '1', FORCE_COLOR: '0', COLUMNS: '200',
};

// call runs a command and returns what it printed, also when it failed.
async function call(...args) {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [sf, ...args], { env, maxBuffer: 64 << 20 });
    return { code: 0, stdout, stderr };
  } catch (err) {
    return { code: err.code, stdout: err.stdout, stderr: err.stderr };
  }
}

// ok returns the result of a command that must succeed.
async function ok(...args) {
  const r = await call(...args, '--json');
  assert.equal(r.code, 0, r.stdout + r.stderr);
  return JSON.parse(r.stdout).result;
}

async function print(...args) {
  const r = await call(...args);
  assert.equal(r.code, 0, r.stdout + r.stderr);
  return r.stdout;
}

test('sf', async (t) => {
  const token = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'password', client_id: clientId, client_secret: clientSecret, username, password }),
  }).then((r) => r.json());
  env.SF_ACCESS_TOKEN = token.access_token;

  await t.test('org login access-token', async () => {
    const who = await ok('org', 'login', 'access-token', '--instance-url', url, '--no-prompt', '--set-default', '--alias', 'stoa');
    assert.equal(who.username, username);
    assert.match(who.orgId, /^00D\w{15}$/);
  });
  delete env.SF_ACCESS_TOKEN;

  await t.test('org login web', async (t) => {
    // sf opens a browser by name; the one that it finds here signs in and goes where it is sent, as a person's would.
    const home = await mkdtemp(join(tmpdir(), 'sf-web-'));
    t.after(() => rm(home, { recursive: true }));
    const browser = new URL('browser.mjs', import.meta.url).href;
    await writeFile(join(home, 'browse.mjs'), `import { follow } from ${JSON.stringify(browser)};
      const to = await follow(process.env.STOA_URL, process.argv[2], { username: process.env.STOA_USERNAME, password: process.env.STOA_PASSWORD });
      for (let n = 0; n < 20; n++) {
        const r = await fetch(to, { signal: AbortSignal.timeout(3000) }).catch(() => null);
        if (r?.ok) break;
      }`);
    // A browser that is open already returns at once, and sf listens only then.
    await writeFile(join(home, 'firefox'), `#!/bin/sh\n'${process.execPath}' '${join(home, 'browse.mjs')}' "$1" >/dev/null 2>&1 &\n`, { mode: 0o755 });
    // The port where sf waits for the code is the project's.
    const port = await new Promise((done) => {
      const s = createServer().listen(0, 'localhost', () => {
        const { port } = s.address();
        s.close(() => done(port));
      });
    });
    await writeFile(join(home, 'sfdx-project.json'), JSON.stringify({ packageDirectories: [{ path: 'app', default: true }], oauthLocalPort: port }));
    await mkdir(join(home, 'app'));
    const { stdout } = await promisify(execFile)(process.execPath, [sf, 'org', 'login', 'web', '--instance-url', url, '--browser', 'firefox', '--alias', 'web', '--json'], {
      cwd: home, env: { ...env, PATH: `${home}:${env.PATH}` }, timeout: 90_000,
    });
    const { result } = JSON.parse(stdout);
    assert.equal(result.username, username);
    assert.match(result.orgId, /^00D\w{15}$/);
    const org = await ok('org', 'display', '--target-org', 'web');
    assert.equal(org.connectedStatus, 'Connected');
    assert.equal(org.clientId, 'PlatformCLI');
  });

  await t.test('org display', async () => {
    const org = await ok('org', 'display');
    assert.equal(org.connectedStatus, 'Connected');
    assert.equal(org.username, username);
    assert.equal(org.instanceUrl.replace(/\/$/, ''), url);
    assert.equal(org.apiVersion, '66.0');
    assert.match(await print('org', 'display'), new RegExp(`Username\\W+${username}`));
    assert.match(await print('org', 'list'), new RegExp(username));
    const list = await ok('org', 'list');
    assert.ok(JSON.stringify(list).includes(username));
    assert.equal(list.devHubs.length, 0, 'Stoa must not be taken for a Dev Hub');
  });

  const folder = await mkdtemp(join(tmpdir(), 'stoa-sf-'));
  t.after(() => rm(folder, { recursive: true }));

  let id;
  await t.test('data create, get, update record', async () => {
    const made = await ok('data', 'create', 'record', '--sobject', 'Account', '--values', `Name='Harbor Café ${run}' Industry=Education NumberOfEmployees=12 AnnualRevenue=1234567`);
    id = made.id;
    assert.match(id, /^001\w{15}$/);
    const row = await ok('data', 'get', 'record', '--sobject', 'Account', '--record-id', id);
    assert.equal(row.Name, `Harbor Café ${run}`);
    assert.equal(row.NumberOfEmployees, 12);
    assert.equal(row.AnnualRevenue, 1234567);
    await ok('data', 'update', 'record', '--sobject', 'Account', '--record-id', id, '--values', `Phone='555 0100' Industry=Government`);
    const again = await ok('data', 'get', 'record', '--sobject', 'Account', '--where', `Name='Harbor Café ${run}'`);
    assert.equal(again.Phone, '555 0100');
    assert.equal(again.Id, id);
    assert.match(await print('data', 'get', 'record', '--sobject', 'Account', '--record-id', id), /Phone.*555 0100/);
  });

  await t.test('api request rest: upsert', async () => {
    const email = `upsert.${run}@harborview.example`;
    const path = `/services/data/v66.0/sobjects/Contact/Email/${encodeURIComponent(email)}`;
    const first = JSON.parse(await print('api', 'request', 'rest', path, '--method', 'PATCH', '--body', '{"LastName":"First"}'));
    assert.equal(first.created, true);
    const second = JSON.parse(await print('api', 'request', 'rest', path, '--method', 'PATCH', '--body', '{"LastName":"Second"}'));
    assert.equal(second.created, false);
    assert.equal(second.id, first.id);
    const row = await ok('data', 'get', 'record', '--sobject', 'Contact', '--record-id', first.id);
    assert.equal(row.LastName, 'Second');
    assert.equal(row.Email, email);
  });

  await t.test('data query: parents, children, groups; as table, CSV and JSON', async () => {
    for (const name of ['Ng', 'Ode']) await ok('data', 'create', 'record', '--sobject', 'Contact', '--values', `LastName=${name} AccountId=${id}`);
    const parents = `SELECT LastName, Account.Name, Account.Industry FROM Contact WHERE AccountId = '${id}' ORDER BY LastName`;
    const table = await print('data', 'query', '--query', parents);
    assert.match(table, /LASTNAME.*ACCOUNT\.NAME.*ACCOUNT\.INDUSTRY/i);
    assert.match(table, new RegExp(`Ng.*Harbor Café ${run}.*Government`));
    assert.match(table + '', /Ode/);
    const csv = await print('data', 'query', '--query', parents, '--result-format', 'csv');
    assert.equal(csv.trim(), `LastName,Account.Name,Account.Industry\nNg,Harbor Café ${run},Government\nOde,Harbor Café ${run},Government`);
    const rows = await ok('data', 'query', '--query', parents);
    assert.equal(rows.totalSize, 2);
    assert.equal(rows.done, true);
    assert.equal(rows.records[0].Account.attributes.type, 'Account');

    const children = `SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account WHERE Id = '${id}'`;
    assert.match(await print('data', 'query', '--query', children), /CONTACTS/i);
    assert.match(await print('data', 'query', '--query', children), /Ng/);
    assert.match(await print('data', 'query', '--query', children, '--result-format', 'csv'), /Contacts\.totalSize/);
    assert.deepEqual((await ok('data', 'query', '--query', children)).records[0].Contacts.records.map((r) => r.LastName), ['Ng', 'Ode']);

    const groups = `SELECT Account.Name who, COUNT(Id) FROM Contact WHERE AccountId = '${id}' GROUP BY Account.Name`;
    assert.match(await print('data', 'query', '--query', groups), new RegExp(`Harbor Café ${run}\\D+2\\b`));
    assert.equal((await print('data', 'query', '--query', groups, '--result-format', 'csv')).trim(), `who,expr0\nHarbor Café ${run},2`);
    assert.equal((await ok('data', 'query', '--query', groups)).records[0].expr0, 2);

    const file = join(folder, 'query.soql');
    await writeFile(file, `${parents}\n`);
    assert.deepEqual((await ok('data', 'query', '--file', file)).records.map((r) => r.LastName), ['Ng', 'Ode']);

    assert.match(await print('data', 'query', '--query', `SELECT COUNT() FROM Contact WHERE AccountId = '${id}'`), /2/);
    assert.match(await print('data', 'query', '--query', `SELECT Id FROM Contact WHERE LastName = 'nobody ${run}'`), /Total number of records retrieved: 0/);
  });

  await t.test('errors are shown in words', async () => {
    const field = await call('data', 'query', '--query', 'SELECT Nothing FROM Account', '--json');
    assert.notEqual(field.code, 0);
    assert.equal(JSON.parse(field.stdout).name, 'INVALID_FIELD');
    assert.match(JSON.parse(field.stdout).message, /No such column 'Nothing' on entity 'Account'/);
    const required = await call('data', 'create', 'record', '--sobject', 'Account', '--values', 'Phone=1', '--json');
    assert.match(JSON.parse(required.stdout).message, /Required fields are missing: \[Name\]/);
  });

  await t.test('sobject list and describe', async () => {
    const all = await ok('sobject', 'list', '--sobject', 'all');
    for (const name of ['Account', 'Contact', 'Case']) assert.ok(all.includes(name), name);
    const account = await ok('sobject', 'describe', '--sobject', 'Account');
    assert.equal(account.keyPrefix, '001');
    assert.ok(account.fields.some((f) => f.name === 'AnnualRevenue' && f.type === 'currency'));
  });

  await t.test('org list limits', async () => {
    const limits = await ok('org', 'list', 'limits');
    assert.ok(limits.some((l) => l.name === 'DailyApiRequests' && l.max > 0));
  });

  await t.test('data search', async () => {
    const found = await ok('data', 'search', '--query', `FIND {${run}} IN ALL FIELDS RETURNING Account(Id, Name)`);
    assert.ok(found.searchRecords.some((r) => r.Id === id), JSON.stringify(found));
  });

  await t.test('data export and import tree', async () => {
    const into = join(folder, 'tree');
    await ok('data', 'export', 'tree', '--query', `SELECT Name, (SELECT LastName, Email FROM Contacts) FROM Account WHERE Id = '${id}'`, '--output-dir', into);
    const [file] = await readdir(into);
    const copied = join(into, file);
    const text = (await readFile(copied, 'utf8')).replaceAll(`Harbor Café ${run}`, `Copy ${run}`);
    await writeFile(copied, text);
    const made = await ok('data', 'import', 'tree', '--files', copied);
    assert.deepEqual(made.map((r) => r.type).sort(), ['Account', 'Contact', 'Contact']);
    assert.equal((await ok('data', 'query', '--query', `SELECT Id FROM Contact WHERE Account.Name = 'Copy ${run}'`)).totalSize, 2);
    const bad = join(folder, 'bad.json');
    await writeFile(bad, JSON.stringify({ records: [{ attributes: { type: 'Account', referenceId: 'r1' }, Phone: '1' }] }));
    const refused = await call('data', 'import', 'tree', '--files', bad, '--json');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout, /Required fields are missing/);
  });

  await t.test('api request rest', async () => {
    const body = JSON.stringify({ allOrNone: true, compositeRequest: [
      { method: 'POST', url: '/services/data/v66.0/sobjects/Account', referenceId: 'a', body: { Name: `Asked ${run}` } },
      { method: 'POST', url: '/services/data/v66.0/sobjects/Contact', referenceId: 'c', body: { LastName: 'Asked', AccountId: '@{a.id}' } }] });
    const printed = await print('api', 'request', 'rest', '/services/data/v66.0/composite', '--method', 'POST', '--body', body);
    assert.deepEqual(JSON.parse(printed.slice(printed.indexOf('{'))).compositeResponse.map((r) => r.httpStatusCode), [201, 201]);
  });

  await t.test('data delete record', async () => {
    await ok('data', 'delete', 'record', '--sobject', 'Account', '--record-id', id);
    const gone = await call('data', 'get', 'record', '--sobject', 'Account', '--record-id', id, '--json');
    assert.notEqual(gone.code, 0);
    assert.equal((await ok('data', 'query', '--query', `SELECT IsDeleted FROM Account WHERE Id = '${id}'`, '--all-rows')).records[0].IsDeleted, true);
  });

  await t.test('data import, upsert, update, export and delete bulk', async () => {
    const sheet = async (name, text) => {
      const file = join(folder, name);
      await writeFile(file, text);
      return file;
    };
    const mail = (i) => `sf${i}.${run}@example.org`;
    const file = await sheet('new.csv', 'LastName,Email,Description\n' + Array.from({ length: 250 }, (_, i) => `Sf ${i},${mail(i)},"a, ""b"" | ${i}"\n`).join(''));
    const made = await ok('data', 'import', 'bulk', '--sobject', 'Contact', '--file', file, '--wait', '5');
    assert.match(made.jobId, /^750\w{15}$/);
    assert.equal(made.processedRecords, 250);
    assert.equal(made.successfulRecords, 250);
    assert.equal(made.failedRecords, 0);

    const bad = await sheet('bad.csv', `LastName,Email\nGood,${mail('good')}\n,${mail('bad')}\n`);
    const half = await call('data', 'import', 'bulk', '--sobject', 'Contact', '--file', bad, '--wait', '5', '--json');
    assert.notEqual(half.code, 0);
    assert.match(half.stdout, /Job finished being processed but failed to process 1 records/);
    const job = /750\w{15}/.exec(half.stdout)[0];
    const results = await ok('data', 'bulk', 'results', '--job-id', job);
    assert.equal(results.processedRecords, 2);
    assert.equal(results.successfulRecords, 1);
    assert.equal(results.failedRecords, 1);
    assert.match(await readFile(results.failedFilePath, 'utf8'), /"REQUIRED_FIELD_MISSING:Required fields are missing: \[LastName\]:LastName --"/);
    for (const f of [results.failedFilePath, results.successFilePath]) await rm(f);

    const changed = await sheet('changed.csv', `Email,LastName\n${mail(0)},Upserted\n${mail('more')},More\n`);
    const upserted = await ok('data', 'upsert', 'bulk', '--sobject', 'Contact', '--file', changed, '--external-id', 'Email', '--wait', '5');
    assert.equal(upserted.jobInfo.state, 'JobComplete');
    assert.deepEqual(upserted.records.successfulResults.map((r) => r.sf__Created).sort(), ['false', 'true']);

    const out = join(folder, 'out.csv');
    const soql = `SELECT Id, LastName, Description FROM Contact WHERE Email LIKE 'sf%.${run}@example.org' ORDER BY LastName`;
    const exported = await ok('data', 'export', 'bulk', '--query', soql, '--output-file', out, '--result-format', 'csv', '--wait', '5');
    assert.equal(exported.totalSize, 252);
    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    assert.equal(lines.length, 253);
    assert.match(lines.find((l) => l.includes('Sf 7"')), /a, ""b"" \| 7/);
    const json = join(folder, 'out.json');
    await ok('data', 'export', 'bulk', '--query', soql, '--output-file', json, '--result-format', 'json', '--wait', '5');
    const rows = JSON.parse(await readFile(json, 'utf8'));
    assert.equal(rows.length, 252);
    assert.ok(rows.some((r) => r.LastName === 'Upserted'));

    const update = await sheet('update.csv', 'Id,Title\n' + rows.slice(0, 20).map((r) => `${r.Id},Engineer\n`).join(''));
    const updated = await ok('data', 'update', 'bulk', '--sobject', 'Contact', '--file', update, '--wait', '5');
    assert.equal(updated.successfulRecords, 20);

    const remove = await sheet('delete.csv', 'Id\n' + rows.map((r) => `${r.Id}\n`).join(''));
    assert.match(await print('data', 'delete', 'bulk', '--sobject', 'Contact', '--file', remove, '--wait', '5'), /252/);
    assert.equal((await ok('data', 'query', '--query', soql)).totalSize, 0);
  });

  await t.test('org login jwt', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const app = await fetch(`${url}/services/oauth2/register`, {
      method: 'POST', headers: { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: `Robot ${run}`, jwks: { keys: [publicKey.export({ format: 'jwk' })] }, stoa_trusted: true }),
    }).then((r) => r.json());
    const key = join(folder, 'key.pem');
    await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const who = await ok('org', 'login', 'jwt', '--client-id', app.client_id, '--jwt-key-file', key, '--username', username, '--instance-url', url);
    assert.equal(who.username, username);
    assert.equal((await ok('data', 'query', '--query', 'SELECT Id FROM Organization', '--target-org', username)).totalSize, 1);
  });
});
