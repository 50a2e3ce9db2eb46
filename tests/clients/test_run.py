"""Real clients, unmodified, through ``fakegraph run``: as a user other than root, without a home."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fakegraph import FakeGraph
from fakegraph.environment.trust import JAVA_PASSWORD, trusted
from fakegraph.settings import Settings
from fakegraph.tokens.ca import tls_files
from fakegraph.tokens.chain import Signer

HERE = Path(__file__).parent
USERS = "https://graph.microsoft.com/v1.0/users?$top=3"
ELSEWHERE = "https://example.com/"
NOBODY = "65534"

PYTHON_SDK = """
import asyncio
from azure.identity import DefaultAzureCredential
from msgraph_beta import GraphServiceClient

client = GraphServiceClient(DefaultAzureCredential(), ["https://graph.microsoft.com/.default"])
print(len(asyncio.run(client.users.get()).value) > 0)
"""
PYTHON_SDK_V1 = PYTHON_SDK.replace("msgraph_beta", "msgraph")
# It keeps what it knows in the home.
MICROSOFT_365 = """
set -eu
login="m365 login --authType"
app="--appId $AZURE_CLIENT_ID --tenant $AZURE_TENANT_ID"
$login secret $app --secret "$AZURE_CLIENT_SECRET" --query authType
m365 entra user list --query '[0].userPrincipalName'
m365 entra group list --query 'length(@)'
m365 teams team list --query 'length(@)'
m365 logout
"""
PYTHON_AIO = """
import asyncio, os
from azure.identity.aio import DefaultAzureCredential

async def signed_in():
    async with DefaultAzureCredential() as credential:
        return await credential.get_token("https://graph.microsoft.com/.default")

print(len(asyncio.run(signed_in()).token) > 100, os.getuid() != 0)
"""
MANAGED = """
import os, sys
from azure.identity import ManagedIdentityCredential

if sys.argv[1] == "machine":
    del os.environ["IDENTITY_ENDPOINT"], os.environ["IDENTITY_HEADER"]
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = os.environ["FAKEGRAPH_URL"]
for named in ({}, {"client_id": "6e1c1b9e-0000-4000-8000-000000000001"}):
    token = ManagedIdentityCredential(**named).get_token("https://vault.azure.net/.default")
    print(len(token.token) > 100)
"""
# An application that trusts a workflow, whose token lies in a file.
WORKLOAD = """
import json, os, urllib.request
from azure.identity import WorkloadIdentityCredential

def post(url, body):
    head = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    asked = urllib.request.Request(url, json.dumps(body).encode(), head)
    return json.load(urllib.request.urlopen(asked))

graph = "https://graph.microsoft.com/v1.0"
app = post(f"{graph}/applications", {"displayName": "Ours"})
post(f"{graph}/servicePrincipals", {"appId": app["appId"]})
post(f"{graph}/applications/{app['id']}/federatedIdentityCredentials", {
    "name": "ci", "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:octo-org/octo-repo:ref:refs/heads/main",
    "audiences": ["api://AzureADTokenExchange"],
})
made = post(os.environ["FAKEGRAPH_URL"] + "/_fakegraph/tokens", {"kind": "github"})
with open("token", "w") as file:
    file.write(made["access_token"])
signed_in = WorkloadIdentityCredential(client_id=app["appId"], token_file_path="token")
print(len(signed_in.get_token("https://graph.microsoft.com/.default").token) > 100)
"""
REQUESTS = """
import requests, sys

head = {"Authorization": "Bearer x"}
print(len(requests.get(sys.argv[1], headers=head).json()["value"]))
try:
    requests.get(sys.argv[2])
except requests.exceptions.ProxyError as error:
    print("403" in str(error))
"""
# Of themselves these go by no proxy, and by another bundle.
HEEDLESS = """
import asyncio, sys
import aiohttp, certifi, requests, ssl
from tornado.httpclient import AsyncHTTPClient

users, elsewhere = sys.argv[1:]
head = {"Authorization": "Bearer x"}

async def ask():
    tls = ssl.create_default_context(cafile=certifi.where())
    async with aiohttp.ClientSession() as session:
        for more in ({}, {"ssl": tls}):
            async with session.get(users, headers=head, **more) as answer:
                print(len((await answer.json())["value"]))
        try:
            await session.get(elsewhere)
        except aiohttp.ClientHttpProxyError as error:
            print(error.status)
    client = AsyncHTTPClient()
    print((await client.fetch(users, headers=head)).code)
    try:
        await client.fetch(elsewhere)
    except OSError as error:
        print("403" in str(error))

