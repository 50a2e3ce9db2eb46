"""Files: drives and what lies in them, sites, lists, workbooks.

https://learn.microsoft.com/graph/api/resources/onedrive
https://learn.microsoft.com/graph/api/resources/sharepoint
"""
