"""Functions of workbooks, by the examples that Excel's pages give of them.

https://support.microsoft.com/office/excel-functions-by-category
"""

from __future__ import annotations

import io
import math

import openpyxl
import pytest

from fakegraph.edm.published import built_in
from fakegraph.workloads.files.excel.functions.called import Functions, table
from fakegraph.workloads.files.excel.sheets import Book
from fakegraph.workloads.files.excel.threads import Threads
from tests.conftest import assert_error
from tests.graph.whole.test_permissions import send, token
from tests.workloads.test_files import put

PATH = "/v1.0/me/drive/root:/f.xlsx:"
FUNCTIONS = f"{PATH}/workbook/functions"
CELLS = {
    # what is looked up, and described
    "A": ("Part", "Axles", "Bearings", "Bolts", None, True, "#N/A"),
    "B": ("Cost", 4, 5, 9, None, 7, 6),
    "C": ("Tree", "Apple", "Pear", "Cherry", "Apple", "Pear", "Apple"),
    "D": ("Height", 18, 12, 13, 14, 9, 8),
    "E": ("Yield", 14, 10, 9, 10, 8, 6),
    "F": ("Tree", "Apple", "Pear", None, None, None, None),
    "G": ("Height", ">10", None, None, None, None, None),
    "H": (-70000, 12000, 15000, 18000, 21000, 26000, None),
    "I": (1345, 1301, 1368, 1322, 1310, 1370, 1318, 1350, 1303, 1299),
}


def at(address: str) -> dict[str, str]:
    return {"address": f"Sheet1!{address}"}


@pytest.fixture(scope="module")
def book():
    found = openpyxl.Workbook()
    sheet = found.worksheets[0]
    sheet.title = "Sheet1"
    for column, values in CELLS.items():
        for row, value in enumerate(values, 1):
            sheet[f"{column}{row}"] = value
    sheet["K1"] = "=B2*2"
    return found


@pytest.fixture(scope="module")
def call(book):
    functions = Functions(Book(book, lambda: book, 0, Threads({}, b"")), 0)

    def called(name, **body):
        status, result = functions.act(name, body)
        assert status == 200
        return result.show()

    return called


