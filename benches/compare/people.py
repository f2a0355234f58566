"""Strata that every cohort size allows: people in areas and age groups whose overlaps hold ten people or more."""

import csv
from collections import Counter
from itertools import combinations, product
from pathlib import Path

# What is pooled. What is not named stands for itself.
EAST = ["hokkaido", "tohoku", "kanto", "chubu"]
WEST = ["kinki", "chugoku", "shikoku", "kyushu", "okinawa"]
AREAS = [
    {},
    {"okinawa": "kyushu", "shikoku": "chugoku"},
    {"okinawa": "kyushu", "shikoku": "kyushu", "chugoku": "kyushu", "hokkaido": "tohoku"},
    dict.fromkeys(EAST, "east") | dict.fromkeys(WEST, "west"),
]
TWENTY = [("20-29", "30-39"), ("40-49", "50-59"), ("60-69", "70-79"), ("80-89", "90+")]
AGES = [
    {},
    dict.fromkeys(TWENTY[3], "80+"),
    dict.fromkeys(TWENTY[0], "20-39") | dict.fromkeys(TWENTY[3], "80+"),
    {age: pair[0] for pair in TWENTY for age in pair},
    dict.fromkeys(TWENTY[0] + TWENTY[1], "under60") | dict.fromkeys(TWENTY[2] + TWENTY[3], "over60"),
]
FEWEST = 10

Person = dict[str, str]


def read(table: Path) -> list[Person]:
    with open(table, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def group(people: list[Person]) -> None:
    """Adds the columns `area` and `ages`, as fine as may be."""
    for areas, ages in sorted(product(AREAS, AGES), key=lambda both: -levels(people, *both)):
        for person in people:
            person["area"] = areas.get(person["region"], person["region"])
            person["ages"] = "age" + ages.get(person["age10"], person["age10"]).replace("-", "to").replace("+", "up")
        pairs = combinations(["sex", "area", "ages"], 2)
        if min(min(Counter((p[a], p[b]) for p in people).values()) for a, b in pairs) >= FEWEST:
            break


def levels(people: list[Person], areas: dict[str, str], ages: dict[str, str]) -> int:
    """How many combinations of area and age group there are."""
    regions, brackets = {p["region"] for p in people}, {p["age10"] for p in people}
    return len({areas.get(name, name) for name in regions}) * len({ages.get(name, name) for name in brackets})


def write(folder: Path) -> None:
    """people.tsv for shukei; groups.txt, a sex, an area and an age group of each, for bcftools; sex.txt for plink2."""
    people = read(folder / "samples.tsv")
    group(people)
    with open(folder / "people.tsv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(people[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(people)
    with open(folder / "groups.txt", "w") as groups, open(folder / "sex.txt", "w") as sexes:
        sexes.write("#IID\tSEX\n")
        for person in people:
            groups.write(f"{person['sample_id']}\t{person['sex']},{person['area']},{person['ages']}\n")
            sexes.write(f"{person['sample_id']}\t{person['sex']}\n")
