"""What the control API takes: bodies and query strings, read into values.

Everything here raises GraphError (400) with every problem; unknown keys are problems.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from fakegraph.dataclass import dataclass
from fakegraph.edm import fields, values
from fakegraph.edm.fields import EdmField, shown
from fakegraph.edm.json_schema import PRIMITIVES, JsonSchema
from fakegraph.edm.schema import ComplexSchema, InvalidEntity
from fakegraph.edm.types import EnumType
from fakegraph.edm.values import Instant
from fakegraph.errors import Problem, bad_request, refused
from fakegraph.settings import read_delay
from fakegraph.store import TenantNameError, check_tenant_name
from fakegraph.tenants.courses import Course
from fakegraph.tenants.faults import PRESETS, Effect, Fault, Match, effect_of_status
from fakegraph.tenants.journal import CRITERIA
from fakegraph.tenants.stubs import Stub

_METHOD = re.compile(r"[A-Za-z]{1,20}")
MAX_DELAY_MS = 600_000
MAX_LAST_MS = 86_400_000
_WORDS = re.compile(r".{1,1000}", re.DOTALL)
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,1000}")
_NAME = "a name in one line, of 1 to 1000 characters"
_ROLE = "a permission in one line, such as Mail.Read, of 1 to 1000 characters"
_SCOPES = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,100000}")
# As documentation writes what is a key: no path that is asked for has that, but in braces GUIDs.
_NO_PLACEHOLDER = re.compile(r"(?:(?!\{[A-Za-z][A-Za-z_| -]*\})[\S\s]){1,1000}")
_PATTERN = "a pattern of 1 to 1000 characters, in which * stands for any key: /users/*/messages"
_SNAPSHOT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")

# What OpenAPI says of names that are in paths, too, and of those that lead to files.
TENANT_NAME: JsonSchema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
SNAPSHOT_NAME: JsonSchema = {"type": "string", "pattern": f"^{_SNAPSHOT_NAME.pattern}$"}
FIXTURE: JsonSchema = {
    "type": "string",
    "minLength": 1,
    "format": "fixture",
    "description": "A built-in fixture, a file or a folder.",
    "examples": ["contoso"],
}
FIXTURES: JsonSchema = {
    "anyOf": [FIXTURE, {"type": "array", "items": FIXTURE, "uniqueItems": True}],
}


Properties = dict[str, JsonSchema]


class ControlBody(ComplexSchema):
    """A JSON object that the control API takes. Nothing in it is an annotation."""

    annotated = False
    complete = False

    @classmethod
    def take(cls, body: object) -> dict[str, Any]:
        """Check a body. Raises GraphError (400)."""
        try:
            return cls.reader().read(body)
        except InvalidEntity as error:
            raise refused(error.problems) from error

    def json_schema(self) -> JsonSchema:
        schema = super().json_schema()
        forms = [
            {**schema, "properties": properties, "required": required}
            for required, properties in self.forms(schema["properties"])
        ]
        return {"title": schema["title"], "anyOf": forms} if forms else schema

    @classmethod
    def forms(cls, properties: Properties) -> Iterable[tuple[list[str], Properties]]:
        """Where not all goes with all: what is required in each form, and what may be there."""
        return ()


def choice(name: str, *members: str, required: bool = False) -> fields.Enum:
    """One of some words; ``name`` is what the description calls them."""
    return fields.Enum(
        EnumType(f"fakegraph.{name}", {each: at for at, each in enumerate(members)}),
        required=required,
    )


class _Text(fields.String):
    """Some text that is not empty."""

    expected = "text of 1 to 1000 characters"

    def __init__(
        self,
        pattern: re.Pattern[str] = _WORDS,
        *,
        required: bool = False,
        expected: str = expected,
    ) -> None:
        super().__init__(required=required)
        self.pattern, self.expected = pattern, expected

    def check(self, value: Any) -> None:
        super().check(value)
        if not self.pattern.fullmatch(value):
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        if self.pattern is _WORDS:  # a dot is no newline there
            return {"type": "string", "minLength": 1, "maxLength": 1000}
        return {"type": "string", "pattern": f"^{self.pattern.pattern}$"}


class _TenantName(fields.String):
    """What a tenant may be called."""

    expected = "1 to 64 of the characters A-Z, a-z, 0-9, _ and -"

    def check(self, value: Any) -> None:
        super().check(value)
        try:
            check_tenant_name(value)
        except TenantNameError as error:
            raise self.invalid(value) from error

    def json_form(self) -> JsonSchema:
        return TENANT_NAME


def _as_whole(value: Any) -> Any:
    """A whole number: to JSON 5.0 is the number 5, and some languages write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Whole(fields.Int32):
    """A whole number between two bounds."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.least, self.most = least, most
        self.expected = f"a whole number from {least} to {most}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(_as_whole(value), attr, data, **kwargs)

    def check(self, value: Any) -> None:
        super().check(value)
        if not self.least <= value <= self.most:
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Number(fields.Decimal):
    """A number between two bounds."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.least, self.most = least, most
        self.expected = f"a number from {least:g} to {most:g}"

    def check(self, value: Any) -> None:
        super().check(value)
        if not self.least <= value <= self.most:
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        return {"type": "number", "minimum": self.least, "maximum": self.most}


