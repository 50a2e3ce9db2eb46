"""The directory as the JavaScript client works it; the tests are in ``directory.test.mjs``."""

from __future__ import annotations

from tests.clients.test_directory_python import serving_directory
from tests.clients.test_javascript import node


def test_javascript_client_works_the_directory(tmp_path):
    with serving_directory(tmp_path) as (url, ca):
        done = node("--test", "--test-reporter=spec", "directory.test.mjs", url=url, ca=ca)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 9" in done.stdout
