"""What the types of Intune have in common, and what a new one of some says.

All that they have is shown, whether it has a value or not.
https://learn.microsoft.com/graph/api/intune-devices-manageddevice-get
"""

from __future__ import annotations

from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.handed import Acting, Making
from fakegraph.workloads.operations import Call
from fakegraph.workloads.others.intune import stored

# By how their names begin.
_TYPES = {
    "": """
        applePushNotificationCertificate appLogCollectionRequest auditEvent cloudPC
        complianceManagementPartner detectedApp deviceAppManagement deviceCategory
        deviceConfiguration deviceEnrollmentConfiguration deviceInstallState
        deviceLogCollectionResponse deviceManagement deviceManagementExchangeConnector
        deviceManagementExportJob deviceManagementPartner deviceManagementReports
        deviceManagementTroubleshootingEvent eBookInstallSummary
        enrollmentConfigurationAssignment importedWindowsAutopilotDeviceIdentity
        iosUpdateDeviceStatus localizedNotificationMessage malwareStateForWindowsDevice
        managedAppOperation managedAppPolicy managedAppPolicyDeploymentSummary
        managedAppRegistration managedAppStatus managedDevice
        managedDeviceMobileAppConfiguration managedDeviceOverview managedEBook
        managedEBookAssignment managedMobileApp mobileApp mobileAppAssignment
        mobileAppCategory mobileAppContent mobileAppContentFile mobileAppRelationship
        mobileAppTroubleshootingEvent mobileContainedApp mobileThreatDefenseConnector
        notificationMessageTemplate onPremisesConditionalAccessSettings
        remoteAssistancePartner resourceOperation roleAssignment roleDefinition
        settingStateDeviceSummary softwareUpdateStatusSummary
        targetedManagedAppPolicyAssignment termsAndConditions
        termsAndConditionsAcceptanceStatus termsAndConditionsAssignment
        userInstallStateSummary virtualEndpoint vppToken windowsAutopilotDeviceIdentity
        windowsDeviceMalwareState windowsMalwareInformation windowsProtectionState
    """,
    "cloudPc": """
        AuditEvent DeviceImage GalleryImage OnPremisesConnection ProvisioningPolicy
        ProvisioningPolicyAssignment Report ServicePlan UserSetting UserSettingAssignment
    """,
    "deviceCompliance": """
        ActionItem DeviceOverview DeviceStatus Policy PolicyAssignment
        PolicyDeviceStateSummary PolicySettingStateSummary PolicyState
        ScheduledActionForRule SettingState UserOverview UserStatus
    """,
    "deviceConfiguration": """
        Assignment DeviceOverview DeviceStateSummary DeviceStatus State UserOverview
        UserStatus
    """,
    "managedDeviceMobileAppConfiguration": """
        Assignment DeviceStatus DeviceSummary UserStatus UserSummary
    """,
    "userExperienceAnalyticsAppHealth": """
        AppPerformanceByAppVersionDetails AppPerformanceByAppVersionDeviceId
        AppPerformanceByOSVersion ApplicationPerformance DeviceModelPerformance
        DevicePerformance DevicePerformanceDetails OSVersionPerformance
    """,
    "userExperienceAnalytics": """
        Baseline Category DevicePerformance DeviceScores DeviceStartupHistory
        DeviceStartupProcess DeviceStartupProcessPerformance Metric MetricHistory
        ModelScores Overview ScoreHistory WorkFromAnywhereDevice
        WorkFromAnywhereHardwareReadinessMetric WorkFromAnywhereMetric
        WorkFromAnywhereModelPerformance
    """,
    "windowsInformationProtection": """
        AppLearningSummary AppLockerFile NetworkLearningSummary
    """,
}