class _RetryAfter(Number):
    """A number of seconds, or any text that a header can hold."""

    text = re.compile("([!-~\u00a1-\u00ff]([\t -~\u00a0-\u00ff]{0,998}[!-~\u00a1-\u00ff])?)?")

    def __init__(self) -> None:
        super().__init__(0, 86_400, nullable=True)
        self.expected += (
            ", an HTTP date, or another text of at most 1000 characters of Latin-1 without line "
            "breaks, and without blanks at its ends"
        )

    def check(self, value: Any) -> None:
        if not isinstance(value, str):
            super().check(value)
        elif not self.text.fullmatch(value):
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        text = {"type": "string", "pattern": f"^{self.text.pattern}$"}
        return {"anyOf": [super().json_form(), text]}


class _Texts(EdmField):
    """An object whose values are texts."""

    type = fields.String.type
    node = "StartObject"
    expected = "an object of texts"

    def check(self, value: Any) -> None:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        return {"type": "object", "additionalProperties": {"type": "string"}}


class _Headers(_Texts):
    """Headers of an answer, by name (RFC 9110, 5): none that says where its body ends."""

    named = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
    framing = frozenset(
        {"content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer"}
        | {"upgrade"}
    )
    expected = (
        "an object of texts: names of headers, but for those that say where a body ends, and "
        "values of Latin-1 without line breaks, and without blanks at their ends"
    )

    def check(self, value: Any) -> None:
        super().check(value)
        for name, text in value.items():
            is_name = self.named.fullmatch(name) and name.casefold() not in self.framing
            if not is_name or not _RetryAfter.text.fullmatch(text):
                raise self.invalid({name: text})

    def json_form(self) -> JsonSchema:
        cased = (
            "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in each)
            for each in sorted(self.framing)
        )
        value = {"type": "string", "pattern": f"^{_RetryAfter.text.pattern}$"}
        names = {"pattern": f"^{self.named.pattern}$", "not": {"pattern": f"^({'|'.join(cased)})$"}}
        return {"type": "object", "propertyNames": names, "additionalProperties": value}


