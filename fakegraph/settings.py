"""The settings of a server: each declared once, for flags, environment, file and Python alike.

To add an option: a field of ``Settings`` with its metadata. Flags beat the environment
(``FAKEGRAPH_<NAME>``), which beats ``fakegraph.toml``, which beats the default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Any, Literal

from fakegraph.dataclass import dataclass
from fakegraph.hosts import is_address, is_loopback

PREFIX = "FAKEGRAPH_"
FILE_NAME = "fakegraph.toml"

# What follows the prefix in variables that others write: Kubernetes for each Service that begins
# with this name, `docker --link` for a container of that name, and clients' recipes.
_OTHERS = re.compile(
    r"(.+_)?SERVICE_(HOST|PORT(_.+)?)"
    r"|(.+_)?PORT_\d+_(TCP|UDP|SCTP)(_.+)?"
    r"|ENV_.+"
    r"|URL|CA"
)
_LINKED = re.compile(r"(.+_)?(PORT=(tcp|udp|sctp)://.*|NAME=/.*/.*)", re.DOTALL)
_CLOSE = 0.76  # of difflib's ratio: from here a name is a misspelt one

_PASSWORD = re.compile(r"://[^/]*@")  # with the user: no message repeats it

_SIZES = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


class SettingsError(ValueError):
    """A setting that is unknown or has a bad value; one line that says which and what is right."""


@dataclass(frozen=True)
class RateLimit:
    """A budget: ``requests`` in any ``seconds``."""

    requests: int
    seconds: int


@dataclass(frozen=True)
class Delay:
    """How late something gets about: after so many ``milliseconds``, and so many ``reads``."""

    milliseconds: int = 0
    reads: int = 0

    def __bool__(self) -> bool:
        return bool(self.milliseconds or self.reads)


def _host(value: Any) -> str:
    """An address, or a name that can be looked up."""
    text = _unbracketed(value) if isinstance(value, str) else ""
    if not is_address(text) and not _is_name(text):
        raise ValueError(
            "it takes an address or a name of this machine, such as 127.0.0.1, ::1, localhost"
        )
    return text


def _unbracketed(text: str) -> str:
    """An IPv6 address as it is by itself, where it was written as in a URL."""
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else ""
    return inside if ":" in inside and is_address(inside) else text


def _is_name(text: str) -> bool:
    """Whether the resolver can be asked for it; it refuses empty and long labels by exceptions."""
    if not text.isascii() or not re.fullmatch(r"[\w.-]{1,253}", text):
        return False
    return all(0 < len(label) < 64 for label in text.removesuffix(".").split("."))


def _number(lowest: int, highest: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        text = str(value)
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,12}", text, re.ASCII):
            raise ValueError(f"it takes a whole number from {lowest} to {highest}")
        if not lowest <= int(text) <= highest:
            raise ValueError(f"it takes a whole number from {lowest} to {highest}")
        return int(text)

    return convert


def _one_of(*choices: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"it takes one of {', '.join(choices)}")
        return str(value)

    return convert


def _hosts(value: Any) -> tuple[str, ...]:
    """Hosts with commas between them, ``*.domain``, addresses, networks, and the words for some."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(each, str) for each in parts):
        raise ValueError("it takes hosts, such as hooks.example.com,10.0.0.0/8,loopback")
    found = tuple(each.strip().lower() for each in parts)
    for each in found:
        if not _is_network(each) and not _is_name(each.removeprefix("*.")):
            raise ValueError(f"'{each}' is no host, no *.domain and no network such as 10.0.0.0/8")
    if "none" in found and len(found) > 1:
        raise ValueError("none stands alone")
    return () if found == ("none",) else found


def _is_network(text: str) -> bool:
    from ipaddress import ip_network

    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _size(value: Any) -> int:
    match = re.fullmatch(r"(\d{1,12}) ?([A-Za-z]*)", str(value), re.ASCII)
    if match is None or match[2].upper() not in _SIZES or isinstance(value, bool):
        raise ValueError("it takes a number of bytes, such as 4194304, 512KiB or 4MiB")
    return int(match[1]) * _SIZES[match[2].upper()]


