"""Change notifications, as tests look at them, have them delivered, and have them go wrong."""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.changes.disturbances import EFFECTS, Disturbance
from fakegraph.changes.lifecycle import EVENTS
from fakegraph.changes.notifier import Notifier
from fakegraph.changes.outbox import Outbox
from fakegraph.control.bodies import ControlBody, Number, Properties, Whole, choice
from fakegraph.edm import fields
from fakegraph.errors import GraphError, bad_request
from fakegraph.tenants import Tenant

_DAY = 86_400


class ReminderBody(ControlBody):
    """What a subscriber is told of a subscription."""

    edm_name = "fakegraph.reminder"
    subscription = fields.String(required=True)
    event = choice("lifecycleEvent", *EVENTS)


class DeliveryFaultBody(ControlBody):
    """What is to go wrong with deliveries."""

    edm_name = "fakegraph.deliveryFault"
    effect = choice("deliveryEffect", *EFFECTS, required=True)
    times = Whole(1, 1_000_000, nullable=True)
    seconds = Number(0, _DAY)

    @classmethod
    def forms(cls, properties: Properties) -> Iterable[tuple[list[str], Properties]]:
        """Only a delay has seconds, and it has to."""
        others = [each for each in EFFECTS if each != "delay"]
        yield ["effect", "seconds"], {**properties, "effect": {"const": "delay"}}
        yield ["effect"], {"times": properties["times"], "effect": {"enum": others}}


def notifier_of(tenant: Tenant) -> Notifier:
    """Who tells of a tenant's changes."""
    assert isinstance(tenant.beyond, Notifier)
    return tenant.beyond


def outbox_of(tenant: Tenant) -> Outbox:
    """What a tenant has to tell, as it is now."""
    return notifier_of(tenant).known(tenant)


def remind(tenant: Tenant, body: object) -> None:
    """Tell of a subscription what a body says. Raises GraphError: 400, 404, 409."""
    wanted = ReminderBody.take(body)
    id_, event = wanted["subscription"], wanted.get("event", EVENTS[0])
    outbox = outbox_of(tenant)
    if not outbox.knows(id_):
        raise GraphError(404, "ResourceNotFound", f"There is no subscription '{id_}'.")

    def work() -> bool:
        told = outbox.tell(id_, event)
        if told and event == "subscriptionRemoved":
            outbox.remove(id_)
        return told

    if not outbox.change(work):
        message = f"The subscription '{id_}' has no lifecycleNotificationUrl."
        raise GraphError(409, "Conflict", message, "subscription")
    notifier_of(tenant).wake(tenant)


def disturb(tenant: Tenant, body: object) -> Disturbance:
    """Have deliveries go wrong as a body says. Raises GraphError (400)."""
    wanted = DeliveryFaultBody.take(body)
    effect = wanted["effect"]
    if (effect == "delay") != ("seconds" in wanted):
        raise bad_request("seconds goes with a delay, and a delay with seconds.", "seconds")
    found = Disturbance(effect, wanted.get("times", 1), float(wanted.get("seconds", 0)))
    outbox = outbox_of(tenant)
    outbox.change(lambda: outbox.disturbances.add(found))
    return found


def clear(tenant: Tenant) -> None:
    """Have nothing go wrong with deliveries any more."""
    outbox = outbox_of(tenant)
    outbox.change(outbox.disturbances.clear)


def redeliver(tenant: Tenant, number: int) -> None:
    """Deliver a notification once more. Raises GraphError (404, 409)."""
    outbox = outbox_of(tenant)
    if not outbox.change(lambda: outbox.again(number)):
        message = f"There is no notification {number} that is over."
        raise GraphError(404, "ResourceNotFound", message)
    notifier_of(tenant).wake(tenant)
