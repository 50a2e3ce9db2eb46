// The commands of CLI for Microsoft 365, by name, each with what comes of it; all of one process and
// of one sign-in, since starting Node is what takes long. It prints which commands were carried out.

import assert from "node:assert/strict";
import { executeCommand } from "@pnp/cli-microsoft365";

const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: appId } = process.env;
const ada = "ada.abara001@contoso.onmicrosoft.com", aiko = "aiko.dvorak002@contoso.com";
const done = new Set();

async function m365(command, options = {}) {
  const { stdout } = await executeCommand(command, { output: "json", ...options }).catch((failed) => {
    throw new Error(`m365 ${command}: ${JSON.stringify(failed.error ?? failed)}`);
  });
  done.add(command);
  return stdout ? JSON.parse(stdout) : undefined;
}

const force = true;
const has = (found, expected) => assert.deepEqual({ ...found, ...expected }, found);
const named = (found, name = "displayName") => found.map((each) => each[name]).sort();
const planets = ["Mars", "Moon", "Venus"];
const ours = (found) => named(found).filter((name) => planets.includes(name));
const signIn = { authType: "password", appId, tenant, userName: ada, password: "contoso-ada-password" };
has(await m365("login", signIn), { connectedAs: ada, authType: "password" });

// The directory.
const properties = "id,displayName,userPrincipalName";
const users = await m365("entra user list", { properties });
const [me, other] = [ada, aiko].map((name) => users.find((each) => each.userPrincipalName === name).id);
const eve = "eve@contoso.com";
const newcomer = { displayName: "Eve", userName: eve, password: "Passw0rd!!x", usageLocation: "DE" };
has(await m365("entra user add", newcomer), { displayName: "Eve", userPrincipalName: eve });
await m365("entra user set", { userName: eve, department: "Sales", jobTitle: "Rep" });
has(await m365("entra user get", { userName: eve }), { jobTitle: "Rep" });
await m365("entra user remove", { userName: eve, force });
const [deleted] = await m365("entra user recyclebinitem list");
assert.equal(deleted.displayName, "Eve");
has(await m365("entra user recyclebinitem restore", { id: deleted.id }), { userPrincipalName: eve });
const guards = await m365("entra group add", { displayName: "Guards", type: "security" });
has(guards, { displayName: "Guards", securityEnabled: true, mailEnabled: false });
await m365("entra group member add", { groupId: guards.id, userNames: `${aiko},${eve}`, role: "Member" });
assert.deepEqual(named(await m365("entra group member list", { groupId: guards.id })), ["Aiko Dvořák", "Eve"]);
await m365("entra group set", { id: guards.id, newDisplayName: "Watch" });
has(await m365("entra group get", { displayName: "Watch" }), { id: guards.id });
const choir = await m365("entra m365group add", {
  displayName: "Choir", mailNickname: "choir", description: "Sings", owners: aiko, members: eve,
});
const groupId = choir.id;
const singers = await m365("entra m365group user list", { groupId });
assert.deepEqual(named(singers, "userPrincipalName"), [ada, aiko, eve].sort());
await m365("entra m365group user remove", { groupId, userNames: eve, force });
await m365("entra m365group user add", { groupId, userNames: eve, role: "Owner" });
const owners = await m365("entra m365group user list", { groupId, role: "Owner" });
assert.deepEqual(named(owners, "userPrincipalName"), [ada, aiko, eve].sort());
assert.deepEqual(await m365("entra m365group recyclebinitem list"), []);
const app = await m365("entra app add", {
  name: "Ours", withSecret: true, redirectUris: "https://ours.example.com", platform: "spa",
  apisApplication: "https://graph.microsoft.com/User.Read.All",
});
assert.ok(app.secrets[0].value);
const role = { appId: app.appId, name: "Reader", description: "Reads", allowedMembers: "both", claim: "read" };
await m365("entra app role add", role);
assert.deepEqual(named(await m365("entra app role list", { appId: app.appId }), "value"), ["read"]);
const wanted = await m365("entra app permission list", { appId: app.appId });
assert.deepEqual(named(wanted, "permission"), ["User.Read.All"]);
has(await m365("entra enterpriseapp add", { id: app.appId }), { appDisplayName: "Ours" });
await m365("entra approleassignment add", { appId: app.appId, resource: "Microsoft Graph", scopes: "User.Read.All" });
const [assigned] = await m365("entra approleassignment list", { appId: app.appId });
has(assigned, { resourceDisplayName: "Microsoft Graph", roleName: "User.Read.All" });
assert.ok(Array.isArray(await m365("entra policy list", { type: "conditionalAccess" })));
const admins = [await m365("entra policy list", { type: "authorization" })].flat();
assert.equal(admins[0].allowInvitesFrom, "everyone");

