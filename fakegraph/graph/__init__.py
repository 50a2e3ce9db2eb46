"""The Graph face: routes, headers, errors and the reading of requests."""
