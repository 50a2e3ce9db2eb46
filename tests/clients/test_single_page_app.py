"""A single-page app with MSAL in Chromium: with the hosts of production, and with the server's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import serving
from tests.clients.test_browser import site
from tests.pages import DOCS, Page

HERE = Path(__file__).parent
PRODUCTION = ("https://login.microsoftonline.com/organizations", "https://graph.microsoft.com")
TESTS = 6


@pytest.mark.parametrize("whose", ["production's", "its own"])
def test_a_single_page_app_signs_in_and_out(tmp_path, ca, whose):
    chromium = shutil.which("chromium")
    assert chromium, "this test needs the browser chromium on the PATH"
    proxied = whose == "production's"
    options = ("--proxy",) if proxied else ca[1]
    with serving(tmp_path, "--auth", "strict", *options) as served:
        authority, graph = PRODUCTION if proxied else (f"{served}/organizations", served)
        said = {"chromium": chromium, "profile": str(tmp_path / "profile"), "authority": authority,
                "graph": graph, "proxy": served if proxied else None,
                "users": ["ada.abara001@contoso.onmicrosoft.com", "ana.jansen003@contoso.com"]}  # fmt: skip
        control = {"CONTROL": f"{served}/_fakegraph", "NODE_EXTRA_CA_CERTS": str(ca[0])}
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", "single_page_app.test.mjs"],
            cwd=HERE,
            env={**os.environ, **control, "APP": json.dumps(said)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"pass {TESTS}" in done.stdout


# What a reader has already: it signs in by redirect, and greets.
GREETER = """<!doctype html><button id=sign-in>Sign in</button><p></p><script>SCRIPT</script><script>
const redirectUri = location.origin + "/";
const app = new msal.PublicClientApplication({
  auth: { clientId: "a-page", authority: "https://login.microsoftonline.com/organizations", redirectUri },
});
const scopes = ["User.Read"];
document.getElementById("sign-in").onclick = () => app.loginRedirect({ scopes });
app.initialize().then(() => app.handleRedirectPromise()).then(async (found) => {
  if (!found) return;
  const headers = { Authorization: `Bearer ${found.accessToken}` };
  const me = await (await fetch("https://graph.microsoft.com/v1.0/me", { headers })).json();
  document.querySelector("p").textContent = `Hello, ${me.displayName}`;
});
</script>"""


def test_the_guide_signs_a_readers_app_in(tmp_path):
    script = HERE / "node_modules" / "@azure" / "msal-browser" / "lib" / "msal-browser.min.js"
    greeter = GREETER.replace("SCRIPT", script.read_text().replace("</script", "<\\/script"))
    guide = Page(DOCS / "how-to" / "single-page-apps.md")
    (file,) = (each for each in guide.blocks if each.title)
    (command,) = guide.commands
    (tmp_path / file.title).write_text(file.text)
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    bin_ = str(Path(sys.executable).parent)
    with site(greeter) as (url, _, _):
        done = subprocess.run(
            ["sh", "-c", command.text.replace("http://localhost:5173", url)],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 1" in done.stdout
