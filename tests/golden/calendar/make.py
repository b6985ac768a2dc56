"""Golden days for tests/core/test_calendar.c and test_holiday.c.

    python -m pip install holidays==0.109 chinesecalendar==1.11.0 lunardate==0.3.0 ephem==4.2.1
    python tests/golden/calendar/make.py
Days are numbers of days since 1970-01-01. Run by a person, never by CI.
"""
import datetime
import math
import pathlib
import warnings

import chinese_calendar.constants as cc
import ephem
import holidays
import lunardate

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
ZERO = datetime.date(1970, 1, 1)
YEARS = range(2000, 2036)


def number(day):
    return (day - ZERO).days


def write(name, header, rows):
    with open(HERE / name, "w", encoding="utf-8", newline="\n") as f:
        f.write(header + "\n")
        f.writelines(",".join(str(x) for x in row) + "\n" for row in rows)


def public():
    """Days off by PyPI holidays. Left out: what it estimates or guesses (CN substitutes of years
    not announced yet, Islamic days of IN after 2026)."""
    rows = []
    regions = [("US", None), ("GB", None), ("GB", "ENG"), ("GB", "SCT"), ("GB", "NIR"),
               ("DE", None), ("DE", "BY"), ("DE", "NW"), ("DE", "SN"), ("DE", "HH"), ("FR", None),
               ("JP", None), ("BR", None), ("IN", None), ("AU", None), ("CA", None), ("IT", None),
               ("ES", None), ("KR", None), ("CN", None)]
    for country, region in regions:
        h = holidays.country_holidays(country, subdiv=region, years=YEARS, language="en_US")
        for day, name in sorted(h.items()):
            names = [n for n in name.split("; ") if "(estimated)" not in n
                     and not (country == "CN" and ("observed" in n or "substituted" in n
                                                   or "Extended" in n or "70th" in n))]
            if names:
                rows.append((country + ("-" + region if region else ""), number(day)))
    write("holidays.csv", "country,day", rows)


def china():
    """Whether each day is worked by chinesecalendar, 2004-2026: runs of 1 (off) and 0 as a text."""
    rows = []
    for year in range(2004, 2027):
        day, text = datetime.date(year, 1, 1), ""
        while day.year == year:
            off = day in cc.holidays or (day.weekday() >= 5 and day not in cc.workdays)
            text += "01"[off]
            day += datetime.timedelta(days=1)
        rows.append((year, text))
    write("china_off.csv", "year,off", rows)


def lunar():
    rows = []
    for year in range(1900, 2100):
        for month in range(1, 13):
            for leap in (False, True):
                try:
                    day = lunardate.LunarDate(year, month, 1, leap).to_solar_date()
                except ValueError:
                    continue
                rows.append((year, month, int(leap), number(day)))
    write("lunar.csv", "year,month,leap,first_day", rows)


def sky():
    """New moons and solar terms of 1900-2035 (a sample) by PyEphem, universal time, days."""
    epoch = float(ephem.Date("1970/1/1"))
    rows = []
    for k in range(-1230, 440, 7):
        guess = 10957.5 + 5.09766 + 29.530588861 * k
        rows.append(("moon", k, f"{float(ephem.next_new_moon(ephem.Date(guess - 3 + epoch))) - epoch:.6f}"))
    for year in range(1900, 2036, 3):
        for step, find in ((0, ephem.next_vernal_equinox), (6, ephem.next_summer_solstice),
                           (12, ephem.next_autumnal_equinox), (18, ephem.next_winter_solstice)):
            at = float(find(ephem.Date((year, 1, 1)))) - epoch
            rows.append(("sun", year * 100 + step, f"{at:.6f}"))
    write("sky.csv", "what,number,instant", rows)


public()
china()
lunar()
sky()
