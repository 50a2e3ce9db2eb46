"""Outlook: mail, calendars, contacts, people, and what groups talk about.

https://learn.microsoft.com/graph/outlook-mail-concept-overview
"""