def _path(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("it takes a path")
    return Path(value)


def _database(value: Any) -> str:
    """The URL of a PostgreSQL database."""
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(r"postgres(ql)?://[^\s\0]+", text):
        raise ValueError("it takes the URL of a database, as in postgresql://user@host:5432/name")
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("a % in it, as in a password, is written %25")
    return text


def _several(value: Any) -> list[Any]:
    """The items of a list; of a text, what stands between its commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


def _fixtures(value: Any) -> tuple[str, ...]:
    items = _several(value)
    if not all(
        isinstance(item, str | Path) and str(item) and "\0" not in str(item) for item in items
    ):
        raise ValueError("it takes names of built-in fixtures, files or folders")
    return tuple(map(str, items))


def _models(value: Any) -> tuple[str, ...]:
    items = _several(value)
    if not all(isinstance(item, str) and re.fullmatch(r"[^=\0]+=[^\0]+", item) for item in items):
        raise ValueError("it takes VERSION=FILE, as in beta=metadata.xml")
    return tuple(items)


def _flag(value: Any) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in known:
        raise ValueError("it takes true or false")
    return known[str(value).lower()]


def _certified_names(value: Any) -> tuple[str, ...]:
    names = _several(value) if value else []
    if not all(isinstance(name, str) for name in names):
        raise ValueError("it takes host names or addresses")
    found = tuple(map(_unbracketed, names))
    for name in found:
        if not can_be_certified(name):
            raise ValueError(
                f"no certificate can have {name[:80]!r}: it takes addresses, and names of letters, "
                "digits and - with dots between, without _, such as fakegraph or *.test.example"
            )
    return found


def can_be_certified(name: str) -> bool:
    """Whether it is an address, or a host name that may stand in a certificate."""
    import idna  # what makes the certificates asks it, too

    if is_address(name):
        return "%" not in name
    try:
        idna.encode(name.removeprefix("*."), uts46=True)
    except UnicodeError:
        return False
    return not name.endswith(".")


def _rate(value: Any) -> RateLimit:
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(value), re.ASCII)
    if isinstance(value, RateLimit):
        return value
    if match is None or not (int(match[1]) and int(match[2])):
        raise ValueError("it takes REQUESTS/SECONDS, such as 100/10")
    return RateLimit(int(match[1]), int(match[2]))


def _share(value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if isinstance(value, bool) or not 0 <= share <= 1:
        raise ValueError("it takes a number from 0 to 1")
    return share


def _milliseconds(value: Any) -> tuple[int, int]:
    """One number, or the least and the most."""
    if isinstance(value, tuple):
        value = "..".join(map(str, value))
    match = re.fullmatch(r"(\d{1,6})(?:\.\.(\d{1,6}))?", str(value), re.ASCII)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise ValueError("it takes milliseconds, such as 50, or from and to, such as 20..200")
    return int(match[1]), int(match[2] or match[1])


def read_delay(value: Any) -> Delay:
    """What ``consistency_delay`` says. Raises ValueError for what is none."""
    if isinstance(value, Delay):
        return value
    text = "" if isinstance(value, bool) else str(value)
    match = re.fullmatch(r"(reads:)?(\d{1,6})", text, re.ASCII)
    if match is None:
        raise ValueError("it takes milliseconds, such as 500, or a number of reads, as in reads:3")
    return Delay(reads=int(match[2])) if match[1] else Delay(int(match[2]))


def _key(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]{1,256}", value):
        raise ValueError("it takes 1 to 256 printable ASCII characters without spaces")
    return value


def _person(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\s/\0]{0,256}", value):
        raise ValueError("it takes a user's principal name or id, such as ada@contoso.com")
    return value


def _setting(default: Any, convert: Callable[[Any], Any], help_: str, **extra: Any) -> Any:
    return field(default=default, metadata={"convert": convert, "help": help_, **extra})


AT_ONCE = Delay()


@dataclass(frozen=True)
class Settings:
    """What varies between servers. Raises SettingsError for a value that is not one.

    ``fixture`` may also be given as one text; sizes as ``4MiB``.
    """

    host: str = _setting("127.0.0.1", _host, "The address to listen on.")
    port: int = _setting(8365, _number(0, 65535), "The port; 0 takes a free one.")
    fixture: tuple[str, ...] = _setting(
        ("contoso",),
        _fixtures,
        "A built-in fixture, a file or a folder; contoso@fixed has dates of 2024.",
        multiple=True,
    )
    fixtures_from: tuple[str, ...] = _setting(
        (),
        _fixtures,
        "A folder whose fixtures the control API may be asked for; those of --fixture may.",
        multiple=True,
        metavar="DIR",
    )
    data_dir: Path | None = _setting(
        None, _path, "Keep records in this folder; without it, in memory only.", metavar="DIR"
    )
    store: str | None = _setting(
        None,
        _database,
        "Keep records in this PostgreSQL database, which other servers may share.",
        metavar="URL",
    )
    workers: int = _setting(
        1,
        _number(1, 64),
        "Answer with so many processes, which share what is in --store.",
        metavar="N",
    )
    durability: Literal["flush", "fsync"] = _setting(
        "flush",
        _one_of("flush", "fsync"),
        "What a 2xx on a write promises: to survive the process dying, or the machine dying.",
        choices=("flush", "fsync"),
    )
    auth: str = _setting(
        "bearer",
        _one_of("off", "bearer", "strict"),
        "Ask for nothing; any bearer token; or one that this server signed, with its permissions.",
        choices=("off", "bearer", "strict"),
    )
    strict_directory: bool = _setting(
        False,
        _flag,
        "Let only the apps and users of directory.json sign in, to tenants that are there.",
        flag=True,
    )
    device_auto_approve: bool = _setting(
        False, _flag, "Approve every device code at once, as the first user listed.", flag=True
    )
    tls: bool = _setting(
        False,
        _flag,
        "Speak https only, with a certificate by a local CA that is made and kept.",
        flag=True,
    )
    tls_name: tuple[str, ...] = _setting(
        (),
        _certified_names,
        "A further name for that certificate, such as a compose service's.",
        multiple=True,
        metavar="NAME",
    )
    tls_cert: Path | None = _setting(
        None, _path, "Speak https only, with this certificate chain (PEM).", metavar="FILE"
    )
    tls_key: Path | None = _setting(
        None, _path, "The private key of --tls-cert (PEM).", metavar="FILE"
    )
    proxy: bool = _setting(
        False,
        _flag,
        "Be a forward proxy too: for HTTPS_PROXY of programs that ask Graph's own host names.",
        flag=True,
        switch=True,
    )
    proxy_others: str = _setting(
        "refuse",
        _one_of("refuse", "tunnel"),
        "What becomes of a proxy's client that wants another host: 403, or let through.",
        choices=("refuse", "tunnel"),
    )
    page_size: int = _setting(
        100, _number(1, 999), "How many records a page has where $top does not say."
    )
    max_body: int = _setting(4 << 20, _size, "The largest request body: 4194304, 512KiB, 4MiB.")
    rate_limit: RateLimit | None = _setting(
        None,
        _rate,
        "Throttle each app of a tenant to so many requests in so many seconds.",
        metavar="N/SECONDS",
    )
    chaos: float = _setting(
        0.0, _share, "The share of requests that gets a random documented failure.", metavar="P"
    )
    chaos_seed: int = _setting(
        0, _number(0, 10**12 - 1), "The same seed gives the same failures and delays.", metavar="S"
    )
    latency: tuple[int, int] = _setting(
        (0, 0),
        _milliseconds,
        "Let each request wait, 50 or 20..200.",
        metavar="MS[..MS]",
        shown="0",
    )
    consistency_delay: Delay = _setting(
        AT_ONCE,
        read_delay,
        "What is made or changed in the directory is seen late: after 500 ms, or reads:3.",
        metavar="MS|reads:N",
        shown="0",
    )
    journal_size: int = _setting(
        1000, _number(0, 1_000_000), "How many requests a tenant's journal keeps.", metavar="N"
    )
    max_tenants: int = _setting(
        1000,
        _number(1, 1_000_000),
        "Keep so many tenants beside the default one; the longest unused goes first.",
        metavar="N",
    )
    retired: bool = _setting(
        False,
        _flag,
        "Deprecated members answer as after their retirement: reads find nothing.",
        flag=True,
    )
    surface: str = _setting(
        "known",
        _one_of("permitted", "known", "declared"),
        "How sure it must be that a method exists at a path: documented there; the same thing has "
        "it by another path; only the model has it.",
        choices=("permitted", "known", "declared"),
    )
    model: tuple[str, ...] = _setting(
        (),
        _models,
        "Another model for a version: a CSDL document, or what `fakegraph model` made of one.",
        multiple=True,
        metavar="VERSION=FILE",
    )
    strict_queries: bool = _setting(
        False,
        _flag,
        "Only the query options and operators that the documentation lists for each property.",
        flag=True,
    )
    me: str = _setting(
        "",
        _person,
        "Whom /me means for tokens that do not say: a user's UPN or id; else the first user.",
        metavar="UPN",
    )
    notify: tuple[str, ...] = _setting(
        ("loopback", "names"),
        _hosts,
        "Where change notifications may be sent: hosts, *.domains, networks; loopback is this "
        "machine, names are those without a dot in private networks, none is nowhere.",
        metavar="HOSTS",
        shown="loopback,names",
    )
    notify_seconds: int = _setting(
        3, _number(1, 3600), "How long a receiver of notifications may take.", metavar="S"
    )
    drain: int = _setting(
        0,
        _number(0, 3600),
        "So long a server that is told to end still answers, and says that it is not ready.",
        metavar="S",
    )
    control_key: str | None = _setting(
        None, _key, "The control API asks for the header X-Fakegraph-Key: KEY.", metavar="KEY"
    )
    log_level: str = _setting(
        "info",
        _one_of("debug", "info", "warning", "error"),
        "How much is logged; a line for each request from info on.",
        choices=("debug", "info", "warning", "error"),
    )
    log_format: str = _setting(
        "text",
        _one_of("text", "json"),
        "Log lines for people or for programs.",
        choices=("text", "json"),
    )
    ready_file: Path | None = _setting(
        None, _path, "Write url and pid to this file once it answers.", metavar="FILE"
    )
    until_eof: bool = _setting(
        False,
        _flag,
        "Stop when standard input ends, as it does with the program that started this.",
        flag=True,
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if value is None and option.default is None:
                continue
            converted = _converted(option.metadata["convert"], value, option.name)
            object.__setattr__(self, option.name, converted)
        if self.store is not None and self.data_dir is not None:
            raise SettingsError("store and data-dir each say where records are kept: give one")
        if self.workers > 1 and self.store is None:
            raise SettingsError(
                f"workers is {self.workers}: they are processes, which share records in a database "
                "alone; give store too, as in postgresql://user@host:5432/name, or one worker"
            )
        if self.store is not None and self.durability != "flush":
            raise SettingsError(
                "durability is for data-dir: with store the database's synchronous_commit says "
                "what a write survives"
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError("tls-cert and tls-key go together: one of them is missing")
        if self.tls and self.tls_cert is not None:
            raise SettingsError("tls makes a certificate and tls-cert brings one: give one of them")
        if self.tls_name and not self.tls and not self.proxy:
            raise SettingsError("tls-name is for the certificate that tls makes: give tls too")
        if self.proxy_others == "tunnel":
            self._check_tunnel()

    def _check_tunnel(self) -> None:
        if not self.proxy:
            raise SettingsError("proxy-others is for the proxy's clients: give proxy too")
        if not is_loopback(self.host) and self.control_key is None:
            raise SettingsError(
                f"proxy-others is 'tunnel' and host {self.host!r}: whoever reaches it could go on "
                "from this machine; give control-key, which is then the proxy's password"
            )


def _converted(convert: Callable[[Any], Any], value: Any, shown: str) -> Any:
    try:
        return convert(value)
    except ValueError as error:
        given = _PASSWORD.sub("://", str(value))[:80]
        raise SettingsError(f"{shown} is {given!r}: {error}") from error


def database_url(text: str) -> str:
    """A text that is the URL of a database. Raises SettingsError for what is none."""
    return str(_converted(_database, text, "the database"))


def load_settings(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Path | None = None
) -> Settings:
    """Settings from all their sources. Raises SettingsError, naming the source, for a bad one.

    ``flags`` are by field name, only those that were given. ``file`` must be there when it is
    named; otherwise ``fakegraph.toml`` in the current folder is read where there is one.
    """
    chosen: dict[str, Any] = {}
    for source in (_from_file(file), _from_environ(environ), _from_flags(flags)):
        chosen |= source
    return Settings(**chosen)


def _converters() -> dict[str, Callable[[Any], Any]]:
    """By the name of each setting, the flag ``no_fixture`` included."""
    found = {option.name: option.metadata["convert"] for option in fields(Settings)}
    return {**found, "no_fixture": _flag}


def _checked(values: Mapping[str, Any], place: str, spell: Callable[[str], str]) -> dict[str, Any]:
    """Values by field name, converted; an error says where, and spells names as they are there."""
    known = _converters()
    found = {}
    for name, value in values.items():
        if name not in known:
            options = ", ".join(map(spell, known))
            raise SettingsError(f"{place}there is no setting {spell(name)}: there is {options}")
        found[name] = _converted(known[name], value, place + spell(name))
    if found.pop("no_fixture", False):
        if "fixture" in found:
            both = f"{spell('fixture')} and {spell('no_fixture')}"
            raise SettingsError(f"{place}{both} exclude each other")
        found["fixture"] = ()
    return found


def _from_flags(flags: Mapping[str, Any]) -> dict[str, Any]:
    return _checked(flags, "", lambda name: f"--{name.replace('_', '-')}")


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    ours, known = _prefixed(environ), _converters()
    for name in ours.keys() - known:
        if near := _near(name, known):
            right = PREFIX + near.upper()
            raise SettingsError(
                f"there is no setting {PREFIX}{name.upper()}: did you mean {right}?"
            )
    meant = {name: value for name, value in ours.items() if name in known}
    return _checked(meant, "", lambda name: PREFIX + name.upper())


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that begin as the settings' do and are none, for a warning.

    Those that Kubernetes, ``docker --link`` and our own recipes write are not among them.
    """
    return sorted(PREFIX + name.upper() for name in _prefixed(environ).keys() - _converters())


def _prefixed(environ: Mapping[str, str]) -> dict[str, str]:
    """What may be meant for us, by field name: neither empty nor written by others."""
    found = {}
    for variable, value in environ.items():
        name = variable.removeprefix(PREFIX)
        if not value or name == variable or _OTHERS.fullmatch(name):
            continue
        if not _LINKED.fullmatch(f"{name}={value}"):
            found[name.lower()] = value
    return found


def _near(name: str, known: Iterable[str]) -> str | None:
    """The name that this one may be a misspelling of; letters that changed places are near too."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
    swapped = [each for each in known if sorted(each) == sorted(name)]
    return next(iter((*near, *swapped)), None)


def _from_file(file: Path | None) -> dict[str, Any]:
    import tomllib

    path = file or Path(FILE_NAME)
    try:
        with path.open("rb") as stream:
            values = tomllib.load(stream)
    except FileNotFoundError as error:
        if file is None:
            return {}
        raise SettingsError(f"{path}: there is no such file") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    named = {name.replace("-", "_"): value for name, value in values.items()}
    if len(named) < len(values):
        names = [name.replace("_", "-") for name in values]
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingsError(f"{path}: {twice} is there twice, with - and with _")
    return _checked(named, f"{path}: ", lambda name: name.replace("_", "-"))
