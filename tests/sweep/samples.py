"""Records of published types, made from the model alone: always the same ones, or drawn."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from fakegraph.edm.published import PublishedEnum, PublishedType
from fakegraph.edm.types import CollectionType, Property, Type
from fakegraph.workloads.declarations import Type as Rules
from fakegraph.workloads.directory.mastered import EXCHANGE, SHAREPOINT
from fakegraph.workloads.directory.values import GROUP_LENGTHS, USER_LENGTHS
from fakegraph.workloads.files.columns import FACETS
from fakegraph.workloads.handed import short
from tests.edm.bodies import VALUES as VALID
from tests.sweep.places import ID

OTHER_KINDS = tuple(each for each in FACETS if each != "text")
"""A column is of one kind, here of text."""

DEPTH = 2
USERS = ("4b6e5a53-96b0-4f9f-8d3c-2c1d8b0c7b01", "4b6e5a53-96b0-4f9f-8d3c-2c1d8b0c7b02")
SET, ROLE = "Sweep", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"  # a set of attributes, and a role
PARTNERS = "tenantRelationships/delegatedAdminRelationships"
READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"  # Directory Readers
GIVEN = {
    "accessDetails": {"unifiedRoles": [{"roleDefinitionId": each} for each in (ROLE, READERS)]}
}
CATALOGS = "identityGovernance/entitlementManagement/catalogs"
# What has to be there before, beside what the path leads over, by type.
GRANTING = {"servicePrincipals": [{"id": ID, "appId": ID}]}
PLANNED = {"planner/plans": [{"id": ID, "title": "Sweep", "owner": ID}]}
_PACKAGES = "identityGovernance/entitlementManagement/accessPackages"
_GROUP = {"groups": [{"id": ID, "displayName": "Sweep"}]}
NEEDED = {
    **dict.fromkeys(("appRoleAssignment", "oAuth2PermissionGrant"), GRANTING),
    **dict.fromkeys(("plannerBucket", "plannerTask"), PLANNED),
    "plannerPlan": _GROUP,
    **{
        f"privilegedAccessGroup{kind}ScheduleRequest": _GROUP
        for kind in ("Assignment", "Eligibility")
    },
    "printerShare": {"print/printers": [{"id": ID, "displayName": "Sweep"}]},
    "accessPackage": {CATALOGS: [{"id": ID, "displayName": "Sweep"}]},
    "accessPackageAssignmentPolicy": {_PACKAGES: [{"id": ID, "displayName": "Sweep"}]},
    "accessPackageAssignmentRequest": {_PACKAGES: [{"id": ID, "displayName": "Sweep"}]},
    "accessPackageResourceRequest": {CATALOGS: [{"id": ID, "displayName": "Sweep"}]},
    "delegatedAdminAccessAssignment": {PARTNERS: [{"id": ID, "status": "active", **GIVEN}]},
}
ANY = ("Edm.Untyped", "microsoft.graph.Json")

# What workloads ask of a value beyond its type: by property, or by type and property.
VALUES: dict[str, Callable[[int], Any]] = {
    "accessPackageAssignmentRequest/requestType": lambda number: "adminAdd",
    "accessPackageResourceRequest/requestType": lambda number: "adminAdd",
    "userPrincipalName": "sweep{}@contoso.com".format,
    "passwordCredentials": lambda number: [],
    "mailNickname": "sweep{}".format,
    "user/usageLocation": ("DE", "FR", "IT", "ES").__getitem__,
    "user/mail": "mail{}@contoso.com".format,
    "emailAddress/address": "mail{}@example.com".format,
    "user/otherMails": lambda number: [f"other{number}@example.com"],
    "user/userType": lambda number: ("Member", "Guest")[number % 2],
    "user/ageGroup": lambda number: ("Minor", "Adult")[number % 2],
    "user/consentProvidedForMinor": lambda number: ("Granted", "Denied")[number % 2],
    "user/passwordPolicies": lambda number: "DisablePasswordExpiration",
    "user/identities": lambda number: None,
    **dict.fromkeys(
        (
            *("application/samlMetadataUrl", "webApplication/homePageUrl"),
            *("webApplication/logoutUrl", "informationalUrl/marketingUrl"),
            *("informationalUrl/privacyStatementUrl", "informationalUrl/supportUrl"),
            "informationalUrl/termsOfServiceUrl",
        ),
        "https://sweep{}.example".format,
    ),
    "optionalClaim/name": "claim{}".format,
    "preAuthorizedApplication/appId": "9f0c1e52-6a0b-4d5e-9c11-{:012}".format,
    "application/identifierUris": lambda number: [f"api://sweep{number}"],
    "application/tags": lambda number: [f"tag{number}"],
    "application/tokenEncryptionKeyId": lambda number: None,
    "application/signInAudience": lambda number: "AzureADMyOrg",
    "application/keyCredentials": lambda number: [],
    "servicePrincipal/keyCredentials": lambda number: [],
    "federatedIdentityCredential/name": "sweep{}".format,
    "federatedIdentityCredential/issuer": "https://sweep{}.example".format,
    "federatedIdentityCredential/audiences": lambda number: [f"api://{number}"],
    "user/businessPhones": lambda number: [f"+49 {number}"],
    "adminReportSettings/displayConcealedNames": lambda number: False,
    "externalConnectors.externalConnection/name": "Sweep {}".format,
    "delegatedAdminRelationship/displayName": "Sweep {}".format,
    "delegatedAdminRelationship/duration": lambda number: f"P{30 + number}D",
    "delegatedAdminRelationship/autoExtendDuration": lambda number: "P180D",
    "delegatedAdminRelationship/accessDetails": lambda number: GIVEN["accessDetails"],
    "delegatedAdminAccessAssignment/accessDetails": lambda number: GIVEN["accessDetails"],
    "delegatedAdminRelationshipRequest/action": lambda number: "lockForApproval",
    "identityGovernance.workflowBase/isEnabled": lambda number: True,
    "group/mailEnabled": lambda number: False,
    "group/securityEnabled": lambda number: True,
    "group/groupTypes": lambda number: [],
    "group/visibility": lambda number: None,
    "group/membershipRule": lambda number: None,
    "group/membershipRuleProcessingState": lambda number: None,
    "group/isAssignableToRole": lambda number: False,
    "group/theme": lambda number: ("Blue", "Red")[number % 2],
    "group/resourceBehaviorOptions": lambda number: ["HideGroupInOutlook"],
    "group/resourceProvisioningOptions": lambda number: [],
    "application/groupMembershipClaims": lambda number: ("All", "SecurityGroup")[number % 2],
    "application/requiredResourceAccess": lambda number: [],
    "application/parentalControlSettings": lambda number: {"legalAgeGroupRule": "Allow"},
    "application/info": lambda number: {"marketingUrl": f"https://contoso.com/{number}"},
    "apiApplication/requestedAccessTokenVersion": lambda number: 2,
    "servicePrincipal/preferredSingleSignOnMode": lambda number: ("saml", "oidc")[number % 2],
    "servicePrincipal/servicePrincipalType": lambda number: "Application",
    "servicePrincipal/appId": lambda number: f"0000000{number + 1}-0000-0000-c000-000000000000",
    "application/appRoles": lambda number: [],
    "apiApplication/oauth2PermissionScopes": lambda number: [],
    "appRoleAssignment/principalId": lambda number: ID,
    "appRoleAssignment/resourceId": lambda number: ID,
    "appRoleAssignment/appRoleId": lambda number: "00000000-0000-0000-0000-000000000000",
    "oAuth2PermissionGrant/clientId": lambda number: ID,
    "oAuth2PermissionGrant/resourceId": lambda number: ID,
    "oAuth2PermissionGrant/principalId": lambda number: None,
    "oAuth2PermissionGrant/consentType": lambda number: "AllPrincipals",
    "dateTimeTimeZone/dateTime": "2024-05-1{}T08:00:00.0000000".format,
    "dateTimeTimeZone/timeZone": lambda number: "UTC",
    "aadUserConversationMember/roles": lambda number: ["guest"],  # the last owner stays
    "aadUserConversationMember/userId": lambda number: USERS[0],
    "permission/roles": lambda number: ["write"],
    "chatMessage/mentions": lambda number: [],
    "chatMessage/body": lambda number: {"contentType": "text", "content": f"sweep {number}"},
    "call/callbackUri": "https://sweep{}.example".format,
    "call/mediaConfig": lambda number: {
        "@odata.type": "#microsoft.graph.appHostedMediaConfig",
        "blob": f"sweep {number}",
    },
    "printerBase/displayName": "Sweep {}".format,
    "team/displayName": "Sweep {}".format,
    "teamworkTagMember/userId": lambda number: USERS[number % 2],
    "engagementRoleMember/userId": lambda number: USERS[number % 2],
    "scheduleEntity/startDateTime": "2024-05-1{}T08:00:00Z".format,
    "scheduleEntity/endDateTime": "2024-05-1{}T09:00:00Z".format,
    "plannerPlan/owner": lambda number: ID,
    "plannerPlan/container": lambda number: {
        "containerId": ID,
        "type": "group",
        "url": f"https://graph.microsoft.com/v1.0/groups/{ID}",
    },
    "plannerBucket/planId": lambda number: ID,
    "plannerTask/planId": lambda number: ID,
    "plannerTask/bucketId": lambda number: None,
    "orderHint": "8585{}".format,
    "unassignedOrderHint": "8585{}".format,
    "assigneePriority": "8585{}".format,
    "chatMessage/attachments": lambda number: [],
    "event/recurrence": lambda number: None,
    "event/isOnlineMeeting": lambda number: False,
    "event/onlineMeetingProvider": lambda number: "unknown",
    "todoTask/recurrence": lambda number: None,
    "event/isAllDay": lambda number: False,
    "internetMessageHeader/name": "x-sweep-{}".format,
    "mailFolder/isHidden": lambda number: False,
    "customSecurityAttributeDefinition/attributeSet": lambda number: SET,
    "customSecurityAttributeDefinition/name": "Sweep{}".format,
    "customSecurityAttributeDefinition/type": lambda number: "String",
    "customSecurityAttributeDefinition/status": lambda number: "Available",
    "attributeSet/maxAttributesPerSet": lambda number: number,
    "extensionProperty/name": "sweep{}".format,
    "extensionProperty/dataType": lambda number: "String",
    "extensionProperty/targetObjects": lambda number: ["User"],
    "schemaExtension/targetTypes": lambda number: ["User"],
    "schemaExtension/properties": lambda number: [{"name": "a", "type": "String"}],
    "schemaExtension/status": lambda number: "InDevelopment",
    "openTypeExtension/extensionName": "Sweep{}".format,
    "device/isCompliant": lambda number: True,
    "device/isManaged": lambda number: True,
    "administrativeUnit/visibility": lambda number: "HiddenMembership",
    "administrativeUnit/membershipType": lambda number: "Assigned",
    "administrativeUnit/membershipRuleProcessingState": lambda number: "On",
    "directoryRole/roleTemplateId": lambda number: ROLE,
    "scopedRoleMembership/roleId": lambda number: ROLE,
    "scopedRoleMembership/roleMemberInfo": lambda number: {"id": USERS[0]},
    **{
        f"unifiedRole{kind}ScheduleRequest/{name}": value
        for kind in ("Assignment", "Eligibility")
        for name, value in {
            "action": lambda number: "adminAssign",
            "roleDefinitionId": lambda number: ROLE,
            "principalId": lambda number: USERS[0],
            "directoryScopeId": lambda number: "/",
            "appScopeId": lambda number: None,
            "scheduleInfo": lambda number: {"expiration": {"type": "noExpiration"}},
        }.items()
    },
    **{
        f"privilegedAccessGroup{kind}ScheduleRequest/{name}": value
        for kind in ("Assignment", "Eligibility")
        for name, value in {
            "action": lambda number: "adminAssign",
            "accessId": lambda number: "member",
            "groupId": lambda number: ID,
            "principalId": lambda number: USERS[0],
            "scheduleInfo": lambda number: {"expiration": {"type": "noExpiration"}},
        }.items()
    },
    **{
        f"{kind}/redirectUris": lambda number: [f"https://contoso.com/{number}"]
        for kind in ("webApplication", "spaApplication", "publicClientApplication")
    },
    "onlineMeeting/joinMeetingIdSettings": lambda number: {"isPasscodeRequired": number % 2 == 0},
    "groupSetting/templateId": (
        *("62375ab9-6b52-47ed-826b-58e47e0e304b", "08d542b9-071f-4e16-94b0-74abb372e3d9"),
        *("4bc7f740-180e-4586-adb6-38b2e9024e6b", "898f1161-d651-43d1-805c-3b0b388a9fc2"),
    ).__getitem__,
    "groupSetting/values": lambda number: [],
    "groupLifecyclePolicy/managedGroupTypes": lambda number: ("All", "None")[number % 2],
    "unifiedRoleAssignment/roleDefinitionId": lambda number: ROLE,
    "unifiedRoleAssignment/principalId": lambda number: USERS[0],
    "unifiedRoleAssignment/directoryScopeId": lambda number: "/",
    "unifiedRoleAssignment/appScopeId": lambda number: None,
    "unifiedRoleDefinition/resourceScopes": lambda number: ["/"],
    "unifiedRoleDefinition/rolePermissions": lambda number: [
        {"allowedResourceActions": ["microsoft.directory/users/create"]}
    ],
    "phoneAuthenticationMethod/phoneNumber": "+1 206555555{}".format,
    "phoneAuthenticationMethod/phoneType": lambda number: "mobile",
    "emailAuthenticationMethod/emailAddress": "sweep{}@example.com".format,
    "conditionalAccessPolicy/conditions": lambda number: {
        "clientAppTypes": ["all"],
        "applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["All"]},
    },
    "conditionalAccessPolicy/grantControls": lambda number: {
        "operator": "OR",
        "builtInControls": ["mfa"],
    },
    # What is not shown is as it is shown.
    "identityProvider/clientSecret": lambda number: "*****",
    "socialIdentityProvider/clientSecret": lambda number: "*****",
    "appleManagedIdentityProvider/certificateData": lambda number: "******",
    "identityProvider/type": lambda number: "Amazon",
    "socialIdentityProvider/identityProviderType": lambda number: "Amazon",
    "identityApiConnector/authenticationConfiguration": lambda number: {
        "@odata.type": "#microsoft.graph.basicAuthentication",
        "username": f"sweep{number}",
        "password": "******",
    },
    "ipNamedLocation/isTrusted": lambda number: False,
    "ipNamedLocation/ipRanges": lambda number: [
        {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "10.0.0.0/8"}
    ],
    "countryNamedLocation/countriesAndRegions": lambda number: ["DE"],
    "invitation/inviteRedirectUrl": "https://sweep{}.example".format,
    "device/deviceId": "9f0c1e52-6a0b-4d5e-9c11-{:012}".format,
    "invitation/invitedUserEmailAddress": "guest{}@fabrikam.com".format,
    "invitation/invitedUserType": lambda number: "Guest",
    "invitation/resetRedemption": lambda number: False,
    "temporaryAccessPassAuthenticationMethod/lifetimeInMinutes": lambda number: 60 + number,
    # Rules with other parts are 501.
    "mailSearchFolder/filterQuery": "subject eq 's{}'".format,
    "messageRule/conditions": lambda number: {"subjectContains": [f"s{number}"]},
    "messageRule/exceptions": lambda number: {"bodyContains": [f"b{number}"]},
    "messageRule/actions": lambda number: {"markAsRead": True},
    "messageRule/sequence": lambda number: 1,  # there is no other
    "calendar/isDefaultCalendar": lambda number: False,
    # Only a column of one line has an index, and only one with an index unique values.
    "columnDefinition/indexed": lambda number: False,
    "columnDefinition/enforceUniqueValues": lambda number: False,
    "columnDefinition/name": "sweep{}".format,
    "columnDefinition/displayName": "Sweep {}".format,
    **{f"columnDefinition/{each}": lambda number: None for each in OTHER_KINDS},
    "textColumn/textType": lambda number: ("plain", "richText")[number % 2],
    "textColumn/maxLength": lambda number: 100 + number,
    # An item is one of these, here a file.
    "driveItem/bundle": lambda number: None,
    "driveItem/file": lambda number: {},  # what is in it the service says
    "driveItem/package": lambda number: None,
    "driveItem/remoteItem": lambda number: None,
}
# What can be said of a thing only when it is there, and alone, by type.
MIGRATED = frozenset({"createdDateTime", "migrationMode", "originalCreatedDateTime"})
LATER = {
    "group": EXCHANGE,
    "user": SHAREPOINT,
    **dict.fromkeys(("team", "channel", "chat"), MIGRATED),
    **dict.fromkeys(("chatMessage", "targetedChatMessage"), frozenset({"from"})),  # brought in
    **dict.fromkeys(("contact", "contactFolder"), frozenset({"parentFolderId"})),
}
# Whose values have a form that the type does not tell.
WANTED = frozenset(
    {"textColumn/textType", "textColumn/maxLength", "list/displayName"}
    | {f"columnDefinition/{each}" for each in ("name", "displayName", "indexed")}
    | {"columnDefinition/enforceUniqueValues"}
    | {f"columnDefinition/{each}" for each in OTHER_KINDS}
    | {"baseItem/name", "channel/displayName", "onlineMeeting/endDateTime", "emailAddress/address"}
    | {"team/displayName", "chatMessage/body", "printerBase/displayName"}
    | {"webApplication/homePageUrl", "webApplication/logoutUrl", "optionalClaim/name"}
    | {"informationalUrl/marketingUrl", "informationalUrl/privacyStatementUrl"}
    | {"informationalUrl/supportUrl", "informationalUrl/termsOfServiceUrl"}
    | {"preAuthorizedApplication/appId", "application/identifierUris", "application/tags"}
    | {"application/samlMetadataUrl", "application/tokenEncryptionKeyId"}
    | {"call/callbackUri", "call/mediaConfig", "externalConnectors.externalConnection/name"}
    | {"identityGovernance.workflowBase/isEnabled"}
    | {"accessPackageAssignmentRequest/requestType", "accessPackageResourceRequest/requestType"}
    | {
        f"delegatedAdminRelationship/{each}"
        for each in ("displayName", "duration", "autoExtendDuration", "accessDetails")
    }
    | {"delegatedAdminAccessAssignment/accessDetails", "delegatedAdminRelationshipRequest/action"}
    | {"chatMessage/createdDateTime", "chatMessage/lastModifiedDateTime"}
    | {"scheduleEntity/startDateTime", "scheduleEntity/endDateTime", "teamworkTagMember/userId"}
    | {"engagementRoleMember/userId"}
    | {"plannerBucket/planId", "plannerTask/planId", "plannerTask/bucketId"}
    | {"plannerPlan/title", "plannerPlan/owner", "plannerPlan/container", "plannerBucket/name"}
    | {"plannerTask/title", "aadUserConversationMember/userId", "unifiedRoleAssignment/appScopeId"}
    | {f"group/{each}" for each in ("theme", "resourceBehaviorOptions")}
    | {"group/resourceProvisioningOptions", "unifiedRoleDefinition/rolePermissions"}
    | {"unifiedRoleDefinition/resourceScopes", "unifiedRoleDefinition/displayName"}
    | {"administrativeUnit/displayName", "federatedIdentityCredential/subject"}
    | {f"application/{each}" for each in ("groupMembershipClaims", "requiredResourceAccess")}
    | {"application/info", "application/parentalControlSettings"}
    | {"apiApplication/requestedAccessTokenVersion"}
    | {f"servicePrincipal/{each}" for each in ("preferredSingleSignOnMode", "servicePrincipalType")}
    | {"orderHint", "unassignedOrderHint", "assigneePriority"}
    | {"onlineMeeting/startDateTime", "plannerTask/percentComplete", "plannerTask/priority"}
    | {"onenoteEntityHierarchyModel/displayName", "group/description"}
    | {"passwordProfile/password", "conditionalAccessPolicy/displayName"}
    | {"invitation/invitedUserEmailAddress", "invitation/invitedUserType"}
    | {"invitation/inviteRedirectUrl", "device/deviceId"}
    | {"temporaryAccessPassAuthenticationMethod/lifetimeInMinutes"}
    | {"mailSearchFolder/filterQuery", "permission/roles"}
    | {f"{each}/displayName" for each in ("todoTaskList", "outlookCategory", "contactFolder")}
    | {"mailFolder/displayName", "calendar/name", "calendarGroup/name"}
    | {"message/subject", "event/subject"}
    | {f"messageRule/{name}" for name in ("displayName", "conditions", "exceptions", "actions")}
    | {f"appRoleAssignment/{name}" for name in ("principalId", "resourceId", "appRoleId")}
    | {f"oAuth2PermissionGrant/{name}" for name in ("clientId", "resourceId", "principalId")}
    | {"oAuth2PermissionGrant/consentType"}
    | {f"{kind}Application/redirectUris" for kind in ("web", "spa", "publicClient")}
    | {f"groupLifecyclePolicy/{name}" for name in ("managedGroupTypes", "groupLifetimeInDays")}
    | {"groupSetting/templateId", "groupSetting/values"}
    | {
        f"unifiedRole{kind}ScheduleRequest/{name}"
        for kind in ("Assignment", "Eligibility")
        for name in ("action", "roleDefinitionId", "principalId", "appScopeId", "scheduleInfo")
    }
    | {
        f"privilegedAccessGroup{kind}ScheduleRequest/{name}"
        for kind in ("Assignment", "Eligibility")
        for name in ("action", "accessId", "groupId", "principalId", "scheduleInfo")
    }
    | {f"user/{name}" for name in (*USER_LENGTHS, "mail", "otherMails", "userType", "ageGroup")}
    | {f"user/{name}" for name in ("consentProvidedForMinor", "passwordPolicies", "identities")}
    | {f"application/{name}" for name in ("displayName", "signInAudience", "keyCredentials")}
    | {"servicePrincipal/keyCredentials"}
    | {f"federatedIdentityCredential/{name}" for name in ("name", "issuer", "audiences")}
    | {f"group/{name}" for name in GROUP_LENGTHS}
)
# And what else a body has to have, by type.
MEMBER = {
    "@odata.type": "#microsoft.graph.aadUserConversationMember",
    "roles": ["owner"],
}
_ROOT = "https://graph.microsoft.com/v1.0"
_USER = f"{_ROOT}/users('{{}}')"
_APP = {"teamsApp@odata.bind": f"{_ROOT}/appCatalogs/teamsApps/{ID}"}
MORE: dict[str, dict[str, Any]] = {
    "accessPackage": {"catalog@odata.bind": f"{_ROOT}/{CATALOGS}/{ID}"},
    "allowedValue": {"id": "Sweep"},
    "fileAttachment": {"contentBytes": "AA=="},
    "itemAttachment": {"item": {"@odata.type": "#microsoft.graph.message", "subject": "Sweep"}},
    "externalConnectors.externalConnection": {"id": "sweep"},
    "identityGovernance.workflow": {"tasks": []},
    "authenticationContextClassReference": {"id": "c7"},
    "b2xIdentityUserFlow": {"id": "B2X_1_sweep"},
    "permissionGrantPolicy": {"id": "9f0c1e52-6a0b-4d5e-9c11-00000000a0a0"},
    "attributeSet": {"id": "Sweep"},
    "schemaExtension": {"id": "sweep"},
    "team": {"template@odata.bind": f"{_ROOT}/teamsTemplates('standard')"},
    "accessPackageAssignmentPolicy": {"accessPackage": {"id": ID}},
    "accessPackageAssignmentRequest": {
        "requestType": "adminAdd",
        "assignment": {"targetId": USERS[0], "accessPackageId": ID},
    },
    "accessPackageResourceRequest": {
        "requestType": "adminAdd",
        "catalog": {"id": ID},
        "resource": {"originId": ID, "originSystem": "AadApplication"},
    },
    "printerShare": {"printer@odata.bind": f"{_ROOT}/print/printers/{ID}"},
    "teamworkTag": {"members": [{"userId": USERS[0]}]},
    "aadUserConversationMember": {"user@odata.bind": _USER.format(USERS[0])},
    **dict.fromkeys(("teamsAppInstallation", "userScopeTeamsAppInstallation", "teamsTab"), _APP),
    "chat": {
        "chatType": "group",
        "members": [MEMBER | {"user@odata.bind": _USER.format(each)} for each in USERS],
    },
}


# Edges of the primitive types, beside what is valid at all.
TEXTS = ("", " ", "O'Neil \"\\\\/%2F", "שלום \u202eabc", "👩‍🚀 𝒳", "e\u0301", "a\nb\tc", "x" * 300)
EDGES: dict[str, tuple[Any, ...]] = {
    "Edm.Binary": ("", "AA==", "/+8="),
    "Edm.Date": ("0001-01-01", "9999-12-31", "2024-02-29"),
    "Edm.DateTimeOffset": (
        *("2024-02-29T23:59:59.1234567Z", "2024-05-10T08:00:00+05:30"),
        *("2024-05-10T08:00:00.5-14:00", "1970-01-01T00:00:00Z", "9998-12-31T23:59:59.9999999Z"),
    ),
    "Edm.Decimal": (0, -0.5, 2**53, 1e-7),
    "Edm.Double": (0, -0.5, 1e308, 5e-324, "INF", "-INF", "NaN"),
    "Edm.Duration": ("PT0S", "-P1DT2H3M4.5S", "P400D", "PT0.0000001S"),
    "Edm.Guid": ("00000000-0000-0000-0000-000000000000", "FFFFFFFF-ABCD-4ABC-8ABC-ABCDEFABCDEF"),
    "Edm.Int64": (-(2**63), 2**63 - 1, 2**53 + 1),
    "Edm.String": TEXTS,
    "Edm.TimeOfDay": ("00:00:00", "23:59:59.9999999", "08:00:00.5"),
}


def drawn(type_name: str) -> st.SearchStrategy[Any]:
    """Any value of a primitive type, edges more often than not."""
    edges = EDGES.get(type_name)
    return st.sampled_from(edges) | VALID[type_name] if edges else VALID[type_name]


class Sampler:
    """Makes bodies in which each value is made from a number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def body(self, type_: PublishedType, rules: Rules) -> dict[str, Any]:
        """A body that makes a thing, with every property that a body may have."""
        closed = rules.read_only | rules.ignored | set(type_.keys) | rules.computed.keys()
        closed |= LATER.get(short(type_.name), frozenset())
        record = {
            prop.name: self._sample(type_, prop, 0)
            for prop in type_.properties.values()
            if prop.name not in closed and _can_be_written(prop.type)
        }
        return {**record, **MORE.get(short(type_.name), {})}

    def _sample(self, type_: PublishedType, prop: Property, depth: int) -> Any:
        for name in (*(f"{short(each.name)}/{prop.name}" for each in type_.chain), prop.name):
            if name in VALUES:
                return VALUES[name](self.number)
        return self._value(type_, prop, prop.type, depth)

    def _value(self, owner: PublishedType, prop: Property, type_: Type, depth: int) -> Any:
        if isinstance(type_, CollectionType):
            return [self._value(owner, prop, type_.item, depth) for _ in range(self.size())]
        if isinstance(type_, PublishedEnum):
            return self.member(type_)
        if isinstance(type_, PublishedType):
            return "x" if type_.name in ANY else self._object(type_, depth + 1)
        return self.plain(owner, type_.name, prop.name)

    def _object(self, declared: PublishedType, depth: int) -> dict[str, Any]:
        type_ = self.heir(declared)
        record: dict[str, Any] = {}
        if type_ is not declared:
            record["@odata.type"] = f"#{type_.name}"
        for prop in type_.properties.values():
            item = prop.type.item if isinstance(prop.type, CollectionType) else prop.type
            deep = isinstance(item, PublishedType) and item.name not in ANY
            if not (deep and depth >= DEPTH) and _can_be_written(prop.type):
                record[prop.name] = self._sample(type_, prop, depth)
        return record

    # What there is a choice of

    def size(self) -> int:
        return 1

    def heir(self, declared: PublishedType) -> PublishedType:
        type_ = _first(declared)
        assert type_ is not None
        return type_

    def member(self, type_: PublishedEnum) -> str:
        names = [name for name in type_.documented if name != type_.unknown]
        return names[self.number % len(names)]

    def plain(self, owner: PublishedType, type_name: str, name: str) -> Any:
        return plain(type_name, name, self.number)


