// @azure/identity and @azure/msal-node, unmodified but for their authority, against a fakegraph that
// wants its own tokens (FAKEGRAPH_TEST_URL). FAKEGRAPH_TEST_PEM is the app's key and certificate.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import { ClientCertificateCredential, ClientSecretCredential } from "@azure/identity";
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from "@azure/msal-node";
import { Client } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const URL_ = process.env.FAKEGRAPH_TEST_URL;
const PEM = process.env.FAKEGRAPH_TEST_PEM;
const GRAPH = ["https://graph.microsoft.com/.default"];
const READ = ["Reports.Read.All"];
const SET = "/reports/userCredentialUsageDetails";
const URI = "http://localhost:8400/callback";
const USER = { username: "ada@contoso.com", password: "lovelace" };
const host = new URL(URL_).host;

function connect(authProvider) {
  const settings = { baseUrl: `${URL_}/`, defaultVersion: "beta", customHosts: new Set([new URL(URL_).hostname]) };
  return Client.initWithMiddleware({ ...settings, authProvider });
}

function withCredential(credential) {
  return connect(new TokenCredentialAuthenticationProvider(credential, { scopes: GRAPH }));
}

function withToken(token) {
  return connect({ getAccessToken: async () => token });
}

async function count(client) {
  return Number(await client.api(`${SET}/$count`).get());
}

const options = { authorityHost: URL_, disableInstanceDiscovery: true };

function auth(clientId, more = {}) {
  return { auth: { clientId, authority: `${URL_}/default`, knownAuthorities: [host], ...more } };
}

const daemon = (more = { clientSecret: "s3cret" }) => new ConfidentialClientApplication(auth("daemon", more));
const tool = () => new PublicClientApplication(auth("tool"));

test("@azure/identity signs the Graph client in by secret", async () => {
  const client = withCredential(new ClientSecretCredential("default", "daemon", "s3cret", options));
  const created = await client.api(SET).post({
    feature: "registration",
    userPrincipalName: "javascript@contoso.com",
    userDisplayName: "JavaScript",
    isSuccess: true,
    authMethod: "email",
    failureReason: "",
    eventDateTime: "2024-05-01T00:00:00Z",
  });
  assert.equal((await client.api(`${SET}/${created.id}`).get()).id, created.id);
  const page = await client.api(SET).top(37).get();
  assert.equal(page.value.length, 37);
  assert.equal((await client.api(page["@odata.nextLink"]).get()).value.length, 37);
  assert.equal(await count(client), 401);
  await client.api(`${SET}/${created.id}`).delete();
});

test("@azure/identity signs in by certificate", async () => {
  for (const sendCertificateChain of [false, true]) {
    const credential = new ClientCertificateCredential(
      "default", "daemon", { certificatePath: PEM }, { ...options, sendCertificateChain },
    );
    assert.equal(await count(withCredential(credential)), 400);
  }
});

test("@azure/identity says what was wrong", async () => {
  const credential = new ClientSecretCredential("default", "daemon", "wrong", options);
  await assert.rejects(credential.getToken(GRAPH), /AADSTS7000215/);
});

test("msal-node keeps an app's token", async () => {
  const app = daemon();
  const first = await app.acquireTokenByClientCredential({ scopes: GRAPH });
  assert.equal(first.fromCache, false);
  assert.equal(await count(withToken(first.accessToken)), 400);
  const second = await app.acquireTokenByClientCredential({ scopes: GRAPH });
  assert.equal(second.fromCache, true);
  await assert.rejects(
    daemon({ clientSecret: "wrong" }).acquireTokenByClientCredential({ scopes: GRAPH }),
    (error) => error.errorCode === "invalid_client" && /AADSTS7000215/.test(error.errorMessage),
  );
});

test("msal-node signs in by certificate", async () => {
  const pem = readFileSync(PEM, "utf8");
  const privateKey = pem.slice(0, pem.indexOf("-----BEGIN CERTIFICATE-----"));
  const thumbprintSha256 = createHash("sha256").update(new X509Certificate(pem.slice(privateKey.length)).raw).digest("hex");
  const app = daemon({ clientCertificate: { thumbprintSha256, privateKey } });
  const { accessToken } = await app.acquireTokenByClientCredential({ scopes: GRAPH });
  assert.equal(await count(withToken(accessToken)), 400);
});

test("msal-node signs a user in by password, and on again", async () => {
  const app = tool();
  const first = await app.acquireTokenByUsernamePassword({ scopes: READ, ...USER });
  assert.equal(first.account.username, USER.username);
  assert.equal(await count(withToken(first.accessToken)), 400);
  const silent = await app.acquireTokenSilent({ scopes: READ, account: first.account });
  assert.equal(silent.fromCache, true);
  const renewed = await app.acquireTokenSilent({ scopes: READ, account: first.account, forceRefresh: true });
  assert.notEqual(renewed.accessToken, first.accessToken);
  assert.equal(await count(withToken(renewed.accessToken)), 400);
  await assert.rejects(
    app.acquireTokenByUsernamePassword({ scopes: READ, ...USER, password: "wrong" }), /AADSTS50126/,
  );
});

test("msal-node signs a device in", async () => {
  const found = await tool().acquireTokenByDeviceCode({
    scopes: READ,
    deviceCodeCallback: async ({ userCode, verificationUri }) => {
      const body = new URLSearchParams({ user_code: userCode, username: USER.username, action: "approve" });
      assert.equal((await fetch(verificationUri, { method: "POST", body })).status, 200);
    },
  });
  assert.equal(await count(withToken(found.accessToken)), 400);
});

async function browse(app, scopes) {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const request = { scopes, redirectUri: URI, loginHint: USER.username };
  const pkce = { codeChallenge: challenge, codeChallengeMethod: "S256" };
  const answer = await fetch(await app.getAuthCodeUrl({ ...request, ...pkce, responseMode: "query", state: "s" }), { redirect: "manual" });
  assert.equal(answer.status, 302, await answer.text());
  const back = new URL(answer.headers.get("Location"));
  assert.equal(back.searchParams.get("state"), "s");
  return app.acquireTokenByCode({ scopes, redirectUri: URI, code: back.searchParams.get("code"), codeVerifier: verifier });
}

test("msal-node redeems a code, and acts for its user", async () => {
  for (const app of [tool(), daemon()]) {
    const found = await browse(app, READ);
    assert.equal(found.idTokenClaims.preferred_username, USER.username);
    assert.equal(await count(withToken(found.accessToken)), 400);
  }
  const front = await browse(tool(), ["api://daemon/access_as_user"]);
  const behalf = await daemon().acquireTokenOnBehalfOf({ oboAssertion: front.accessToken, scopes: READ });
  assert.equal(await count(withToken(behalf.accessToken)), 400);
});
