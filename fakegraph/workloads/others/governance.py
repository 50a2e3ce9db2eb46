"""Identity, its policies, and who governs access: what of it is not in ``/directoryObjects``.

https://learn.microsoft.com/graph/api/resources/identity-network-access-overview
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation, Type, Workload

# Of all changes here whose status is documented, nearly all say 204.
IDENTITY = Workload(
    "identity",
    paths=(
        *("/identity/", "/identityGovernance/", "/policies/", "/roleManagement/", "/directory/"),
        "/domains/",
    ),
    usual={"PATCH": 204},
)

_OF_ASSIGNMENTS = ("accessPackage", "assignmentPolicy", "target")
_APPLICATIONS = "conditions/applications/includeApplications"
_IN_HANDLERS = ("attributes", "customExtension", "identityProviders")
_FRAUD = "fraudProtectionProvider"
_LOADING = "onAuthenticationMethodLoadStart"

TYPES = (
    Type("appConsentRequest", unasked=frozenset({"userConsentRequests"})),
    Type("userConsentRequest", unasked=frozenset({"approval"})),
    Type("approval", unasked=frozenset({"stages"})),
    Type("accessReviewScheduleDefinition", unasked=frozenset({"instances"})),
    Type("permissionGrantPolicy", unasked=frozenset({"includes", "excludes"})),
    Type("unifiedRoleDefinition", unasked=frozenset({"inheritsPermissionsFrom"})),
    Type(
        "authenticationMethodConfiguration",
        related=frozenset({"includeTargets"}),
        renewed=frozenset({"includeTargets"}),
    ),
    Type(
        "authenticationMethodsPolicy",
        unasked=frozenset({"authenticationMethodConfigurations"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/entitlementmanagement-overview
    Type("accessPackage", related=frozenset({"catalog"})),
    Type(
        "accessPackageAssignmentPolicy",
        related=frozenset(
            {
                *("accessPackage", "catalog", "questions"),
                *("customExtensionStageSettings", "customExtensionStageSettings/customExtension"),
            }
        ),
    ),
    Type("customExtensionStageSetting", related=frozenset({"customExtension"})),
    Type(
        "accessPackageAssignmentRequest",
        related=frozenset(
            {
                *("accessPackage", "assignment", "requestor", "answers/answeredQuestion"),
                *(f"assignment/{name}" for name in _OF_ASSIGNMENTS),
            }
        ),
    ),
    Type(
        "accessPackageAssignment",
        related=frozenset(_OF_ASSIGNMENTS),
        named={
            "accessPackageId": ("accessPackage", "id"),
            "assignmentPolicyId": ("assignmentPolicy", "id"),
            "targetId": ("target", "objectId"),
        },
    ),
    Type(
        "accessPackageResourceRequest",
        related=frozenset({"catalog", "resource", "resource/environment"}),
    ),
    Type(
        "accessPackageResourceRoleScope",
        related=frozenset({"role", "role/resource", "scope", "scope/resource"}),
    ),
    Type("accessPackageResourceRole", related=frozenset({"resource"})),
    Type("accessPackageResourceScope", related=frozenset({"resource"})),
    # https://learn.microsoft.com/graph/api/resources/identitygovernance-workflow
    Type("identityGovernance.workflowBase", related=frozenset({"tasks"})),
    Type(
        "identityGovernance.customTaskExtension",
        related=frozenset({"callbackConfiguration/authorizedApps"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/agreement
    Type("agreement", related=frozenset({"file", "file/localizations", "files"})),
    # https://learn.microsoft.com/graph/api/resources/subjectrightsrequest
    Type("subjectRightsRequest", related=frozenset({"approvers", "collaborators"})),
    # https://learn.microsoft.com/graph/api/resources/security-ediscoverycase
    Type("security.siteSource", related=frozenset({"site"})),
    Type("security.unifiedGroupSource", related=frozenset({"group"})),
    Type(
        "security.ediscoveryNoncustodialDataSource",
        related=frozenset({"dataSource", "dataSource/group", "dataSource/site"}),
    ),
    Type(
        "security.ediscoverySearch",
        related=frozenset({"additionalSources", "custodianSources", "noncustodialSources"}),
    ),
    Type("security.ediscoveryReviewTag", related=frozenset({"parent"})),
    # https://learn.microsoft.com/graph/api/resources/security-retentionlabel
    Type(
        "security.retentionLabel",
        related=frozenset({"descriptors", "dispositionReviewStages", "retentionEventType"}),
    ),
    Type("security.retentionEvent", related=frozenset({"retentionEventType"})),
    # https://learn.microsoft.com/graph/api/resources/simulation
    Type(
        "simulation",
        related=frozenset({"landingPage", "loginPage", "payload"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/samlorwsfedexternaldomainfederation
    Type("samlOrWsFedExternalDomainFederation", related=frozenset({"domains"})),
    # https://learn.microsoft.com/graph/api/resources/authenticationeventlistener
    Type(
        "authenticationEventListener",
        related=frozenset(
            {
                _APPLICATIONS,
                *(f"handler/{name}" for name in _IN_HANDLERS),
                f"handler/signUp/{_FRAUD}",
            }
        ),
    ),
    # https://learn.microsoft.com/graph/api/resources/authenticationeventsflow
    Type(
        "authenticationEventsFlow",
        related=frozenset(
            {
                _APPLICATIONS,
                *("onAttributeCollection/attributes", f"{_LOADING}/identityProviders"),
                *("onAttributeCollectionStart/customExtension",),
                *("onAttributeCollectionSubmit/customExtension",),
            }
        ),
    ),
    # https://learn.microsoft.com/graph/api/resources/identityuserflowattributeassignment
    Type("identityUserFlowAttributeAssignment", related=frozenset({"userAttribute"})),
)

# https://learn.microsoft.com/graph/api/resources/authenticationmethodconfiguration
_METHODS = {
    name.casefold(): {
        "@odata.type": f"#microsoft.graph.{name}AuthenticationMethodConfiguration",
        "id": name[:1].upper() + name[1:],
        "state": "disabled",
    }
    for name in (
        *("email", "fido2", "microsoftAuthenticator", "sms", "softwareOath"),
        *("temporaryAccessPass", "voice", "x509Certificate"),
    )
}
_READ_AND_MADE = frozenset({"GET", "POST", "PATCH", "DELETE"})
_CATALOGS = "entitlementManagement/catalogs"
_PACKAGES = "entitlementManagement/accessPackages"
_POLICY = "accessPackageAssignmentPolicy"
_POLICIES = "entitlementManagement/assignmentPolicies"

NAVIGATION = (
    # The model says that these are contained; groups and users are linked there.
    Navigation("accessPackage/incompatibleGroups", linked=True),
    Navigation("connectedOrganization/internalSponsors", linked=True),
    Navigation("connectedOrganization/externalSponsors", linked=True),
    Navigation(
        "b2xIdentityUserFlow/userFlowIdentityProviders", documented=frozenset({"POST", "DELETE"})
    ),
    # https://learn.microsoft.com/graph/api/resources/entitlementmanagement-overview
    Navigation("accessPackage/catalog", home=_CATALOGS, linked=True),
    Navigation(
        "accessPackage/assignmentPolicies", inverse=(f"{_POLICY}/accessPackage",), linked=True
    ),
    Navigation("accessPackage/resourceRoleScopes", documented=_READ_AND_MADE),
    Navigation(
        "accessPackageCatalog/accessPackages", inverse=("accessPackage/catalog",), linked=True
    ),
    Navigation("accessPackageCatalog/customWorkflowExtensions", documented=_READ_AND_MADE),
    Navigation(f"{_POLICY}/accessPackage", home=_PACKAGES, linked=True),
    Navigation(f"{_POLICY}/catalog", home=_CATALOGS, linked=True),
    Navigation(
        "customExtensionStageSetting/customExtension",
        home="accessPackageCatalog/customWorkflowExtensions",
        linked=True,
    ),
    Navigation("accessPackageAssignment/accessPackage", home=_PACKAGES, linked=True),
    Navigation("accessPackageAssignment/assignmentPolicy", home=_POLICIES, linked=True),
    Navigation("accessPackageAssignmentRequest/accessPackage", home=_PACKAGES, linked=True),
    Navigation(
        "accessPackageAssignmentRequest/assignment",
        home="entitlementManagement/assignments",
        linked=True,
    ),
    Navigation("accessPackageResourceRequest/catalog", home=_CATALOGS, linked=True),
    Navigation("entitlementManagement/resourceRequests", documented=_READ_AND_MADE),
    Navigation(
        "identityUserFlowAttributeAssignment/userAttribute",
        home="identityContainer/userFlowAttributes",
        linked=True,
    ),
    # https://learn.microsoft.com/graph/api/resources/customauthenticationextension
    *(
        Navigation(
            f"{handler}/customExtension",
            home="identityContainer/customAuthenticationExtensions",
            linked=True,
        )
        for handler in (
            "onAttributeCollectionStartCustomExtensionHandler",
            "onAttributeCollectionSubmitCustomExtensionHandler",
            "onOtpSendCustomExtensionHandler",
            "onTokenIssuanceStartCustomExtensionHandler",
            "onVerifiedIdClaimValidationCustomExtensionHandler",
        )
    ),
    Navigation(
        "onAttributeCollectionExternalUsersSelfServiceSignUp/attributes",
        home="identityContainer/userFlowAttributes",
        linked=True,
    ),
    Navigation(
        f"{_LOADING}ExternalUsersSelfServiceSignUp/identityProviders",
        home="identityContainer/identityProviders",
        linked=True,
    ),
    *(
        Navigation(
            f"userFlowApiConnectorConfiguration/{step}",
            home="identityContainer/apiConnectors",
            linked=True,
            documented=frozenset({"GET", "PUT", "DELETE"}),
        )
        for step in ("postAttributeCollection", "postFederationSignup")
    ),
    # There is one only where a tenant has been given one.
    Navigation("multiTenantOrganization/joinRequest", provided=False),
    Navigation("authenticationMethodsPolicy/authenticationMethodConfigurations", offered=_METHODS),
    # https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols
    Navigation(
        "conditionalAccessGrantControls/authenticationStrength",
        home="policyRoot/authenticationStrengthPolicies",
        linked=True,
    ),
    # Only its links are documented, and what is linked can be seen.
    Navigation("featureRolloutPolicy/appliesTo", documented=frozenset({"GET"})),
)
