"""The records that the tests of the report family read, whichever client reads them."""

from __future__ import annotations

from fakegraph.handle import RemoteServer

NOW = "2024-06-30T12:00:00Z"

# feature, method, success, when: one day, seven days, thirty days before NOW, and earlier.
EVENTS = [
    ("registration", "email", True, "2024-06-30T11:00:00Z"),
    ("registration", "email", True, "2024-06-30T10:00:00Z"),
    ("registration", "email", False, "2024-06-30T09:00:00Z"),
    ("reset", "fido", True, "2024-06-25T12:00:00Z"),
    ("reset", "mobileSMS", False, "2024-06-24T12:00:00Z"),
    ("reset", "qrCode", True, "2024-06-10T12:00:00Z"),
    ("registration", "appCode", True, "2024-01-01T12:00:00Z"),
]

# name, methods under the old names, methods under the new, user type, admin, flags
USERS = [
    ("Ada", ["email", "mobilePhone"], ["email", "mobilePhone"], "member", True, True),
    ("Bo", ["email"], ["email"], "member", False, True),
    ("Cy", ["officePhone"], ["officePhone"], "member", False, False),
    ("Di", ["externalAuthMethod"], ["passKeyDeviceBound"], "guest", False, True),
    ("Ed", [], [], "guest", True, False),
]


def records():
    """Of each set of the family, as ``POST /_fakegraph/seed`` takes them."""
    return {
        "userCredentialUsageDetails": [an_event(number) for number in range(len(EVENTS))],
        "credentialUserRegistrationDetails": [old_details(number) for number in range(len(USERS))],
        "userRegistrationDetails": [new_details(number) for number in range(len(USERS))],
    }


def an_event(number):
    feature, method, success, moment = EVENTS[number]
    return {
        "id": f"event-{number}",
        "feature": feature,
        "authMethod": method,
        "isSuccess": success,
        "failureReason": "" if success else "Locked",
        "eventDateTime": moment,
        "userDisplayName": "Ada",
        "userPrincipalName": "ada@contoso.com",
    }


def old_details(number):
    name, methods, _, _, _, flag = USERS[number]
    return {
        "id": f"old-{number}",
        "userDisplayName": name,
        "userPrincipalName": f"{name.lower()}@contoso.com",
        "authMethods": methods,
        "isRegistered": bool(methods),
        "isEnabled": True,
        "isCapable": flag,
        "isMfaRegistered": flag,
    }


def new_details(number):
    name, _, methods, kind, admin, flag = USERS[number]
    return {
        "id": f"new-{number}",
        "userDisplayName": name,
        "userPrincipalName": f"{name.lower()}@contoso.com",
        "userType": kind,
        "isAdmin": admin,
        "isMfaCapable": flag,
        "isMfaRegistered": flag,
        "isPasswordlessCapable": False,
        "isSsprCapable": flag,
        "isSsprEnabled": True,
        "isSsprRegistered": bool(methods),
        "lastUpdatedDateTime": "2024-06-29T00:00:00Z",
        "methodsRegistered": methods,
        "systemPreferredAuthenticationMethods": methods[:1],
        "isSystemPreferredAuthenticationMethodEnabled": flag,
        "userPreferredMethodForSecondaryAuthentication": "push" if flag else None,
    }


def fill(url, ca=None):
    """Have a server hold these records and nothing else, at NOW."""
    server = RemoteServer(url, ca=ca)
    server.control("POST", "/reset")
    server.control("POST", "/seed", records())
    server.control("PUT", "/clock", {"now": NOW, "frozen": True})
