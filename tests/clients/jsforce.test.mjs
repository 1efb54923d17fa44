// jsforce, as programs use it: both ways to sign in, rows, collections, paging, metadata of objects, errors.
import test from 'node:test';
import assert from 'node:assert/strict';
import jsforce from 'jsforce';
import { follow } from './browser.mjs';

const { STOA_URL: url, STOA_USERNAME: username, STOA_PASSWORD: password, STOA_CLIENT_ID: clientId, STOA_CLIENT_SECRET: clientSecret } = process.env;
const version = '64.0';
const run = Date.now().toString(36);

async function signedIn() {
  const conn = new jsforce.Connection({ loginUrl: url, version });
  await conn.login(username, password);
  return conn;
}

async function fails(promise, name) {
  await assert.rejects(promise, (err) => {
    assert.equal(err.name, name, err.message);
    return true;
  });
}

test('signs in over SOAP', async () => {
  const conn = new jsforce.Connection({ loginUrl: url, version });
  const user = await conn.login(username, password);
  assert.match(user.id, /^005\w{15}$/);
  assert.match(user.organizationId, /^00D\w{15}$/);
  assert.equal(conn.instanceUrl, url);
  const who = await conn.identity();
  assert.equal(who.username, username);
  const { accessToken } = conn;
  await conn.logout();
  await fails(new jsforce.Connection({ instanceUrl: url, accessToken, version }).query('SELECT Id FROM User LIMIT 1'), 'INVALID_SESSION_ID');
});

test('speaks TLS on the same port', async () => {
  const secure = url.replace('http:', 'https:');
  const conn = new jsforce.Connection({ loginUrl: secure, version });
  await conn.login(username, password);
  assert.equal(conn.instanceUrl, secure);
  assert.match((await conn.identity()).id, /^https:/);
  assert.equal((await conn.query('SELECT Id FROM Organization')).totalSize, 1);
});

test('is told when the password is wrong', async () => {
  const conn = new jsforce.Connection({ loginUrl: url, version });
  await assert.rejects(conn.login(username, 'wrong'), /INVALID_LOGIN/);
});

test('signs in over OAuth2 with a password', async () => {
  const conn = new jsforce.Connection({ oauth2: { loginUrl: url, clientId, clientSecret, redirectUri: `${url}/callback` }, version });
  const user = await conn.login(username, password);
  assert.match(user.id, /^005\w{15}$/);
  assert.ok(conn.accessToken.startsWith(user.organizationId.slice(0, 15) + '!'));
  assert.equal((await conn.query('SELECT Id FROM Organization')).totalSize, 1);
});

test('signs in over OAuth2 as a program', async () => {
  const conn = new jsforce.Connection({ instanceUrl: url, oauth2: { loginUrl: url, clientId, clientSecret }, version });
  await conn.authorize({ grant_type: 'client_credentials' });
  assert.equal((await conn.query('SELECT Id FROM Organization')).totalSize, 1);
});

