"""What Python starts with by ``PYTHONPATH``, so that its libraries go by the environment.

Certifi's bundle is that of ``SSL_CERT_FILE``: programs trust its file alone where they name it, and
where they send what requests has prepared. aiohttp and tornado heed ``HTTPS_PROXY``, which they do
not by themselves. Every Python of a command reads this: nothing of this project is imported, and
what is, when it is needed. ``handle/in_place.py`` has the same for a while.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Undo = Callable[[], None]

_HERE = os.path.dirname(os.path.abspath(__file__))
_END = b"\r\n\r\n"
_LONGEST = 65536  # bytes of what a proxy answers


class _Finder:
    """Finds some modules where they are, and changes each when it has been read."""

    def __init__(self) -> None:
        self.undo: list[Undo] = []

    def find_spec(self, name: str, path: Sequence[str] | None = None, _: object = None) -> Any:
        if name not in _CHANGES:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = _Loader(spec.loader, _CHANGES[name], self.undo)  # type: ignore[assignment]
        return spec


class _Loader:
    def __init__(self, loader: Any, change: Any, undo: list[Undo]) -> None:
        self._loader, self._change, self._undo = loader, change, undo

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        self._undo.append(self._change(module))


def _certifi(core: Any) -> Undo:
    """Its functions name the other bundle."""
    before = core.where, core.contents

    def where() -> str:
        return os.environ["SSL_CERT_FILE"]

    def contents() -> str:
        with open(where(), encoding="ascii") as file:
            return file.read()

    def undo() -> None:
        core.where, core.contents = before

    if os.environ.get("SSL_CERT_FILE"):
        core.where, core.contents = where, contents
    return undo


def _aiohttp(client: Any) -> Undo:
    """Sessions go by the environment where nobody has said whether they do."""
    defaults = client.ClientSession.__init__.__kwdefaults__
    before = defaults["trust_env"]
    defaults["trust_env"] = True
    return lambda: defaults.update(trust_env=before)


def _tornado(tcpclient: Any) -> Undo:
    """What speaks TLS goes through the proxy."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    connect = tcpclient.TCPClient.connect

    async def through(self: Any, host: str, port: int, *given: Any, **named: Any) -> Any:
        tls = named.get("ssl_options")
        proxy = urlsplit(getproxies().get("https", ""))
        if tls is None or proxy.hostname is None or proxy_bypass(host):
            return await connect(self, host, port, *given, **named)
        plain = {**named, "ssl_options": None}
        stream = await connect(self, proxy.hostname, proxy.port or 80, *given, **plain)
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        head = f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{_credentials(proxy)}\r\n"
        await stream.write(head.encode())
        answer = await stream.read_until(_END, _LONGEST)
        if answer.split()[1:2] != [b"200"]:
            stream.close()
            raise OSError(f"no way to {name}: {answer.splitlines()[0].decode('latin-1')}")
        return await stream.start_tls(False, ssl_options=tls, server_hostname=host)

    def undo() -> None:
        tcpclient.TCPClient.connect = connect

    tcpclient.TCPClient.connect = through
    return undo


def _credentials(proxy: Any) -> str:
    """The header by which a proxy knows the user of its URL; empty without one."""
    from base64 import b64encode
    from urllib.parse import unquote

    if proxy.username is None:
        return ""
    user = unquote(f"{proxy.username}:{proxy.password or ''}")
    return f"Proxy-Authorization: Basic {b64encode(user.encode()).decode()}\r\n"


_CHANGES = {"certifi.core": _certifi, "aiohttp.client": _aiohttp, "tornado.tcpclient": _tornado}


def heed() -> Undo:
    """Have them go by the environment, those too that are there already, until it is undone."""
    finder = _Finder()
    for name, change in _CHANGES.items():
        if name in sys.modules:
            finder.undo.append(change(sys.modules[name]))
    sys.meta_path.insert(0, finder)

    def undo() -> None:
        sys.meta_path.remove(finder)
        while finder.undo:
            finder.undo.pop()()

    return undo


def _go_on() -> None:
    """Do what the file of this name says that this one stands before."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    rest = [each for each in sys.path if os.path.abspath(each) != _HERE]
    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, _Finder())
    _go_on()
