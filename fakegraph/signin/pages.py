"""The few pages that people see, plain HTML. Everything that is not ours is escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from urllib.parse import urlencode

from fakegraph.signin.oauth import SendBack
from fakegraph.web.exchange import Answer

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"
    "li{margin:.3rem 0}input,button,select{font:inherit;padding:.2rem .6rem}"
    "footer{margin-top:3rem;color:#666;font-size:85%}"
)
_SUBMIT = "document.forms[0].submit()"
_LEAD_ON = "addEventListener('load',()=>location.replace(document.links[0].href))"


def _hash(text: str) -> str:
    return base64.b64encode(sha256(text.encode()).digest()).decode()


_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_hash(_STYLE)}'; "
    f"script-src 'sha256-{_hash(_SUBMIT)}' 'sha256-{_hash(_LEAD_ON)}'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_HTML = "text/html; charset=utf-8"


def page(title: str, *parts: str, status: int = 200) -> Answer:
    """A page of parts that are HTML already."""
    body = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{''.join(parts)}"
        "<footer>This is fakegraph, a stand-in for tests. No password is asked for, and what it "
        "signs opens nothing but this server.</footer></html>"
    )
    return Answer(status, body.encode(), _HTML, HEADERS)


def text(words: str) -> str:
    """A paragraph."""
    return f"<p>{escape(words)}</p>"


def hidden(values: Mapping[str, str]) -> str:
    """Fields of a form that nobody sees."""
    return "".join(
        f'<input type=hidden name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )


def choose_user(app: str, users: Iterable[tuple[str, str]], asked: Mapping[str, str]) -> Answer:
    """A page with a link for each user, UPN and name, that leads on as that user."""
    items = "".join(
        f'<li><a href="?{escape(urlencode({**asked, "login_hint": upn}))}">{escape(name)}</a> '
        f"{escape(upn)}"
        for upn, name in users
    )
    other = (
        f"<form method=get>{hidden(asked)}<label>Somebody else: "
        '<input name=login_hint required placeholder="ada@contoso.com"></label> '
        "<button>Sign in</button></form>"
    )
    return page("Pick a user", text(f"{app} asks you to sign in."), f"<ul>{items}</ul>", other)


def approve_device(user_code: str, users: Iterable[tuple[str, str]], said: str = "") -> Answer:
    """A page on which a device is approved or declined."""
    options = "".join(f'<option value="{escape(upn)}">{escape(name)}' for upn, name in users)
    form = (
        "<form method=post><p><label>Code "
        f'<input name=user_code required value="{escape(user_code)}"></label>'
        "<p><label>As <input name=username list=users required></label>"
        f"<datalist id=users>{options}</datalist>"
        "<p><button name=action value=approve>Approve</button> "
        "<button name=action value=decline formnovalidate>Decline</button></form>"
    )
    return page("Enter the code of your device", text(said) if said else "", form)


def signed_out(told: Sequence[str], onward: str | None) -> Answer:
    """A page in whose frames apps are told that somebody has signed out; then it leads on.

    https://openid.net/specs/openid-connect-frontchannel-1_0.html
    """
    frames = "".join(f'<iframe hidden src="{escape(uri)}"></iframe>' for uri in told)
    link = "" if onward is None else f'<p><a href="{escape(onward)}">Go on</a>'
    script = "" if onward is None else f"<script>{_LEAD_ON}</script>"
    found = page("Signed out", text("You can close this page."), frames, link, script)
    origins = " ".join(dict.fromkeys("/".join(uri.split("/")[:3]) for uri in told))
    policy = f"{_POLICY}; frame-src {origins}"
    return found._replace(headers={**HEADERS, "Content-Security-Policy": policy})


def send_back(back: SendBack, values: Mapping[str, str]) -> Answer:
    """Send values to the app that asked, in the way that it asked for."""
    if back.state is not None:
        values = {**values, "state": back.state}
    if back.mode == "form_post":
        fields, target = hidden(values), escape(back.uri)
        form = f'<form method=post action="{target}">{fields}<button>Go on</button></form>'
        return page("Signed in", form, f"<script>{_SUBMIT}</script>")
    return Answer(302, b"", None, {"Location": place_of(back, values), **HEADERS})


def place_of(back: SendBack, values: Mapping[str, str]) -> str:
    """Where a browser is sent with values, and nothing else."""
    joint = "#" if back.mode == "fragment" else "&" if "?" in back.uri else "?"
    return f"{back.uri}{joint}{urlencode(values)}" if values else back.uri
