"""How many connections a server has, how long it waits for them, what it holds for them."""

MAX_CONNECTIONS = 900
UNFINISHED_BODIES = 64 * 1024 * 1024  # bytes of all bodies together whose rest is still to come
BACKLOG = 1024  # connections that wait to be accepted

SWEEP = 1.0  # seconds, as all times here
IDLE_TIMEOUT = 75.0
REQUEST_TIMEOUT = 60.0
SEND_TIMEOUT = 60.0
DRAIN_TIMEOUT = 2.0
CONNECT_TIMEOUT = 20.0  # for a tunnel to reach its other end