// Teams.
const team = await m365("teams team add", { name: "Moon", description: "Flies", wait: true });
const teamId = team.id;
assert.deepEqual(ours(await m365("teams team list", { joined: true })), ["Moon"]);
await m365("teams team set", { id: teamId, name: "Mars" });
has(await m365("teams team get", { id: teamId }), { displayName: "Mars", description: "Flies", isArchived: false });
const { id: channelId } = await m365("teams channel add", { teamId, name: "Plans" });
await m365("teams channel add", { teamId, name: "Closed", type: "private", owner: ada });
await m365("teams channel set", { teamId, name: "Plans", newName: "Ideas" });
assert.deepEqual(named(await m365("teams channel list", { teamId })), ["Closed", "General", "Ideas"]);
await m365("entra m365group user add", { groupId: teamId, userNames: aiko, role: "Member" });
assert.deepEqual(named(await m365("teams user list", { teamId }), "userType"), ["Member", "Owner"]);
await m365("teams channel member add", { teamId, channelName: "Closed", userIds: other });
const inside = await m365("teams channel member list", { teamId, channelName: "Closed" });
assert.deepEqual(named(inside), ["Ada Abara", "Aiko Dvořák"]);
const { id: messageId } = await m365("teams message send", { teamId, channelId, message: "<b>Go</b>" });
const [message] = await m365("teams message list", { teamId, channelId });
has(message, { id: messageId, body: { contentType: "html", content: "<b>Go</b>" } });
await m365("teams message remove", { teamId, channelId, id: messageId, force });
assert.ok((await m365("teams message get", { teamId, channelId, id: messageId })).deletedDateTime);
await m365("teams message restore", { teamId, channelId, id: messageId });
assert.equal((await m365("teams message get", { teamId, channelId, id: messageId })).deletedDateTime, null);
const web = { appId: "com.microsoft.teamspace.tab.web", appName: "Web", contentUrl: "https://contoso.com" };
await m365("teams tab add", { teamId, channelId, ...web });
has(await m365("teams tab get", { teamId, channelId, name: "Web" }), { displayName: "Web" });
await m365("teams funsettings set", { teamId, allowGiphy: false });
has(await m365("teams funsettings list", { teamId }), { allowGiphy: false, allowCustomMemes: true });
await m365("teams chat message send", { userEmails: aiko, message: "Hi" });
const chat = await m365("teams chat get", { participants: aiko });
assert.equal(chat.chatType, "oneOnOne");
await m365("teams chat message send", { userEmails: aiko, message: "again" });
const said = await m365("teams chat message list", { chatId: chat.id });
assert.deepEqual(said.slice(0, 2).map((each) => each.body.content), ["again", "Hi"]);
const times = { startTime: "2027-01-01T10:00:00Z", endTime: "2027-01-01T11:00:00Z" };
const meeting = await m365("teams meeting add", { ...times, subject: "Sync", participantUserNames: aiko });
has(await m365("teams meeting get", { joinUrl: meeting.joinWebUrl }), { id: meeting.id, subject: "Sync" });
await m365("teams team clone", { id: teamId, name: "Venus", partsToClone: "settings,channels" });
assert.deepEqual(ours(await m365("teams team list", { joined: true })), ["Mars", "Venus"]);
await m365("teams team archive", { id: teamId });
assert.equal((await m365("teams team get", { id: teamId })).isArchived, true);
await m365("teams team unarchive", { id: teamId });

// Planner.
const { id: planId } = await m365("planner plan add", { title: "Flight", ownerGroupId: teamId });
await m365("planner plan set", { id: planId, newTitle: "Start", category1: "Red", shareWithUserNames: aiko });
const plan = await m365("planner plan get", { title: "Start", ownerGroupId: teamId });
assert.deepEqual([plan.id, plan.categoryDescriptions.category1], [planId, "Red"]);
const { id: bucketId } = await m365("planner bucket add", { name: "Soon", planId });
assert.deepEqual(named(await m365("planner bucket list", { planId }), "name"), ["Soon"]);
const { id: taskId } = await m365("planner task add", {
  title: "Fuel", planId, bucketId, assignedToUserNames: aiko, description: "Much", priority: 2,
});
has(await m365("planner task set", { id: taskId, percentComplete: 50 }), { percentComplete: 50, title: "Fuel" });
const task = await m365("planner task get", { id: taskId });
assert.deepEqual([task.description, Object.keys(task.assignments), task.priority], ["Much", [other], 2]);
await m365("planner task checklistitem add", { taskId, title: "Tank" });
await m365("planner task reference add", { taskId, url: "https://www.example.com", alias: "E", type: "Other" });
const references = await m365("planner task reference list", { taskId });
assert.equal(references["https%3A//www%2Eexample%2Ecom"].alias, "E");
const steps = Object.values(await m365("planner task checklistitem list", { taskId }));
assert.deepEqual(named(steps, "title"), ["Tank"]);
await m365("planner task remove", { id: taskId, force });
assert.deepEqual(await m365("planner task list", { planId }), []);

// To Do.
await m365("todo list add", { name: "Errands" });
await m365("todo list set", { name: "Errands", newName: "Chores" });
const listName = "Chores";
const todo = { listName, title: "Wash", bodyContent: "Well", importance: "high", dueDateTime: "2027-01-01" };
const { id } = await m365("todo task add", todo);
await m365("todo task set", { id, listName, status: "completed" });
has(await m365("todo task get", { id, listName }), { title: "Wash", status: "completed", importance: "high" });
assert.deepEqual(named(await m365("todo task list", { listName }), "title"), ["Wash"]);
await m365("todo list remove", { name: listName, force });
assert.equal((await m365("todo list list")).some((each) => each.displayName === listName), false);

// Outlook.
await m365("outlook mail send", { to: ada, cc: aiko, subject: "Lift-off", bodyContents: "<b>hi</b>", bodyContentType: "HTML" });
const letters = await m365("outlook message list", { folderName: "inbox" });
const letter = letters.find((each) => each.subject === "Lift-off");
has(await m365("outlook message get", { id: letter.id }), { subject: "Lift-off", isRead: false });
await m365("outlook message move", { id: letter.id, sourceFolderName: "inbox", targetFolderName: "archive" });
const [kept] = await m365("outlook message list", { folderName: "archive" });
assert.equal(kept.subject, "Lift-off");
await m365("outlook mailbox settings set", { timeZone: "W. Europe Standard Time" });
has(await m365("outlook mailbox settings get"), { timeZone: "W. Europe Standard Time" });
await m365("logout");

console.log(JSON.stringify([...done]));
