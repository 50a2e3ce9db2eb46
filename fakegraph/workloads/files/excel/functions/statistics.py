"""Functions that count and describe many values, and distributions that are exact.

https://support.microsoft.com/office/statistical-functions-reference
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.functions.faults import DIV, NA, NUM, VALUE, Fault
from fakegraph.workloads.files.excel.functions.numbers import total
from fakegraph.workloads.files.excel.functions.values import (
    Area,
    Built,
    all_numbers,
    is_number,
    number,
    numbers,
)

_MOST = 100_000  # of what is gone through one by one
_NORMAL = NormalDist()


def mean(values: Sequence[float]) -> float:
    """The mean of some values. Raises Fault for none."""
    if not values:
        raise Fault(DIV)
    return total(values) / len(values)


def _deviations(values: Sequence[float]) -> float:
    middle = mean(values)
    return math.fsum((each - middle) ** 2 for each in values)


def variance(values: Sequence[float], less: int) -> float:
    """How far values are from their mean, ``less`` is 1 for a part of all there are."""
    if len(values) <= less:
        raise Fault(DIV)
    return _deviations(values) / (len(values) - less)


def spread(values: Sequence[float], less: int) -> float:
    """The standard deviation."""
    return math.sqrt(variance(values, less))


def median(values: Sequence[float]) -> float:
    """The value in the middle. Raises Fault for none."""
    if not values:
        raise Fault(NUM)
    return _at(sorted(values), (len(values) - 1) / 2)


def _at(ordered: Sequence[float], place: float) -> float:
    """What is at a place from 0; between two, as far as it is from the first."""
    low = math.floor(place)
    part = place - low
    if not part:
        return ordered[low]
    return ordered[low] + part * (ordered[low + 1] - ordered[low])


def _percentile(values: Area, k: float, *, inside: bool) -> float:
    ordered = sorted(numbers([values]))
    size = len(ordered)
    if not size:
        raise Fault(NUM)
    place = k * (size + 1) - 1 if inside else k * (size - 1)
    if not 0 <= k <= 1 or not -1e-12 <= place <= size - 1 + 1e-12:
        raise Fault(NUM)
    return _at(ordered, min(max(float(f"{place:.15g}"), 0), size - 1))


def _percent_rank(values: Area, x: float, digits: int, *, inside: bool) -> float:
    ordered = sorted(numbers([values]))
    if digits < 1 or not ordered:
        raise Fault(NUM)
    if not ordered[0] <= x <= ordered[-1]:
        raise Fault(NA)
    below = sum(each < x for each in ordered)
    if x in ordered:
        place: float = below
    else:
        low, high = ordered[below - 1], ordered[below]
        place = below - 1 + (x - low) / (high - low)
    if len(ordered) == 1:
        return 0.5 if inside else 1
    found = (place + 1) / (len(ordered) + 1) if inside else place / (len(ordered) - 1)
    scale = math.pow(10, digits)
    return math.floor(found * scale + 1e-9) / scale


def _quartile(values: Area, quart: int, *, inside: bool) -> float:
    if not 0 <= quart <= 4:
        raise Fault(NUM)
    return _percentile(values, quart / 4, inside=inside)


def _ranked(values: Area, k: float, *, largest: bool) -> float:
    ordered = sorted(numbers([values]), reverse=largest)
    if not 1 <= k <= len(ordered):
        raise Fault(NUM)
    return ordered[math.ceil(k) - 1]


def _rank(value: float, values: Area, order: float, *, shared: bool) -> float:
    there = numbers([values])
    if value not in there:
        raise Fault(NA)
    before = sum(each < value if order else each > value for each in there)
    return before + (there.count(value) + 1) / 2 if shared else before + 1


def _trim_mean(values: Area, percent: float) -> float:
    ordered = sorted(numbers([values]))
    if not 0 <= percent < 1 or not ordered:
        raise Fault(NUM)
    cut = math.floor(len(ordered) * percent / 2)
    return mean(ordered[cut : len(ordered) - cut])


def _geometric(values: Sequence[Any]) -> float:
    found = numbers(values)
    if not found or min(found) <= 0:
        raise Fault(NUM)
    return math.exp(math.fsum(map(math.log, found)) / len(found))


def _harmonic(values: Sequence[Any]) -> float:
    found = numbers(values)
    if not found or min(found) <= 0:
        raise Fault(NUM)
    return len(found) / math.fsum(1 / each for each in found)


def _mean_deviation(values: Sequence[Any]) -> float:
    found = numbers(values)
    if not found:
        raise Fault(NUM)
    middle = mean(found)
    return math.fsum(abs(each - middle) for each in found) / len(found)


def _skew(values: Sequence[Any], less: int) -> float:
    found = numbers(values)
    n = len(found)
    if n < 3:
        raise Fault(DIV)
    middle, width = mean(found), spread(found, less)
    if not width:
        raise Fault(DIV)
    whole = math.fsum(((each - middle) / width) ** 3 for each in found)
    return whole * n / ((n - 1) * (n - 2)) if less else whole / n


def _kurtosis(values: Sequence[Any]) -> float:
    found = numbers(values)
    n = len(found)
    if n < 4 or not spread(found, 1):
        raise Fault(DIV)
    middle, width = mean(found), spread(found, 1)
    whole = math.fsum(((each - middle) / width) ** 4 for each in found)
    first = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * whole
    return first - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def _largest(read: Callable[..., list[float]], pick: Callable[..., float]) -> Callable[..., float]:
    return lambda values: pick(read(values), default=0)


def _count(values: Sequence[Any]) -> int:
    found = 0
    for each in values:
        if isinstance(each, Area):
            found += sum(map(is_number, each.cells()))
        else:
            found += _says_number(each)
    return found


def _says_number(value: Any) -> bool:
    try:
        number(value)
    except Fault:
        return False
    return True


def _count_all(values: Sequence[Any]) -> int:
    cells = (isinstance(each, Area) for each in values)
    inside = zip(values, cells, strict=True)
    return sum(
        sum(cell is not None for cell in each.cells()) if of_cells else 1
        for each, of_cells in inside
    )


# Subtotals ---------------------------------------------------------------------------------------

_TOTALS: Mapping[int, Callable[[list[float]], float]] = {
    1: mean,
    2: len,
    4: lambda values: max(values, default=0),
    5: lambda values: min(values, default=0),
    6: lambda values: math.prod(values) if values else 0,
    7: lambda values: spread(values, 1),
    8: lambda values: spread(values, 0),
    9: total,
    10: lambda values: variance(values, 1),
    11: lambda values: variance(values, 0),
}
_COUNT_ALL, _VISIBLE = 3, 100


def _subtotal(which: int, values: Sequence[Any]) -> float:
    if which > _VISIBLE:
        message = "fakegraph does not leave hidden rows out of a subtotal: it has 1 to 11."
        raise GraphError(501, "NotImplemented", message, "functionNum")
    if which == _COUNT_ALL:
        return _count_all(values)
    if which not in _TOTALS:
        raise Fault(VALUE)
    return _TOTALS[which](numbers(values))


# Distributions -----------------------------------------------------------------------------------


def _checked(fine: object) -> None:
    if not fine:
        raise Fault(NUM)


def _normal(x: float, middle: float, width: float, cumulative: bool) -> float:
    _checked(width > 0)
    z = (x - middle) / width
    if cumulative:
        return math.erfc(-z / math.sqrt(2)) / 2
    return math.exp(-z * z / 2) / (width * math.sqrt(2 * math.pi))


def _normal_inverse(probability: float, middle: float, width: float) -> float:
    _checked(0 < probability < 1 and width > 0)
    return middle + width * _NORMAL.inv_cdf(probability)


def _log_normal(x: float, middle: float, width: float, cumulative: bool) -> float:
    _checked(x > 0 and width > 0)
    found = _normal(math.log(x), middle, width, cumulative)
    return found if cumulative else found / x


def _standardized(x: float, middle: float, width: float) -> float:
    _checked(width > 0)
    return (x - middle) / width


def _exponential(x: float, lambda_: float, cumulative: bool) -> float:
    _checked(x >= 0 and lambda_ > 0)
    return -math.expm1(-lambda_ * x) if cumulative else lambda_ * math.exp(-lambda_ * x)


def _weibull(x: float, alpha: float, beta: float, cumulative: bool) -> float:
    _checked(x >= 0 and alpha > 0 and beta > 0)
    rest = math.exp(-((x / beta) ** alpha))
    return 1 - rest if cumulative else alpha / beta**alpha * x ** (alpha - 1) * rest


def _poisson(x: int, middle: float, cumulative: bool) -> float:
    _checked(0 <= x <= _MOST and middle >= 0)

    def at(k: int) -> float:
        if not middle:
            return float(k == 0)
        return math.exp(k * math.log(middle) - middle - math.lgamma(k + 1))

    return math.fsum(map(at, range(x + 1))) if cumulative else at(x)


def _log_ways(n: int, k: int) -> float:
    """The logarithm of how many ways there are to choose some of all."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _binomial_at(k: int, trials: int, p: float) -> float:
    if p in (0, 1):
        return float(k == (trials if p else 0))
    ways = _log_ways(trials, k)
    return math.exp(ways + k * math.log(p) + (trials - k) * math.log1p(-p))