class _Object(EdmField):
    """Any JSON object."""

    type = fields.String.type
    node = "StartObject"
    expected = "an object"

    def check(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        return {"type": "object"}


class _Anything(EdmField):
    """Any JSON."""

    type = fields.String.type
    expected = "JSON"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(nullable=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value

    def json_form(self) -> JsonSchema:
        return {}


class _Fixtures(EdmField):
    """The name of a fixture, or an array of them; none in it means no records."""

    type = fields.String.type
    node: ClassVar[str] = "StartArray"
    expected = "a built-in fixture, a file or a folder, or an array of these"

    def check(self, value: Any) -> None:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(
            isinstance(name, str) and name and "\0" not in name for name in names
        ):
            raise self.invalid(value)

    def json_form(self) -> JsonSchema:
        return FIXTURES


class _Delay(EdmField):
    """How late something gets about."""

    type = fields.String.type
    expected = "milliseconds, such as 500, or a number of reads, as in 'reads:3'"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        self.check(value)
        return read_delay(_as_whole(value))

    def check(self, value: Any) -> None:
        try:
            read_delay(_as_whole(value))
        except ValueError as error:
            raise self.invalid(value) from error

    def json_form(self) -> JsonSchema:
        number: JsonSchema = {"type": "integer", "minimum": 0, "maximum": 999_999}
        text: JsonSchema = {"type": "string", "pattern": "^(reads:)?[0-9]{1,6}$"}
        return {"anyOf": [number, text]}


class TenantBody(ControlBody):
    """A new tenant."""

    edm_name = "fakegraph.tenant"
    id = _TenantName(required=False)
    fixture = _Fixtures(required=False)
    auth = choice("auth", "off", "bearer", "strict")
    pageSize = Whole(1, 999)
    consistencyDelay = _Delay(required=False)
    retired = fields.Boolean(required=False)
    strictQueries = fields.Boolean(required=False)
    strictDirectory = fields.Boolean(required=False)
    deviceAutoApprove = fields.Boolean(required=False)
    test = _Text()


def fixtures_of(value: str | list[str]) -> tuple[str, ...]:
    """The names that the key ``fixture`` gives."""
    return (value,) if isinstance(value, str) else tuple(value)


class SnapshotBody(ControlBody):
    """A new snapshot."""

    edm_name = "fakegraph.snapshot"
    name = _Text(
        _SNAPSHOT_NAME,
        required=True,
        expected="1 to 100 of the characters A-Z, a-z, 0-9, _, . and -",
    )


def moment(text: str) -> Instant:
    """Read a date and time; a date alone is its midnight in UTC, as in a filter."""
    return values.instant(text if "T" in text.upper() else f"{text}T00:00:00Z")


_DATE: JsonSchema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
MOMENT: JsonSchema = {"anyOf": [PRIMITIVES["Edm.DateTimeOffset"], _DATE]}


class _Moment(fields.DateTimeOffset):
    """A date and time, or a date for its midnight in UTC."""

    read = moment  # type: ignore[assignment]  # that one's is cached
    expected = f"{fields.DateTimeOffset.expected}, or a date such as 2024-01-31 for midnight in UTC"

    def json_form(self) -> JsonSchema:
        return MOMENT


class ClockBody(ControlBody):
    """A change of the clock."""

    edm_name = "fakegraph.tenants.clock"
    now = _Moment(required=False)
    frozen = fields.Boolean(required=False)
    advance = fields.Duration(required=False)

    @classmethod
    def forms(cls, properties: Properties) -> Iterable[tuple[list[str], Properties]]:
        setting = {name: properties[name] for name in ("now", "frozen")}
        yield ["now"], setting
        yield ["frozen"], setting
        yield ["advance"], {"advance": properties["advance"]}


@dataclass(frozen=True)
class ClockChange:
    """``now`` or ``advance`` (in ticks) or neither; ``frozen`` None: as it is."""

    now: Instant | None
    advance: int | None
    frozen: bool | None


def read_clock(body: object) -> ClockChange:
    """Read a change of the clock: set (and, unless it says otherwise, frozen) or advanced."""
    found = ClockBody.take(body)
    if ("advance" in found) == ("now" in found or "frozen" in found):
        raise bad_request("Send now, frozen or both of them, or else advance.")
    now, advance = found.get("now"), found.get("advance")
    return ClockChange(
        None if now is None else moment(now),
        None if advance is None else values.duration(advance),
        found.get("frozen", True if now is not None else None),
    )


class MatchBody(ControlBody):
    """Which requests a fault is for."""

    edm_name = "fakegraph.match"
    method = _Text(_METHOD, expected="a method: 1 to 20 letters")
    path = _Text(_NO_PLACEHOLDER, expected=_PATTERN)
    query = _Texts(required=False)
    app = _Text()


class FaultBody(ControlBody):
    """A fault."""

    edm_name = "fakegraph.fault"
    match = fields.Complex(MatchBody, required=False)
    preset = choice("preset", *PRESETS)
    status = Whole(400, 599)
    code = fields.String(required=False)  # Planner's are empty
    message = fields.String(required=False)
    retryAfter = _RetryAfter()
    delayMs = Whole(0, MAX_DELAY_MS)
    drop = fields.Boolean(required=False)
    truncateBody = fields.Boolean(required=False)
    bodyMs = Whole(0, MAX_DELAY_MS)
    skip = Whole(0, 1_000_000)
    times = Whole(1, 1_000_000, nullable=True)
    probability = Number(0, 1)
    seed = Whole(0, 2_000_000_000)

    @classmethod
    def forms(cls, properties: Properties) -> Iterable[tuple[list[str], Properties]]:
        """As :func:`_fault_problems` has it: an answer, a dropped connection, or a disturbance."""
        rules = {name: properties[name] for name in _RULES}
        whole = {"drop": _NO, "truncateBody": _NO, "bodyMs": {"const": 0}}
        answer = {name: properties[name] for name in ("code", "message", "retryAfter", "delayMs")}
        yield ["status"], {**rules, **answer, **whole, "status": properties["status"]}
        answers = [name for name, effect in PRESETS.items() if effect.status is not None]
        yield ["preset"], {**rules, **answer, **whole, "preset": {"enum": answers}}
        disturbed = {name: properties[name] for name in ("delayMs", "truncateBody", "bodyMs")}
        effects = {
            "drop": {**whole, "delayMs": properties["delayMs"], "drop": {"const": True}},
            "truncateBody": {**disturbed, "drop": _NO, "truncateBody": {"const": True}},
            "bodyMs": {**disturbed, "drop": _NO, "bodyMs": _some(properties["bodyMs"])},
            "delayMs": {**disturbed, "drop": _NO, "delayMs": _some(properties["delayMs"])},
        }
        for key, effect in effects.items():
            yield [key], {**rules, **effect}
            presets = [
                name
                for name, preset in PRESETS.items()
                if preset.status is None and getattr(preset, _EFFECTS[key])
            ]
            yield ["preset"], {**rules, **effect, "preset": {"enum": presets}}


class OperationsBody(ControlBody):
    """How long-running operations go."""

    edm_name = "fakegraph.operations"
    lastMs = Whole(0, MAX_LAST_MS)
    code = _Text(required=False)
    message = fields.String(required=False)
    times = Whole(1, 1_000_000, nullable=True)

    @classmethod
    def forms(cls, properties: Properties) -> Iterable[tuple[list[str], Properties]]:
        """What it fails with has a code."""
        yield ["code"], properties
        yield [], {name: each for name, each in properties.items() if name != "message"}


def read_course(body: object) -> tuple[Course, int | None]:
    """How operations go, and how many of them: None for all."""
    found = OperationsBody.take(body)
    if "message" in found and "code" not in found:
        raise bad_request("A message goes with the code of what operations fail with.", "message")
    course = Course(found.get("lastMs", 0), found.get("code", ""), found.get("message", ""))
    return course, found.get("times")


class StubMatchBody(MatchBody):
    """Which requests a stub is for."""

    edm_name = "fakegraph.stubMatch"
    path = _Text(_NO_PLACEHOLDER, expected=_PATTERN, required=True)
    json = _Anything(required=False)


class StubBody(ControlBody):
    """An answer in the service's stead."""

    edm_name = "fakegraph.stub"
    match = fields.Complex(StubMatchBody, required=True)
    status = Whole(200, 599)
    json = _Anything(required=False)
    headers = _Headers(required=False)
    times = Whole(1, 1_000_000, nullable=True)
    check = fields.Boolean(required=False)


def read_stub(body: object, id_: str) -> Stub:
    """Read a stub, which gets that id."""
    found = StubBody.take(body)
    match, json = found["match"], found.get("json")
    return Stub(
        id=id_,
        match=Match(match.get("method"), match["path"], match.get("query", {}), match.get("app")),
        status=found.get("status", 204 if json is None else 200),
        json=json,
        part=match.get("json"),
        headers=found.get("headers", {}),
        times=found.get("times"),
        shown=found,
    )


_RULES = ("match", "skip", "times", "probability", "seed")
_NO: JsonSchema = {"const": False}


def _some(schema: JsonSchema) -> JsonSchema:
    return {**schema, "minimum": 1}


# From a fault's keys to the fields of its effect.
_EFFECTS = {
    "code": "code",
    "message": "message",
    "retryAfter": "retry_after",
    "delayMs": "delay_ms",
    "drop": "drop",
    "truncateBody": "truncate",
    "bodyMs": "body_ms",
}


def read_fault(body: object, id_: str) -> Fault:
    """Read a fault, which gets that id."""
    found = FaultBody.take(body)
    problems = list(_fault_problems(found))
    if problems:
        raise refused(problems)
    match = found.get("match", {})
    return Fault(
        id=id_,
        match=Match(
            match.get("method"), match.get("path"), match.get("query", {}), match.get("app")
        ),
        effect=_effect(found),
        skip=found.get("skip", 0),
        times=found.get("times", 1),
        probability=found.get("probability", 1.0),
        seed=found.get("seed", 0),
        preset=found.get("preset"),
        shown=found,
    )


def _effect(found: Mapping[str, Any]) -> Effect:
    if "preset" in found:
        effect = PRESETS[found["preset"]]
    elif "status" in found:
        effect = effect_of_status(found["status"])
    else:
        effect = Effect()
    changes = {field: found[key] for key, field in _EFFECTS.items() if key in found}
    return replace(effect, **changes)


def _fault_problems(found: Mapping[str, Any]) -> Iterable[Problem]:
    effect = _effect(found)
    if "preset" in found and "status" in found:
        yield Problem("preset and status exclude each other: a preset has its own.", "status")
    if effect == Effect():
        yield Problem(
            "A fault needs an effect: preset, status, delayMs, drop, truncateBody or bodyMs."
        )
    if effect.status is None:
        for key in ("code", "message", "retryAfter"):
            if key in found:
                yield Problem(f"{key} goes with an answer: give a status too.", key)
    if effect.drop and (effect.status or effect.truncate or effect.body_ms):
        yield Problem("A dropped connection has no answer: drop goes with delayMs only.", "drop")
    if effect.status and (effect.truncate or effect.body_ms):
        yield Problem("truncateBody and bodyMs are for the service's own answer.", "status")


class TokenBody(ControlBody):
    """An access token; a good one unless it says otherwise. Of ``kind`` ``github`` it is what a
    workflow of GitHub's proves itself by, for a federated identity credential.
    """

    edm_name = "fakegraph.token"
    kind = choice("kind", "access", "github")
    roles = fields.Collection(_Text(_LINE, expected=_ROLE), required=False)
    scp = _Text(_SCOPES, expected="permissions in one line, with a space between two")
    app = _Text(_LINE, expected=_NAME)
    user = _Text(_LINE, expected=_NAME)
    tenant = _Text(_LINE, expected=_NAME)
    expiresIn = Whole(-2_000_000_000, 2_000_000_000)
    audience = _Text(_SCOPES, expected="whom the token is for, in one line")
    version = choice("version", "1.0", "2.0")
    signature = choice("signature", "good", "none", "wrong", "foreign")
    claims = _Object(required=False)


def _number(text: str) -> float:
    if not re.fullmatch(r"\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?", text, re.ASCII):
        raise ValueError("it takes a number from 0")
    return float(text)


def _status(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII):
        raise ValueError("it takes a status, such as 429; 0 for a connection that was reset")
    return int(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("it takes JSON") from error


_READERS: Mapping[str, Callable[[str], Any]] = {
    "status": _status,
    "since": moment,
    "minDurationMs": _number,
    "json": _json,
}
_MANY = frozenset({"query", "header"})
_READ_FROM: Mapping[str, JsonSchema] = {
    "status": {"type": "integer", "minimum": 0, "maximum": 999},
    "since": MOMENT,
    "minDurationMs": {"type": "number", "minimum": 0},
    "json": {},
}


def criterion_schema(name: str) -> JsonSchema:
    """What may be asked for by a name of ``journal.CRITERIA``, as JSON Schema."""
    if name in _MANY:
        return {"type": "array", "items": {"type": "string"}}
    return _READ_FROM.get(name, {"type": "string"})


def read_criteria(query_string: str) -> dict[str, Any]:
    """Read which requests are asked for, by the names of ``journal.CRITERIA``."""
    found: dict[str, Any] = {}
    problems = []
    for name, text in parse_qsl(query_string, keep_blank_values=True):
        if name not in CRITERIA:
            known = ", ".join(CRITERIA)
            problems.append(Problem(f"'{shown(name)}' is nothing to ask for: {known} are.", name))
        elif name in _MANY:
            key, equals, pattern = text.partition("=")
            found.setdefault(name, {})[key] = pattern if equals else "*"
        elif name in found:
            problems.append(Problem(f"'{name}' is there twice.", name))
        else:
            try:
                found[name] = _READERS.get(name, str)(text)
            except ValueError as error:
                problems.append(Problem(f"'{name}' is '{shown(text)}': {error}.", name))
    if problems:
        raise refused(problems)
    return found
