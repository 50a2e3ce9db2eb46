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

TYPES = (
    Type("appConsentRequest", unasked=frozenset({"userConsentRequests"})),
    Type("userConsentRequest", unasked=frozenset({"approval"})),
    Type("approval", unasked=frozenset({"stages"})),
    Type("accessReviewScheduleDefinition", unasked=frozenset({"instances"})),
    Type("permissionGrantPolicy", unasked=frozenset({"includes", "excludes"})),
    Type("unifiedRoleDefinition", unasked=frozenset({"inheritsPermissionsFrom"})),
    Type(
        "authenticationMethodsPolicy",
        unasked=frozenset({"authenticationMethodConfigurations"}),
    ),
)

NAVIGATION = (
    # The model says that these are contained; groups and users are linked there.
    Navigation("accessPackage/incompatibleGroups", linked=True),
    Navigation("connectedOrganization/internalSponsors", linked=True),
    Navigation("connectedOrganization/externalSponsors", linked=True),
    Navigation(
        "b2xIdentityUserFlow/userFlowIdentityProviders", documented=frozenset({"POST", "DELETE"})
    ),
    # Only its links are documented, and what is linked can be seen.
    Navigation("featureRolloutPolicy/appliesTo", documented=frozenset({"GET"})),
)
