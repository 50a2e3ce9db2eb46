"""Values that the directory refuses of users and groups.

https://learn.microsoft.com/graph/api/resources/user#properties
https://learn.microsoft.com/graph/api/resources/group#properties
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from struct import error, unpack
from typing import Any, NamedTuple
from uuid import UUID

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.directory.dynamic import STATE, STATES, is_dynamic
from fakegraph.workloads.directory.mastered import EXCHANGE
from fakegraph.workloads.directory.rule import read_rule
from fakegraph.workloads.handed import Others

_BAD = "Request_BadRequest"
_GUID = 36  # characters

USER_LENGTHS = {
    "displayName": 256,
    "givenName": 64,
    "surname": 64,
    "mailNickname": 64,
    "jobTitle": 128,
    "department": 64,
    "companyName": 64,
    "city": 128,
    "state": 128,
    "country": 128,
    "postalCode": 40,
    "streetAddress": 1024,
    "mobilePhone": 64,
    "employeeId": 16,
    "usageLocation": 2,
}
GROUP_LENGTHS = {"displayName": 256, "mailNickname": 64, "description": 1024}
USER_READ_ONLY = frozenset(
    {"assignedLicenses", "assignedPlans", "createdDateTime", "creationType", "deletedDateTime"}
    | {"externalUserState", "externalUserStateChangeDateTime", "imAddresses", "proxyAddresses"}
    | {"lastPasswordChangeDateTime", "legalAgeGroupClassification", "licenseAssignmentStates"}
    | {"onPremisesDistinguishedName", "onPremisesDomainName", "onPremisesLastSyncDateTime"}
    | {"onPremisesProvisioningErrors", "onPremisesSamAccountName", "onPremisesSyncEnabled"}
    | {"onPremisesSecurityIdentifier", "onPremisesUserPrincipalName", "provisionedPlans"}
    | {"securityIdentifier", "signInActivity", "signInSessionsValidFromDateTime"}
    | {"isManagementRestricted", "refreshTokensValidFromDateTime"}
)
GROUP_READ_ONLY = frozenset(
    {"assignedLicenses", "createdDateTime", "creationOptions", "deletedDateTime", "mail"}
    | {"expirationDateTime", "licenseProcessingState", "onPremisesDomainName"}
    | {
        "onPremisesLastSyncDateTime",
        "onPremisesNetBiosName",
        "onPremisesSamAccountName",
        "onPremisesSecurityIdentifier",
    }
    | {"onPremisesSyncEnabled", "proxyAddresses", "renewedDateTime", "securityIdentifier"}
    | {"hasMembersWithLicenseErrors", "isManagementRestricted"}
    | {"isArchived", "onPremisesProvisioningErrors"}
)
GROUP_IMMUTABLE = frozenset(
    {"isAssignableToRole", "mailEnabled", "resourceBehaviorOptions", "uniqueName"}
    | {"resourceProvisioningOptions"}
)
MOST_BOUND = 20
_SHORTEST_ALIAS = 3  # characters; a shorter one is in many a good password

_USER_NICKNAME = re.compile(r"""[^\s@()\\\[\]";:<>,]+""")
_GROUP_NICKNAME = re.compile(r"""(?:(?![@()\\\[\]";:.<>,])[\x21-\x7e])+""")
_PRINCIPAL = re.compile(r"(?=.{3,113}\Z)[A-Za-z0-9'.\-_!#^~]+(?<!\.)@([^@\s]+)")
_FRACTION = re.compile(r"\.[0-9]+Z\Z")
# ISO 3166-1: where services can be used.
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
"""The codes of countries."""
_CLASSES = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")))
_BANNED = frozenset({"password1!", "passw0rd!", "p@ssw0rd", "p@ssword1"})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_POLICIES = {"DisableStrongPassword", "DisablePasswordExpiration", "None"}
_CHOICES = {
    "userType": frozenset({"member", "guest"}),
    "ageGroup": frozenset({"minor", "notadult", "adult"}),
    "consentProvidedForMinor": frozenset({"granted", "denied", "notrequired"}),
}
_AUDIENCES = frozenset(
    {"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"}
    | {"PersonalMicrosoftAccount"}
)
_CLAIMS = {"None", "SecurityGroup", "ApplicationGroup", "DirectoryRole", "All"}
_AGES = frozenset(
    {"Allow", "RequireConsentForPrivacyServices", "RequireConsentForMinors"}
    | {"RequireConsentForKids", "BlockMinors", None}
)
_TOKEN_VERSIONS = frozenset({1, 2, None})
_ACCESS = frozenset({"Scope", "Role"})
_SIGN_ONS = frozenset({"password", "saml", "notSupported", "oidc", "external"})
_PRINCIPALS = frozenset({"Application", "ManagedIdentity", "Legacy", "SocialIdp"})
_GROUP_TYPES = {"Unified", "DynamicMembership"}
_THEMES = frozenset({"Teal", "Purple", "Green", "Blue", "Pink", "Orange", "Red"})
_BEHAVIOURS = {
    *("AllowOnlyMembersToPost", "CalendarMemberReadOnly", "ConnectorsDisabled"),
    *("HideGroupInOutlook", "SubscribeMembersToCalendarEventsDisabled"),
    *("SubscribeNewGroupMembers", "WelcomeEmailDisabled"),
}
_VISIBILITIES = frozenset({"Public", "Private", "HiddenMembership"})


