"""Microsoft Search: one question to mail, calendars, files, sites, lists, chats and people.

https://learn.microsoft.com/graph/api/search-query
"""