MONTHLY = {"rate": 0.08 / 12, "nper": 10, "pv": 10000}
LOAN = {"rate": 0.1 / 12, "nper": 36, "pv": 8000}
VALUES = [
    # numbers
    ("abs", {"number": -4}, 4),
    ("arabic", {"text": "LVII"}, 57),
    ("atan2", {"xNum": 1, "yNum": 1}, 0.785398163),
    ("base", {"number": 7, "radix": 2, "minLength": 10}, "0000000111"),
    ("bitand", {"number1": 13, "number2": 25}, 9),
    ("bitlshift", {"number": 4, "shiftAmount": 2}, 16),
    ("bitrshift", {"number": 13, "shiftAmount": 2}, 3),
    ("bitxor", {"number1": 5, "number2": 3}, 6),
    ("ceiling_Math", {"number": 24.3, "significance": 5}, 25),
    ("ceiling_Math", {"number": -8.1, "significance": 2}, -8),
    ("ceiling_Math", {"number": -5.5, "significance": 2, "mode": -1}, -6),
    ("ceiling_Precise", {"number": -4.3}, -4),
    ("combin", {"number": 8, "numberChosen": 2}, 28),
    ("combina", {"number": 4, "numberChosen": 3}, 20),
    ("cot", {"number": 30}, -0.156119952),
    ("decimal", {"number": "zap", "radix": 36}, 45745),
    ("even", {"number": -1}, -2),
    ("fact", {"number": 1.9}, 1),
    ("factDouble", {"number": 7}, 105),
    ("floor_Math", {"number": -8.1, "significance": 2}, -10),
    ("floor_Math", {"number": -5.5, "significance": 2, "mode": -1}, -4),
    ("gcd", {"values": [24, 36]}, 12),
    ("int", {"number": -8.9}, -9),
    ("lcm", {"values": [24, 36]}, 72),
    ("log", {"number": 8, "base": 2}, 3),
    ("mod", {"number": -3, "divisor": 2}, 1),
    ("mod", {"number": 3, "divisor": -2}, -1),
    ("mround", {"number": 1.3, "multiple": 0.2}, 1.4),
    ("multiNomial", {"values": [2, 3, 4]}, 1260),
    ("odd", {"number": 1.5}, 3),
    ("permut", {"number": 100, "numberChosen": 3}, 970200),
    ("power", {"number": 98.6, "power": 3.2}, 2401077.222),
    ("quotient", {"numerator": -10, "denominator": 3}, -3),
    ("roman", {"number": 499, "form": 0}, "CDXCIX"),
    ("round", {"number": 2.15, "numDigits": 1}, 2.2),
    ("round", {"number": -1.475, "numDigits": 2}, -1.48),
    ("round", {"number": 626.3, "numDigits": -3}, 1000),
    ("roundDown", {"number": -3.14159, "numDigits": 1}, -3.1),
    ("roundUp", {"number": 31415.92654, "numDigits": -2}, 31500),
    ("trunc", {"number": -8.9}, -8),
    ("sqrt", {"number": 16}, 4),
    ("sum", {"values": [3, "2", True, at("B1:B4")]}, 24),
    ("sumSq", {"values": [3, 4]}, 25),
    ("product", {"values": [at("B2:B4"), 2]}, 360),
    ("seriesSum", {"x": 2, "n": 0, "m": 1, "coefficients": [[1, 2, 3]]}, 17),
    ("dec2Hex", {"number": -54}, "FFFFFFFFCA"),
    ("dec2Bin", {"number": 9, "places": 4}, "1001"),
    ("hex2Dec", {"number": "FFFFFFFF5B"}, -165),
    ("bin2Oct", {"number": "1100100"}, "144"),
    ("hex2Bin", {"number": "F", "places": 8}, "00001111"),
    # statistics
    ("average", {"values": [at("B2:B6")]}, 6.25),
    ("average", {"values": [10, 7, 9, 27, 2]}, 11),
    ("averageA", {"values": [at("A2:A6")]}, 0.25),
    ("count", {"values": [at("A1:B6"), "1", "x"]}, 5),
    ("countA", {"values": [at("A1:A7")]}, 6),
    ("countBlank", {"range": at("A1:A7")}, 1),
    ("max", {"values": [at("B1:B7")]}, 9),
    ("min", {"values": [at("B1:B7")]}, 4),
    ("median", {"values": [1, 2, 3, 4, 5, 6]}, 3.5),
    ("stDev_S", {"values": [at("I1:I10")]}, 27.46391572),
    ("stDev_P", {"values": [at("I1:I10")]}, 26.05455814),
    ("var_S", {"values": [at("I1:I10")]}, 754.26667),
    ("aveDev", {"values": [4, 5, 6, 7, 5, 4, 3]}, 1.020408),
    ("devSq", {"values": [4, 5, 8, 7, 11, 4, 3]}, 48),
    ("geoMean", {"values": [4, 5, 8, 7, 11, 4, 3]}, 5.476987),
    ("harMean", {"values": [4, 5, 8, 7, 11, 4, 3]}, 5.028376),
    ("kurt", {"values": [3, 4, 5, 2, 3, 4, 5, 6, 4, 7]}, -0.151799637),
    ("skew", {"values": [3, 4, 5, 2, 3, 4, 5, 6, 4, 7]}, 0.359543071),
    ("skew_p", {"values": [3, 4, 5, 2, 3, 4, 5, 6, 4, 7]}, 0.303193339),
    ("large", {"array": [[3, 5, 3, 5, 4], [4, 2, 4, 6, 7]], "k": 3}, 5),
    ("small", {"array": [[3, 4, 5, 2, 3, 4, 6, 4, 7]], "k": 4}, 4),
    ("percentile_Inc", {"array": [[1, 3, 2, 4]], "k": 0.3}, 1.9),
    ("percentile_Exc", {"array": [[1, 2, 3, 6, 6, 6, 7, 8, 9]], "k": 0.25}, 2.5),
    ("quartile_Inc", {"array": [[1, 2, 4, 7, 8, 9, 10, 12]], "quart": 1}, 3.5),
    ("percentRank_Inc", {"array": [[13, 12, 11, 8, 4, 3, 2, 1, 1, 1]], "x": 2}, 0.333),
    ("percentRank_Inc", {"array": [[13, 12, 11, 8, 4, 3, 2, 1, 1, 1]], "x": 5}, 0.583),
    ("percentRank_Exc", {"array": [[1, 2, 3, 6, 6, 6, 7, 8, 9]], "x": 7}, 0.7),
    ("rank_Eq", {"number": 7, "ref": [[7, 3.5, 3.5, 1, 2]], "order": 1}, 5),
    ("rank_Avg", {"number": 3.5, "ref": [[7, 3.5, 3.5, 1, 2]], "order": 1}, 3.5),
    ("trimMean", {"array": [[4, 5, 6, 7, 2, 3, 4, 5, 1, 2, 3]], "percent": 0.2}, 3.778),
    ("subtotal", {"functionNum": 9, "values": [[120, 10, 150, 23]]}, 303),
    ("norm_Dist", {"x": 42, "mean": 40, "standardDev": 1.5, "cumulative": True}, 0.9087888),
    ("norm_Dist", {"x": 42, "mean": 40, "standardDev": 1.5, "cumulative": False}, 0.10934),
    ("norm_Inv", {"probability": 0.908789, "mean": 40, "standardDev": 1.5}, 42.000002),
    (
        "binom_Dist",
        {"numberS": 6, "trials": 10, "probabilityS": 0.5, "cumulative": False},
        0.2050781,
    ),
    ("binom_Inv", {"trials": 6, "probabilityS": 0.5, "alpha": 0.75}, 4),
    ("poisson_Dist", {"x": 2, "mean": 5, "cumulative": True}, 0.124652),
    ("weibull_Dist", {"x": 105, "alpha": 20, "beta": 100, "cumulative": True}, 0.929581),
    ("expon_Dist", {"x": 0.2, "lambda": 10, "cumulative": True}, 0.86466472),
    (
        "hypGeom_Dist",
        {"sampleS": 1, "numberSample": 4, "populationS": 8, "numberPop": 20, "cumulative": True},
        0.4654,
    ),
    (
        "negBinom_Dist",
        {"numberF": 10, "numberS": 5, "probabilityS": 0.25, "cumulative": True},
        0.3135141,
    ),
    ("confidence_Norm", {"alpha": 0.05, "standardDev": 2.5, "size": 50}, 0.692952),
    ("logNorm_Dist", {"x": 4, "mean": 3.5, "standardDev": 1.2, "cumulative": True}, 0.0390836),
    ("z_Test", {"array": [[3, 6, 7, 8, 6, 5, 4, 2, 1, 9]], "x": 4}, 0.090574),
    ("erf", {"lowerLimit": 0.745}, 0.70792892),
    ("gammaLn", {"x": 4}, 1.791759469),
    ("fisher", {"x": 0.75}, 0.9729551),
    # texts
    ("concatenate", {"values": ["a", 1.5, True, at("A2:A3"), 0.1]}, "a1.5TRUEAxlesBearings0.1"),
    ("concatenate", {"values": [1e-7, 1e21, 0.1 + 0.2]}, "0.00000011E+210.3"),
    ("match", {"lookupValue": 2, "lookupArray": [1, 2, 3], "matchType": 0}, 2),
    ("left", {"text": "Sale Price", "numChars": 4}, "Sale"),
    ("left", {"text": "Sweden"}, "S"),
    ("right", {"text": "Sale Price", "numChars": 5}, "Price"),
    ("mid", {"text": "Fluid Flow", "startNum": 7, "numChars": 20}, "Flow"),
    ("mid", {"text": "Fluid Flow", "startNum": 20, "numChars": 5}, ""),
    ("len", {"text": "     One   "}, 11),
    ("len", {"text": "😀"}, 2),
    ("upper", {"text": "total"}, "TOTAL"),
    ("proper", {"text": "76BudGet"}, "76Budget"),
    ("trim", {"text": " First  Quarter "}, "First Quarter"),
    ("find", {"findText": "M", "withinText": "Miriam McGovern", "startNum": 3}, 8),
    (
        "replace",
        {"oldText": "abcdefghijk", "startNum": 6, "numChars": 5, "newText": "*"},
        "abcde*k",
    ),
    (
        "substitute",
        {"text": "Quarter 1, 2011", "oldText": "1", "newText": "2", "instanceNum": 3},
        "Quarter 1, 2012",
    ),
    ("substitute", {"text": "Sales Data", "oldText": "Sales", "newText": "Cost"}, "Cost Data"),
    ("rept", {"text": "*-", "numberTimes": 3}, "*-*-*-"),
    ("exact", {"text1": "Word", "text2": "word"}, False),
    ("char", {"number": 65}, "A"),
    ("code", {"text": "!"}, 33),
    ("unichar", {"number": 32}, " "),
    ("dollar", {"number": -1234.567, "decimals": -2}, "($1,200)"),
    ("fixed", {"number": 44.332}, "44.33"),
    ("fixed", {"number": 1234.567, "decimals": -1}, "1,230"),
    ("numberValue", {"text": "2.500,27", "decimalSeparator": ",", "groupSeparator": "."}, 2500.27),
    ("numberValue", {"text": "3.5%%"}, 0.00035),
    ("value", {"text": "$1,000"}, 1000),
    ("text", {"value": 1234.567, "formatText": "$#,##0.00"}, "$1,234.57"),
    ("text", {"value": 0.285, "formatText": "0.0%"}, "28.5%"),
    # dates and times
    ("date", {"year": 2008, "month": 14, "day": 2}, 39846),
    ("date", {"year": 108, "month": 1, "day": 2}, 39449),
    ("date", {"year": 1900, "month": 2, "day": 29}, 60),
    ("datevalue", {"dateText": "8/22/2011"}, 40777),
    ("datevalue", {"dateText": "22-MAY-2011"}, 40685),
    ("datevalue", {"dateText": "2011/02/23"}, 40597),
    ("day", {"serialNumber": "2011-04-15"}, 15),
    ("month", {"serialNumber": 60}, 2),
    ("year", {"serialNumber": 39267.5}, 2007),
    ("days", {"endDate": "3/15/21", "startDate": "2/1/21"}, 42),
    ("days360", {"startDate": "1/1/2011", "endDate": "12/31/2011"}, 360),
    ("days360", {"startDate": "1/30/2011", "endDate": "2/1/2011"}, 1),
    ("edate", {"startDate": "1/31/2011", "months": 1}, 40602),
    ("eoMonth", {"startDate": "1/1/2011", "months": -3}, 40482),
    ("hour", {"serialNumber": 0.75}, 18),
    ("minute", {"serialNumber": "12:45 PM"}, 45),
    ("second", {"serialNumber": "4:48:18 PM"}, 18),
    ("time", {"hour": 16, "minute": 48, "second": 10}, 0.7001157),
    ("timevalue", {"timeText": "22-Aug-2011 6:35 AM"}, 0.2743),
    ("weekday", {"serialNumber": "2/14/2008"}, 5),
    ("weekday", {"serialNumber": "2/14/2008", "returnType": 3}, 3),
    ("weekNum", {"serialNumber": "3/9/2012"}, 10),
    ("weekNum", {"serialNumber": "3/9/2012", "returnType": 2}, 11),
    ("isoWeekNum", {"date": "3/9/2012"}, 10),
    ("networkDays", {"startDate": "10/1/2012", "endDate": "3/1/2013"}, 110),
    (
        "networkDays",
        {"startDate": "10/1/2012", "endDate": "3/1/2013", "holidays": "11/22/2012"},
        109,
    ),
    (
        "networkDays_Intl",
        {
            "startDate": "1/1/2006",
            "endDate": "2/1/2006",
            "weekend": 7,
            "holidays": [["1/2/2006", "1/16/2006"]],
        },
        22,
    ),
    (
        "networkDays_Intl",
        {
            "startDate": "1/1/2006",
            "endDate": "2/1/2006",
            "weekend": "0010001",
            "holidays": ["1/2/2006", "1/16/2006"],
        },
        20,
    ),
    ("workDay", {"startDate": "10/1/2008", "days": 151}, 39933),
    ("workDay_Intl", {"startDate": "1/1/2012", "days": 90, "weekend": 11}, 41013),
    ("yearFrac", {"startDate": "1/1/2012", "endDate": "7/30/2012"}, 0.58055556),
    ("yearFrac", {"startDate": "1/1/2012", "endDate": "7/30/2012", "basis": 1}, 0.57650273),
    ("yearFrac", {"startDate": "1/1/2012", "endDate": "7/30/2012", "basis": 3}, 0.57808219),
    # money
    ("pmt", MONTHLY, -1037.0320893),
    ("pmt", {"rate": 0.06 / 12, "nper": 18 * 12, "pv": 0, "fv": 50000}, -129.0811609),
    ("pv", {"rate": 0.08 / 12, "nper": 240, "pmt": 500}, -59777.14585),
    ("fv", {"rate": 0.06 / 12, "nper": 10, "pmt": -200, "pv": -500, "type": 1}, 2581.40337),
    ("nper", {"rate": 0.01, "pmt": -100, "pv": -1000, "fv": 10000, "type": 1}, 59.6738657),
    ("rate", {"nper": 48, "pmt": -200, "pv": 8000}, 0.00770147249),
    ("ipmt", {**LOAN, "per": 1}, -66.6666667),
    ("ppmt", {"rate": 0.1 / 12, "per": 1, "nper": 24, "pv": 2000}, -75.62),
    (
        "cumIPmt",
        {
            "rate": 0.09 / 12,
            "nper": 360,
            "pv": 125000,
            "startPeriod": 13,
            "endPeriod": 24,
            "type": 0,
        },
        -11135.2321,
    ),
    (
        "cumPrinc",
        {
            "rate": 0.09 / 12,
            "nper": 360,
            "pv": 125000,
            "startPeriod": 13,
            "endPeriod": 24,
            "type": 0,
        },
        -934.1071,
    ),
    ("npv", {"rate": 0.1, "values": [-10000, 3000, 4200, 6800]}, 1188.4434),
    ("irr", {"values": at("H1:H6")}, 0.0866309),
    (
        "mirr",
        {
            "values": [[-120000, 39000, 30000, 21000, 37000, 46000]],
            "financeRate": 0.1,
            "reinvestRate": 0.12,
        },
        0.126094,
    ),
    (
        "xnpv",
        {
            "rate": 0.09,
            "values": [[-10000, 2750, 4250, 3250, 2750]],
            "dates": [[39448, 39508, 39751, 39859, 39904]],
        },
        2086.647602,
    ),
    (
        "xirr",
        {
            "values": [[-10000, 2750, 4250, 3250, 2750]],
            "dates": [[39448, 39508, 39751, 39859, 39904]],
        },
        0.37336253,
    ),
    ("effect", {"nominalRate": 0.0525, "npery": 4}, 0.0535427),
    ("nominal", {"effectRate": 0.053543, "npery": 4}, 0.05250032),
    ("sln", {"cost": 30000, "salvage": 7500, "life": 10}, 2250),
    ("syd", {"cost": 30000, "salvage": 7500, "life": 10, "per": 1}, 4090.91),
    ("db", {"cost": 1000000, "salvage": 100000, "life": 6, "period": 7, "month": 7}, 15845.1),
    ("ddb", {"cost": 2400, "salvage": 300, "life": 10, "period": 10}, 22.1225472),
    ("ddb", {"cost": 2400, "salvage": 300, "life": 10, "period": 2, "factor": 1.5}, 306),
    ("pduration", {"rate": 0.025, "pv": 2000, "fv": 2200}, 3.85986616),
    ("rri", {"nper": 96, "pv": 10000, "fv": 11000}, 0.0009933),
    ("ispmt", {"rate": 0.1 / 12, "per": 1, "nper": 36, "pv": 8000000}, -64814.8148),
    ("fvschedule", {"principal": 1, "schedule": [[0.09, 0.11, 0.1]]}, 1.33089),
    ("dollarDe", {"fractionalDollar": 1.02, "fraction": 16}, 1.125),
    ("dollarFr", {"decimalDollar": 1.125, "fraction": 32}, 1.04),
    (
        "disc",
        {"settlement": 39107, "maturity": 39248, "pr": 97.975, "redemption": 100, "basis": 1},
        0.052420213,
    ),
    (
        "intRate",
        {
            "settlement": 39493,
            "maturity": 39583,
            "investment": 1000000,
            "redemption": 1014420,
            "basis": 2,
        },
        0.05768,
    ),
    (
        "received",
        {
            "settlement": 39493,
            "maturity": 39583,
            "investment": 1000000,
            "discount": 0.0575,
            "basis": 2,
        },
        1014584.65,
    ),
    ("tbillPrice", {"settlement": 39538, "maturity": 39600, "discount": 0.09}, 98.45),
    ("tbillYield", {"settlement": 39538, "maturity": 39600, "pr": 98.45}, 0.09141696),
    (
        "accrIntM",
        {"issue": 39539, "settlement": 39614, "rate": 0.1, "par": 1000, "basis": 3},
        20.54794521,
    ),
    # what is looked up, and what is so
    (
        "vlookup",
        {"lookupValue": "bolts", "tableArray": at("A2:B4"), "colIndexNum": 2, "rangeLookup": False},
        9,
    ),
    (
        "vlookup",
        {"lookupValue": "Be*", "tableArray": at("A2:B4"), "colIndexNum": 2, "rangeLookup": False},
        5,
    ),
    ("vlookup", {"lookupValue": "B", "tableArray": at("A2:B4"), "colIndexNum": 2}, 4),
    (
        "hlookup",
        {"lookupValue": "Cost", "tableArray": at("A1:B4"), "rowIndexNum": 4, "rangeLookup": False},
        9,
    ),
    (
        "lookup",
        {
            "lookupValue": 5.75,
            "lookupVector": [[4.14, 4.19, 5.17, 5.77, 6.39]],
            "resultVector": [["red", "orange", "yellow", "green", "blue"]],
        },
        "yellow",
    ),
    ("match", {"lookupValue": 39, "lookupArray": [[25], [38], [40], [41]], "matchType": 1}, 2),
    ("match", {"lookupValue": 41, "lookupArray": [[25], [38], [40], [41]], "matchType": 0}, 4),
    ("match", {"lookupValue": 3, "lookupArray": [[9, 5, 2]], "matchType": -1}, 2),
    ("choose", {"indexNum": 2, "values": ["a", at("A3"), "c"]}, "Bearings"),
    ("if", {"logicalTest": True, "valueIfTrue": 1, "valueIfFalse": 2}, 1),
    ("if", {"logicalTest": 0, "valueIfTrue": 1}, False),
    ("and", {"values": [True, 1, at("B2:B4")]}, True),
    ("or", {"values": [False, "false"]}, False),
    ("xor", {"values": [True, True, True]}, True),
    ("not", {"logical": False}, True),
    ("countIf", {"range": at("C2:C7"), "criteria": "apple"}, 3),
    ("countIf", {"range": at("D2:D7"), "criteria": ">12"}, 3),
    ("countIf", {"range": at("C2:C7"), "criteria": "?e*r"}, 2),
    ("countIf", {"range": at("A1:A6"), "criteria": "<>Bolts"}, 5),
    ("countIfs", {"values": [at("C2:C7"), "Apple", at("D2:D7"), ">=14"]}, 2),
    ("sumIf", {"range": at("C2:C7"), "criteria": "Pear", "sumRange": at("E2:E7")}, 18),
    ("sumIf", {"range": at("D2:D7"), "criteria": ">12"}, 45),
    ("sumIfs", {"sumRange": at("E2:E7"), "values": [at("C2:C7"), "A*", at("D2:D7"), "<18"]}, 16),
    ("averageIf", {"range": at("D2:D7"), "criteria": "<10"}, 8.5),
    ("isError", {"value": at("A7")}, True),
    ("isErr", {"value": at("A7")}, False),
    ("isNA", {"value": at("A7")}, True),
    ("isText", {"value": at("A2")}, True),
    ("isNumber", {"value": "19"}, False),
    ("isLogical", {"value": at("A6")}, True),
    ("isOdd", {"number": 5.9}, True),
    ("isref", {"value": at("A1")}, True),
    ("error_Type", {"errorVal": at("A7")}, 7),
    ("type", {"value": at("A7")}, 16),
    ("type", {"value": [[1, 2], [3, 4]]}, 64),
    ("n", {"value": True}, 1),
    ("t", {"value": 19}, ""),
    ("rows", {"array": at("C1:E4")}, 4),
    ("columns", {"array": at("C1:E4")}, 3),
    ("isFormula", {"reference": at("A1")}, False),
    ("dsum", {"database": at("C1:E7"), "field": "Yield", "criteria": at("F1:G3")}, 42),
    ("dcount", {"database": at("C1:E7"), "field": 3, "criteria": at("F1:G2")}, 2),
    ("dget", {"database": at("C1:E7"), "field": "Yield", "criteria": [["Height"], [13]]}, 9),
    # complex numbers
    ("complex", {"realNum": 3, "iNum": 4}, "3+4i"),
    ("complex", {"realNum": 0, "iNum": -1, "suffix": "j"}, "-j"),
    ("imAbs", {"inumber": "5+12i"}, 13),
    ("imaginary", {"inumber": "0-j"}, -1),
    ("imArgument", {"inumber": "3+4i"}, 0.92729522),
    ("imConjugate", {"inumber": "3+4i"}, "3-4i"),
    ("imDiv", {"inumber1": "-238+240i", "inumber2": "10+24i"}, "5+12i"),
    ("imProduct", {"values": ["3+4i", "5-3i"]}, "27+11i"),
    ("imSum", {"values": ["3+4i", "5-3i"]}, "8+i"),
    ("imSub", {"inumber1": "13+4i", "inumber2": "5+3i"}, "8+i"),
    ("imReal", {"inumber": "6-9i"}, 6),
]

