"""Where a path is served that is not served here; and whether Microsoft Graph has it at all.

Known of Microsoft Graph are the first segments of v1.0 and what is below ``reports``: facts of its
published metadata. Its beta has these too, and more that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.model import Model
from fakegraph.edm.types import NAMESPACE
from fakegraph.errors import GraphError
from fakegraph.graph.paths import PathError, resolve

KNOWN_VERSION = "v1.0"
NOT_SERVED: Mapping[str, str] = {"x-fakegraph": "not-served"}

_ROOTS = """
    admin agreementAcceptances agreements appCatalogs applications applicationTemplates
    appRoleAssignments auditLogs authenticationMethodConfigurations authenticationMethodsPolicy
    certificateBasedAuthConfiguration chats communications compliance connections contacts contracts
    copilot dataPolicyOperations deviceAppManagement deviceManagement devices directory
    directoryObjects directoryRoles directoryRoleTemplates domainDnsRecords domains drive drives
    education employeeExperience external filterOperators functions groupLifecyclePolicies groups
    groupSettings groupSettingTemplates identity identityGovernance identityProtection
    identityProviders informationProtection invitations me oauth2PermissionGrants organization
    permissionGrants places planner policies print privacy reports roleManagement schemaExtensions
    scopedRoleMemberships search security servicePrincipals shares sites solutions storage
    subscribedSkus subscriptions teams teamsTemplates teamwork tenantRelationships users
"""
_REPORTS = """
    authenticationMethods dailyPrintUsageByPrinter dailyPrintUsageByUser
    deviceConfigurationDeviceActivity deviceConfigurationUserActivity getEmailActivityCounts
    getEmailActivityUserCounts getEmailActivityUserDetail getEmailAppUsageAppsUserCounts
    getEmailAppUsageUserCounts getEmailAppUsageUserDetail getEmailAppUsageVersionsUserCounts
    getGroupArchivedPrintJobs getM365AppPlatformUserCounts getM365AppUserCounts
    getM365AppUserDetail getMailboxUsageDetail getMailboxUsageMailboxCounts
    getMailboxUsageQuotaStatusMailboxCounts getMailboxUsageStorage getOffice365ActivationCounts
    getOffice365ActivationsUserCounts getOffice365ActivationsUserDetail
    getOffice365ActiveUserCounts getOffice365ActiveUserDetail getOffice365GroupsActivityCounts
    getOffice365GroupsActivityDetail getOffice365GroupsActivityFileCounts
    getOffice365GroupsActivityGroupCounts getOffice365GroupsActivityStorage
    getOffice365ServicesUserCounts getOneDriveActivityFileCounts getOneDriveActivityUserCounts
    getOneDriveActivityUserDetail getOneDriveUsageAccountCounts getOneDriveUsageAccountDetail
    getOneDriveUsageFileCounts getOneDriveUsageStorage getPrinterArchivedPrintJobs
    getRelyingPartyDetailedSummary getSharePointActivityFileCounts getSharePointActivityPages
    getSharePointActivityUserCounts getSharePointActivityUserDetail getSharePointSiteUsageDetail
    getSharePointSiteUsageFileCounts getSharePointSiteUsagePages getSharePointSiteUsageSiteCounts
    getSharePointSiteUsageStorage getSkypeForBusinessActivityCounts
    getSkypeForBusinessActivityUserCounts getSkypeForBusinessActivityUserDetail
    getSkypeForBusinessDeviceUsageDistributionUserCounts getSkypeForBusinessDeviceUsageUserCounts
    getSkypeForBusinessDeviceUsageUserDetail getSkypeForBusinessOrganizerActivityCounts
    getSkypeForBusinessOrganizerActivityMinuteCounts
    getSkypeForBusinessOrganizerActivityUserCounts getSkypeForBusinessParticipantActivityCounts
    getSkypeForBusinessParticipantActivityMinuteCounts
    getSkypeForBusinessParticipantActivityUserCounts getSkypeForBusinessPeerToPeerActivityCounts
    getSkypeForBusinessPeerToPeerActivityMinuteCounts
    getSkypeForBusinessPeerToPeerActivityUserCounts getTeamsDeviceUsageDistributionUserCounts
    getTeamsDeviceUsageUserCounts getTeamsDeviceUsageUserDetail getTeamsTeamActivityCounts
    getTeamsTeamActivityDetail getTeamsTeamActivityDistributionCounts getTeamsTeamCounts
    getTeamsUserActivityCounts getTeamsUserActivityUserCounts getTeamsUserActivityUserDetail
    getUserArchivedPrintJobs getYammerActivityCounts getYammerActivityUserCounts
    getYammerActivityUserDetail getYammerDeviceUsageDistributionUserCounts
    getYammerDeviceUsageUserCounts getYammerDeviceUsageUserDetail getYammerGroupsActivityCounts
    getYammerGroupsActivityDetail getYammerGroupsActivityGroupCounts
    managedDeviceEnrollmentFailureDetails managedDeviceEnrollmentTopFailures
    monthlyPrintUsageByPrinter monthlyPrintUsageByUser partners security