// The app of the command-line tools is public and asks the person first; the demo's own has a secret and is trusted.
for (const [what, app] of [
  ['a public app', { clientId: 'PlatformCLI' }],
  ['an app with a secret', { clientId, clientSecret }],
]) {
  test(`signs in over a browser with PKCE: ${what}`, async () => {
    const oauth2 = new jsforce.OAuth2({ loginUrl: url, redirectUri: 'http://localhost:1717/OauthRedirect', useVerifier: true, ...app });
    const address = oauth2.getAuthorizationUrl({ scope: 'api refresh_token', state: `s ${run}`, prompt: 'login' });
    const back = new URL(await follow(url, address, { username, password }));
    assert.equal(`${back.origin}${back.pathname}`, 'http://localhost:1717/OauthRedirect');
    assert.equal(back.searchParams.get('state'), `s ${run}`);
    const conn = new jsforce.Connection({ oauth2, version });
    await conn.authorize(back.searchParams.get('code'));
    assert.equal((await conn.identity()).username, username);
    assert.match(conn.refreshToken, /^[\w.-]+$/);

    // Whose token has ended gets a new one without noticing.
    const ended = conn.accessToken;
    await conn.oauth2.revokeToken(ended);
    let renewed;
    conn.on('refresh', (token) => { renewed = token; });
    assert.equal((await conn.query('SELECT Id FROM Organization')).totalSize, 1);
    assert.ok(renewed && renewed !== ended);

    // Revoking the refresh token ends what came of it.
    await conn.oauth2.revokeToken(conn.refreshToken);
    await assert.rejects(conn.query('SELECT Id FROM Organization'));

    // The code was good once, for this verifier only.
    await fails(new jsforce.Connection({ oauth2, version }).authorize(back.searchParams.get('code')), 'invalid_grant');
    const again = new URL(await follow(url, oauth2.getAuthorizationUrl({ scope: 'api' }), { username, password }));
    const other = new jsforce.OAuth2({ loginUrl: url, redirectUri: oauth2.redirectUri, useVerifier: true, ...app });
    await fails(new jsforce.Connection({ oauth2: other, version }).authorize(again.searchParams.get('code')), 'invalid_grant');
  });
}

test('creates, reads, changes and deletes rows', async () => {
  const conn = await signedIn();
  const made = await conn.sobject('Account').create({ Name: `Harbor ${run}`, Industry: 'Education', NumberOfEmployees: 12, AnnualRevenue: 1234567, BillingCity: 'Oslo' });
  assert.equal(made.success, true);
  assert.match(made.id, /^001\w{15}$/);
  const row = await conn.sobject('Account').retrieve(made.id);
  assert.equal(row.Name, `Harbor ${run}`);
  assert.equal(row.AnnualRevenue, 1234567);
  assert.equal(row.BillingAddress.city, 'Oslo');
  assert.equal(row.attributes.url, `/services/data/v${version}/sobjects/Account/${made.id}`);
  assert.match(row.CreatedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);

  const changed = await conn.sobject('Account').update({ Id: made.id, Phone: '555 0100', BillingCity: null });
  assert.equal(changed.success, true);
  const again = await conn.sobject('Account').retrieve(made.id);
  assert.equal(again.Phone, '555 0100');
  assert.equal(again.BillingCity, null);

  const gone = await conn.sobject('Account').destroy(made.id);
  assert.equal(gone.success, true);
  await fails(conn.sobject('Account').retrieve(made.id), 'ENTITY_IS_DELETED');
});