FAULTS = [
    ("acosh", {"number": 0.5}, "#NUM!"),
    ("average", {"values": [at("C2:C3")]}, "#DIV/0!"),
    ("mod", {"number": 1, "divisor": 0}, "#DIV/0!"),
    ("sqrt", {"number": -16}, "#NUM!"),
    ("power", {"number": 0, "power": -1}, "#DIV/0!"),
    ("abs", {"number": "x"}, "#VALUE!"),
    ("abs", {"number": at("B2:B3")}, "#VALUE!"),
    ("sum", {"values": [at("A1:A7")]}, "#N/A"),
    ("fact", {"number": -1}, "#NUM!"),
    ("find", {"findText": "m", "withinText": "M"}, "#VALUE!"),
    (
        "vlookup",
        {"lookupValue": "Nuts", "tableArray": at("A2:B4"), "colIndexNum": 2, "rangeLookup": False},
        "#N/A",
    ),
    ("vlookup", {"lookupValue": "Bolts", "tableArray": at("A2:B4"), "colIndexNum": 3}, "#REF!"),
    ("datevalue", {"dateText": "2/30/2011"}, "#VALUE!"),
    ("day", {"serialNumber": -1}, "#NUM!"),
    ("irr", {"values": [[1, 2, 3]]}, "#NUM!"),
    ("large", {"array": [[1]], "k": 2}, "#NUM!"),
    ("dec2Bin", {"number": 600}, "#NUM!"),
    ("imSum", {"values": ["1+i", "1+j"]}, "#VALUE!"),
    ("na", {}, "#N/A"),
    ("exp", {"number": 1000}, "#NUM!"),
    ("ceiling_Math", {"number": 0.1, "significance": 1e-320}, "#NUM!"),
    ("mround", {"number": 2**53, "multiple": 1e-320}, "#NUM!"),
    ("abs", {"number": [1, 2]}, "#VALUE!"),
    ("match", {"lookupValue": 1, "lookupArray": []}, "#VALUE!"),
    ("rept", {"text": "xx", "numberTimes": 20000}, "#VALUE!"),
]


