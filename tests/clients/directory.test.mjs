// The JavaScript Graph client, signed in by @azure/identity, works the directory of a fakegraph that
// wants its own tokens (FAKEGRAPH_TEST_URL): users, groups, applications and service principals.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ClientSecretCredential } from "@azure/identity";
import { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const URL_ = process.env.FAKEGRAPH_TEST_URL;
const ROOT = "https://graph.microsoft.com/v1.0";
const GRAPH = "00000003-0000-0000-c000-000000000000";
const NOBODY = "11111111-1111-4111-8111-111111111111";
const EVENTUAL = ["ConsistencyLevel", "eventual"];

function connect(app = "keeper", secret = "s3cret") {
  const options = { authorityHost: URL_, disableInstanceDiscovery: true };
  const credential = new ClientSecretCredential("default", app, secret, options);
  const scopes = ["https://graph.microsoft.com/.default"];
  const authProvider = new TokenCredentialAuthenticationProvider(credential, { scopes });
  const customHosts = new Set([new URL(URL_).hostname]);
  return Client.initWithMiddleware({ baseUrl: `${URL_}/`, defaultVersion: "v1.0", customHosts, authProvider });
}

const client = connect();

beforeEach(async () => {
  const done = await fetch(`${URL_}/_fakegraph/reset`, { method: "POST" });
  assert.ok(done.ok, await done.text());
});

function aUser(name, more = {}) {
  return {
    accountEnabled: true,
    displayName: name[0].toUpperCase() + name.slice(1),
    mailNickname: name,
    userPrincipalName: `${name}@contoso.com`,
    passwordProfile: { password: "xWwvJ]6NMw+bWH-d" },
    ...more,
  };
}

function aGroup(name, more = {}) {
  return { displayName: name, mailNickname: name, mailEnabled: false, securityEnabled: true, groupTypes: [], ...more };
}

const link = (id) => ({ "@odata.id": `${ROOT}/directoryObjects/${id}` });
const ids = (page) => page.value.map((each) => each.id);

async function refused(work, status, code, message) {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof GraphError);
    assert.deepEqual([error.statusCode, error.code], [status, code]);
    assert.ok(error.message.startsWith(message), error.message);
    return true;
  });
}

test("users are made, listed, read, changed and deleted", async () => {
  const ada = await client.api("/users").post(aUser("ada", { department: "Maths" }));
  assert.equal(ada.department, undefined);
  await client.api("/users").post(aUser("bob"));
  const found = await client.api("/users").filter("startswith(displayName,'A')").select("id,department").get();
  assert.deepEqual(found.value.map((each) => each.department), ["Maths"]);
  const search = client.api("/users").header(...EVENTUAL).search('"displayName:bo"').count(true);
  const page = await search.get();
  assert.deepEqual([page.value[0].displayName, page["@odata.count"]], ["Bob", 1]);
  assert.equal(Number(await client.api("/users/$count").header(...EVENTUAL).get()), 2);

  const one = "/users/ada@contoso.com";
  assert.equal(await client.api(one).update({ jobTitle: "Analyst" }), undefined);
  assert.equal((await client.api(one).get()).jobTitle, "Analyst");
  await client.api(`/users/${ada.id}/manager/$ref`).put(link(ids(await client.api("/users").filter("displayName eq 'Bob'").get())[0]));
  assert.equal((await client.api(one).expand("manager").get()).manager.displayName, "Bob");
  await client.api(one).delete();
  await refused(client.api(one).get(), 404, "Request_ResourceNotFound", "Resource 'ada@contoso.com' does not exist");
  assert.equal((await client.api(`/directory/deletedItems/${ada.id}/restore`).post({})).id, ada.id);
  assert.equal((await client.api(one).get()).id, ada.id);
});

test("what is wrong with a user is said in the service's words", async () => {
  await client.api("/users").post(aUser("ada"));
  const taken = "Another object with the same value for property userPrincipalName already exists.";
  await refused(client.api("/users").post(aUser("ada")), 400, "Request_BadRequest", taken);
  const { displayName, ...rest } = aUser("bob");
  const missing = "A value is required for property 'displayName' of resource 'User'.";
  await refused(client.api("/users").post(rest), 400, "Request_BadRequest", missing);
  const sorted = client.api("/users").filter("displayName eq 'Ada'").orderby("displayName").get();
  await refused(sorted, 400, "Request_UnsupportedQuery", "Sorting not supported for current query.");
});

