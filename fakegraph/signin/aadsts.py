"""What can go wrong at the sign-in endpoints, by the numbers of Microsoft Entra ID.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from collections.abc import Mapping

# By AADSTS number: the OAuth error, the status, and the words. Braces are filled in.
ERRORS: Mapping[int, tuple[str, int, str]] = {
    16000: (
        "interaction_required",
        400,
        "Either multiple user identities are available for the current request or selected account "
        "is not supported for the scenario. {users} are signed in: say which by login_hint.",
    ),
    28000: (
        "invalid_scope",
        400,
        "Provided value for the input parameter scope is not valid because it contains more than "
        "one resource. Scope {scope} is not valid.",
    ),
    50011: (
        "invalid_request",
        400,
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs "
        "configured for the application '{app}'. {hint}",
    ),
    50013: ("invalid_grant", 400, "Assertion failed signature validation. {hint}"),
    50034: (
        "invalid_grant",
        400,
        "The user account {user} does not exist in the {tenant} directory. To sign into this "
        "application, the account must be added to the directory.",
    ),
    50049: ("invalid_instance", 400, "Unknown or invalid instance."),
    50055: (
        "invalid_grant",
        400,
        "The password is expired. Its passwordProfile says that it has to be changed at the next "
        "sign-in (forceChangePasswordNextSignIn).",
    ),
    50057: ("invalid_grant", 400, "The user account is disabled."),
    50058: (
        "login_required",
        400,
        "A silent sign-in request was sent but no user is signed in. The cookies used to represent "
        "the user's session were not sent in the request, or that session is over: sign in "
        "without prompt=none first, in the same browser.",
    ),
    50059: (
        "invalid_request",
        400,
        "No tenant-identifying information found in either the request or implied by any provided "
        "credentials. An app that signs in itself names its tenant in the path: {authority} is "
        "none.",
    ),
    50126: (
        "invalid_grant",
        400,
        "Error validating credentials due to invalid username or password.",
    ),
    50147: ("invalid_request", 400, "Missing Code_Challenge parameter."),
    50149: (
        "invalid_request",
        400,
        "Invalid Code_Challenge_method parameter. It takes S256 or plain.",
    ),
    50173: (
        "invalid_grant",
        400,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The "
        "user might have changed or reset their password. The grant was issued on '{issued}' and "
        "the TokensValidFrom date (before which tokens are not valid) for this user is '{since}'.",
    ),
    54005: (
        "invalid_grant",
        400,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or "
        "use an existing refresh token.",
    ),
    65001: (
        "invalid_grant",
        400,
        "The user or administrator has not consented to use the application with ID '{app}' named "
        "'{name}'. Send an interactive authorization request for this user and resource. "
        "Neither directory.json nor an oauth2PermissionGrant gives it {scope}.",
    ),
    65004: ("authorization_declined", 400, "User declined to consent to access the app."),
    70000: (
        "invalid_grant",
        400,
        "Provided grant is invalid or malformed. {hint}",
    ),
    70003: (
        "unsupported_grant_type",
        400,
        "The app requested an unsupported grant type '{grant}'. fakegraph has {known}.",
    ),
    70005: (
        "unsupported_response_type",
        400,
        "The app requested an unsupported response type '{type}'. fakegraph has code.",
    ),
    70007: (
        "invalid_request",
        400,
        "'{mode}' is not a supported value for 'response_mode'. It takes query, fragment or "
        "form_post.",
    ),
    70008: (
        "invalid_grant",
        400,
        "The provided authorization code or refresh token has expired due to inactivity. Send a "
        "new interactive authorization request for this user and resource.",
    ),
    70011: (
        "invalid_scope",
        400,
        "The provided request must include a 'scope' input parameter. The provided value for the "
        "input parameter 'scope' is not valid. {hint}",
    ),
    70016: (
        "authorization_pending",
        400,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    ),
    70018: ("bad_verification_code", 400, "Invalid verification code. {hint}"),
    70020: (
        "expired_token",
        400,
        "The provided value for the input parameter 'device_code' is not valid. This device code "
        "has expired.",
    ),
    90002: (
        "invalid_request",
        400,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. With --strict-directory, POST /_fakegraph/tenants "
        "makes one.",
    ),
    90023: ("invalid_request", 400, "The authentication service request isn't valid. {hint}"),
    160021: (
        "interaction_required",
        400,
        "Application requested a user session which does not exist.",
    ),
    240002: (
        "invalid_request",
        400,
        "Input id_token cannot be used as 'urn:ietf:params:oauth:grant-type:jwt-bearer' grant.",
    ),
    500011: (
        "invalid_resource",
        400,
        "The resource principal named {resource} was not found in the tenant named {tenant}. "
        "fakegraph has Microsoft Graph, the services that docs/reference/identity.md lists (with "
        "--strict-directory, those that have a service principal there), and apps as api://APP-ID.",
    ),
    500112: (
        "invalid_grant",
        400,
        "The reply address '{uri}' does not match the reply address '{wanted}' provided when "
        "requesting Authorization code.",
    ),
    500113: ("invalid_request", 400, "No reply address is registered for the application."),
    500131: (
        "invalid_grant",
        400,
        "Assertion audience does not match the Client app presenting the assertion. It was '{aud}' "
        "and must be '{app}' or 'api://{app}': ask for a token with the scope api://{app}/NAME.",
    ),
    500133: (
        "invalid_grant",
        400,
        "Assertion is not within its valid time range. Ensure that the access token is not expired "
        "before using it for user assertion, or request a new token.",
    ),
    501481: (
        "invalid_grant",
        400,
        "The Code_Verifier does not match the code_challenge supplied in the authorization "
        "request. {hint}",
    ),
    501491: (
        "invalid_request",
        400,
        "Invalid size of Code_Challenge parameter. It takes 43 to 128 of A-Z, a-z, 0-9, -, ., _ "
        "and ~; with S256, 43.",
    ),
    700005: (
        "invalid_grant",
        400,
        "Provided Authorization Code is intended to use against other tenant, thus rejected.",
    ),
    700016: (
        "unauthorized_client",
        400,
        "Application with identifier '{app}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant.",
    ),
    700023: (
        "invalid_client",
        401,
        "Client assertion audience claim does not match Realm issuer. It takes {wanted}.",
    ),
    700024: ("invalid_client", 401, "Client assertion is not within its valid time range. {hint}"),
    700025: (
        "invalid_client",
        401,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    700027: (
        "invalid_client",
        401,
        "The certificate with identifier used to sign the client assertion is not registered on "
        "application, or the signature is invalid. {hint}",
    ),
    700054: (
        "unsupported_response_type",
        400,
        "response_type 'id_token' is not enabled for the application.",
    ),
    700051: (
        "unsupported_response_type",
        400,
        "response_type 'token' is not enabled for the application.",
    ),
    700082: (
        "invalid_grant",
        400,
        "The refresh token has expired due to inactivity. It was inactive for 90 days.",
    ),
    700084: (
        "invalid_grant",
        400,
        "The refresh token was issued to a single page app (SPA), and therefore has a fixed, "
        "limited lifetime of 1.00:00:00, which can't be extended. It is now expired and a new sign "
        "in request must be sent by the SPA to the sign in page. The token was issued on {issued}.",
    ),
    700211: (
        "invalid_request",
        400,
        "No matching federated identity record found for presented assertion issuer '{sent}'.",
    ),
    700212: (
        "invalid_request",
        400,
        "No matching federated identity record found for presented assertion audience '{sent}'.",
    ),
    700213: (
        "invalid_request",
        400,
        "No matching federated identity record found for presented assertion subject '{sent}'.",
    ),
    900023: (
        "invalid_request",
        400,
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external "
        "domain. fakegraph's tenants have 1 to 64 of A-Z, a-z, 0-9, _ and -.",
    ),
    900144: (
        "invalid_request",
        400,
        "The request body must contain the following parameter: '{name}'.{near}",
    ),
    900561: (
        "invalid_request",
        405,
        "The endpoint only accepts {allowed} requests. Received a {method} request.",
    ),
    901002: (
        "invalid_request",
        400,
        "The 'resource' request parameter isn't supported. Here 'scope' says what it is for; the "
        "endpoints of v1 take 'resource'.",
    ),
    1002012: (
        "invalid_scope",
        400,
        "The provided value for scope {scope} is not valid. Client credential flows must have a "
        "scope value with /.default suffixed to the resource identifier (application ID URI).",
    ),
    7000112: ("unauthorized_client", 400, "Application '{app}'({name}) is disabled."),
    7000114: (
        "invalid_grant",
        400,
        "Application '{app}' is not allowed to make application on-behalf-of calls.",
    ),
    7000215: (
        "invalid_client",
        401,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{app}'.",
    ),
    7000222: (
        "invalid_client",
        401,
        "The provided client secret keys for app '{app}' are expired. Add a new one: addPassword "
        "gives it.",
    ),
    7000229: (
        "invalid_client",
        401,
        "The client application {app} is missing service principal in the tenant {tenant}. POST "
        "/servicePrincipals with its appId makes one.",
    ),
    7000216: (
        "invalid_client",
        401,
        "'client_assertion', 'client_secret' or 'request' is required for the '{grant}' grant "
        "type.",
    ),
    7000218: (
        "invalid_client",
        401,
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    9000411: (
        "invalid_request",
        400,
        "The request is not properly formatted. The parameter '{name}' is duplicated.",
    ),
    9001023: (
        "invalid_request",
        400,
        "The grant type is not supported over the /common or /consumers endpoints. Please use the "
        "/organizations or tenant-specific endpoint.",
    ),
    9002325: (
        "invalid_request",
        400,
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
    ),
    9002326: (
        "invalid_request",
        400,
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' "
        "client-type. Request origin: '{origin}'. {hint}",
    ),
    9002327: (
        "invalid_request",
        400,
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via "
        "cross-origin requests. {hint}",
    ),
    9002313: ("invalid_request", 400, "Invalid request. Request is malformed or invalid. {hint}"),
}
