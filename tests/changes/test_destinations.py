"""Where notifications may go: nothing leads to clouds' metadata, or to this server itself."""

from __future__ import annotations

import pytest

from fakegraph.changes.destinations import USUAL, Destinations, Unreachable

NAMES = {
    "localhost": ["127.0.0.1"],
    "app.localhost": ["127.0.0.1"],
    "receiver": ["10.1.2.3"],
    "outside": ["93.184.216.34"],
    "twofold": ["10.1.2.3", "169.254.169.254"],
    "sly": ["169.254.169.254"],
    "hooks.example.com": ["93.184.216.34"],
    "rebound.example.com": ["127.0.0.1"],
    "deep.hooks.example.com": ["93.184.216.34"],
    "metadata": ["10.0.0.1"],
    "instance-data": ["10.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
}


def look_up(host, port):
    if host not in NAMES:
        raise OSError("no such name")
    return NAMES[host]


def destinations(*allowed):
    return Destinations(allowed or USUAL, lambda: [("127.0.0.1", 8365), ("0.0.0.0", 8366)], look_up)


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("http://127.0.0.1:9/hook", "127.0.0.1", 9),
        ("https://127.0.0.1/hook?a=b", "127.0.0.1", 443),
        ("http://127.1.2.3:8000", "127.1.2.3", 8000),
        ("http://[::1]:9/", "::1", 9),
        ("http://localhost:9/", "127.0.0.1", 9),
        ("http://LOCALHOST:9/", "127.0.0.1", 9),
        ("http://app.localhost:9/", "127.0.0.1", 9),
        ("http://receiver/", "10.1.2.3", 80),
        ("https://receiver:8443/", "10.1.2.3", 8443),
    ],
)
def test_what_is_near_is_reached_at_the_address_that_was_looked_at(url, address, port):
    found = destinations().find(url)
    assert (found.address, found.port, found.url) == (address, port, url)


REFUSED = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.1.1/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "https://[fd00:ec2::23]/",
    "https://[fd00:c1::a9fe:a9fe]/opc/v2/",
    "https://[fd00:42:0:0::42]/",
    "https://[64:ff9b:1::a9fe:a9fe]/",
    "https://[::a9fe:a9fe]/",
    "https://0xA9.254.0251.254/",
    "https://169.254.43518/",
    "https://169.254.169.254./",
    "https://1.1/",
    "https://127.0.0.1%00.example.com/",
    "https://127.0.0.1\t/",
    "https://127.0.0.1;@metadata/",
    "https://METADATA.Google.Internal/",
    "https://metadata.google.internal.:443/",
    "https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
    "https://１６９.254.169.254/",
    "https://[::ffff:0:a9fe:a9fe]/",
    "https://[ff02::1]/",
    "https://[fec0::1]/",
    "https://[2001:0:a9fe:a9fe::]/",
    "https://240.0.0.1/",
    "https://[127.0.0.1]/",
    "https://127.0.0.1:0x50/",
    "https://127.0.0.1:-1/",
    "https://user@localhost/",
    "https://:@localhost/",
    "https://localhost:8365\\@receiver/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "jar:http://127.0.0.1!/",
    "https:127.0.0.1/",
    "https:/127.0.0.1/",
    "https://127.0.0.1 /",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://127.1/",
    "http://0/",
    "http://0.0.0.0:9/",
    "http://[::]:9/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://metadata/computeMetadata/v1/",
    "http://metadata.google.internal/",
    "https://metadata.google.internal./",
    "http://instance-data/latest/",
    "http://sly/",
    "http://twofold/",
    "http://outside/",
    "https://hooks.example.com/",
    "https://rebound.example.com/",
    "https://10.1.2.3/",
    "https://93.184.216.34/",
    "http://user:pass@127.0.0.1:9/",
    "http://127.0.0.1@169.254.169.254/",
    "http://127.0.0.1:9#@169.254.169.254/",
    "http://127.0.0.1:9\\@169.254.169.254/",
    "http://127.0.0.1:8365/_fakegraph/tenants",
    "http://[::1]:8365/",
    "http://[::ffff:127.0.0.1]:8365/",
    "http://127.0.0.5:8366/",
    "http://localhost:8365/",
    "http://nowhere/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "//127.0.0.1/",
    "http:///hook",
    "http://127.0.0.1:99999/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://127.0.0.1/\r\nX: y",
    "http://ⓛocalhost/",
    "http://a..b/",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_is_sent_to(url):
    with pytest.raises(Unreachable) as raised:
        destinations().find(url)
    assert str(raised.value)


METADATA = [url for url in REFUSED if "169.254" in url or "metadata" in url or "a9fe" in url]
METADATA += [url for url in REFUSED if "fd00" in url]


@pytest.mark.parametrize("url", [*METADATA, "http://127.0.0.1:8365/", "http://2852039166/"])
def test_metadata_and_this_server_are_refused_whatever_is_allowed(url):
    allowed = ("loopback", "names", "0.0.0.0/0", "::/0", "*.internal", "metadata.google.internal")
    with pytest.raises(Unreachable):
        destinations(*allowed).find(url)


@pytest.mark.parametrize(
    ("allowed", "url", "goes"),
    [
        (("hooks.example.com",), "https://hooks.example.com/", True),
        (("hooks.example.com",), "https://deep.hooks.example.com/", False),
        (("*.example.com",), "https://deep.hooks.example.com/", True),
        (("*.example.com",), "https://rebound.example.com/", False),
        (("*.example.com",), "http://hooks.example.com/", False),
        (("*.example.com",), "http://127.0.0.1:9/", False),
        (("10.0.0.0/8",), "https://10.1.2.3/", True),
        (("10.0.0.0/8",), "http://10.1.2.3/", False),
        (("10.0.0.0/8",), "https://11.1.2.3/", False),
        (("outside",), "https://outside/", True),
        (("loopback",), "http://receiver/", False),
        (("names",), "http://localhost:9/", False),
    ],
)
def test_what_is_allowed_is_what_the_option_says(allowed, url, goes):
    try:
        destinations(*allowed).find(url)
    except Unreachable:
        assert not goes
    else:
        assert goes


def test_a_name_without_addresses_is_refused():
    with pytest.raises(Unreachable, match="has no address"):
        Destinations(resolve=lambda host, port: []).find("http://hooks/")


def test_nothing_is_allowed_where_that_is_said():
    with pytest.raises(Unreachable):
        Destinations((), tuple, look_up).find("http://127.0.0.1:9/")
