// The JavaScript Graph client, unmodified, against a fakegraph served over TLS (FAKEGRAPH_TEST_URL):
// it sends tokens and follows links over https only.
import assert from "node:assert/strict";
import test from "node:test";

import { Client, GraphError, PageIterator } from "@microsoft/microsoft-graph-client";

const SET = "/reports/userCredentialUsageDetails";
const EVENT = {
  "@odata.type": "#microsoft.graph.userCredentialUsageDetails",
  feature: "registration",
  userPrincipalName: "javascript@contoso.com",
  userDisplayName: "Java O'Script",
  isSuccess: true,
  authMethod: "email",
  failureReason: "",
  eventDateTime: "2017-01-01T00:00:02.9716266+03:00",
};

function connect(...hosts) {
  return Client.init({
    baseUrl: `${process.env.FAKEGRAPH_TEST_URL}/`,
    defaultVersion: "beta",
    customHosts: new Set(hosts),
    authProvider: (done) => done(null, "anything"),
  });
}

const client = connect("127.0.0.1");

test("create, get, update and delete", async () => {
  const created = await client.api(SET).post(EVENT);
  assert.match(created.id, /^[0-9a-f-]{36}$/);
  for (const [name, value] of Object.entries(EVENT)) assert.equal(created[name], value);

  const url = `${SET}/${created.id}`;
  assert.equal((await client.api(url).get()).eventDateTime, EVENT.eventDateTime);
  assert.deepEqual(
    Object.keys(await client.api(url).select("id,feature").get()).sort(),
    ["@odata.context", "feature", "id"],
  );

  const updated = await client.api(url).update({ isSuccess: false, failureReason: "Locked" });
  assert.equal(updated.failureReason, "Locked");
  assert.equal(updated.userDisplayName, EVENT.userDisplayName);

  await client.api(url).delete();
  await assert.rejects(client.api(url).get(), (error) => error.statusCode === 404);
});

test("list with filter, orderby, select, top and count", async () => {
  const page = await client
    .api(SET)
    .filter("isSuccess eq false and startswith(userDisplayName,'a')")
    .orderby("eventDateTime desc")
    .select(["id", "userDisplayName", "eventDateTime", "isSuccess"])
    .top(3)
    .count(true)
    .get();
  assert.ok(page.value.length > 0 && page.value.length <= 3);
  assert.ok(page["@odata.count"] >= page.value.length);
  for (const event of page.value) {
    assert.deepEqual(Object.keys(event).sort(), ["eventDateTime", "id", "isSuccess", "userDisplayName"]);
    assert.equal(event.isSuccess, false);
    assert.match(event.userDisplayName, /^a/i);
  }
  const dates = page.value.map((event) => Date.parse(event.eventDateTime));
  assert.deepEqual(dates, [...dates].sort((a, b) => b - a));
});

test("the page iterator meets every record once", async () => {
  const total = Number(await client.api(`${SET}/$count`).get());
  const first = await client.api(SET).top(37).get();
  const seen = new Set();
  let count = 0;
  const iterator = new PageIterator(client, first, (event) => {
    seen.add(event.id);
    count += 1;
    return true;
  });
  await iterator.iterate();
  assert.ok(total >= 300);
  assert.equal(count, total);
  assert.equal(seen.size, total);
});

test("errors are the client's own", async () => {
  await assert.rejects(client.api(`${SET}/nobody`).get(), (error) => {
    assert.ok(error instanceof GraphError);
    assert.equal(error.statusCode, 404);
    assert.equal(error.code, "ResourceNotFound");
    assert.match(error.message, /Resource could not be discovered/);
    assert.match(error.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
  await assert.rejects(client.api(SET).filter("((((").get(), (error) => {
    assert.equal(error.statusCode, 400);
    assert.equal(error.code, "BadRequest");
    assert.match(error.message, /^Invalid filter clause/);
    return true;
  });
  await assert.rejects(client.api(SET).post({ ...EVENT, feature: "String", isSuccess: null }), (error) => {
    const { details } = JSON.parse(error.body);
    assert.deepEqual(details.map((problem) => problem.target), ["feature", "isSuccess"]);
    return true;
  });
});

test("without a token it is 401", async () => {
  // A host that the client was not told to trust gets none.
  await assert.rejects(connect("example.com").api(SET).get(), (error) => {
    assert.equal(error.statusCode, 401);
    assert.equal(error.code, "InvalidAuthenticationToken");
    return true;
  });
});
