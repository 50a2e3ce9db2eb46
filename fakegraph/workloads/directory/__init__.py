"""The directory: users, groups and what else is in ``/directoryObjects``.

https://learn.microsoft.com/graph/api/resources/azure-ad-overview
"""
