"""Change notifications: where they may go, the handshake, what is due, and how it is delivered.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""
