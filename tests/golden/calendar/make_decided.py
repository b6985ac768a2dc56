"""Writes data/holidays/decided.txt: what governments decide year by year, as dated facts.

Read from PyPI chinesecalendar 1.11.0 (2004-2026) and holidays 0.109 (the rest); run by a person when
a new year is announced, never by a build:
    python tests/golden/calendar/make_decided.py > data/holidays/decided.txt
"""
import datetime
import warnings

import chinese_calendar.constants as cc
import holidays

warnings.simplefilter("ignore")
ONE = datetime.timedelta(days=1)


def ranges(days):
    """Sorted days as 'A' and 'A..B' words."""
    out, days = [], sorted(set(days))
    i = 0
    while i < len(days):
        j = i
        while j + 1 < len(days) and days[j + 1] - days[j] == ONE:
            j += 1
        out.append(str(days[i]) if i == j else f"{days[i]}..{days[j]}")
        i = j + 1
    return out


def line(kind, name, local, words):
    quoted = f'"{name}"' + (f' "{local}"' if local else "")
    print(f"{kind} {quoted} on {' '.join(words)}")


def named(country, name, language="en_US", exact=True):
    h = holidays.country_holidays(country, years=range(2000, 2036), language=language)
    return [d for d, n in h.items()
            if any((x == name) if exact else x.startswith(name) for x in n.split("; "))]


def china():
    print('country CN "China" zone 480')
    for year in range(2001, 2027):
        if year >= 2004:
            off = [d for d in cc.holidays if d.year == year]
            work = [d for d in cc.workdays if d.year == year]
        else:
            h = holidays.CN(years=year)
            off = [d for d in h if d.year == year]
            work = [d for d in h.weekend_workdays if d.year == year]
        rule = {d for d, n in holidays.CN(years=year, language="en_US").items()
                if "substituted" not in n and "observed" not in n and "Extended" not in n
                and "70th" not in n}
        extra = [d for d in off if d not in rule]
        if extra:
            line("holiday", "Day off by decision", "调休放假", ranges(extra))
        if work:
            line("workday", "Make-up working day", "调休上班", ranges(work))


def korea():
    print('country KR "South Korea" zone 540')
    for name, local in [("National Assembly Election Day", "국회의원 선거일"),
                        ("Local Election Day", "지방 선거일"),
                        ("Presidential Election Day", "대통령 선거일"),
                        ("Temporary Public Holiday", "임시공휴일")]:
        line("holiday", name, local, ranges(named("KR", name)))
    line("holiday", "World Cup Celebration", None, ["2002-07-01"])
    line("holiday", "Armed Forces Day", "국군의 날", ["2024-10-01"])


def britain():
    print('country GB "United Kingdom" zone 0')
    for name in ["Golden Jubilee of Elizabeth II", "Wedding of William and Catherine",
                 "Diamond Jubilee of Elizabeth II", "Platinum Jubilee of Elizabeth II",
                 "State Funeral of Queen Elizabeth II", "Coronation of Charles III"]:
        line("holiday", name, None, ranges(named("GB", name, "en_GB")))


    print('holiday "World Cup Bank Holiday" on 2026-06-15 in SCT')


def india():
    print('country IN "India" zone 330')
    for name, local in [("Diwali", "दिवाली"), ("Holi", "होली"), ("Dussehra", "दशहरा"),
                        ("Maha Shivaratri", "महाशिवरात्रि"), ("Ram Navami", "राम नवमी"),
                        ("Mahavira's Birthday", "महावीर जयंती"),
                        ("Buddha Purnima", "बुद्ध पूर्णिमा"),
                        ("Janmashtami (Vaishnava)", "जन्माष्टमी"),
                        ("Guru Nanak's Birthday", "गुरु नानक जयंती"),
                        ("Eid al-Fitr", "ईद-उल-फ़ित्र"), ("Eid al-Adha", "ईद-उल-अज़हा"),
                        ("Ashura", "मुहर्रम"), ("Prophet's Birthday", "मिलाद-उन-नबी")]:
        days = [d for d in named("IN", name, "en_US")]
        line("holiday", name, local, [str(d) for d in sorted(days)])
    line("holiday", "Dussehra (Mahanavami)", "महानवमी", ["2002-10-14"])


print("""# What governments decide year by year, as dated facts: days off and make-up working days of China
# (State Council notices, 2001-2026), election and temporary holidays of Korea, royal days of the
# United Kingdom, and the festivals of India that follow calendars we do not compute.
# Facts read from PyPI chinesecalendar 1.11.0 and holidays 0.109 by
# tests/golden/calendar/make_decided.py, rewritten in our format.""")
china()
korea()
britain()
india()