class Drawer(Sampler):
    """Makes bodies whose values are drawn, but for those of which workloads want something."""

    def __init__(self, number: int, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        super().__init__(number)
        self._draw = draw

    def size(self) -> int:
        return int(self._draw(st.integers(0, 2)))

    def member(self, type_: PublishedEnum) -> str:
        names = st.sampled_from([name for name in type_.documented if name != type_.unknown])
        if type_.flags and self._draw(st.booleans()):
            return ",".join(self._draw(st.lists(names, min_size=1, max_size=3, unique=True)))
        return str(self._draw(names))

    def plain(self, owner: PublishedType, type_name: str, name: str) -> Any:
        wanted = {name, *(f"{short(each.name)}/{name}" for each in owner.chain)}
        if wanted & WANTED:
            return super().plain(owner, type_name, name)
        return self._draw(drawn(type_name))


def sample(type_: PublishedType, rules: Rules, number: int) -> dict[str, Any]:
    """A body that makes a thing, with every property that a body may have."""
    return Sampler(number).body(type_, rules)


def _can_be_written(type_: Type) -> bool:
    item = type_.item if isinstance(type_, CollectionType) else type_
    return not (item.name == "Edm.Stream" or (isinstance(item, PublishedType) and not _first(item)))


def _first(type_: PublishedType) -> PublishedType | None:
    return next((each for each in (type_, *type_.descendants) if not each.abstract), None)


def plain(type_name: str, name: str, number: int) -> Any:
    """A value of a primitive type."""
    return {
        "Edm.Binary": b64encode(f"bytes {number}".encode()).decode(),
        "Edm.Boolean": number % 2 == 1,
        "Edm.Date": f"2024-05-{number + 10:02}",
        "Edm.DateTimeOffset": f"2024-05-{number + 10:02}T08:00:00Z",
        "Edm.Decimal": number + 0.5,
        "Edm.Double": number + 0.5,
        "Edm.Duration": f"PT{number + 1}H",
        "Edm.Guid": f"9f0c1e52-6a0b-4d5e-9c11-{number:012}",
        "Edm.Single": number + 0.5,
        "Edm.String": f"{name} {number}",
        "Edm.TimeOfDay": f"08:0{number}:00",
        "Edm.Untyped": "x",
    }.get(type_name, number)
