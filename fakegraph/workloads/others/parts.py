"""Printing, education, user flows, connectors, bookings: a line or two for each."""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation, Type

TYPES = (
    # https://learn.microsoft.com/graph/api/resources/print
    Type(
        "printerShare",
        related=frozenset({"printer", "allowedUsers", "allowedGroups"}),
        defaults={"allowAllUsers": False},
    ),
    Type("printDocument", redirects=frozenset({"$value"})),
    Type("printService", unasked=frozenset({"endpoints"})),
    Type("printerCreateOperation", unasked=frozenset({"printer"})),
    # https://learn.microsoft.com/graph/api/resources/b2xidentityuserflow
    Type("b2xIdentityUserFlow", related=frozenset({"identityProviders"})),
    # https://learn.microsoft.com/graph/api/resources/synchronization-overview
    Type("synchronizationSchema", unasked=frozenset({"directories"})),
    Type("synchronizationTemplate", unasked=frozenset({"schema"})),
    # https://learn.microsoft.com/graph/api/resources/subscription
    Type("subscription", unbuilt="change notifications"),
)

NAVIGATION = (
    Navigation("subscriptions", documented=frozenset({"POST"})),
    Navigation("printer/shares", inverse=("printerShare/printer",)),
    # https://learn.microsoft.com/graph/api/resources/education-overview
    Navigation("educationUser/classes", inverse=("educationClass/members",)),
    Navigation("educationUser/taughtClasses", inverse=("educationClass/teachers",)),
    Navigation("educationUser/schools", inverse=("educationSchool/users",)),
    Navigation("educationClass/schools", inverse=("educationSchool/classes",)),
)