asyncio.run(ask())
asked = requests.Request("GET", users, headers=head).prepare()
print(len(requests.Session().send(asked).json()["value"]))
"""
GRAPH_CLIENT = """
import { DefaultAzureCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from
  "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const scopes = ["https://graph.microsoft.com/.default"];
const authProvider = new TokenCredentialAuthenticationProvider(new DefaultAzureCredential(), { scopes });
const client = Client.initWithMiddleware({ authProvider });
console.log((await client.api("/users").top(3).get()).value.length);
"""
# Each asks for whatever it asks for by the names that are fixed in it.
PNP = """
import { GraphDefault } from "@pnp/nodejs";
import { graphfi } from "@pnp/graph";
for (const part of ["users", "groups", "members", "mail", "files", "calendars", "sites", "batching"]) {
  await import(`@pnp/graph/${part}${part === "batching" ? "" : "/index"}.js`);
}

const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret } = process.env;
const auth = { authority: `https://login.microsoftonline.com/${tenant}`, clientId, clientSecret };
const msal = { config: { auth }, scopes: ["https://graph.microsoft.com/.default"] };
const graph = graphfi().using(GraphDefault({ baseUrl: "https://graph.microsoft.com/v1.0", msal }));
const [{ id, userPrincipalName: address }] = await graph.users.top(1)();
const user = graph.users.getById(id);
const group = await graph.groups.add("Ours", "ours", 0);
await graph.groups.getById(group.id).members.add(`https://graph.microsoft.com/v1.0/directoryObjects/${id}`);
console.log((await graph.groups.getById(group.id).members()).length);
const body = { contentType: "Text", content: "x" };
await user.sendMail({ subject: "pnp", body, toRecipients: [{ emailAddress: { address } }] });
console.log((await user.messages.top(1)())[0].subject);
const file = { content: Buffer.from("hello"), filePathName: "p.txt", contentType: "text/plain" };
await user.drive.root.upload(file);
console.log((await user.drive.root.children()).map((each) => each.name).find((name) => name === file.filePathName));
const at = (hour) => ({ dateTime: `2026-12-01T${hour}:00:00`, timeZone: "UTC" });
console.log((await user.calendar.events.add({ subject: "E", start: at("09"), end: at("10") })).subject);
const [batched, execute] = graph.batched();
const asked = [batched.users.top(2)(), batched.groups.top(1)()];
await execute();
console.log((await Promise.all(asked)).map((each) => each.length).join(" "));
"""
# The sign-in of a web application, whose tenant has to be the issuer's to the letter.
AUTH_JS = """
import { Auth } from "@auth/core";
import Entra from "@auth/core/providers/microsoft-entra-id";

const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret } = process.env;
const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`;
const providers = [Entra({ clientId, clientSecret, issuer })];
const config = { providers, secret: "s".repeat(32), trustHost: true, basePath: "/auth" };
const cookies = new Map();
async function call(path, options = {}) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = { ...options.headers, cookie };
  const answer = await Auth(new Request(`http://localhost:3000${path}`, { ...options, headers }), config);
  for (const each of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(each);
    cookies.set(name, value);
  }
  return answer;
}
const { csrfToken } = await (await call("/auth/csrf")).json();
const form = new URLSearchParams({ csrfToken, callbackUrl: "/" });
const left = await call("/auth/signin/microsoft-entra-id", { method: "POST", body: form });
const page = `${left.headers.get("location")}&login_hint=ada.abara001@contoso.onmicrosoft.com`;
const back = new URL((await fetch(page, { redirect: "manual" })).headers.get("location"));
await call(back.pathname + back.search);
console.log((await (await call("/auth/session")).json()).user.name);
"""
APPRISE = """
import os
import apprise