def _binomial(k: int, trials: int, p: float, cumulative: bool) -> float:
    _checked(0 <= k <= trials <= _MOST and 0 <= p <= 1)
    if cumulative:
        return math.fsum(_binomial_at(each, trials, p) for each in range(k + 1))
    return _binomial_at(k, trials, p)


def _binomial_range(trials: int, p: float, low: int, high: int | None) -> float:
    last = low if high is None else high
    _checked(0 <= low <= last <= trials <= _MOST and 0 <= p <= 1)
    return math.fsum(_binomial_at(each, trials, p) for each in range(low, last + 1))


def _binomial_inverse(trials: int, p: float, alpha: float) -> int:
    _checked(0 <= trials <= _MOST and 0 < p < 1 and 0 < alpha < 1)
    so_far = 0.0
    for each in range(trials + 1):
        so_far += _binomial_at(each, trials, p)
        if so_far >= alpha - 1e-15:
            return each
    return trials


def _negative_binomial(failures: int, successes: int, p: float, cumulative: bool) -> float:
    _checked(0 <= failures <= _MOST and 1 <= successes <= _MOST and 0 <= p <= 1)

    def at(k: int) -> float:
        if p in (0, 1):
            return float(p == 1 and k == 0)
        ways = _log_ways(k + successes - 1, k)
        return math.exp(ways + successes * math.log(p) + k * math.log1p(-p))

    return math.fsum(map(at, range(failures + 1))) if cumulative else at(failures)


