// The report family through the JavaScript Graph client, against a fakegraph served over TLS
// (FAKEGRAPH_TEST_URL) that holds the records of family.py.
import assert from "node:assert/strict";
import test from "node:test";

import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  PageIterator,
} from "@microsoft/microsoft-graph-client";

const ROOT = "/reports/authenticationMethods";
const EVENTS = "/reports/userCredentialUsageDetails";
const OLD = "/reports/credentialUserRegistrationDetails";
const UNKNOWN = { Prefer: "include-unknown-enum-members" };
const EVENT = {
  feature: "reset",
  userPrincipalName: "javascript@contoso.com",
  userDisplayName: "Java O'Script",
  isSuccess: true,
  authMethod: "email",
  failureReason: "",
  eventDateTime: "2024-06-01T00:00:00Z",
};

const client = Client.init({
  baseUrl: `${process.env.FAKEGRAPH_TEST_URL}/`,
  defaultVersion: "beta",
  customHosts: new Set(["127.0.0.1"]),
  authProvider: (done) => done(null, "anything"),
});

const ids = (records) => records.map((record) => record.id);

/** Every record in pages of two. */
async function readAll(path, headers = {}) {
  const first = await client.api(path).headers(headers).top(2).get();
  assert.equal(first.value.length, 2);
  return follow(first, headers);
}

async function follow(first, headers = {}) {
  const found = [];
  const keep = (record) => found.push(record) > 0;
  await new PageIterator(client, first, keep, { headers }).iterate();
  return found;
}

/** The response of a request as fetch gives it, headers included. */
const raw = (path, headers = {}) => client.api(path).headers(headers).responseType("raw").get();

for (const [path, prefix, total] of [
  [EVENTS, "event", 7],
  [`${ROOT}/userEventsSummary`, "event", 7],
  [OLD, "old", 5],
  [`${ROOT}/userRegistrationDetails`, "new", 5],
]) {
  test(`${path} is listed, paged and read by id`, async () => {
    const expected = Array.from({ length: total }, (_, number) => `${prefix}-${number}`);
    const found = await readAll(path);
    assert.deepEqual(ids(found), expected);
    const one = await client.api(`${path}/${prefix}-1`).get();
    assert.match(one["@odata.context"], /\/\$entity$/);
    delete one["@odata.context"];
    assert.deepEqual(one, found[1]);
    assert.equal(Number(await client.api(`${path}/$count`).get()), total);
  });
}

test("registrations are filtered by a method", async () => {
  for (const literal of ["microsoft.graph.registrationAuthMethod'email'", "'email'"]) {
    const page = await client.api(OLD).filter(`authMethods/any(t:t eq ${literal})`).get();
    assert.deepEqual(ids(page.value), ["old-0", "old-1"]);
    assert.deepEqual(page.value[0].authMethods, ["email", "mobilePhone"]);
  }
  const page = await client
    .api(`${ROOT}/userRegistrationDetails`)
    .filter("methodsRegistered/any(t:t eq 'email') and isMfaCapable eq true")
    .get();
  assert.deepEqual(ids(page.value), ["new-0", "new-1"]);
});

test("the usage summary counts the events of a period", async () => {
  const rows = { D1: 1, D7: 3, d30: 4 };
  for (const [period, count] of Object.entries(rows)) {
    const url = `/reports/getCredentialUsageSummary(period='${period}')`;
    const { value } = await client.api(url).get();
    assert.equal(value.length, count);
    const { id, ...email } = value.find((row) => row.authMethod === "email");
    assert.ok(id);
    assert.deepEqual(email, {
      authMethod: "email",
      feature: "registration",
      successfulActivityCount: 2,
      failureActivityCount: 1,
    });
  }
});

test("the usage summary is filtered by feature and paged", async () => {
  const first = await client
    .api("/reports/getCredentialUsageSummary(period='D30')")
    .filter("feature eq 'reset'")
    .top(2)
    .get();
  assert.ok(first["@odata.nextLink"]);
  const found = await follow(first);
  assert.equal(new Set(ids(found)).size, 3);
  assert.ok(found.every((row) => row.feature === "reset"));
});

