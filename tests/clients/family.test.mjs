// The report family and batches as the JavaScript Graph client reads and sends them, against a
// fakegraph served over TLS (FAKEGRAPH_TEST_URL). Each test has a tenant of its own with contoso.
import assert from "node:assert/strict";
import test from "node:test";

import {
  BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator,
} from "@microsoft/microsoft-graph-client";

const URL = process.env.FAKEGRAPH_TEST_URL;
const EVENTS = "/reports/userCredentialUsageDetails";
const REGISTRATIONS = "/reports/credentialUserRegistrationDetails";
const METHODS = "/reports/authenticationMethods";
const SETS = {
  [EVENTS]: 400,
  [REGISTRATIONS]: 60,
  [`${METHODS}/userEventsSummary`]: 400,
  [`${METHODS}/userRegistrationDetails`]: 60,
};
const LATER = "include-unknown-enum-members";
const EVENT = {
  feature: "registration",
  userPrincipalName: "javascript@contoso.com",
  userDisplayName: "Java O'Script",
  isSuccess: true,
  authMethod: "qrCode",
  failureReason: "",
  eventDateTime: "2017-01-01T00:00:02.9716266+03:00",
};

async function control(method, path, body) {
  const response = await fetch(`${URL}/_fakegraph${path}`, {
    method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
  });
  assert.ok(response.ok, await response.clone().text());
  return response.json();
}

async function connect() {
  const { id } = await control("POST", "/tenants", { fixture: "contoso" });
  await control("PUT", `/tenants/${id}/clock`, { now: "2024-06-30T18:00:00Z" });
  return Client.init({
    baseUrl: `${URL}/tenants/${id}/`,
    defaultVersion: "beta",
    customHosts: new Set(["127.0.0.1"]),
    authProvider: (done) => done(null, "anything"),
  });
}

async function everyOne(client, request) {
  const found = [];
  const iterator = new PageIterator(client, await request.get(), (each) => found.push(each) > 0);
  await iterator.iterate();
  return found;
}

const only = (condition) => (each) => each[condition[0]] === condition[1];

test("each set is listed, paged, counted and read by id", async () => {
  const client = await connect();
  for (const [path, total] of Object.entries(SETS)) {
    const request = client.api(path).top(Math.floor(total / 7)).orderby("userPrincipalName").count(true);
    const found = await everyOne(client, request);
    assert.equal((await request.get())["@odata.count"], total);
    assert.equal(Number(await client.api(`${path}/$count`).get()), total);
    assert.equal(new Set(found.map((each) => each.id)).size, total);
    assert.equal(found.length, total);

    const last = found[total - 1];
    const { "@odata.context": context, ...one } = await client.api(`${path}/${last.id}`).get();
    assert.deepEqual(one, last);
    assert.ok(context.endsWith(`$metadata#${path.slice(1)}/$entity`), context);
    await assert.rejects(client.api(`${path}/nobody`).get(), (error) => {
      assert.ok(error instanceof GraphError);
      return error.code === "ResourceNotFound";
    });
  }
});

test("functions count what is stored", async () => {
  const client = await connect();
  const summary = "/reports/getCredentialUsageSummary(period='D30')";
  const whole = await everyOne(client, client.api(summary));
  const sum = whole.reduce((n, each) => n + each.successfulActivityCount + each.failureActivityCount, 0);
  assert.equal(sum, 400);
  const paged = await everyOne(client, client.api(summary).filter("feature eq 'reset'").top(4));
  assert.deepEqual(paged, whole.filter(only(["feature", "reset"])));

  const { value: [counted] } = await client.api("/reports/getCredentialUserRegistrationCount").get();
  const capable = await client.api(REGISTRATIONS).filter("isCapable eq true").count(true).get();
  const count = counted.userRegistrationCounts.find(only(["registrationStatus", "capable"]));
  assert.equal(count.registrationCount, capable["@odata.count"]);

  const users = await everyOne(client, client.api(`${METHODS}/userRegistrationDetails`));
  const byFeature = await client.api(`${METHODS}/usersRegisteredByFeature`).get();
  const mfa = byFeature.userRegistrationFeatureCounts.find(only(["feature", "mfaCapable"]));
  assert.equal(mfa.userCount, users.filter(only(["isMfaCapable", true])).length);
  const byMethod = await client
    .api(`${METHODS}/usersRegisteredByMethod(includedUserTypes='member',includedUserRoles='all')`)
    .get();
  assert.equal(byMethod.totalUserCount, users.filter(only(["userType", "member"])).length);

  const fido = "microsoft.graph.registrationAuthMethod'fido'";
  const found = await client.api(REGISTRATIONS).filter(`authMethods/any(t:t eq ${fido})`).get();
  assert.ok(found.value.length > 0);
  for (const user of found.value) assert.ok(user.authMethods.includes("fido"));
});

