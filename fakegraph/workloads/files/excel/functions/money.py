"""Functions of money: loans, investments, what is written off, and papers without coupons.

https://support.microsoft.com/office/financial-functions-reference
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from fakegraph.workloads.files.excel.functions.faults import DIV, NUM, VALUE, Fault
from fakegraph.workloads.files.excel.functions.moments import year_fraction
from fakegraph.workloads.files.excel.functions.values import (
    Area,
    Built,
    check_size,
    flat,
    is_number,
    number,
    numbers,
    real_of,
    sound,
)

_ROUNDS, _NEAR = 200, 1e-13
_MOST = 10_000  # periods that are gone through one by one


def _checked(fine: object) -> None:
    if not fine:
        raise Fault(NUM)


def _grown(rate: float, periods: float) -> float:
    return math.exp(periods * math.log1p(rate)) if rate > -1 else (1 + rate) ** periods


def _annuity(rate: float, periods: float, due: float) -> float:
    """What 1 in each period comes to in the end."""
    if not rate:
        return periods
    whole = math.expm1(periods * math.log1p(rate)) if rate > -1 else _grown(rate, periods) - 1
    return (1 + rate * (due != 0)) * whole / rate


def _pmt(rate: float, nper: float, pv: float, fv: float, due: float) -> float:
    if not nper:
        raise Fault(NUM)
    return -(fv + pv * _grown(rate, nper)) / _annuity(rate, nper, due)


def _fv(rate: float, nper: float, pmt: float, pv: float, due: float) -> float:
    return -(pv * _grown(rate, nper) + pmt * _annuity(rate, nper, due))


def _pv(rate: float, nper: float, pmt: float, fv: float, due: float) -> float:
    return -(fv + pmt * _annuity(rate, nper, due)) / _grown(rate, nper)


def _nper(rate: float, pmt: float, pv: float, fv: float, due: float) -> float:
    if not rate:
        return -(pv + fv) / pmt
    each = pmt * (1 + rate * (due != 0)) / rate
    return math.log((each - fv) / (each + pv)) / math.log1p(rate)


def _ipmt(rate: float, per: float, nper: float, pv: float, fv: float, due: float) -> float:
    _checked(1 <= per <= nper)
    if due and per == 1:
        return 0
    paid = _pmt(rate, nper, pv, fv, due)
    left = _fv(rate, per - 1, paid, pv, due)
    return left * rate / (1 + rate) if due else left * rate


def _ppmt(rate: float, per: float, nper: float, pv: float, fv: float, due: float) -> float:
    return _pmt(rate, nper, pv, fv, due) - _ipmt(rate, per, nper, pv, fv, due)


def _cumulated(part: Callable[..., float]) -> Callable[..., float]:
    def cumulated(rate: float, nper: float, pv: float, start: int, end: int, due: float) -> float:
        _checked(rate > 0 and nper > 0 and pv > 0 and due in (0, 1))
        _checked(1 <= start <= end <= nper and end - start < _MOST)
        return math.fsum(part(rate, per, nper, pv, 0, due) for per in range(start, end + 1))

    return cumulated


def _ispmt(rate: float, per: float, nper: float, pv: float) -> float:
    return -pv * rate * (1 - per / nper)


def root(worth: Callable[[float], float], guess: float, payments: int = 1) -> float:
    """Where something is worth nothing, near a guess. Raises Fault where none is found."""
    check_size(_ROUNDS * payments)
    low, high = _around(worth, guess)
    at_low = worth(low)
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        value = worth(middle)
        if value == 0 or high - low < _NEAR * max(1, abs(middle)):
            return float(f"{middle:.12g}")
        if (value < 0) == (at_low < 0):
            low, at_low = middle, value
        else:
            high = middle
    return float(f"{(low + high) / 2:.12g}")


def _around(worth: Callable[[float], float], guess: float) -> tuple[float, float]:
    """Two rates around a guess between which something goes through nothing."""
    _checked(guess > -1)
    rates = sorted({-0.999, *(-1 + 2 ** (each / 4) for each in range(-36, 41)), guess})
    crossings = []
    for low, high in pairwise(rates):
        try:
            if (worth(low) < 0) != (worth(high) < 0):
                crossings.append((abs((low + high) / 2 - guess), low, high))
        except (OverflowError, ZeroDivisionError, ValueError):
            continue
    _checked(crossings)
    _, low, high = min(crossings)
    return low, high


def _rate(nper: float, pmt: float, pv: float, fv: float, due: float, guess: float) -> float:
    _checked(nper > 0)

    def worth(rate: float) -> float:
        return pv * _grown(rate, nper) + pmt * _annuity(rate, nper, due) + fv

    return root(worth, guess)


def _npv(rate: float, values: Sequence[Any]) -> float:
    paid = numbers(values)
    return math.fsum(each / (1 + rate) ** at for at, each in enumerate(paid, 1))


def _both_ways(paid: Sequence[float]) -> None:
    _checked(min(paid, default=0) < 0 < max(paid, default=0))


def _irr(values: Area, guess: float) -> float:
    paid = numbers([values])
    _both_ways(paid)

    def worth(rate: float) -> float:
        return math.fsum(each / (1 + rate) ** at for at, each in enumerate(paid))

    return root(worth, guess, len(paid))


def _mirr(values: Area, finance: float, reinvest: float) -> float:
    paid = numbers([values])
    if min(paid, default=0) >= 0 or max(paid, default=0) <= 0:
        raise Fault(DIV)
    last = len(paid) - 1
    got = math.fsum(v * (1 + reinvest) ** (last - at) for at, v in enumerate(paid) if v > 0)
    spent = math.fsum(v / (1 + finance) ** at for at, v in enumerate(paid) if v < 0)
    return math.pow(got / -spent, 1 / last) - 1


def _dated(values: Area, dates: Area) -> list[tuple[float, float]]:
    """Payments, each with the years since the first."""
    paid, when = [*map(number, values.cells())], [math.floor(number(d)) for d in dates.cells()]
    _checked(paid and len(paid) == len(when) and min(when) >= when[0])
    return [(each, (day - when[0]) / 365) for each, day in zip(paid, when, strict=True)]


def _xnpv(rate: float, values: Area, dates: Area) -> float:
    _checked(rate > -1)
    return math.fsum(each / (1 + rate) ** years for each, years in _dated(values, dates))


def _xirr(values: Area, dates: Area, guess: float) -> float:
    dated = _dated(values, dates)
    _both_ways([each for each, _ in dated])

    def worth(rate: float) -> float:
        return math.fsum(each / (1 + rate) ** years for each, years in dated)

    return root(worth, guess, len(dated))


def _effect(nominal: float, times: int) -> float:
    _checked(nominal > 0 and times >= 1)
    return (1 + nominal / times) ** times - 1


def _nominal(effect: float, times: int) -> float:
    _checked(effect > 0 and times >= 1)
    return times * (math.pow(1 + effect, 1 / times) - 1)


def _duration(rate: float, pv: float, fv: float) -> float:
    _checked(rate > 0 and pv > 0 and fv > 0)
    return (math.log(fv) - math.log(pv)) / math.log1p(rate)


def _equivalent(nper: float, pv: float, fv: float) -> float:
    _checked(nper > 0 and pv and fv / pv >= 0)
    return math.pow(fv / pv, 1 / nper) - 1


def _scheduled(principal: float, schedule: Sequence[Any]) -> float:
    found = principal
    for each in flat(schedule):
        rate = 0 if sound(each) is None else each
        if not is_number(rate):
            raise Fault(VALUE)
        found *= 1 + rate
    return found


# What is written off -----------------------------------------------------------------------------


def _sln(cost: float, salvage: float, life: float) -> float:
    return (cost - salvage) / life


def _syd(cost: float, salvage: float, life: float, per: float) -> float:
    _checked(salvage >= 0 and 1 <= per <= life)
    return (cost - salvage) * (life - per + 1) * 2 / (life * (life + 1))


def _db(cost: float, salvage: float, life: float, period: int, month: int) -> float:
    _checked(cost >= 0 and salvage >= 0 and life > 0 and 1 <= month <= 12)
    _checked(1 <= period <= min(life + (month < 12), _MOST))
    if not cost:
        return 0
    rate = float(f"{1 - (salvage / cost) ** (1 / life):.3f}")
    so_far = found = cost * rate * month / 12
    for each in range(2, period + 1):
        part = (12 - month) / 12 if each > life else 1
        found = (cost - so_far) * rate * part
        so_far += found
    return found


def _ddb(cost: float, salvage: float, life: float, period: float, factor: float) -> float:
    _checked(cost >= 0 and salvage >= 0 and life > 0 and 0 < period <= life and factor > 0)
    rate = min(factor / life, 1)
    before = cost * math.pow(1 - rate, period - 1)
    return max(before - max(before * (1 - rate), salvage), 0)


# Papers ------------------------------------------------------------------------------------------


def _years(start: float, end: float, basis: int) -> float:
    _checked(math.floor(start) < math.floor(end) and 0 <= basis <= 4)
    return year_fraction(start, end, basis)


def _disc(start: float, end: float, price: float, redemption: float, basis: int) -> float:
    _checked(price > 0 and redemption > 0)
    return (redemption - price) / redemption / _years(start, end, basis)


def _int_rate(start: float, end: float, spent: float, redemption: float, basis: int) -> float:
    _checked(spent > 0 and redemption > 0)
    return (redemption - spent) / spent / _years(start, end, basis)


def _received(start: float, end: float, spent: float, discount: float, basis: int) -> float:
    _checked(spent > 0 and discount > 0)
    return spent / (1 - discount * _years(start, end, basis))


def _price_disc(start: float, end: float, discount: float, redemption: float, basis: int) -> float:
    _checked(discount > 0 and redemption > 0)
    return redemption - discount * redemption * _years(start, end, basis)


def _yield_disc(start: float, end: float, price: float, redemption: float, basis: int) -> float:
    _checked(price > 0 and redemption > 0)
    return (redemption / price - 1) / _years(start, end, basis)


def _accrued(issue: float, settlement: float, rate: float, par: float, basis: int) -> float:
    _checked(rate > 0 and par > 0)
    return par * rate * _years(issue, settlement, basis)


def _bill(settlement: float, maturity: float) -> int:
    """The days of a bill, which lasts a year at most."""
    days = math.floor(maturity) - math.floor(settlement)
    _checked(0 < days <= 366)
    return days


def _bill_price(settlement: float, maturity: float, discount: float) -> float:
    _checked(discount > 0)
    return 100 * (1 - discount * _bill(settlement, maturity) / 360)


def _bill_yield(settlement: float, maturity: float, price: float) -> float:
    _checked(price > 0)
    return (100 - price) / price * 360 / _bill(settlement, maturity)


def _dollar_decimal(fractional: float, fraction: int) -> float:
    return _dollars(fractional, fraction, lambda part, scale: part * scale / fraction)


def _dollar_fraction(value: float, fraction: int) -> float:
    return _dollars(value, fraction, lambda part, scale: part * fraction / scale)


def _dollars(value: float, fraction: int, turn: Callable[[float, float], float]) -> float:
    _checked(fraction >= 0)
    if not fraction:
        raise Fault(DIV)
    whole = math.trunc(value)
    part = float(f"{value - whole:.12g}")
    return whole + turn(part, 10 ** math.ceil(math.log10(fraction) or 1))


FUNCTIONS: Mapping[str, Built] = {
    name: Built(real_of(call), takes)
    for name, call, takes in (
        ("accrIntM", _accrued, "issue settlement rate par=1000 basis:i=0"),
        ("cumIPmt", _cumulated(_ipmt), "rate nper pv startPeriod:i endPeriod:i type"),
        ("cumPrinc", _cumulated(_ppmt), "rate nper pv startPeriod:i endPeriod:i type"),
        ("db", _db, "cost salvage life period:i month:i=12"),
        ("ddb", _ddb, "cost salvage life period factor=2"),
        ("disc", _disc, "settlement maturity pr redemption basis:i=0"),
        ("dollarDe", _dollar_decimal, "fractionalDollar fraction:i"),
        ("dollarFr", _dollar_fraction, "decimalDollar fraction:i"),
        ("effect", _effect, "nominalRate npery:i"),
        ("fv", _fv, "rate nper pmt pv=0 type=0"),
        ("fvschedule", _scheduled, "principal schedule*"),
        ("intRate", _int_rate, "settlement maturity investment redemption basis:i=0"),
        ("ipmt", _ipmt, "rate per nper pv fv=0 type=0"),
        ("irr", _irr, "values:r guess=0.1"),
        ("ispmt", _ispmt, "rate per nper pv"),
        ("mirr", _mirr, "values:r financeRate reinvestRate"),
        ("nominal", _nominal, "effectRate npery:i"),
        ("nper", _nper, "rate pmt pv fv=0 type=0"),
        ("npv", _npv, "rate values*"),
        ("pduration", _duration, "rate pv fv"),
        ("pmt", _pmt, "rate nper pv fv=0 type=0"),
        ("ppmt", _ppmt, "rate per nper pv fv=0 type=0"),
        ("priceDisc", _price_disc, "settlement maturity discount redemption basis:i=0"),
        ("pv", _pv, "rate nper pmt fv=0 type=0"),
        ("rate", _rate, "nper pmt pv fv=0 type=0 guess=0.1"),
        ("received", _received, "settlement maturity investment discount basis:i=0"),
        ("rri", _equivalent, "nper pv fv"),
        ("sln", _sln, "cost salvage life"),
        ("syd", _syd, "cost salvage life per"),
        ("tbillPrice", _bill_price, "settlement maturity discount"),
        ("tbillYield", _bill_yield, "settlement maturity pr"),
        ("xirr", _xirr, "values:r dates:r guess=0.1"),
        ("xnpv", _xnpv, "rate values:r dates:r"),
        ("yieldDisc", _yield_disc, "settlement maturity pr redemption basis:i=0"),
    )
}
