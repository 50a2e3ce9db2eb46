"""The report family as the JavaScript client reads it; the tests are in ``family.test.mjs``."""

from __future__ import annotations

from tests.clients.conftest import serving
from tests.clients.family import fill
from tests.clients.test_javascript import node


def test_javascript_client_reads_the_family(tmp_path, ca):
    arguments = ("--test", "--test-reporter=spec", "family.test.mjs")
    with serving(tmp_path, "--no-fixture", *ca[1]) as url:
        fill(url, ca[0])
        done = node(*arguments, url=url, ca=ca[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 18" in done.stdout
