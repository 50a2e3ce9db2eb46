"""What a program's environment says so that Graph's host names lead to a server with a proxy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from fakegraph.clouds import HOSTS
from fakegraph.environment.trust import JAVA_PASSWORD, Trusted, trusted

TENANT = "default"
# Whoever signs in without a directory is somebody; these are whom DefaultAzureCredential is.
CLIENT, SECRET = "fa4e6a90-0000-4000-8000-000000000001", "fakegraph-secret"

_PRELOAD = Path(__file__).with_name("preload.cjs")
_OF_PYTHON = Path(__file__).with_name("python")  # what it starts with there
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# By these, runtimes and tools take another bundle than the system's.
_BUNDLES = (
    "SSL_CERT_FILE",  # OpenSSL: Python, Ruby, PHP, curl; .NET, Go and Rust on Linux
    "REQUESTS_CA_BUNDLE",  # Python's requests, the Azure command line
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "PERL_LWP_SSL_CA_FILE",
    "CARGO_HTTP_CAINFO",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)


def variables(
    url: str, ca: Path, given: Mapping[str, str], tenant: str, *, home: str = ""
) -> dict[str, str]:
    """What to set beside what is given; of some of that, something is kept.

    ``url``: of the server; ``ca``: the root that its proxy's certificates go back to; ``tenant``:
    the GUID of the tenant where it is at home, since programs compare it with what tokens say.
    ``home``: the tenant, if not the default one, that tokens and sign-ins are of which name none:
    the proxy is told by its user.
    Raises OSError where the files that clients are to trust can be kept nowhere.
    """
    files = trusted(ca, given)
    return {
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), _told(url, home)),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(_direct(given))),
        **dict.fromkeys(_BUNDLES, str(files.bundle)),
        "NODE_EXTRA_CA_CERTS": str(files.bundle if _has_others(given, ca) else ca),
        "DENO_CERT": str(ca),
        "NODE_OPTIONS": _joined(given.get("NODE_OPTIONS", ""), [f"--require={_PRELOAD}"]),
        "PYTHONPATH": _before(given.get("PYTHONPATH", ""), str(_OF_PYTHON)),
        "JAVA_TOOL_OPTIONS": _joined(given.get("JAVA_TOOL_OPTIONS", ""), _of_java(url, files)),
        **sign_in(url, given, tenant),
    }


def sign_in(url: str, given: Mapping[str, str], tenant: str) -> dict[str, str]:
    """Where the server is, and credentials, unless others are given."""
    own = {"AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET}
    managed = {"IDENTITY_ENDPOINT": f"{url}/{tenant}/oauth2/msi", "IDENTITY_HEADER": SECRET}
    known = given.get("AZURE_CLIENT_ID") and own["AZURE_CLIENT_ID"] != given["AZURE_CLIENT_ID"]
    return {"FAKEGRAPH_URL": url, **managed, **({} if known else own)}


def _told(url: str, home: str) -> str:
    """The proxy's URL with its user, whom some clients do not send without a password."""
    scheme, _, host = url.partition("://")
    return f"{scheme}://{quote(home, safe='')}:{SECRET}@{host}" if home else url


def _has_others(given: Mapping[str, str], ca: Path) -> bool:
    """Whether Node is told to trust something else already; it reads one file."""
    return given.get("NODE_EXTRA_CA_CERTS", str(ca)) != str(ca)


def _direct(given: Mapping[str, str]) -> Iterator[str]:
    """What is reached without the proxy: this machine, and what is given that is not Graph's."""
    yield from _LOOPBACK
    for entry in (given.get("NO_PROXY") or given.get("no_proxy") or "").split(","):
        name = entry.strip()
        domain = name.removeprefix("*").removeprefix(".").casefold()
        if domain and name not in _LOOPBACK and not _covers(domain):
            yield name


def _covers(domain: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for host in HOSTS)


def _of_java(url: str, files: Trusted) -> list[str]:
    proxy = urlsplit(url)
    return [
        f"-Dhttps.proxyHost={proxy.hostname}",
        f"-Dhttps.proxyPort={proxy.port}",
        "-Dhttp.nonProxyHosts=localhost|127.*|[::1]",
        f"-Djavax.net.ssl.trustStore={files.java}",
        "-Djavax.net.ssl.trustStoreType=JKS",
        f"-Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD}",
    ]


def _before(given: str, folder: str) -> str:
    """Folders, with this one before those that are given."""
    others = [each for each in given.split(os.pathsep) if each and each != folder]
    return os.pathsep.join((folder, *others))


def _joined(given: str, options: list[str]) -> str:
    """What is given, and these once; Node and Java take quotes around what has spaces."""
    shown = [f'"{option}"' if " " in option else option for option in options]
    return " ".join(filter(None, (given, *(each for each in shown if each not in given))))