test('creates, reads, changes and deletes many rows in a call', async () => {
  const conn = await signedIn();
  const made = await conn.sobject('Contact').create([
    { LastName: `Ng ${run}`, Email: `ng.${run}@harborview.example` },
    { FirstName: 'No last name' },
    { LastName: `Ode ${run}` },
  ]);
  assert.deepEqual(made.map((r) => r.success), [true, false, true]);
  assert.equal(made[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  assert.deepEqual(made[1].errors[0].fields, ['LastName']);
  const ids = [made[0].id, made[2].id];
  const rows = await conn.sobject('Contact').retrieve(ids);
  assert.deepEqual(rows.map((r) => r.LastName), [`Ng ${run}`, `Ode ${run}`]);
  const changed = await conn.sobject('Contact').update(ids.map((Id) => ({ Id, Title: 'Clerk' })));
  assert.ok(changed.every((r) => r.success));
  const gone = await conn.sobject('Contact').destroy(ids);
  assert.ok(gone.every((r) => r.success));
});

test('upserts by an external id', async () => {
  const conn = await signedIn();
  const key = `up+${run}`, field = 'Legacy_Position_Number__c', object = 'Position__c';
  const first = await conn.sobject(object).upsert({ Name: 'First', [field]: key }, field);
  assert.equal(first.success, true);
  assert.equal(first.created, true);
  const second = await conn.sobject(object).upsert({ Name: 'Second', [field]: key.toUpperCase() }, field);
  assert.equal(second.id, first.id);
  assert.equal(second.created, false);
  const found = await conn.query(`SELECT Name FROM ${object} WHERE ${field} = '${key}'`);
  assert.deepEqual(found.records.map((r) => r.Name), ['Second']);
  const many = await conn.sobject(object).upsert([{ Name: 'Third', [field]: key }, { Name: 'New', [field]: `new-${run}` }], field);
  assert.deepEqual(many.map((r) => r.created), [false, true]);
});

test('is told of keys that several rows have, or none', async () => {
  const conn = await signedIn();
  const email = `twin.${run}@harborview.example`;
  const twins = await conn.sobject('Contact').create([1, 2].map(() => ({ LastName: 'Twin', Email: email })));
  await fails(conn.sobject('Contact').upsert({ LastName: 'x', Email: email }, 'Email'), 'MULTIPLE_CHOICES');
  await fails(conn.sobject('Contact').upsert({ LastName: 'x', Phone: '1' }, 'Phone'), 'NOT_FOUND');
  await conn.sobject('Contact').destroy(twins.map((r) => r.id));
});

test('reads parents, children and groups', async () => {
  const conn = await signedIn();
  const account = await conn.sobject('Account').create({ Name: `Family ${run}` });
  await conn.sobject('Contact').create([1, 2, 3].map((n) => ({ LastName: `Child ${n}`, AccountId: account.id })));
  const up = await conn.query(`SELECT Name, Account.Name, Account.Owner.Username, ReportsTo.Name FROM Contact WHERE AccountId = '${account.id}' ORDER BY Name`);
  assert.equal(up.totalSize, 3);
  assert.equal(up.records[0].Account.Name, `Family ${run}`);
  assert.equal(up.records[0].Account.Owner.Username, username);
  assert.equal(up.records[0].ReportsTo, null);
  assert.deepEqual(Object.keys(up.records[0]), ['attributes', 'Name', 'Account', 'ReportsTo']);
  const down = await conn.query(`SELECT Id, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 2), (SELECT Id FROM Cases) FROM Account WHERE Id = '${account.id}'`);
  assert.deepEqual(down.records[0].Contacts.records.map((r) => r.LastName), ['Child 1', 'Child 2']);
  assert.equal(down.records[0].Cases, null);
  const groups = await conn.query(`SELECT AccountId, COUNT(Id) n, MIN(LastName) FROM Contact WHERE AccountId = '${account.id}' GROUP BY AccountId`);
  assert.equal(groups.records[0].n, 3);
  assert.equal(groups.records[0].expr0, 'Child 1');
  assert.equal(groups.records[0].attributes.type, 'AggregateResult');
  assert.equal((await conn.query(`SELECT COUNT() FROM Contact WHERE AccountId = '${account.id}'`)).totalSize, 3);
  const built = await conn.sobject('Contact').find({ AccountId: account.id, LastName: { $like: 'Child%' } }, ['Id', 'LastName']).sort({ LastName: -1 }).limit(1);
  assert.equal(built[0].LastName, 'Child 3');
});

test('reads more than 5,000 rows over all their pages', async () => {
  const conn = await signedIn();
  const want = 5201;
  for (let n = 0; n < want; n += 200) {
    const part = Array.from({ length: Math.min(200, want - n) }, (_, i) => ({ Name: `Page ${run} ${n + i}` }));
    const made = await conn.sobject('Account').create(part);
    assert.ok(made.every((r) => r.success), JSON.stringify(made.find((r) => !r.success)));
  }
  const soql = `SELECT Id, Name FROM Account WHERE Name LIKE 'Page ${run} %'`;
  const all = await conn.query(soql, { autoFetch: true, maxFetch: 10000 });
  assert.equal(all.totalSize, want);
  assert.equal(all.records.length, want);
  assert.equal(new Set(all.records.map((r) => r.Id)).size, want);
  const first = await conn.query(soql);
  assert.equal(first.done, false);
  assert.equal(first.records.length, 2000);
  const next = await conn.queryMore(first.nextRecordsUrl);
  assert.equal(next.records.length, 2000);
  await fails(conn.queryMore('01g000000000000AAA-2000'), 'INVALID_QUERY_LOCATOR');
});

test('describes objects', async () => {
  const conn = await signedIn();
  const global = await conn.describeGlobal();
  assert.equal(global.maxBatchSize, 200);
  const names = global.sobjects.map((o) => o.name);
  for (const name of ['Account', 'Contact', 'Case', 'Lead', 'User', 'Task', 'Event']) assert.ok(names.includes(name), name);
  const account = await conn.sobject('Account').describe();
  assert.equal(account.keyPrefix, '001');
  const field = (name) => account.fields.find((f) => f.name === name);
  assert.equal(field('Id').type, 'id');
  assert.equal(field('Name').nameField, true);
  assert.equal(field('AnnualRevenue').type, 'currency');
  assert.deepEqual(field('OwnerId').referenceTo, ['User']);
  assert.equal(field('OwnerId').relationshipName, 'Owner');
  assert.ok(field('Industry').picklistValues.length > 5);
  assert.ok(account.childRelationships.some((r) => r.relationshipName === 'Contacts' && r.childSObject === 'Contact' && r.field === 'AccountId'));
  assert.ok(account.recordTypeInfos.some((r) => r.master));
  await fails(conn.sobject('Nothing').describe(), 'NOT_FOUND');
  const layouts = await conn.sobject('Account').layouts();
  assert.ok(layouts.layouts.length > 0);
});

test('tells errors apart by their code', async () => {
  const conn = await signedIn();
  await fails(conn.query('SELECT Nothing FROM Account'), 'INVALID_FIELD');
  await fails(conn.query('SELECT Id FROM Nothing'), 'INVALID_TYPE');
  await fails(conn.query('SELECT FROM'), 'MALFORMED_QUERY');
  await fails(conn.sobject('Account').create({}), 'REQUIRED_FIELD_MISSING');
  await fails(conn.sobject('Account').create({ Name: 'x', Nothing__c: 1 }), 'INVALID_FIELD');
  await fails(conn.sobject('Account').create({ Name: 'x'.repeat(300) }), 'STRING_TOO_LONG');
  await fails(conn.sobject('Account').retrieve('001000000000000AAA'), 'NOT_FOUND');
  await fails(conn.request({ method: 'PUT', url: '/sobjects/Account/001000000000000AAA', body: '{}' }), 'METHOD_NOT_ALLOWED');
  await fails(conn.request({ method: 'POST', url: '/sobjects/Account', body: '{', headers: { 'content-type': 'application/json' } }), 'JSON_PARSER_ERROR');
});

test('knows its limits, recent rows and changes', async () => {
  const conn = await signedIn();
  const before = new Date(Date.now() - 3600e3).toISOString();
  const made = await conn.sobject('Account').create({ Name: `Changed ${run}` });
  const gone = await conn.sobject('Account').create({ Name: `Gone ${run}` });
  await conn.sobject('Account').destroy(gone.id);
  const after = new Date(Date.now() + 3600e3).toISOString();
  assert.ok((await conn.sobject('Account').updated(before, after)).ids.includes(made.id));
  assert.ok((await conn.sobject('Account').deleted(before, after)).deletedRecords.some((r) => r.id === gone.id));
  await conn.query(`SELECT Id FROM Account WHERE Id = '${made.id}' FOR VIEW`);
  assert.ok((await conn.sobject('Account').recent()).some((r) => r.Id === made.id));
  assert.ok((await conn.recent()).some((r) => r.Id === made.id));
  assert.ok((await conn.limits()).DailyApiRequests.Max > 0);
  assert.ok(conn.limitInfo.apiUsage.used > 0);
  const plan = await conn.query(`SELECT Id FROM Account WHERE Name = 'x'`).explain();
  assert.ok(plan.plans.length > 0);
});

// A CSV of contacts for bulk loads.
function bulkSheet(n, note) {
  return 'LastName,FirstName,Email,Description\n' + Array.from({ length: n }, (_, i) => `Bulk ${i},Ann,b${i}.${run}@example.org,"${note}; ""row"" | ${i}"\n`).join('');
}

test('Bulk API 2.0: insert, upsert, update, query and delete', async () => {
  const conn = await signedIn();
  const rows = Array.from({ length: 450 }, (_, i) => ({ LastName: `Two ${i}`, Email: `two${i}.${run}@example.org`, Description: `a;b|c^d\`e\t"${i}"` }));
  rows.push({ LastName: '', Email: '', Description: 'nobody' });
  const loaded = await conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'insert', input: rows, pollInterval: 200, pollTimeout: 60000 });
  assert.equal(loaded.successfulResults.length, 450);
  assert.equal(loaded.successfulResults[7].Description, rows[7].Description);
  assert.equal(loaded.successfulResults[0].sf__Created, 'true');
  assert.equal(loaded.failedResults.length, 1);
  assert.match(loaded.failedResults[0].sf__Error, /REQUIRED_FIELD_MISSING/);
  assert.equal(loaded.unprocessedRecords.length, 0);

  const upserted = await conn.bulk2.loadAndWaitForResults({
    object: 'Contact', operation: 'upsert', externalIdFieldName: 'Email', pollInterval: 200, pollTimeout: 60000,
    input: [{ Email: `two0.${run}@example.org`, LastName: 'Changed' }, { Email: `new.${run}@example.org`, LastName: 'New' }],
  });
  assert.deepEqual(upserted.successfulResults.map((r) => [r.LastName, r.sf__Created]).sort(), [['Changed', 'false'], ['New', 'true']]);

  const job = conn.bulk2.createJob({ operation: 'update', object: 'Contact' });
  await job.open();
  await job.uploadData('Id,Title\n' + loaded.successfulResults.slice(0, 3).map((r) => `${r.sf__Id},Engineer\n`).join(''));
  await job.close();
  await job.poll(200, 60000);
  const info = await job.check();
  assert.equal(info.state, 'JobComplete');
  assert.equal(info.numberRecordsProcessed, 3);
  assert.equal(info.apiVersion, 64);

  const soql = `SELECT Id, LastName, Owner.Username, Title FROM Contact WHERE Email LIKE '%.${run}@example.org' ORDER BY LastName`;
  const stream = await conn.bulk2.query(soql, { pollInterval: 200, pollTimeout: 60000 });
  const found = await stream.toArray();
  assert.equal(found.length, 451);
  assert.equal(found[0]['Owner.Username'], username);
  assert.equal(found.filter((r) => r.Title === 'Engineer').length, 3);

  const gone = await conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'delete', input: found.map((r) => ({ Id: r.Id })), pollInterval: 200, pollTimeout: 60000 });
  assert.equal(gone.successfulResults.length, 451);
  assert.equal((await conn.query(soql)).totalSize, 0);
});

