"""The JavaScript Graph client on Node; its tests are in ``javascript.test.mjs``."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "how-to" / "sdks.md").read_text()


def node(*arguments, url, ca, script=None, **more):
    environ = {"FAKEGRAPH_TEST_URL": url, "NODE_EXTRA_CA_CERTS": str(ca), **more}
    return subprocess.run(
        ["node", *arguments],
        cwd=HERE,
        env={**os.environ, **environ},
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )


def test_javascript_client(served_tls, ca):
    arguments = ("--test", "--test-reporter=spec", "javascript.test.mjs")
    done = node(*arguments, url=served_tls, ca=ca[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 5" in done.stdout


def test_readme_example(served_tls, ca):
    (example,) = re.findall(r"^```js\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    script = example.replace("https://localhost:8365", served_tls.replace("127.0.0.1", "localhost"))
    script += "console.log(page.value.length, page.value.every((event) => !event.isSuccess));"
    done = node("--input-type=module", "-", url=served_tls, ca=ca[0], script=script)
    assert done.stdout == "5 true\n", done.stderr


OVER_HTTP = """
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";

const client = Client.init({
  baseUrl: `${process.env.FAKEGRAPH_TEST_URL}/`, defaultVersion: "beta",
  customHosts: new Set(["127.0.0.1"]), authProvider: (done) => done(null, "anything"),
});
const first = JSON.parse(process.env.FIRST_PAGE);
const calls = [
  () => client.api("/reports/userCredentialUsageDetails").get(),
  () => new PageIterator(client, first, () => true).iterate(),
];
for (const call of calls) await call().catch((error) => console.log(error.message));
"""


def test_over_http_it_is_told_what_helps(served):
    page = {"value": [], "@odata.nextLink": f"{served}/beta/reports/x?$skiptoken=x"}
    done = node(
        "--input-type=module",
        "-",
        url=served,
        ca="",
        script=OVER_HTTP,
        FIRST_PAGE=json.dumps(page),
    )
    without_token, pasted = done.stdout.splitlines()
    assert without_token.startswith("Access token is empty. ")
    assert without_token.endswith("sends its own over https only: serve with --tls.")
    assert pasted.startswith("Resource not found for the segment 'http:'.")
    assert pasted.endswith("pastes them: serve with --tls.")