# The same of those that beta has alone.
_OF_BETA = {
    "": """
        advancedThreatProtectionOnboardingDeviceSettingState
        advancedThreatProtectionOnboardingStateSummary androidAppConfigurationSchema
        androidDeviceOwnerEnrollmentProfile androidForWorkAppConfigurationSchema
        androidForWorkEnrollmentProfile androidForWorkSettings
        androidManagedStoreAccountEnterpriseSettings
        androidManagedStoreAppConfigurationSchema appVulnerabilityManagedDevice
        appVulnerabilityMobileApp appleEnrollmentProfileAssignment
        appleUserInitiatedEnrollmentProfile assignmentFilterEvaluationStatusDetails
        cartToClassAssociation certificateConnectorDetails chromeOSOnboardingSettings
        cloudCertificationAuthority cloudCertificationAuthorityLeafCertificate
        cloudCertificationAuthorityVersion comanagementEligibleDevice
        configManagerCollection dataSharingConsent depOnboardingSetting
        deviceAndAppManagementAssignmentFilter deviceAppManagementTask
        deviceComplianceScript deviceComplianceScriptDeviceState
        deviceComplianceScriptRunSummary deviceConfigurationConflictSummary
        deviceConfigurationGroupAssignment deviceConfigurationUserStateSummary
        deviceCustomAttributeShellScript deviceHealthScript deviceShellScript
        embeddedSIMActivationCodePool embeddedSIMActivationCodePoolAssignment
        embeddedSIMDeviceState endpointPrivilegeManagementProvisioningStatus
        enrollmentProfile hardwareConfiguration hardwareConfigurationAssignment
        hardwareConfigurationDeviceState hardwareConfigurationRunSummary
        hardwareConfigurationUserState hardwarePasswordDetail hardwarePasswordInfo
        importedAppleDeviceIdentity importedDeviceIdentity intuneBrandingProfile
        intuneBrandingProfileAssignment iosLobAppProvisioningConfiguration
        iosVppAppAssignedLicense macOSSoftwareUpdateAccountSummary
        macOSSoftwareUpdateCategorySummary macOSSoftwareUpdateStateSummary
        macOsVppAppAssignedLicense managedAllDeviceCertificateState
        managedAppLogCollectionRequest managedDeviceCertificateState
        managedDeviceCleanupRule managedDeviceEncryptionState
        managedDeviceMobileAppConfigurationState
        managedDeviceWindowsOperatingSystemImage managedEBookCategory
        microsoftTunnelConfiguration microsoftTunnelHealthThreshold
        microsoftTunnelServer microsoftTunnelServerLogCollectionResponse
        microsoftTunnelSite mobileAppCatalogPackage mobileAppContentScript
        mobileAppProvisioningConfigGroupAssignment ndesConnector operationApprovalPolicy
        operationApprovalRequest policySet policySetAssignment policySetItem
        privilegeManagementElevation privilegeManagementElevationRequest
        remoteActionAudit remoteAssistanceSettings restrictedAppsViolation roleScopeTag
        roleScopeTagAutoAssignment securityBaselineDeviceState
        securityBaselineSettingState securityBaselineState securityBaselineStateSummary
        serviceNowConnection symantecCodeSigningCertificate tenantAttachRBAC
        termsAndConditionsGroupAssignment unsupportedGroupPolicyExtension
        userPFXCertificate vulnerableManagedDevice zebraFotaArtifact zebraFotaConnector
        zebraFotaDeployment
    """,
    "deviceHealthScript": """
        Assignment DeviceState RunSummary
    """,
    "deviceManagement": """
        AutopilotEvent ComplianceActionItem CompliancePolicy
        ComplianceScheduledActionForRule ConfigurationCategory ConfigurationPolicy
        ConfigurationPolicyAssignment ConfigurationPolicyTemplate ConfigurationSetting
        ConfigurationSettingDefinition ConfigurationSettingTemplate
        DerivedCredentialSettings DomainJoinConnector ExchangeOnPremisesPolicy Intent
        ResourceAccessProfileAssignment ResourceAccessProfileBase ReusablePolicySetting
        Script ScriptAssignment ScriptDeviceState ScriptGroupAssignment ScriptRunSummary
        ScriptUserState SettingCategory SettingDefinition SettingInstance Template
        TemplateInsightsDefinition
    """,
    "deviceManagementIntent": """
        Assignment DeviceSettingStateSummary DeviceState DeviceStateSummary UserState
        UserStateSummary
    """,
    "groupPolicy": """
        Category Configuration ConfigurationAssignment Definition DefinitionFile
        DefinitionValue MigrationReport ObjectFile Operation Presentation
        PresentationValue SettingMapping
    """,
    "userExperienceAnalytics": """
        Anomaly AnomalyCorrelationGroupOverview AnomalyDevice
        AppHealthAppPerformanceByAppVersion DeviceScope DeviceTimelineEvent
        DeviceWithoutCloudIdentity ImpactingProcess NotAutopilotReadyDevice
        RemoteConnection ResourcePerformance
    """,
    "userExperienceAnalyticsBatteryHealth": """
        AppImpact CapacityDetails DeviceAppImpact DevicePerformance DeviceRuntimeHistory
        ModelPerformance OsPerformance RuntimeDetails
    """,
    "windows": """
        AutopilotSettings DefenderApplicationControlSupplementalPolicy
        DriverUpdateInventory DriverUpdateProfile DriverUpdateProfileAssignment
        FeatureUpdateProfile FeatureUpdateProfileAssignment
        InformationProtectionDeviceRegistration InformationProtectionWipeAction
        ManagementApp ManagementAppHealthState PrivacyDataAccessControlItem
        QualityUpdatePolicy QualityUpdatePolicyAssignment QualityUpdateProfile
        QualityUpdateProfileAssignment UpdateCatalogItem
    """,
    "windowsDefenderApplicationControlSupplementalPolicy": """
        Assignment DeploymentStatus DeploymentSummary
    """,
}