def _hypergeometric(sample: int, size: int, good: int, whole: int, cumulative: bool) -> float:
    _checked(0 <= sample <= min(size, good) and 0 < size <= whole <= _MOST and 0 < good <= whole)
    _checked(sample >= size - (whole - good))

    def at(k: int) -> float:
        if size - k > whole - good:
            return 0.0
        ways = _log_ways(good, k) + _log_ways(whole - good, size - k)
        return math.exp(ways - _log_ways(whole, size))

    return math.fsum(map(at, range(sample + 1))) if cumulative else at(sample)


def _confidence(alpha: float, width: float, size: int) -> float:
    _checked(0 < alpha < 1 and width > 0 and size >= 1)
    return _NORMAL.inv_cdf(1 - alpha / 2) * width / math.sqrt(size)


def _z_test(values: Area, x: float, sigma: float | None) -> float:
    found = numbers([values])
    if not found:
        raise Fault(NA)
    width = spread(found, 1) if sigma is None else sigma
    if not width:
        raise Fault(DIV)
    _checked(width > 0)
    return 1 - _normal(mean(found), x, width / math.sqrt(len(found)), True)


def _erf(lower: float, upper: float | None) -> float:
    return math.erf(lower) if upper is None else math.erf(upper) - math.erf(lower)


def _gamma(x: float) -> float:
    _checked(x > 0 or x != int(x))
    _checked(x < 171.7)
    return math.gamma(x)


def _log_gamma(x: float) -> float:
    _checked(x > 0)
    return math.lgamma(x)


def _fisher(x: float) -> float:
    _checked(-1 < x < 1)
    return math.atanh(x)


def _blank(range_: Area) -> int:
    return sum(each is None for each in range_.cells())


_SPREADS: Mapping[str, tuple[Callable[..., float], Callable[..., list[float]], int]] = {
    "stDev_S": (spread, numbers, 1),
    "stDev_P": (spread, numbers, 0),
    "stDevA": (spread, all_numbers, 1),
    "stDevPA": (spread, all_numbers, 0),
    "var_S": (variance, numbers, 1),
    "var_P": (variance, numbers, 0),
    "varA": (variance, all_numbers, 1),
    "varPA": (variance, all_numbers, 0),
}


def _spread_of(
    call: Callable[..., float], read: Callable[..., list[float]], less: int
) -> Callable[..., float]:
    return lambda values: call(read(values), less)


_INSIDE = {"Exc": True, "Inc": False}
"""Whether the ends, nothing and all, are left out."""