test("the registration count has each status, with parentheses and without", async () => {
  for (const call of ["", "()"]) {
    const { value } = await client.api(`/reports/getCredentialUserRegistrationCount${call}`).get();
    assert.equal(value.length, 1);
    assert.equal(value[0].totalUserCount, 5);
    assert.deepEqual(value[0].userRegistrationCounts, [
      { registrationStatus: "registered", registrationCount: 4 },
      { registrationStatus: "enabled", registrationCount: 5 },
      { registrationStatus: "capable", registrationCount: 3 },
      { registrationStatus: "mfaRegistered", registrationCount: 3 },
    ]);
  }
});

test("users by feature and by method, all of them and some", async () => {
  const byFeature = await client.api(`${ROOT}/usersRegisteredByFeature`).get();
  assert.equal(byFeature.totalUserCount, 5);
  assert.deepEqual(byFeature.userRegistrationFeatureCounts[4], { feature: "mfaCapable", userCount: 3 });
  assert.match(byFeature["@odata.context"], /#microsoft\.graph\.userRegistrationFeatureSummary$/);

  const some = "(includedUserTypes='guest',includedUserRoles='user')";
  const guests = await client.api(`${ROOT}/usersRegisteredByMethod${some}`).get();
  assert.deepEqual([guests.userTypes, guests.userRoles, guests.totalUserCount], ["guest", "user", 1]);
  assert.deepEqual(guests.userRegistrationMethodCounts, [
    { authenticationMethod: "passKeyDeviceBound", userCount: 1 },
  ]);
  const features = await client.api(`${ROOT}/usersRegisteredByFeature${some}`).get();
  assert.deepEqual([features.userTypes, features.userRoles, features.totalUserCount], ["guest", "user", 1]);
  assert.equal((await client.api(`${ROOT}/usersRegisteredByMethod()`).get()).totalUserCount, 5);
});

test("who does not ask sees no member that was added later", async () => {
  assert.equal((await readAll(EVENTS))[5].authMethod, "unknownFutureValue");
  assert.equal((await readAll(EVENTS, UNKNOWN))[5].authMethod, "qrCode");
  assert.deepEqual((await readAll(OLD))[3].authMethods, ["unknownFutureValue"]);
  assert.deepEqual((await readAll(OLD, UNKNOWN))[3].authMethods, ["externalAuthMethod"]);
  const response = await raw(EVENTS, UNKNOWN);
  assert.equal(response.headers.get("Preference-Applied"), UNKNOWN.Prefer);
});

test("only deprecated members say so", async () => {
  const paths = {
    [EVENTS]: true,
    [OLD]: true,
    "/reports/getCredentialUsageSummary(period='D7')": true,
    "/reports/getCredentialUserRegistrationCount": true,
    [`${ROOT}/userEventsSummary`]: false,
    [`${ROOT}/usersRegisteredByFeature`]: false,
  };
  for (const [path, deprecated] of Object.entries(paths)) {
    const { headers } = await raw(path);
    assert.equal(headers.has("Deprecation"), deprecated);
    assert.equal(headers.has("Sunset"), deprecated);
    assert.equal(/rel="deprecation"/.test(headers.get("Link") ?? ""), deprecated);
  }
});

// Node's Request takes no relative URL, and the client strips only scheme and host from an absolute
// one (msgraph-sdk-javascript issue 1178), so the steps name a host and no version.
function step(id, path, dependsOn, options = {}) {
  const request = new Request(`https://graph.microsoft.com${path}`, options);
  return dependsOn === undefined ? { id, request } : { id, request, dependsOn };
}

const creating = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function send(steps) {
  const body = await new BatchRequestContent(steps).getContent();
  return new BatchResponseContent(await client.api("/$batch").post(body));
}

const bodyOf = (answer, id) => answer.getResponseById(id).json();

test("a batch reads several members", async () => {
  const answer = await send([
    step("events", `${ROOT}/userEventsSummary?$top=3&$count=true`),
    step("old", `${OLD}?$filter=authMethods/any(t:t eq 'email')`),
    step("summary", "/reports/getCredentialUsageSummary(period='D7')"),
    step("guests", `${ROOT}/usersRegisteredByMethod(includedUserTypes='guest',includedUserRoles='all')`),
    step("unknown", `${EVENTS}/event-5`, undefined, { headers: UNKNOWN }),
  ]);
  for (const response of answer.getResponses().values()) assert.equal(response.status, 200);
  assert.equal((await bodyOf(answer, "events"))["@odata.count"], 7);
  assert.deepEqual(ids((await bodyOf(answer, "old")).value), ["old-0", "old-1"]);
  assert.equal((await bodyOf(answer, "summary")).value.length, 3);
  assert.equal((await bodyOf(answer, "guests")).totalUserCount, 2);
  assert.equal((await bodyOf(answer, "unknown")).authMethod, "qrCode");
  assert.ok(answer.getResponseById("old").headers.get("Deprecation"));
});

test("a batch creates with a JSON body and then reads", async () => {
  const answer = await send([
    step("create", EVENTS, undefined, creating(EVENT)),
    step("read", `${EVENTS}?$filter=userPrincipalName eq 'javascript@contoso.com'`, ["create"]),
  ]);
  assert.equal(answer.getResponseById("create").status, 201);
  const created = await bodyOf(answer, "create");
  assert.ok(answer.getResponseById("create").headers.get("Location").includes(created.id));
  for (const [name, value] of Object.entries(EVENT)) assert.equal(created[name], value);
  assert.deepEqual(ids((await bodyOf(answer, "read")).value), [created.id]);
});

test("a batch changes and deletes, one after the other", async () => {
  const { id } = await client.api(EVENTS).post(EVENT);
  const change = { ...creating({ isSuccess: false, failureReason: "Locked" }), method: "PATCH" };
  const answer = await send([
    step("change", `${EVENTS}/${id}`, undefined, change),
    step("read", `${EVENTS}/${id}`, ["change"]),
    step("count", `${EVENTS}/$count`, ["read"]),
    step("delete", `${EVENTS}/${id}`, ["count"], { method: "DELETE" }),
  ]);
  assert.equal((await bodyOf(answer, "read")).failureReason, "Locked");
  const counted = await answer.getResponseById("count").text(); // what is no JSON is base64
  assert.match(Buffer.from(counted, "base64").toString(), /^\d+$/);
  assert.equal(answer.getResponseById("delete").status, 204);
  await assert.rejects(client.api(`${EVENTS}/${id}`).get(), { statusCode: 404 });
});

test("what depends on a failed step is not carried out", async () => {
  const { value } = await client.api(EVENTS).get();
  const content = new BatchRequestContent([
    step("missing", `${EVENTS}/nobody`),
    step("create", EVENTS, undefined, creating(EVENT)),
    step("list", EVENTS),
  ]);
  content.addDependency("create", "missing");
  content.addDependency("list");
  const answer = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  const statuses = [...answer.getResponsesIterator()].map(([id, response]) => [id, response.status]);
  assert.deepEqual(Object.fromEntries(statuses), { missing: 404, create: 424, list: 424 });
  assert.equal((await bodyOf(answer, "missing")).error.code, "ResourceNotFound");
  assert.equal((await bodyOf(answer, "create")).error.code, "FailedDependency");
  assert.equal((await client.api(EVENTS).get()).value.length, value.length);
});

test("a batch has twenty steps and no more", async () => {
  const steps = Array.from({ length: 20 }, (_, number) =>
    step(String(number), `${ROOT}/userEventsSummary/event-${number % 7}`),
  );
  const answer = await send(steps);
  for (let number = 0; number < 20; number += 1) {
    assert.equal((await bodyOf(answer, String(number))).id, `event-${number % 7}`);
  }
  await assert.rejects(send([...steps, step("20", EVENTS)]), { name: "Limit Exceeded Error" });
  const { requests } = await new BatchRequestContent(steps).getContent();
  const batch = { requests: [...requests, { ...requests[0], id: "20" }] };
  await assert.rejects(client.api("/$batch").post(batch), { statusCode: 400, code: "BadRequest" });
});

test("a version that the client leaves in a step is an unknown segment", async () => {
  const answer = await send([step("1", `/beta${EVENTS}`)]);
  assert.equal(answer.getResponseById("1").status, 400);
  assert.match((await bodyOf(answer, "1")).error.message, /Resource not found for the segment 'beta'/);
});

test("paging goes on from a batch", async () => {
  const answer = await send([step("first", `${ROOT}/userEventsSummary?$top=3&$orderby=eventDateTime`)]);
  const found = await follow(await bodyOf(answer, "first"));
  assert.ok(found.length >= 7);
  const dates = found.map((event) => Date.parse(event.eventDateTime));
  assert.deepEqual(dates, [...dates].sort((a, b) => a - b));
});