tenant, client, secret = (os.environ[f"AZURE_{name}"] for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"))
ada, aiko = "ada.abara001@contoso.onmicrosoft.com", "aiko.dvorak002@contoso.com"
told = apprise.Apprise()
told.add(f"azure://{ada}/{tenant}/{client}/{secret}/{aiko}")
print(bool(told.notify(title="T", body="B")))
"""
# What Node itself has: fetch, and node:https; many at once, much at once, and what does not lead there.
NODE = """
import https from "node:https";

const [users, elsewhere] = process.argv.slice(2);
const headers = { authorization: "Bearer x", "content-type": "application/json" };
const found = await Promise.all(Array.from({ length: 50 }, () => fetch(users, { headers })));
console.log(found.every((each) => each.status === 200), (await found[0].json()).value.length);
const body = JSON.stringify({ displayName: "x".repeat(3_000_000) });
console.log((await fetch(users, { method: "POST", headers, body })).status);
const asked = (url) => new Promise((resolve) => {
  https.get(url, { headers }, (answer) => resolve(answer.resume().statusCode))
    .on("error", (error) => resolve(error.message));
});
console.log(await asked(users));
console.log(await asked(elsewhere));
console.log(await fetch(elsewhere).catch((error) => error.cause.message));
"""
JAVA = """
import java.net.URI;
import java.net.http.*;
import javax.net.ssl.HttpsURLConnection;

class Ask {
    public static void main(String[] targets) throws Exception {
        for (var target : targets) {
            var request = HttpRequest.newBuilder(URI.create(target)).header("Authorization", "Bearer x");
            var as = HttpResponse.BodyHandlers.ofString();
            try {
                System.out.println(HttpClient.newHttpClient().send(request.build(), as).statusCode());
            } catch (java.io.IOException error) {
                System.out.println(error.getMessage());
            }
        }
        var old = (HttpsURLConnection) URI.create(targets[0]).toURL().openConnection();
        old.setRequestProperty("Authorization", "Bearer x");
        System.out.println(old.getResponseCode());
    }
}
"""


@cache
def other_user() -> tuple[str, ...]:
    """What a command begins with, so that root does not run it."""
    if os.geteuid() != 0:
        return ()
    plain = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    started = [*plain, "sh", "-c", '"$0" -c ""', sys.executable]
    if subprocess.run(started, check=False, stderr=subprocess.DEVNULL).returncode == 0:
        return plain
    # Python itself is in root's home: who may read it may still not do anything else.
    read = "-all,+dac_read_search"
    return (*plain, *(f"--{kind}={read}" for kind in ("inh-caps", "ambient-caps", "bounding-set")))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose files any user may read."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def run(*command: str | Path, cwd: Path = HERE, **environ: str) -> list[str]:
    """What a program prints that is run so."""
    known = {**os.environ, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1", **environ}
    known.pop("XDG_CACHE_HOME", None)
    done = subprocess.run(
        [*other_user(), sys.executable, "-m", "fakegraph", "run", "--", *command],
        cwd=cwd,
        env=known,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def test_the_python_sdk() -> None:
    assert run(sys.executable, "-c", PYTHON_SDK) == ["True"]


def test_the_python_sdk_of_v1() -> None:
    assert run(sys.executable, "-c", PYTHON_SDK_V1) == ["True"]


def test_the_command_line_of_microsoft_365(folder: Path) -> None:
    folder.chmod(0o777)
    path = f"{HERE / 'node_modules' / '.bin'}:{os.environ['PATH']}"
    config = str(folder / "config")
    found = run("sh", "-c", MICROSOFT_365, HOME=str(folder), PATH=path, XDG_CONFIG_HOME=config)
    kind, name, groups, teams = found
    assert (kind, "@contoso" in name) == ('"secret"', True)
    assert 0 < int(teams) < int(groups)


def test_commands_of_microsoft_365(folder: Path) -> None:
    folder.chmod(0o777)
    config = str(folder / "config")
    (done,) = run("node", HERE / "microsoft_365.mjs", HOME=str(folder), XDG_CONFIG_HOME=config)

    commands = [command.split() for command in json.loads(done)]
    counted = Counter(words[0] for words in commands if len(words) > 1)
    assert counted.keys() == {"entra", "outlook", "planner", "teams", "todo"}
    assert min(counted.values()) > 5
    assert counted.total() >= 75


def test_azure_identity_for_python() -> None:
    assert run(sys.executable, "-c", PYTHON_AIO) == ["True True"]


@pytest.mark.parametrize("form", ["service", "machine"])
def test_managed_identities(form: str) -> None:
    assert run(sys.executable, "-c", MANAGED, form) == ["True", "True"]


def test_a_workload_identity(folder: Path) -> None:
    folder.chmod(0o777)
    assert run(sys.executable, "-c", WORKLOAD, cwd=folder) == ["True"]


def test_requests() -> None:
    assert run(sys.executable, "-c", REQUESTS, USERS, ELSEWHERE) == ["3", "True"]


def test_libraries_that_heed_no_proxy_or_no_bundle() -> None:
    prints = ["3", "3", "403", "200", "True", "3"]
    assert run(sys.executable, "-c", HEEDLESS, USERS, ELSEWHERE) == prints


def test_curl() -> None:
    asked = ("-sS", "-o", "/dev/null", "-w", "%{http_code}\\n", "-H", "Authorization: Bearer x")
    assert run("curl", *asked, USERS) == ["200"]
    code = "curl -sS https://example.com/ 2>&1; echo $?"
    *_, says, status = run("sh", "-c", code)
    assert ("403" in says, status) == (True, "56")


@pytest.mark.parametrize(
    ("program", "prints"),
    [
        (GRAPH_CLIENT, ["3"]),
        (PNP, ["1", "pnp", "p.txt", "E", "2 1"]),
        (AUTH_JS, ["Ada Abara"]),
    ],
    ids=["the graph client and azure/identity", "pnp/graph", "auth.js"],
)
def test_javascript(program: str, prints: list[str]) -> None:
    script = HERE / "node_modules" / ".run.mjs"
    script.write_text(program)
    assert run("node", script) == prints


def test_apprise() -> None:
    assert run(sys.executable, "-c", APPRISE) == ["True"]


@pytest.mark.parametrize("options", ["", "--max-http-header-size=20000"])
def test_nodes_own(folder: Path, options: str) -> None:
    (folder / "ask.mjs").write_text(NODE)
    *found, said, caused = run("node", folder / "ask.mjs", USERS, ELSEWHERE, NODE_OPTIONS=options)
    assert found == ["true 3", "400", "200"]
    assert said == caused
    assert said.startswith("no way to example.com:443: example.com is no host of Microsoft Graph's")


def test_java(folder: Path) -> None:
    (folder / "Ask.java").write_text(JAVA)
    assert run("java", folder / "Ask.java", USERS, ELSEWHERE) == [
        "200",
        "Tunnel failed, got: 403",
        "200",
    ]


# The chain, when its key is in wrong hands.

PATIENT = 60  # seconds that a client may take to come
NODE_TRUSTS = """
const tls = require("node:tls");
const [port, servername] = process.argv.slice(2);
const socket = tls.connect({ host: "127.0.0.1", port, servername }, () => {
  console.log("trusted");
  socket.destroy();
}).on("error", (error) => console.log(error.message));
"""
JAVA_TRUSTS = """
import java.net.Socket;
import javax.net.ssl.*;

class Trust {
    public static void main(String[] given) throws Exception {
        var plain = new Socket("127.0.0.1", Integer.parseInt(given[0]));
        var factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        var socket = (SSLSocket) factory.createSocket(plain, given[1], plain.getPort(), true);
        var parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        try {
            socket.startHandshake();
            System.out.println("trusted");
        } catch (SSLException error) {
            System.out.println(error.getMessage());
        }
    }
}
"""


def asked_for(client: str, folder: Path, name: str) -> str:
    """What a client says of a server whose certificate for a host the chain signed."""
    files = tls_files(Settings(proxy=True, data_dir=folder))
    assert files.chain is not None
    assert files.ca is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (folder / "server.pem").write_bytes(b"".join(Signer(files.chain).certificate((name,))))
    context.load_cert_chain(folder / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENT)
        thread = threading.Thread(target=_greet, args=(listener, context))
        thread.start()
        port = str(listener.getsockname()[1])
        command, environ = _command(client, folder, port, name, files.ca)
        done = subprocess.run(
            command, env={**os.environ, **environ}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        thread.join()
    return done.stdout + done.stderr


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    sock, _ = listener.accept()
    try:
        with context.wrap_socket(sock, server_side=True) as secured:
            secured.recv(1)
    except OSError:
        return


def _command(
    client: str, folder: Path, port: str, name: str, ca: Path
) -> tuple[list[str], dict[str, str]]:
    if client == "openssl":
        verify = ("-verify_return_error", "-verify_hostname", name, "-servername", name)
        return [
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{port}",
            *verify,
            "-CAfile",
            str(ca),
        ], {}
    if client == "node":
        (folder / "trusts.cjs").write_text(NODE_TRUSTS)
        return ["node", str(folder / "trusts.cjs"), port, name], {"NODE_EXTRA_CA_CERTS": str(ca)}
    (folder / "Trust.java").write_text(JAVA_TRUSTS)
    store = {
        "trustStore": str(trusted(ca, {}).java),
        "trustStoreType": "JKS",
        "trustStorePassword": JAVA_PASSWORD,
    }
    options = [f"-Djavax.net.ssl.{key}={value}" for key, value in store.items()]
    return ["java", *options, str(folder / "Trust.java"), port, name], {}


@pytest.mark.parametrize(
    ("client", "believes", "refuses"),
    [
        ("openssl", "Verification: OK", "permitted subtree violation"),
        ("node", "trusted\n", "permitted subtree violation"),
        ("java", "trusted\n", "PKIX path validation failed"),
    ],
)
def test_a_certificate_of_the_chain_for_another_host_is_refused(
    tmp_path: Path, client: str, believes: str, refuses: str
) -> None:
    assert shutil.which(client)
    assert believes in asked_for(client, tmp_path, "graph.microsoft.com")
    says = asked_for(client, tmp_path, "www.example.com")
    assert refuses in says
    assert believes not in says


AT_HOME = """
import asyncio, sys
import aiohttp, httpx, requests
from tornado.httpclient import AsyncHTTPClient

users, head = sys.argv[1], {"Authorization": "Bearer names-no-tenant"}

async def ask():
    async with aiohttp.ClientSession() as session, session.get(users, headers=head) as answer:
        yield await answer.text()
    yield (await AsyncHTTPClient().fetch(users, headers=head)).body.decode()
    yield httpx.get(users, headers=head).text
    yield requests.get(users, headers=head).text

async def count():
    print(*["Ada" in each async for each in ask()])

asyncio.run(count())
"""
AT_HOME_NODE = """
const answer = await fetch(process.argv[1], { headers: { authorization: "Bearer names-no-tenant" } });
console.log((await answer.text()).includes("Ada"));
"""


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ((sys.executable, "-c", AT_HOME), "True True True True\n"),
        (("node", "--input-type=module", "-e", AT_HOME_NODE), "true\n"),
        (("sh", "-c", 'curl -s -H "Authorization: Bearer x" "$0" | grep -o Ada'), "Ada\n"),
    ],
)
def test_whose_tokens_name_no_tenant_are_in_that_of_their_test(
    command: tuple[str, ...], found: str
) -> None:
    records = {"users": [{"displayName": "Ada", "userPrincipalName": "a@contoso.com"}]}
    with FakeGraph(records=records) as graph:
        environ = {**os.environ, **graph.environment()}
        said = subprocess.check_output([*command, USERS], env=environ, text=True)
    assert said == found


# All that is imported before is led there as well, and nothing afterwards.
IN_PLACE = """
import asyncio, os, sys
BEFORE
from fakegraph import FakeGraph

USERS, HEAD = "https://graph.microsoft.com/v1.0/users", {"Authorization": "Bearer names-no-tenant"}
TENANT, APP = "72f988bf-86f1-41af-91ab-2d7cd011db47", "6731de76-14a6-49ae-97bc-6eba6914391e"

async def ask():
    import aiohttp, httpx
    from azure.identity.aio import ClientSecretCredential
    from msgraph import GraphServiceClient
    from tornado.httpclient import AsyncHTTPClient

    async with aiohttp.ClientSession() as session, session.get(USERS, headers=HEAD) as answer:
        yield await answer.text()
    yield (await AsyncHTTPClient().fetch(USERS, headers=HEAD)).body.decode()
    async with httpx.AsyncClient() as client:
        yield (await client.get(USERS, headers=HEAD)).text
    async with ClientSecretCredential(TENANT, APP, "secret") as credential:
        client = GraphServiceClient(credential, ["https://graph.microsoft.com/.default"])
        yield " ".join(each.display_name for each in (await client.users.get()).value)

async def found(name):
    return [name in each async for each in ask()]

for name in ("Ada", "Bob"):
    with FakeGraph(records={"users": [{"displayName": name}]}) as graph:
        with graph.in_place():
            print(asyncio.run(found(name)))

import aiohttp, certifi, inspect
print(inspect.signature(aiohttp.ClientSession).parameters["trust_env"].default, "fakegraph" in certifi.where())
"""


@pytest.mark.parametrize("before", ["", "import aiohttp, httpx, tornado.tcpclient, certifi"])
def test_libraries_of_a_process_are_led_to_each_tests_tenant(before: str) -> None:
    script = IN_PLACE.replace("BEFORE", before)
    said = subprocess.check_output([sys.executable, "-W", "ignore", "-c", script], text=True)
    everywhere = "[True, True, True, True]\n"
    assert said == f"{everywhere}{everywhere}False False\n"