def test_functions_give_what_excels_pages_say(call):
    for name, body, wanted in VALUES:
        found = call(name, **body)
        said = name, body, found
        assert found["error"] is None, said
        if isinstance(wanted, bool | str):
            assert (type(found["value"]), found["value"]) == (type(wanted), wanted), said
        elif isinstance(wanted, int):
            assert found["value"] == wanted, said
            assert isinstance(found["value"], int), said
        else:
            digits = len(f"{wanted}".partition(".")[2])
            assert math.isclose(found["value"], wanted, abs_tol=0.6 * 10**-digits), said


def test_what_has_no_value_has_an_error(call):
    for name, body, error in FAULTS:
        assert call(name, **body) == {"error": error, "value": None}, (name, body)


@pytest.fixture
def there(client):
    """A workbook in a drive: with numbers, a formula that Excel has worked out, and one not yet."""
    made = openpyxl.Workbook()
    made.active.title = "Sheet1"
    for row in (("Name", "Age"), ("Ada", 36), ("Bob", 20)):
        made.active.append(row)
    made.active["C1"] = "=B2+B3"
    target = io.BytesIO()
    made.save(target)
    put(client, "me/drive/root:/f.xlsx:/content", target.getvalue())
    return client


def test_a_function_is_called_and_leaves_the_workbook_as_it_is(there):
    before = there.get(PATH).json["cTag"]

    found = there.post(f"{FUNCTIONS}/sum", json={"values": [at("B1:B3"), 1]})
    fault = there.post(f"{FUNCTIONS}/sqrt", json={"number": at("A1")})

    assert (found.status_code, found.json["value"], found.json["error"]) == (200, 57, None)
    assert found.json["@odata.context"].endswith("#microsoft.graph.workbookFunctionResult")
    assert (fault.status_code, fault.json["error"]) == (200, "#VALUE!")
    assert there.get(PATH).json["cTag"] == before