def _by_ends() -> dict[str, Built]:
    found: dict[str, Built] = {}
    for end, inside in _INSIDE.items():
        found[f"percentile_{end}"] = Built(
            lambda values, k, inside=inside: _percentile(values, k, inside=inside), "array:r k"
        )
        found[f"quartile_{end}"] = Built(
            lambda values, k, inside=inside: _quartile(values, k, inside=inside), "array:r quart:i"
        )
        found[f"percentRank_{end}"] = Built(
            lambda values, x, digits, inside=inside: _percent_rank(
                values, x, digits, inside=inside
            ),
            "array:r x significance:i=3",
        )
    return found


FUNCTIONS: Mapping[str, Built] = {
    **{name: Built(_spread_of(*how), "values*") for name, how in _SPREADS.items()},
    **_by_ends(),
    "aveDev": Built(_mean_deviation, "values*"),
    "average": Built(lambda values: mean(numbers(values)), "values*"),
    "averageA": Built(lambda values: mean(all_numbers(values)), "values*"),
    "binom_Dist": Built(_binomial, "numberS:i trials:i probabilityS cumulative:b"),
    "binom_Dist_Range": Built(_binomial_range, "trials:i probabilityS numberS:i numberS2:i?"),
    "binom_Inv": Built(_binomial_inverse, "trials:i probabilityS alpha"),
    "confidence_Norm": Built(_confidence, "alpha standardDev size:i"),
    "count": Built(_count, "values*"),
    "countA": Built(_count_all, "values*"),
    "countBlank": Built(_blank, "range:r"),
    "devSq": Built(lambda values: _deviations(numbers(values)), "values*"),
    "erf": Built(_erf, "lowerLimit upperLimit?"),
    "erf_Precise": Built(math.erf, "X"),
    "erfC": Built(math.erfc, "x"),
    "erfC_Precise": Built(math.erfc, "X"),
    "expon_Dist": Built(_exponential, "x lambda cumulative:b"),
    "fisher": Built(_fisher, "x"),
    "fisherInv": Built(math.tanh, "y"),
    "gamma": Built(_gamma, "x"),
    "gammaLn": Built(_log_gamma, "x"),
    "gammaLn_Precise": Built(_log_gamma, "x"),
    "gauss": Built(lambda x: math.erf(x / math.sqrt(2)) / 2, "x"),
    "geoMean": Built(_geometric, "values*"),
    "harMean": Built(_harmonic, "values*"),
    "hypGeom_Dist": Built(
        _hypergeometric, "sampleS:i numberSample:i populationS:i numberPop:i cumulative:b"
    ),
    "kurt": Built(_kurtosis, "values*"),
    "large": Built(lambda values, k: _ranked(values, k, largest=True), "array:r k"),
    "logNorm_Dist": Built(_log_normal, "x mean standardDev cumulative:b"),
    "logNorm_Inv": Built(
        lambda *said: math.exp(_normal_inverse(*said)), "probability mean standardDev"
    ),
    "max": Built(_largest(numbers, max), "values*"),
    "maxA": Built(_largest(all_numbers, max), "values*"),
    "median": Built(lambda values: median(numbers(values)), "values*"),
    "min": Built(_largest(numbers, min), "values*"),
    "minA": Built(_largest(all_numbers, min), "values*"),
    "negBinom_Dist": Built(_negative_binomial, "numberF:i numberS:i probabilityS cumulative:b"),
    "norm_Dist": Built(_normal, "x mean standardDev cumulative:b"),
    "norm_Inv": Built(_normal_inverse, "probability mean standardDev"),
    "norm_S_Dist": Built(lambda z, whole: _normal(z, 0, 1, whole), "z cumulative:b"),
    "norm_S_Inv": Built(lambda p: _normal_inverse(p, 0, 1), "probability"),
    "phi": Built(lambda x: _normal(x, 0, 1, False), "x"),
    "poisson_Dist": Built(_poisson, "x:i mean cumulative:b"),
    "rank_Avg": Built(
        lambda value, ref, order: _rank(value, ref, order, shared=True), "number ref:r order=0"
    ),
    "rank_Eq": Built(
        lambda value, ref, order: _rank(value, ref, order, shared=False), "number ref:r order=0"
    ),
    "skew": Built(lambda values: _skew(values, 1), "values*"),
    "skew_p": Built(lambda values: _skew(values, 0), "values*"),
    "small": Built(lambda values, k: _ranked(values, k, largest=False), "array:r k"),
    "standardize": Built(_standardized, "x mean standardDev"),
    "subtotal": Built(_subtotal, "functionNum:i values*"),
    "trimMean": Built(_trim_mean, "array:r percent"),
    "weibull_Dist": Built(_weibull, "x alpha beta cumulative:b"),
    "z_Test": Built(_z_test, "array:r x sigma?"),
}