test('Bulk API 2.0: empty data, aborted and broken jobs', async () => {
  const conn = await signedIn();
  const empty = await conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'insert', input: 'LastName\n', pollInterval: 200, pollTimeout: 60000 });
  assert.deepEqual([empty.successfulResults, empty.failedResults, empty.unprocessedRecords], [[], [], []]);
  const job = conn.bulk2.createJob({ operation: 'insert', object: 'Contact' });
  await job.open();
  await job.uploadData('LastName\nNever\n');
  await job.abort();
  assert.equal((await job.check()).state, 'Aborted');
  assert.equal((await job.getUnprocessedRecords())[0].LastName, 'Never');
  await job.delete();
  await fails(conn.bulk2.query('SELECT Colour FROM Contact', { pollInterval: 200 }), 'INVALID_FIELD');
  const broken = conn.bulk2.createJob({ operation: 'insert', object: 'Contact' });
  await broken.open();
  await broken.uploadData('LastName,Colour\nA,red\n');
  await broken.close();
  await assert.rejects(broken.poll(200, 60000), /Field name not found : Colour/);
});

test('Bulk API 1.0: insert, upsert, update, query and delete', async () => {
  const conn = await signedIn();
  conn.bulk.pollInterval = 200;
  conn.bulk.pollTimeout = 60000;
  const results = await conn.bulk.load('Contact', 'insert', bulkSheet(300, 'one'));
  assert.equal(results.length, 300);
  assert.ok(results.every((r) => r.success && /^003\w{15}$/.test(r.id)));
  const again = await conn.bulk.load('Contact', 'upsert', { extIdField: 'Email' }, [{ Email: `b0.${run}@example.org`, LastName: 'Again' }, { Email: 'wrong', LastName: 'Wrong' }]);
  assert.equal(again[0].success, true);
  assert.equal(again[0].id, results[0].id);
  assert.equal(again[1].success, false);
  assert.match(again[1].errors[0], /INVALID_EMAIL_ADDRESS/);

  const job = conn.bulk.createJob('Contact', 'update');
  const batch = job.createBatch();
  const done = new Promise((resolve, reject) => {
    batch.on('queue', () => batch.poll(200, 60000));
    batch.on('response', resolve);
    batch.on('error', reject);
  });
  batch.execute(results.slice(0, 5).map((r) => ({ Id: r.id, Title: 'Chief' })));
  assert.equal((await done).length, 5);
  await job.close();
  const info = await job.check();
  assert.equal(info.state, 'Closed');
  assert.equal(info.numberBatchesCompleted, '1');

  const stream = await conn.bulk.query(`SELECT Id, LastName, Title FROM Contact WHERE Email LIKE 'b%.${run}@example.org'`);
  const rows = await stream.toArray();
  assert.equal(rows.length, 300);
  assert.equal(rows.filter((r) => r.Title === 'Chief').length, 5);
  assert.equal((await conn.bulk.load('Contact', 'delete', rows.map((r) => ({ Id: r.Id })))).filter((r) => r.success).length, 300);
});