def test_what_a_function_cannot_be_called_with(there):
    for name, body, status, code in (
        ("sum", {"values": [at("C1")]}, 501, "NotImplemented"),  # a formula nobody worked out
        ("besselI", {"x": 1, "n": 2}, 501, "NotImplemented"),
        ("subtotal", {"functionNum": 109, "values": [1]}, 501, "NotImplemented"),
        ("pmt", {"rate": 0.1}, 400, "InvalidArgument"),
        ("sum", {"values": [{"address": "Sheet1!B1", "x": 1}]}, 400, "InvalidArgument"),
        ("sum", {"values": [[[1, 2], [3]]]}, 400, "InvalidArgument"),
        ("sum", {"values": [{"address": "Nope!B1"}]}, 404, "ItemNotFound"),
        ("sum", {"number": 1}, 400, "invalidRequest"),
    ):
        answer = there.post(f"{FUNCTIONS}/{name}", json=body)
        assert_error(answer, status, code)


def test_now_is_the_tenants_time(there):
    there.put("/_fakegraph/clock", json={"now": "2026-03-01T12:00:00Z", "frozen": True})

    assert there.post(f"{FUNCTIONS}/today", json={}).json["value"] == 46082
    assert there.post(f"{FUNCTIONS}/now", json={}).json["value"] == 46082.5


def test_each_function_takes_what_the_model_says():
    model = built_in("v1.0")
    type_ = model.type_named("microsoft.graph.workbookFunctions")

    for name, built in table().items():
        (called,) = model.bound(name, type_, many=False)
        assert called.name == name
        assert [each.name for each in built.takes] == [p.name for p in called.parameters], name


def test_a_function_needs_what_opening_a_workbook_does(strict):
    """No page of functions has permissions of its own; without, any token would read a file."""
    book = openpyxl.Workbook()
    book.active["A1"] = 3
    target = io.BytesIO()
    book.save(target)
    sent = strict.put(
        "/v1.0/me/drive/root:/f.xlsx:/content",
        data=target.getvalue(),
        headers=token(strict, scp="Files.ReadWrite", user="ada"),
    )
    assert sent.status_code == 201, sent.text
    body = {"values": [{"address": "A1"}]}

    read = send(strict, "POST", f"{FUNCTIONS[6:]}/sum", body, scp="Files.ReadWrite", user="ada")
    mail = send(strict, "POST", f"{FUNCTIONS[6:]}/sum", body, scp="Mail.Read", user="ada")

    assert (read.status_code, read.json["value"]) == (200, 3)
    assert_error(mail, 403, "accessDenied")
