"""What answers say of budgets, where a workload weighs requests.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.graph.whole.plan import Plan


def weight(
    plan: Plan, method: str, options: Mapping[str, str], budget: Mapping[str, str]
) -> dict[str, str]:
    """What any answer says. ``budget`` are its headers that say how much is left, if any do."""
    weigh = plan.workload.weighs
    if weigh is None:
        return {}
    known = None if options else plan.weights.get(method)
    units = known or str(weigh(method, plan.template, options))
    if not (known or options):
        plan.weights[method] = units
    found = {"x-ms-resource-unit": units}
    return found | _near(budget) if budget else found


def _near(budget: Mapping[str, str]) -> dict[str, str]:
    if "RateLimit-Limit" not in budget:
        return {}
    limit, left = (int(budget[f"RateLimit-{name}"]) for name in ("Limit", "Remaining"))
    return {"x-ms-throttle-limit-percentage": f"{(limit - left) / limit:.1f}"}


def over(plan: Plan, app: str, tenant: str, budget: Mapping[str, str]) -> dict[str, str]:
    """What the answer says to an app that is over its budget."""
    if plan.workload.weighs is None:
        return {}
    return {
        **_near(budget),
        "x-ms-throttle-scope": f"Tenant_Application/ReadWrite/{app}/{tenant}",
        "x-ms-throttle-information": "ResourceUnitLimitExceeded",
    }