test("groups have members and owners", async () => {
  const [ada, bob] = [await client.api("/users").post(aUser("ada")), await client.api("/users").post(aUser("bob"))];
  const bound = { "owners@odata.bind": [`${ROOT}/users/${ada.id}`], "members@odata.bind": [`${ROOT}/users/${ada.id}`] };
  const staff = await client.api("/groups").post(aGroup("staff", bound));
  const inner = await client.api("/groups").post(aGroup("inner"));
  const members = `/groups/${staff.id}/members`;
  await client.api(`${members}/$ref`).post(link(inner.id));
  await client.api(`/groups/${inner.id}/members/$ref`).post(link(bob.id));
  const again = "One or more added object references already exist for the following modified properties: 'members'.";
  await refused(client.api(`${members}/$ref`).post(link(inner.id)), 400, "Request_BadRequest", again);
  const types = (await client.api(members).get()).value.map((each) => each["@odata.type"]);
  assert.deepEqual(types.sort(), ["#microsoft.graph.group", "#microsoft.graph.user"]);
  const cast = await client.api(`/groups/${staff.id}/transitiveMembers/microsoft.graph.user`).get();
  assert.deepEqual(ids(cast).sort(), [ada.id, bob.id].sort());
  const body = { groupIds: [staff.id, NOBODY] };
  assert.deepEqual((await client.api(`/users/${bob.id}/checkMemberGroups`).post(body)).value, [staff.id]);
  assert.deepEqual(ids(await client.api(`/users/${bob.id}/memberOf`).get()), [inner.id]);

  const owners = `/groups/${staff.id}/owners`;
  await client.api(`${owners}/$ref`).post(link(bob.id));
  await client.api(`${owners}/${ada.id}/$ref`).delete();
  assert.deepEqual(ids(await client.api(owners).get()), [bob.id]);
  const last = "The group must have at least one owner, hence this owner cannot be removed.";
  await refused(client.api(`${owners}/${bob.id}/$ref`).delete(), 400, "Request_BadRequest", last);
  await client.api(`${members}/${inner.id}/$ref`).delete();
  await refused(client.api(`${members}/${inner.id}/$ref`).delete(), 404, "Request_ResourceNotFound", `Resource '${inner.id}'`);
  await client.api(`/groups/${staff.id}`).patch({ description: "Everybody" });
  assert.equal((await client.api(`/groups/${staff.id}`).get()).description, "Everybody");
  await client.api(`/groups/${staff.id}`).delete();
  await refused(client.api(`/groups/${staff.id}`).get(), 404, "Request_ResourceNotFound", `Resource '${staff.id}'`);
});

test("an application's secret is renewed, and its service principal granted something", async () => {
  const app = await client.api("/applications").post({ displayName: "Payroll" });
  const path = `/applications/${app.id}`;
  assert.deepEqual(ids(await client.api("/applications").filter(`appId eq '${app.appId}'`).get()), [app.id]);
  assert.equal((await client.api(`/applications(appId='${app.appId}')`).get()).id, app.id);
  const ada = await client.api("/users").post(aUser("ada"));
  await client.api(`${path}/owners/$ref`).post(link(ada.id));
  assert.deepEqual(ids(await client.api(`${path}/owners`).get()), [ada.id]);
  await client.api(`${path}/owners/${ada.id}/$ref`).delete();
  await client.api(path).update({ displayName: "Payroll 2" });
  assert.equal((await client.api(path).get()).displayName, "Payroll 2");

  const old = await client.api(`${path}/addPassword`).post({ passwordCredential: { displayName: "old" } });
  const renewed = await client.api(`${path}/addPassword`).post({});
  await client.api(`${path}/removePassword`).post({ keyId: old.keyId });
  const kept = (await client.api(path).get()).passwordCredentials;
  assert.deepEqual(kept.map((each) => [each.keyId, each.secretText]), [[renewed.keyId, null]]);

  const principal = await client.api("/servicePrincipals").post({ appId: app.appId });
  const own = connect(app.appId, renewed.secretText);
  const [graph] = (await client.api("/servicePrincipals").filter(`appId eq '${GRAPH}'`).get()).value;
  const role = graph.appRoles.find((each) => each.value === "Group.Read.All");
  const wanted = { principalId: principal.id, resourceId: graph.id, appRoleId: role.id };
  const assignments = `/servicePrincipals/${principal.id}/appRoleAssignments`;
  const given = await client.api(assignments).post(wanted);
  const twice = "Permission being assigned already exists on the object";
  await refused(client.api(assignments).post(wanted), 400, "Request_BadRequest", twice);
  assert.deepEqual((await own.api("/groups").get()).value, []);
  await client.api(`/servicePrincipals/${principal.id}`).update({ notes: "checked" });
  assert.equal((await client.api(`/servicePrincipals/${principal.id}`).get()).notes, "checked");
  await client.api(`${assignments}/${given.id}`).delete();
  await client.api(path).delete();
  await refused(client.api(path).get(), 404, "Request_ResourceNotFound", `Resource '${app.id}' does not exist`);
});

