"""The Graph API: routes, headers, errors and the reading of requests."""
