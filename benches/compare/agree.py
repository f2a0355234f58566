"""Compares every number that shukei printed with bcftools and plink2.

bcftools counts the finest cells of people; a stratum is a sum of cells. From its AN per cell the rule for people not
called (docs/disclosure.md: y = 0 if x < K or n < 2K, else min(x, n - K)) gives the AN that must be printed.
"""

import csv
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from measure import Command
from people import Person

K = 10
ATTRIBUTES = ["sex", "area", "ages"]
PAR = [(10_001, 2_781_479), (155_701_383, 156_030_895)]

Cell = tuple[str, ...]
Key = tuple[str, int, str, str]


@dataclass
class Verdict:
    """What was compared, and where it differs."""

    what: str
    rows: int = 0
    numbers: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def expect(self, key: Key, what: str, ours: object, theirs: object) -> None:
        self.numbers += 1
        if ours != theirs:
            self.wrong.append(f"{':'.join(map(str, key))} {what}: shukei {ours}, expected {theirs}")


@dataclass
class Site:
    """One ALT as bcftools counted it: AN and AC per cell."""

    an: dict[Cell, int]
    ac: dict[Cell, int]
    single: bool
    """Whether it is the only ALT of its record."""


def normalised(contig: str, pos: int, ref: str, alt: str) -> Key:
    """Common ends trimmed, the right one first; one name for X and its PAR."""
    while min(len(ref), len(alt)) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while min(len(ref), len(alt)) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    contig = contig.removeprefix("chr")
    return "X" if contig in {"PAR1", "PAR2"} else contig, pos, ref, alt


class Cells:
    """The finest groups of people, and bcftools' name for each."""

    def __init__(self, people: list[Person]) -> None:
        cell_of = [tuple(person[name] for name in ATTRIBUTES) for person in people]
        self.sizes = Counter(cell_of)
        self.names = {cell: f"c{number}" for number, cell in enumerate(sorted(self.sizes))}
        self.lines = [f"{person['sample_id']}\t{self.names[cell]}\n" for person, cell in zip(people, cell_of)]

    def query(self) -> str:
        """What `bcftools query` is to print."""
        cells = "".join(f"\t%INFO/AN_{name}\t%INFO/AC_{name}" for name in self.names.values())
        return f"%CHROM\t%POS\t%REF\t%ALT{cells}\n"

    def strata(self, by: list[str]) -> dict[str, list[Cell]]:
        """Suffix of the columns and cells of every stratum of these `--by`."""
        strata: dict[str, list[Cell]] = defaultdict(list)
        for cell in self.sizes:
            value = dict(zip(ATTRIBUTES, cell))
            strata[""].append(cell)
            for levels in (family.split(",") for family in by):
                for depth in range(1, len(levels) + 1):
                    strata["".join(f"_{name}_{value[name]}" for name in levels[:depth])].append(cell)
        return strata

    def printed_an(self, key: Key, site: Site, cells: Iterable[Cell], by: list[str]) -> int:
        """AN as it must be printed: few people not called look like none, in each cell of the plan."""
        names = {name for family in by for name in family.split(",")}
        plan: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0])
        for cell in cells:
            copies = 1 if haploid(key, cell) else 2
            group = plan[tuple(value for name, value in zip(ATTRIBUTES, cell) if name in names)]
            group[0] += self.sizes[cell]
            group[1] += self.sizes[cell] - site.an[cell] // copies
            group[2] = copies
        hidden = lambda n, x: 0 if x < K or n < 2 * K else min(x, n - K)
        return sum(copies * (n - hidden(n, x)) for n, x, copies in plan.values())


def haploid(key: Key, cell: Cell) -> bool:
    return key[0] == "X" and cell[0] == "M" and not any(first <= key[1] <= last for first, last in PAR)


