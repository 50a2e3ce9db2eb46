"""What else there is: parts of Graph of which the model says nearly all.

https://learn.microsoft.com/graph/api/overview
"""
