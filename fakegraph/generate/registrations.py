"""What people are registered for at the end of a period, in agreement with its events."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field

from fakegraph.dataclass import dataclass
from fakegraph.edm.schema import Record
from fakegraph.edm.values import Instant, format_instant, instant
from fakegraph.generate.events import Origin, events
from fakegraph.generate.people import Person, guid, person, weighted


@dataclass(frozen=True)
class _Method:
    """One method by its names: a registrationAuthMethod, in ``methodsRegistered``, as a default.

    ``sspr`` and ``mfa``: whether it is good for a reset by oneself, and as a second factor.
    """

    old: str
    new: str
    default: str | None = None
    sspr: bool = True
    mfa: bool = True
    passwordless: bool = False


# In the order of registrationAuthMethod.
_EMAIL = _Method("email", "email", mfa=False)
_MOBILE = _Method("mobilePhone", "mobilePhone", "sms")
_OFFICE = _Method("officePhone", "officePhone", "voiceOffice")
_QUESTION = _Method("securityQuestion", "securityQuestion", mfa=False)
_PUSH = _Method("appNotification", "microsoftAuthenticatorPush", "push")
_CODE = _Method("appCode", "softwareOneTimePasscode", "oath")
_ALTERNATE = _Method("alternateMobilePhone", "alternateMobilePhone", "voiceAlternateMobile")
_FIDO = _Method("fido", "fido2SecurityKey", sspr=False, passwordless=True)
_APP_PASSWORD = _Method("appPassword", "appPassword", sspr=False, mfa=False)
_EXTERNAL = _Method("externalAuthMethod", "externalAuthMethod", sspr=False)
_METHODS = (
    _EMAIL,
    _MOBILE,
    _OFFICE,
    _QUESTION,
    _PUSH,
    _CODE,
    _ALTERNATE,
    _FIDO,
    _APP_PASSWORD,
    _EXTERNAL,
)
_METHOD_WEIGHTS = (22, 28, 4, 5, 18, 12, 3, 5, 2, 1)

_METHOD_OF_USAGE = {
    "email": _EMAIL,
    "mobileSMS": _MOBILE,
    "mobileCall": _MOBILE,
    "officePhone": _OFFICE,
    "securityQuestion": _QUESTION,
    "appNotification": _PUSH,
    "appCode": _CODE,
    "alternateMobileCall": _ALTERNATE,
    "fido": _FIDO,
    "appPassword": _APP_PASSWORD,
    # What an old client is shown of a method that it does not know.
    "unknownFutureValue": _EXTERNAL,
}
# From the strongest, as the system prefers them.
_DEFAULTS = ("push", "oath", "sms", "voiceOffice", "voiceAlternateMobile")

_GUEST_SHARE, _ADMIN_SHARE, _UNKNOWN_ADMIN_SHARE = 0.08, 0.08, 0.03
_ENABLED_SHARE = 0.5
_MFA_ALLOWED_SHARE = 0.92
# Signed up on the old page for resets, where what one registers is no second factor.
_RESETS_ONLY_SHARE = 0.12
_METHODS_TO_RESET = 2  # that Contoso's policy asks for
_NOTHING_SHARE = 0.3  # of those without events have no method


@dataclass(frozen=True)
class Registration:
    """What one person has; both sets of registrations are told from it.

    ``enabled`` and ``registered``: for resetting their password themselves.
    """

    id: str
    person: Person
    methods: tuple[_Method, ...]
    enabled: bool
    registered: bool
    mfa_registered: bool
    mfa_allowed: bool
    guest: bool
    admin: bool | None
    preferring: bool | None
    updated: Instant


@dataclass
class _Past:
    """What the events say of one user: the methods registered, and the last reset."""

    registered: set[_Method] = field(default_factory=set)
    last_reset: Instant | None = None
    reset_by: _Method | None = None  # the last time; None where that failed

    @property
    def methods(self) -> set[_Method]:
        """What the user has in the end."""
        return self.registered | ({self.reset_by} if self.reset_by else set())


def registrations(origin: Origin, count: int, events_told: int) -> Iterator[Registration]:
    """Yield the registrations of ``count`` people, the users of the origin's events first.

    They agree with the first ``events_told`` of the events. Who registered a method with success
    has it; whose last reset succeeded has its method, and is enabled and registered for resets.
    """
    pasts = _pasts(origin, events_told)
    for number in range(count):
        chance = random.Random(f"{origin.seed} {number}")
        who = person(number)
        yield _registration(chance, who, pasts.get(who.principal), origin.end)


def _pasts(origin: Origin, events_told: int) -> Mapping[str, _Past]:
    pasts: defaultdict[str, _Past] = defaultdict(_Past)
    for event in events(origin, events_told):
        past, success = pasts[event["userPrincipalName"]], event["isSuccess"]
        method = _METHOD_OF_USAGE[event["authMethod"]]
        if event["feature"] == "registration" and success:
            past.registered.add(method)
        moment = instant(event["eventDateTime"])
        if event["feature"] == "reset" and (past.last_reset or moment) <= moment:
            past.last_reset, past.reset_by = moment, method if success else None
    return pasts


def _registration(
    chance: random.Random, who: Person, past: _Past | None, end: Instant
) -> Registration:
    id_, resets_only = guid(chance), chance.random() < _RESETS_ONLY_SHARE
    methods = _some_methods(chance) if past is None else past.methods
    resets = past is not None and past.reset_by is not None
    guest, rank = chance.random() < _GUEST_SHARE, chance.random()
    admin = None if rank < _UNKNOWN_ADMIN_SHARE else rank > 1 - _ADMIN_SHARE
    return Registration(
        id_,
        who,
        tuple(method for method in _METHODS if method in methods),
        enabled=chance.random() < _ENABLED_SHARE or resets,
        registered=resets or sum(method.sspr for method in methods) >= _METHODS_TO_RESET,
        mfa_registered=any(m.mfa and not (m.sspr and resets_only) for m in methods),
        mfa_allowed=chance.random() < _MFA_ALLOWED_SHARE,
        guest=guest,
        admin=False if guest else admin,
        preferring=(True, True, True, False, None)[int(chance.random() * 5)],
        updated=end,
    )


def _some_methods(chance: random.Random) -> set[_Method]:
    if chance.random() < _NOTHING_SHARE:
        return set()
    pick = weighted(_METHODS, _METHOD_WEIGHTS)
    return {pick(chance.random()) for _ in range(1 + int(chance.random() * 3))}


def old_record(registration: Registration) -> Record:
    """As a ``credentialUserRegistrationDetails``."""
    return {
        "id": registration.id,
        "userPrincipalName": registration.person.principal,
        "userDisplayName": registration.person.name,
        "authMethods": [method.old for method in registration.methods],
        "isRegistered": registration.registered,
        "isEnabled": registration.enabled,
        "isCapable": registration.registered and registration.enabled,
        "isMfaRegistered": registration.mfa_registered,
    }


def new_record(registration: Registration) -> Record:
    """As a ``userRegistrationDetails``."""
    has = {method.default for method in registration.methods if registration.mfa_registered}
    defaults = [name for name in _DEFAULTS if name in has]
    return {
        "id": registration.id,
        "isAdmin": registration.admin,
        "isMfaCapable": registration.mfa_registered and registration.mfa_allowed,
        "isMfaRegistered": registration.mfa_registered,
        "isPasswordlessCapable": any(method.passwordless for method in registration.methods),
        "isSsprCapable": registration.registered and registration.enabled,
        "isSsprEnabled": registration.enabled,
        "isSsprRegistered": registration.registered,
        "isSystemPreferredAuthenticationMethodEnabled": registration.preferring,
        "lastUpdatedDateTime": format_instant(registration.updated),
        "methodsRegistered": [method.new for method in registration.methods],
        "systemPreferredAuthenticationMethods": defaults[:1] if registration.preferring else [],
        "userDisplayName": registration.person.name,
        "userPreferredMethodForSecondaryAuthentication": defaults[-1] if defaults else None,
        "userPrincipalName": registration.person.principal,
        "userType": "guest" if registration.guest else "member",
    }