test("later members are for those who prefer them", async () => {
  const client = await connect();
  await assert.rejects(client.api(EVENTS).post(EVENT), (error) => error.statusCode === 400);
  const { id } = await client.api(EVENTS).header("Prefer", LATER).post(EVENT);
  const one = client.api(`${EVENTS}/${id}`);
  assert.equal((await one.get()).authMethod, "unknownFutureValue");
  assert.equal((await one.header("Prefer", LATER).get()).authMethod, "qrCode");
});

// The client takes the host off an item's URL, and the version must not be in it.
const item = (id, path, options = {}) => ({
  id, request: new Request(`https://graph.microsoft.com${path}`, options),
});

async function sent(client, steps) {
  const content = await new BatchRequestContent(steps).getContent();
  const answer = new BatchResponseContent(await client.api("/$batch").post(content));
  const found = {};
  for (const [id, response] of answer.getResponses()) found[id] = response;
  return found;
}

test("a batch reads the family", async () => {
  const client = await connect();
  const paths = [
    ...Object.keys(SETS),
    `${EVENTS}/$count`,
    "/reports/getCredentialUsageSummary(period='D7')?$filter=feature eq 'reset'&$top=2",
    "/reports/getCredentialUserRegistrationCount",
    `${METHODS}/usersRegisteredByFeature`,
    `${METHODS}/usersRegisteredByMethod`,
  ];
  const found = await sent(client, paths.map((path) => item(path, path)));
  assert.deepEqual(Object.keys(found).sort(), [...paths].sort());
  for (const path of paths) assert.equal(found[path].status, 200, path);
  assert.equal((await found[EVENTS].json()).value.length, 100);
  assert.equal(await found[`${EVENTS}/$count`].text(), "400");
  assert.equal((await found[paths[5]].json()).value.length, 2);
  assert.equal((await found[`${METHODS}/usersRegisteredByMethod`].json()).totalUserCount, 60);
  assert.ok(found[EVENTS].headers.has("Sunset"));

  const first = await (await sent(client, [item("1", `${EVENTS}?$top=150`)]))["1"].json();
  const ids = [];
  await new PageIterator(client, first, (each) => ids.push(each.id) > 0).iterate();
  assert.equal(new Set(ids).size, 400);
});

test("items of a batch wait for each other", async () => {
  const client = await connect();
  const headers = { "Content-Type": "application/json", Prefer: LATER };
  const json = (id, path, method, body) => item(id, path, { method, headers, body: JSON.stringify(body) });
  const found = await sent(client, [
    json("create", EVENTS, "POST", { id: "batched", ...EVENT }),
    { ...json("change", `${EVENTS}/batched`, "PATCH", { isSuccess: false }), dependsOn: ["create"] },
    { ...item("read", `${EVENTS}/batched`), dependsOn: ["change"] },
    { ...item("fail", `${EVENTS}/nobody`, { method: "DELETE" }), dependsOn: ["read"] },
    { ...item("never", `${EVENTS}/batched`, { method: "DELETE" }), dependsOn: ["fail"] },
  ]);
  const statuses = Object.fromEntries(Object.entries(found).map(([id, { status }]) => [id, status]));
  assert.deepEqual(statuses, { create: 201, change: 200, read: 200, fail: 404, never: 424 });
  assert.equal((await found.read.json()).isSuccess, false);
  assert.equal((await client.api(`${EVENTS}/batched`).get()).authMethod, "unknownFutureValue");
});