"""
# By path, the names that may follow it; what is below others is not known.
_BELOW = {
    "": _ROOTS,
    "reports": _REPORTS,
    "reports/authenticationMethods": "userRegistrationDetails usersRegisteredByFeature "
    "usersRegisteredByMethod",
    "reports/partners": "billing",
    "reports/partners/billing": "manifests operations reconciliation usage",
    "reports/security": "getAttackSimulationRepeatOffenders "
    "getAttackSimulationSimulationUserCoverage getAttackSimulationTrainingUserCoverage",
}


@cache
def _known() -> Mapping[str, frozenset[str]]:
    return {path.casefold(): frozenset(names.casefold().split()) for path, names in _BELOW.items()}


def graph_has(segments: Sequence[str]) -> bool:
    """Whether Microsoft Graph's v1.0 has a path, as far as it is known."""
    path = ""
    for segment in segments:
        name = segment.partition("(")[0].casefold().removeprefix(f"{NAMESPACE}.")
        names = _known().get(path)
        if names is None:
            return True
        if name not in names:
            return False
        path = f"{path}/{name}" if path else name
    return bool(segments)


def explained(error: PathError, models: Mapping[str, Model]) -> GraphError:
    """A refusal of a path with a hint at where it, or what is like it, is served.

    With the header ``x-fakegraph: not-served`` where Microsoft Graph has it.
    """
    if error.segments and error.segments[0].casefold() in models:
        hint = "The version is there already: leave the second one out."
        return replace(error, message=f"{error.message} {hint}")
    path = "/".join(error.segments)
    homes = [version for version, model in models.items() if _is_served(model, error.segments)]
    if homes:
        where = " and ".join(f"/{version}/{path}" for version in homes)
        return replace(error, message=f"{error.message} It is served as {where}.")
    model = models.get(error.version)
    if model is None:
        return error
    known = graph_has(error.segments) if error.graph_has is None else error.graph_has
    served = [resource.path for resource in model.resources]
    listed = ", ".join(f"/{each}" for each in served) or "nothing"
    hint = f"In {model.version}, fakegraph serves {listed}.{did_you_mean(path, served)}"
    if known:
        message = f"{error.message} Microsoft Graph has /{path}, fakegraph does not. {hint}"
        return replace(error, message=message, headers={**error.headers, **NOT_SERVED})
    if error.graph_has is None and error.version == KNOWN_VERSION:
        hint = f"Microsoft Graph has no such path in {KNOWN_VERSION} either. {hint}"
    return replace(error, message=f"{error.message} {hint}")


def _is_served(model: Model, segments: Sequence[str]) -> bool:
    try:
        return resolve(model, segments).resource is not None
    except GraphError:
        return False