def stream(steps: list[Command], home: Path) -> Iterator[list[str]]:
    """Fields of the lines that a pipeline of commands prints."""
    running, source = [], None
    for step in steps:
        process = subprocess.Popen([*step.tool.argv, *step.args], cwd=home, env=step.tool.env, stdin=source,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if source:
            source.close()
        source = process.stdout
        running.append(process)
    for line in source:
        yield line.decode().rstrip("\n").split("\t")
    for step, process in zip(steps, running):
        if process.wait() != 0:
            raise OSError(f"exit code {process.returncode} of {step}")


def crowded(sites: Iterable[list[str]]) -> set[tuple[str, int]]:
    """Normalised positions at which several records have an ALT: shukei combines these by person, the peers do not."""
    first, crowd = {}, set()
    for number, (contig, pos, ref, alts) in enumerate(sites):
        for alt in alts.split(","):
            place = normalised(contig, int(pos), ref, alt)[:2]
            if first.setdefault(place, number) != number:
                crowd.add(place)
    return crowd


def read_sites(lines: Iterable[list[str]], cells: Cells) -> dict[Key, Site]:
    """Every ALT that bcftools counted."""
    sites, order = {}, list(cells.names)
    whole = lambda text: 0 if text == "." else int(text)
    for contig, pos, ref, alts, *numbers in lines:
        an = dict(zip(order, map(whole, numbers[::2])))
        counts = [list(map(whole, field.split(","))) for field in numbers[1::2]]
        for n, alt in enumerate(alts.split(",")):
            ac = {cell: count[n] if n < len(count) else 0 for cell, count in zip(order, counts)}
            sites[normalised(contig, int(pos), ref, alt)] = Site(an, ac, "," not in alts)
    return sites


def table(path: Path) -> dict[Key, dict[str, str]]:
    """Rows of freq.tsv."""
    with open(path, newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {normalised(row["contig"], int(row["pos"]), row["ref"], row["alt"]): row for row in rows}


def with_bcftools(what: str, rows: dict[Key, dict[str, str]], sites: dict[Key, Site], cells: Cells, by: list[str],
                  crowd: set[tuple[str, int]], why_absent: str = "") -> Verdict:
    """Each row against bcftools; and each variant of its own that passes for the whole cohort must have a row."""
    verdict, strata = Verdict(what), cells.strata(by)
    for key, row in rows.items():
        if key[:2] in crowd:
            verdict.skipped["several records at one position, which shukei combines by person"] += 1
        elif key in sites:
            compare_row(verdict, key, row, sites[key], cells, by, strata)
        elif why_absent:
            verdict.skipped[why_absent] += 1
        else:
            verdict.wrong.append(f"{':'.join(map(str, key))}: bcftools has no such variant")
    for key, site in sites.items():
        if site.single and key[:2] not in crowd and key not in rows:
            ac = sum(site.ac.values())
            passes = ac >= 2 * K - 1 and cells.printed_an(key, site, strata[""], by) - ac >= 2 * K
            verdict.expect(key, "row", "none", "one" if passes else "none")
    return verdict


def compare_row(verdict: Verdict, key: Key, row: dict[str, str], site: Site, cells: Cells, by: list[str],
                strata: dict[str, list[Cell]]) -> None:
    verdict.rows += 1
    suffixes = [name.removeprefix("AC") for name in row if name == "AC" or name.startswith("AC_")]
    if set(suffixes) != set(strata):
        verdict.expect(key, "strata", sorted(suffixes), sorted(strata))
        return
    for suffix in suffixes:
        ac, an, af = (row[f"{number}{suffix}"] for number in ["AC", "AN", "AF"])
        if ac == ".":
            verdict.expect(key, f"withheld{suffix}", [an, af], [".", "."])
            continue
        called = cells.printed_an(key, site, strata[suffix], by)
        verdict.expect(key, f"AC{suffix}", int(ac), sum(site.ac[cell] for cell in strata[suffix]))
        verdict.expect(key, f"AN{suffix}", int(an), called)
        verdict.expect(key, f"AF{suffix}", float(af), int(ac) / int(an))


def with_plink2(what: str, rows: dict[Key, dict[str, str]], afreq: Path, crowd: set[tuple[str, int]]) -> Verdict:
    """AC of the whole cohort: ALT_FREQS * OBS_CT."""
    verdict, theirs = Verdict(what), {}
    with open(afreq, newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            for alt, share in zip(line["ALT"].split(","), line["ALT_FREQS"].split(",")):
                key = normalised(line["#CHROM"], int(line["POS"]), line["REF"], alt)
                theirs[key] = round(float(share) * int(line["OBS_CT"])) if share != "nan" else 0
    for key, row in rows.items():
        if key[:2] in crowd:
            verdict.skipped["several records at one position, which shukei combines by person"] += 1
            continue
        verdict.rows += 1
        verdict.expect(key, "AC", int(row["AC"]), theirs.get(key, "no such variant"))
    return verdict
