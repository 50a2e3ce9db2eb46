"""Teams: teams, channels, chats, messages, presence, meetings, shifts.

https://learn.microsoft.com/graph/api/resources/teams-api-overview
"""