def refused(message: str, target: str, code: str | None = None) -> GraphError:
    """A 400 in the directory's words."""
    details = [Problem(message, target, code)] if code else []
    return GraphError(400, _BAD, message, target, details=details)


def _invalid(name: str, resource: str) -> GraphError:
    message = f"Invalid value specified for property '{name}' of resource '{resource}'."
    return refused(message, name, "InvalidValue")


Fits = Mapping[str, Callable[[Any], bool]]


def _checked(resource: str, lengths: Mapping[str, int], fits: Fits, kept: frozenset[str]) -> Any:
    """A check of what is new in a body: lengths, forms, and what cannot be cleared."""

    known = lengths.keys() | fits.keys() | kept
    checked = {name: (lengths.get(name), fits.get(name), name in kept) for name in known}

    def check(record: Record, before: Record | None) -> None:
        old = before or {}
        for name in filter(checked.__contains__, record):
            value, (length, fit, stays) = record[name], checked[name]
            if name in old and value == old[name]:
                continue
            if value is None:
                wrong = stays and old.get(name)
            elif stays and value == "":
                wrong = True
            else:
                too_long = length is not None and isinstance(value, str) and len(value) > length
                wrong = too_long or (fit is not None and not fit(value))
            if wrong:
                raise _invalid(name, resource)

    return check


def _words(text: str) -> set[str]:
    return {each.strip() for each in text.split(",")} - {""}


def _is_among(words: frozenset[str], value: str) -> bool:
    return value.casefold() in words


check_user = _checked(
    "User",
    USER_LENGTHS,
    {
        "mailNickname": lambda value: _USER_NICKNAME.fullmatch(value) is not None,
        "usageLocation": lambda value: value.upper() in COUNTRIES,
        "businessPhones": lambda value: len(value) <= 1,
        "mail": lambda value: _ADDRESS.fullmatch(value) is not None,
        "otherMails": lambda value: all(map(_ADDRESS.fullmatch, value)),
        "passwordPolicies": lambda value: _words(value) <= _POLICIES,
        **{name: partial(_is_among, words) for name, words in _CHOICES.items()},
    },
    frozenset({"displayName", "mailNickname", "usageLocation"}),
)