WORKLOAD = Workload(
    "intune",
    types=tuple(
        f"{start}{name}"
        for known in (_TYPES, _OF_BETA)
        for start, names in known.items()
        for name in names.split()
    ),
    paths=("/deviceManagement/", "/deviceAppManagement/"),
    nulls=True,
    zeros=True,
    max_page=1000,  # what its portal asks for, and programs after it
)


def _published(making: Making) -> str | None:
    """An app whose content is committed can be had; what else a body says of it is kept."""
    said = making.record.get("publishingState")
    if said == "notPublished" and making.record.get("committedContentVersion"):
        return "published"
    return None if said is None else str(said)


_SETTINGS = {
    "deviceComplianceCheckinThresholdDays": 30,
    "isScheduledActionEnabled": True,
    "secureByDefault": False,
}
_UNPUBLISHED = {"publishingState": "notPublished"}

_CREATED, _MODIFIED = "createdDateTime", "lastModifiedDateTime"


def _next(call: Call, changes: Record) -> Record:
    """A change by a body makes the next version, unless the body says which it is."""
    if "version" in changes:
        return changes
    return {**changes, "version": int(call.record.get("version") or 0) + 1}


TYPES = (
    # Bodies may have their times, as programs send back what they read: the service sets them.
    *(
        Type(name, ignored=frozenset({_CREATED, _MODIFIED}))
        for name in (
            *("deviceCompliancePolicy", "deviceConfiguration", "deviceEnrollmentConfiguration"),
            *("managedAppPolicy", "managedDeviceMobileAppConfiguration", "managedEBook"),
            *("mobileApp", "termsAndConditions"),
        )
    ),
    *(
        Type(name, ignored=frozenset({_MODIFIED}))
        for name in (
            *("localizedNotificationMessage", "mobileAppCategory", "notificationMessageTemplate"),
        )
    ),
    # https://learn.microsoft.com/graph/api/resources/intune-deviceconfig-deviceconfiguration
    *(
        Type(name, defaults={"version": 1}, amends=_next)
        for name in ("deviceConfiguration", "deviceCompliancePolicy")
    ),
    # Users accept terms again when an administrator says another version.
    Type("termsAndConditions", defaults={"version": 1}),
    # https://learn.microsoft.com/graph/api/resources/intune-apps-mobileapp
    Type("mobileApp", defaults={"publishingState": "published"}),
    *(
        Type(name, defaults=_UNPUBLISHED, changed={"publishingState": _published})
        for name in ("mobileLobApp", "managedMobileLobApp")
    ),
    # One that is seeded has nowhere for its bytes until that is renewed.
    Type(
        "mobileAppContentFile",
        defaults={"uploadState": "azureStorageUriRequestTimedOut"},
        follows=stored,
    ),
    # Programs wait until it is done: nothing here exports a report.
    Type("deviceManagementExportJob", defaults={"status": "failed"}),
)


def _categorised(acting: Acting, device: Row, category: Row) -> None:
    """A device says the name of its category."""
    acting.alter(device, {"deviceCategoryDisplayName": category.record.get("displayName")})


NAVIGATION = (
    # https://learn.microsoft.com/mem/intune/protect/device-compliance-get-started says what a
    # tenant has where nobody has changed it.
    Navigation("deviceManagement", start={"subscriptionState": "active", "settings": _SETTINGS}),
    # https://learn.microsoft.com/graph/api/resources/intune-devices-devicecategory: programs set
    # it by /$ref, which no page has.
    Navigation(
        "managedDevice/deviceCategory",
        home="deviceManagement/deviceCategories",
        linked=True,
        documented=frozenset({"PUT"}),
        joined=_categorised,
    ),
)