test("a service principal is listed, owned, given a secret and deleted", async () => {
  const app = await client.api("/applications").post({ displayName: "Payroll" });
  const made = await client.api("/servicePrincipals").post({ appId: app.appId });
  const path = `/servicePrincipals/${made.id}`;
  assert.deepEqual(ids(await client.api("/servicePrincipals").filter("displayName eq 'Payroll'").get()), [made.id]);
  const ada = await client.api("/users").post(aUser("ada"));
  await client.api(`${path}/owners/$ref`).post(link(ada.id));
  const again = "One or more added object references already exist for the following modified properties: 'owners'.";
  await refused(client.api(`${path}/owners/$ref`).post(link(ada.id)), 400, "Request_BadRequest", again);
  assert.deepEqual(ids(await client.api(`${path}/owners`).get()), [ada.id]);
  assert.deepEqual(ids(await client.api(`/users/${ada.id}/ownedObjects`).get()), [made.id]);
  await client.api(`${path}/owners/${ada.id}/$ref`).delete();
  assert.deepEqual(ids(await client.api(`${path}/owners`).get()), []);

  const first = await client.api("/servicePrincipals/delta").get();
  const old = await client.api(`${path}/addPassword`).post({});
  const renewed = await client.api(`${path}/addPassword`).post({});
  await client.api(`${path}/removePassword`).post({ keyId: old.keyId });
  assert.equal((await connect(app.appId, renewed.secretText).api("/applications").get()).value.length, 1);
  await assert.rejects(connect(app.appId, old.secretText).api("/applications").get(), /AADSTS7000215/);
  await client.api(path).delete();
  await refused(client.api(path).get(), 404, "Request_ResourceNotFound", `Resource '${made.id}' does not exist`);
  const later = await client.api(first["@odata.deltaLink"]).get();
  assert.deepEqual(later.value.map((each) => [each.id, each["@removed"]?.reason]), [[made.id, "changed"]]);
});

test("groups and applications are found, followed by pages, and told of; a password is reset", async () => {
  for (const name of ["one", "two", "three"]) {
    await client.api("/groups").post(aGroup(name));
    await client.api("/applications").post({ displayName: name });
  }
  for (const path of ["/groups", "/applications"]) {
    const found = await client.api(path).filter("displayName eq 'two'").get();
    assert.equal(found.value.length, 1);
    const seen = [];
    await new PageIterator(client, await client.api(path).top(2).get(), (each) => seen.push(each.displayName) > 0).iterate();
    assert.deepEqual(seen.sort(), ["one", "three", "two"]);
    const first = await client.api(`${path}/delta`).get();
    await client.api(`${path}/${ids(found)[0]}`).update({ displayName: "2" });
    const later = await client.api(first["@odata.deltaLink"]).get();
    assert.deepEqual(later.value.map((each) => each.displayName), ["2"]);
  }

  await client.api("/users").post(aUser("ada"));
  const password = "another-Secret-1";
  const body = { passwordProfile: { password, forceChangePasswordNextSignIn: false } };
  assert.equal(await client.api("/users/ada@contoso.com").update(body), undefined);
  const statuses = [];
  for (const each of ["xWwvJ]6NMw+bWH-d", password]) {
    const form = { grant_type: "password", client_id: "public", scope: "User.Read", username: "ada@contoso.com", password: each };
    const answer = await fetch(`${URL_}/default/oauth2/v2.0/token`, { method: "POST", body: new URLSearchParams(form) });
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [400, 200]);
});

test("pages are followed, and changes told", async () => {
  const made = new Set();
  for (let number = 0; number < 7; number += 1) made.add((await client.api("/users").post(aUser(`u${number}`))).id);
  const seen = new Set();
  const first = await client.api("/users").top(3).get();
  await new PageIterator(client, first, (each) => Boolean(seen.add(each.id))).iterate();
  assert.deepEqual(seen, made);

  const told = [];
  const delta = new PageIterator(client, await client.api("/users/delta").select("displayName").get(), (each) => told.push(each.id) > 0);
  await delta.iterate();
  assert.equal(told.length, 7);
  await client.api(`/users/${told[0]}`).delete();
  await client.api(`/users/${told[1]}`).update({ displayName: "Changed" });
  const later = await client.api(delta.getDeltaLink()).get();
  const changes = Object.fromEntries(later.value.map((each) => [each.id, each["@removed"]?.reason ?? each.displayName]));
  assert.deepEqual(changes, { [told[0]]: "changed", [told[1]]: "Changed" });
});

test("a batch makes, reads, and is refused in parts", async () => {
  const json = { "Content-Type": "application/json" };
  const make = new Request(`${URL_}/users`, { method: "POST", headers: json, body: JSON.stringify(aUser("ada")) });
  const content = new BatchRequestContent([
    { id: "make", request: make },
    { id: "list", request: new Request(`${URL_}/users?$filter=displayName eq 'Ada'`), dependsOn: ["make"] },
    { id: "missing", request: new Request(`${URL_}/users/nobody@contoso.com`), dependsOn: ["make"] },
  ]);
  const answers = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  const statuses = ["make", "list", "missing"].map((id) => answers.getResponseById(id).status);
  assert.deepEqual(statuses, [201, 200, 404]);
  assert.equal((await answers.getResponseById("list").json()).value[0].userPrincipalName, "ada@contoso.com");
});

test("what an app was not granted it may not", async () => {
  const reader = connect("reader");
  assert.deepEqual((await reader.api("/users").get()).value, []);
  const denied = "Insufficient privileges to complete the operation.";
  await refused(reader.api("/users").post(aUser("ada")), 403, "Authorization_RequestDenied", denied);
  await refused(reader.api("/applications").get(), 403, "Authorization_RequestDenied", denied);
  const alone = "/me request is only valid with delegated authentication flow.";
  await refused(reader.api("/me").get(), 400, "BadRequest", alone);
});