_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def _is_access(wanted: Record) -> bool:
    """Whether what an application wants of another names that, and permissions of known kinds."""
    kinds = {each.get("type") for each in wanted.get("resourceAccess") or ()}
    return _ID.fullmatch(wanted.get("resourceAppId") or "") is not None and kinds <= _ACCESS


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SHOWN = ("marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
_LONGEST_TAG = 256


def _has_urls(*names: str) -> Callable[[Record], bool]:
    """A test that what an object has by these names are whole URLs."""

    def test(value: Record) -> bool:
        return all(_is_url(value[name]) for name in names if value.get(name))

    return test


def _is_url(value: Any) -> bool:
    return _URL.fullmatch(str(value)) is not None


def _is_tag(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_TAG and not any(map(str.isspace, value))


def _is_api(api: Record) -> bool:
    """Whether its tokens are of a version that there is, and whom it trusts are applications."""
    trusted = api.get("preAuthorizedApplications") or ()
    are_apps = all(_ID.fullmatch(str(each.get("appId"))) for each in trusted)
    return api.get("requestedAccessTokenVersion") in _TOKEN_VERSIONS and are_apps


def _are_named(claims: Record) -> bool:
    """Whether each of the claims that are added to tokens has a name."""
    return all(
        each.get("name") for kind in claims.values() for each in kind or () if "@" not in kind
    )


# https://learn.microsoft.com/graph/api/resources/application#properties
check_application = _checked(
    "Application",
    {"displayName": 256, "description": 1024},
    {
        "signInAudience": lambda value: value in _AUDIENCES,
        "groupMembershipClaims": lambda value: _words(value) <= _CLAIMS,
        "api": _is_api,
        "identifierUris": lambda value: all(map(_is_url, value)),
        "optionalClaims": _are_named,
        "samlMetadataUrl": _is_url,
        "tags": lambda value: all(map(_is_tag, value)),
        "web": _has_urls("homePageUrl", "logoutUrl"),
        "parentalControlSettings": lambda value: value.get("legalAgeGroupRule") in _AGES,
        "requiredResourceAccess": lambda value: all(map(_is_access, value)),
        "info": lambda value: value.get("logoUrl") is None and _has_urls(*_SHOWN)(value),
    },
    frozenset({"displayName"}),
)

# https://learn.microsoft.com/graph/api/resources/serviceprincipal#properties
check_service_principal = _checked(
    "ServicePrincipal",
    {"description": 1024, "notes": 1024},
    {
        "preferredSingleSignOnMode": lambda value: value in _SIGN_ONS,
        "servicePrincipalType": lambda value: value in _PRINCIPALS,
    },
    frozenset(),
)

check_group = _checked(
    "Group",
    GROUP_LENGTHS,
    {
        "mailNickname": lambda value: _GROUP_NICKNAME.fullmatch(value) is not None,
        "description": lambda value: value != "",
        "visibility": lambda value: value in _VISIBILITIES,
        "groupTypes": lambda value: set(value) <= _GROUP_TYPES,
        "theme": lambda value: value in _THEMES,
        "resourceBehaviorOptions": lambda value: set(value) <= _BEHAVIOURS,
        "resourceProvisioningOptions": lambda value: set(value) <= {"Team"},
    },
    frozenset({"displayName", "mailNickname"}),
)


def check_principal(user: Record, before: Record | None) -> None:
    """Raise GraphError for a userPrincipalName that is none."""
    principal = user.get("userPrincipalName")
    if before is not None and principal == before.get("userPrincipalName"):
        return
    if before is None and principal is None:
        return  # of who signs in otherwise
    if not isinstance(principal, str) or _PRINCIPAL.fullmatch(principal) is None:
        raise refused("Property userPrincipalName is invalid.", "userPrincipalName", "InvalidValue")


def check_domain(user: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for a domain that is not verified, where the tenant has any domains."""
    principal = user.get("userPrincipalName")
    if principal is None or (before is not None and principal == before.get("userPrincipalName")):
        return
    domains = of.made_of("domains", _domains)
    wanted = principal.rpartition("@")[2].casefold()
    _check_federated(user, before, domains, wanted)
    if domains and not (wanted in domains and domains[wanted].verified):
        raise refused(
            "The domain portion of the userPrincipalName property is invalid. You must use one of "
            "the verified domain names in your organization.",
            "userPrincipalName",
            "InvalidValue",
        )


class _Domain(NamedTuple):
    """What counts of a domain where users are made."""

    verified: bool
    federated: bool


def _domains(records: Iterable[Record]) -> Mapping[str, _Domain]:
    """Domains by name, in small letters."""
    return {
        str(each.get("id")).casefold(): _Domain(
            each.get("isVerified", True), each.get("authenticationType") == "Federated"
        )
        for each in records
    }


def _check_federated(
    user: Record, before: Record | None, domains: Mapping[str, _Domain], wanted: str
) -> None:
    """Raise GraphError for a new user of a federated domain whom nothing ties to it."""
    found, name = domains.get(wanted), "onPremisesImmutableId"
    if before is None and found is not None and found.federated and not user.get(name):
        raise refused(f"A value is required for property '{name}' of resource 'User'.", name)


def check_password(user: Record, before: Record | None) -> None:
    """Raise GraphError for a user without a password, and for one that is too simple."""
    profile = user.get("passwordProfile") or {}
    password = profile.get("password")
    if before is None and not password and not _is_federated(user):
        raise refused("A password must be specified to create a new user.", "passwordProfile")
    kept = ((before or {}).get("passwordProfile") or {}).get("password")
    if password is None or password == kept:
        return
    if not _is_strong(password, user):
        raise refused(
            "The specified password does not comply with password complexity requirements. Please "
            "provide a different password.",
            "password",
            "PasswordComplexity",
        )


def identity_keys(user: Record) -> list[str]:
    """What somebody signs in with beside the userPrincipalName, each as it is compared."""
    return [
        f"{each.get('issuer')} {each.get('issuerAssignedId')}".casefold()
        for each in user.get("identities") or ()
        if each.get("signInType") != "userPrincipalName"
    ]


IDENTITIES = "@identities/*"
"""The index of who has an identity."""


def check_identities(user: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for what somebody else signs in with."""
    if not user.get("identities"):  # nearly always
        return
    new = set(identity_keys(user)) - set(identity_keys(before or {}))
    for key in sorted(new):
        for other in of.equal("users", IDENTITIES, key):
            if other.get("id") != user.get("id"):
                message = (
                    "Another object with the same value for property identities already exists."
                )
                details = [
                    Problem(message, "identities", "ObjectConflict"),
                    Problem(message, f"User_{other['id']}", "ConflictingObjects"),
                ]
                raise GraphError(400, _BAD, message, details=details)


_LOCAL = frozenset({"emailAddress", "userName"})


def check_local(user: Record, before: Record | None) -> None:
    """Raise GraphError for an account of the tenant's own that says too little.

    https://learn.microsoft.com/graph/api/user-post-users
    """
    identities = user.get("identities")
    if not identities or identities == (before or {}).get("identities"):  # nearly always
        return
    own = [each for each in identities if each.get("signInType") in _LOCAL]
    if not all(each.get("issuer") and each.get("issuerAssignedId") for each in own):
        raise _invalid("identities", "User")
    kept = _words(user.get("passwordPolicies") or "")
    if own and before is None and "DisablePasswordExpiration" not in kept:
        name = "passwordPolicies"
        message = f"A value is required for property '{name}' of resource 'User'."
        hint = "Of an account with an identity of the tenant's own it is DisablePasswordExpiration."
        raise GraphError(400, _BAD, message, name, details=[Problem(hint, name)])


def _is_federated(user: Record) -> bool:
    kinds = {each.get("signInType") for each in user.get("identities") or ()}
    return "federated" in kinds and not kinds & _LOCAL


def _is_strong(password: str, user: Record) -> bool:
    if "DisableStrongPassword" in (user.get("passwordPolicies") or ""):
        return True
    alias = (user.get("userPrincipalName") or "").partition("@")[0].casefold()
    told = len(alias) >= _SHORTEST_ALIAS and alias in password.casefold()
    return not told and all(rule.test(password) for rule in PASSWORD_RULES)


class PasswordRule(NamedTuple):
    """What a password of anybody has to be."""

    name: str
    message: str
    test: Callable[[str], bool]


# https://learn.microsoft.com/graph/api/user-validatepassword
PASSWORD_RULES = (
    PasswordRule(
        "PasswordMinLength",
        "The new password must have a minimum of 8 characters.",
        lambda password: len(password) >= 8,
    ),
    PasswordRule(
        "PasswordMaxLength",
        "The new password cannot contain more than 256 characters.",
        lambda password: len(password) <= 256,
    ),
    PasswordRule(
        "PasswordComplexity",
        "The new password must contain characters from at least 3 out of: Lowercase characters, "
        "Uppercase characters, Numbers, Symbols.",
        lambda password: sum(1 for each in _CLASSES if each.search(password)) >= 3,
    ),
    PasswordRule(
        "PasswordNotBanned",
        "The new password must not be weak or commonly used.",
        lambda password: password.casefold() not in _BANNED,
    ),
)


def _kind(group: Record) -> tuple[bool, bool, bool]:
    types = group.get("groupTypes") or ()
    return "Unified" in types, bool(group.get("mailEnabled")), bool(group.get("securityEnabled"))


def check_kind(group: Record, before: Record | None) -> None:
    """Raise GraphError for a kind of group that Graph does not make or change."""
    unified, mail, secure = _kind(group)
    if before is None and not (mail if unified else secure and not mail):
        raise refused(
            "The service does not currently support writes of mail-enabled groups. Please ensure "
            "that the mail-enablement property is unset and the security-enablement property is "
            "set.",
            "mailEnabled",
        )
    if before is None:
        return
    was_unified, was_mail, _ = _kind(before)
    if was_mail and not was_unified:
        raise refused(
            "Cannot Update a mail-enabled security groups and or distribution list.", "mailEnabled"
        )
    if unified != was_unified or not (unified or secure or not before.get("securityEnabled")):
        name = "groupTypes" if unified != was_unified else "securityEnabled"
        raise _invalid(name, "Group")


def check_dynamic(group: Record, before: Record | None) -> None:
    """Raise GraphError for a dynamic group without a rule, and for what else it cannot be."""
    dynamic = is_dynamic(group)
    for name in ("membershipRule", "membershipRuleProcessingState"):
        if dynamic and not group.get(name):
            message = f"A value is required for property '{name}' of resource 'Group'."
            raise refused(message, name)
    if dynamic:
        _check_rule(group)
    elif group.get(STATE) and group[STATE] not in STATES:
        raise _invalid(STATE, "Group")
    if group.get("isAssignableToRole") and (dynamic or not group.get("securityEnabled")):
        raise _invalid("isAssignableToRole", "Group")


def _check_rule(group: Record) -> None:
    """Raise GraphError for a rule that is none, or that is about what the group cannot have."""
    if group[STATE] not in STATES:
        raise _invalid(STATE, "Group")
    rule = read_rule(group["membershipRule"])
    if _kind(group)[0] and rule.container != "users":
        raise _invalid("membershipRule", "Group")


def check_visibility(group: Record, before: Record | None) -> None:
    """Raise GraphError for a hidden membership that is not there from the start."""
    hidden = group.get("visibility") == "HiddenMembership"
    changed = before is not None and before.get("visibility") != group.get("visibility")
    if hidden and (changed or not _kind(group)[0]):
        raise _invalid("visibility", "Group")


def check_new_group(group: Record, before: Record | None) -> None:
    """Raise GraphError for what the body that makes a group cannot have."""
    for name in ("members", "owners"):
        if name in group:
            raise refused(
                f"'{name}' is what a group leads to, and is not made with it: give URLs of what is "
                f"there as '{name}@odata.bind'.",
                name,
            )
    sent = sorted(EXCHANGE & group.keys()) if before is None else ()
    if sent:
        raise refused(
            f"Property '{sent[0]}' cannot be set when a group is made: PATCH it afterwards.",
            sent[0],
        )
    bound = sum(len(group.get(f"{name}@odata.bind") or ()) for name in ("members", "owners"))
    if bound > MOST_BOUND:
        raise refused(
            f"A request can bind {MOST_BOUND} members and owners at most, and this has {bound}.",
            "members@odata.bind",
        )


def check_nickname(group: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for the nickname of another mail-enabled group."""
    nickname = group.get("mailNickname")
    if (
        not group.get("mailEnabled")
        or nickname is None
        or nickname == (before or {}).get("mailNickname")
    ):
        return
    for other in of.equal("groups", "mailNickname", nickname.casefold()):
        if other.get("mailEnabled") and other.get("id") != group.get("id"):
            message = "Another object with the same value for property mailNickname already exists."
            details = [
                Problem(message, "mailNickname", "ObjectConflict"),
                Problem(message, f"Group_{other['id']}", "ConflictingObjects"),
            ]
            raise GraphError(400, _BAD, message, details=details)


TIMES = (
    *("createdDateTime", "deletedDateTime", "expirationDateTime", "lastPasswordChangeDateTime"),
    *("renewedDateTime", "registrationDateTime", "signInSessionsValidFromDateTime"),
)
"""What the directory sets itself, and keeps without fractions of a second."""


@lru_cache(maxsize=64)  # of one moment much is kept
def whole_seconds(time: str) -> str:
    """A time without the fractions of its last second."""
    return _FRACTION.sub("Z", time)


def security_identifier(id_: str) -> str | None:
    """The SID of an object: its id's bytes as four little-endian numbers."""
    try:
        data = bytes.fromhex(id_.replace("-", "")) if len(id_) == _GUID else UUID(id_).bytes
        first, second, third, *rest = unpack(">IHH", data[:8]) + unpack("<2I", data[8:])
    except (ValueError, error):
        return None
    return f"S-1-12-1-{first}-{third << 16 | second}-{rest[0]}-{rest[1]}"


WELL_KNOWN = frozenset(
    {"00000003-0000-0000-c000-000000000000", "00000002-0000-0000-c000-000000000000"}
)
"""Applications of others that every tenant may have a service principal of."""


_AS_BACKING: Mapping[str, Callable[[Record], Any]] = {
    "appRoles": lambda application: application.get("appRoles"),
    "oauth2PermissionScopes": lambda application: (application.get("api") or {}).get(
        "oauth2PermissionScopes"
    ),
}
"""What a service principal has as its application has it, where that is of the same tenant."""


def _check_same(principal: Record, before: Record, of: Others) -> None:
    """Raise GraphError for a change of what only the application changes."""
    changed = [name for name in _AS_BACKING if principal.get(name) != before.get(name)]
    application = of.find("applications", "appId", principal.get("appId")) if changed else None
    for name in changed if application is not None else ():
        assert application is not None
        if (principal.get(name) or []) != (_AS_BACKING[name](application) or []):
            message = f"Property {name} on the service principal does not match the application"
            raise refused(f"{message} object.", name)


def check_backing(principal: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for the service principal of no application, and for what that says."""
    app_id = principal.get("appId")
    if before is not None:
        _check_same(principal, before, of)
    if before is not None or app_id is None or principal.get("deletedDateTime"):
        return
    is_known = of.find("applications", "appId", app_id) is not None
    if not is_known and app_id.casefold() not in WELL_KNOWN:
        message = (
            f"The appId '{app_id}' of the service principal does not reference a valid "
            "application object."
        )
        raise refused(message, "appId", "NoBackingApplicationObject")


def check_encryption(application: Record, before: Record | None) -> None:
    """Raise GraphError for tokens that are encrypted for a key that is not there."""
    name = "tokenEncryptionKeyId"
    key, keys = application.get(name), application.get("keyCredentials") or ()
    is_new = key and key != (before or {}).get(name)
    if is_new and all(str(each.get("keyId")).casefold() != str(key).casefold() for each in keys):
        raise _invalid(name, "Application")


def check_secrets(thing: Record, before: Record | None) -> None:
    """Raise GraphError for secrets in a body: only taking some away is done by one."""
    sent, there = thing.get("passwordCredentials") or (), (before or {}).get("passwordCredentials")
    known = {each.get("keyId") for each in there or ()}
    if any(each.get("keyId") not in known or each.get("secretText") for each in sent):
        message = "New password credentials must be generated using service actions."
        raise refused(message, "passwordCredentials")
