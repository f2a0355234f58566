"""Strata that every cohort size allows: people in areas and age groups whose overlaps hold ten people or more."""

import csv
from collections import Counter
from itertools import combinations
from pathlib import Path

# From fine to coarse. What is not named stands for itself.
AREAS = [
    {},
    {"okinawa": "kyushu", "shikoku": "chugoku"},
    {"okinawa": "kyushu", "shikoku": "kyushu", "chugoku": "kyushu", "hokkaido": "north", "tohoku": "north"},
    dict.fromkeys(["hokkaido", "tohoku", "kanto", "chubu"], "east")
    | dict.fromkeys(["kinki", "chugoku", "shikoku", "kyushu", "okinawa"], "west"),
]
AGES = [
    {},
    {"80-89": "80+", "90+": "80+"},
    {"20-29": "20-39", "30-39": "20-39", "80-89": "80+", "90+": "80+"},
    dict.fromkeys(["20-29", "30-39"], "20-39") | dict.fromkeys(["40-49", "50-59"], "40-59")
    | dict.fromkeys(["60-69", "70-79"], "60-79") | dict.fromkeys(["80-89", "90+"], "80+"),
    dict.fromkeys(["20-29", "30-39", "40-49", "50-59"], "under60")
    | dict.fromkeys(["60-69", "70-79", "80-89", "90+"], "over60"),
]
FEWEST = 10

Person = dict[str, str]


def group(folder: Path) -> list[Person]:
    """The people of a cohort with `area` and `ages`, as fine as may be; written beside its table as people.tsv."""
    with open(folder / "samples.tsv", newline="") as file:
        people = list(csv.DictReader(file, delimiter="\t"))
    choices = [(areas, ages) for areas in AREAS for ages in AGES]
    choices.sort(key=lambda pair: -len({person_area(p, pair[0]) for p in people} | {person_ages(p, pair[1]) for p in people}))
    for areas, ages in choices:
        for person in people:
            person["area"], person["ages"] = person_area(person, areas), person_ages(person, ages)
        pairs = combinations(["sex", "area", "ages"], 2)
        sizes = [Counter((p[a], p[b]) for p in people).values() for a, b in pairs]
        if min(map(min, sizes)) >= FEWEST:
            break
    with open(folder / "people.tsv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(people[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(people)
    return people


def person_area(person: Person, areas: dict[str, str]) -> str:
    return areas.get(person["region"], person["region"])


def person_ages(person: Person, ages: dict[str, str]) -> str:
    name = ages.get(person["age10"], person["age10"])
    return "age" + name.replace("-", "to").replace("+", "up").removeprefix("age")


def write_groups(folder: Path, people: list[Person]) -> None:
    """groups.txt for bcftools: everybody in a sex, an area and an age group; sex.txt for plink2."""
    with open(folder / "groups.txt", "w") as groups, open(folder / "sex.txt", "w") as sexes:
        sexes.write("#IID\tSEX\n")
        for person in people:
            groups.write(f"{person['sample_id']}\t{person['sex']},{person['area']},{person['ages']}\n")
            sexes.write(f"{person['sample_id']}\t{person['sex']}\n")