test('sends files in parts and reads them back', async () => {
  const conn = await signedIn();
  const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 128]);
  // jsforce builds no parts itself: a program hands it the body.
  const send = async (object, field, fields) => {
    const edge = `edge${run}`;
    const body = Buffer.concat([
      Buffer.from(`--${edge}\r\nContent-Disposition: form-data; name="${object}"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(fields)}\r\n`
        + `--${edge}\r\nContent-Disposition: form-data; name="${field}"; filename="plan.bin"\r\nContent-Type: text/troff\r\n\r\n`),
      bytes, Buffer.from(`\r\n--${edge}--\r\n`)]);
    return conn.request({ method: 'POST', url: `/sobjects/${object}`, body, headers: { 'content-type': `multipart/form-data; boundary=${edge}` } });
  };
  const account = await conn.sobject('Account').create({ Name: `Files ${run}` });
  for (const [object, field, fields] of [['ContentVersion', 'VersionData', { Title: `Plan ${run}` }], ['Attachment', 'Body', { ParentId: account.id }]]) {
    const { id } = await send(object, field, fields);
    const chunks = [];
    for await (const chunk of conn.sobject(object).record(id).blob(field)) chunks.push(chunk);
    assert.deepEqual(Buffer.concat(chunks), bytes);
    assert.equal((await conn.sobject(object).retrieve(id))[field], `/services/data/v${version}/sobjects/${object}/${id}/${field}`);
  }
});
