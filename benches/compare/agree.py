"""Compares every number that shukei prints of a cohort with bcftools and plink2."""

import csv
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import people
from cells import Cell, Cells, K, Key, Site, normalised
from lineup import BY, Lineup
from measure import Command, run

# GQ >= 20, DP >= 10 and, in a het, AD/DP >= 0.2 of each called ALT; here for two alleles and two copies.
NOT_ADJ = 'FMT/GQ<20 | FMT/DP<10 | (GT="het" & FMT/AD[*:1]/FMT/DP<0.2)'
SITE = r"%CHROM\t%POS\t%REF\t%ALT"
SHOWN = 5
COMBINED = "several records at one position, which shukei combines by person"
OUTSIDE = "several ALTs or not on chr20: outside this check"

Row = dict[str, str]
Crowd = set[tuple[str, int]]


@dataclass
class Verdict:
    """What was compared, how much of it, what was not, how often it differs, and where first."""

    what: str
    rows: int = 0
    numbers: int = 0
    withheld: int = 0
    """Strata of rows."""
    skipped: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    places: list[str] = field(default_factory=list)

    def expect(self, key: Key, what: str, ours: object, theirs: object) -> None:
        self.numbers += 1
        if ours != theirs:
            self.fail(f"{':'.join(map(str, key))} {what}: shukei {ours}, expected {theirs}")

    def fail(self, place: str) -> None:
        self.wrong += 1
        if len(self.places) < SHOWN:
            self.places.append(place)


class Agreement:
    """The comparison of one cohort; with `adj` of its calls of high quality."""

    def __init__(self, lineup: Lineup, folder: str, adj: bool = False) -> None:
        self.lineup, self.folder, self.adj = lineup, folder, adj
        self.file, self.commands = f"{folder}/cohort.bcf", []

    def verdicts(self) -> tuple[list[Verdict], list[str]]:
        """All that was compared, and by which commands. What could not be compared does not agree."""
        verdicts = []
        try:
            for verdict in self.compare():
                verdicts.append(verdict)
        except OSError as error:
            verdicts.append(Verdict("the rest could not be compared"))
            verdicts[-1].fail(f"not compared: {error}")
        return verdicts, self.commands

    def compare(self) -> Iterator[Verdict]:
        cells = Cells(people.read(self.lineup.home / self.folder / "people.tsv"))
        crowd = crowded(self.stream(self.lineup.bcftools("query", "-f", SITE + r"\n", self.file)))
        sites = cells.sites(self.counted(cells))
        for by in [["sex,area"], BY]:
            vcf = self.printed(f"{self.folder}/cohort.vcf.gz", by)
            rows = table(vcf)
            yield self.with_bcftools(rows, sites, cells, by, crowd)
        same = Verdict("the same table from BCF, byte for byte", len(rows))
        if self.printed(self.file, BY).read_bytes() != vcf.read_bytes():
            same.fail("freq.tsv differs")
        yield same
        if not self.adj:
            self.made(self.lineup.plink2(self.file))
            yield with_plink2(rows, self.lineup.home / "out/plink2.afreq", crowd)

    def counted(self, cells: Cells) -> Iterator[list[str]]:
        """Counts of bcftools in all cells."""
        groups, bcftools = f"{self.folder}/cells.txt", self.lineup.bcftools
        (self.lineup.home / groups).write_text(cells.groups())
        before = [
            bcftools("view", "-t", "chr20", "-m2", "-M2", "-Ou", self.file),
            bcftools("+setGT", "-", "-Ou", "--", "-t", "q", "-n", ".", "-i", NOT_ADJ),
        ] if self.adj else []
        tags = bcftools("+fill-tags", "-" if before else self.file, "-Ou", "--", "-S", groups, "-t", "AN,AC")
        return self.stream(*before, tags, bcftools("query", "-f", SITE + r"\t%INFO\n", "-"))

    def printed(self, file: str, by: list[str]) -> Path:
        """The table of shukei."""
        more = ["--adj"] if self.adj else []
        command = self.lineup.shukei(file, by, "--tsv", *more, label=f"agree {len(by)} {file.rpartition('.')[2]}")
        self.made(command)
        return self.lineup.home / command.out / "freq.tsv"

    def made(self, command: Command) -> None:
        self.commands.append(str(command))
        if failed := run(command, self.lineup.home).failed:
            raise OSError(f"{command.tool.name}: {failed}")

    def stream(self, *steps: Command) -> Iterator[list[str]]:
        """Fields of the lines that a pipeline of commands prints."""
        self.commands.append(" | ".join(map(str, steps)))
        running, source = [], subprocess.DEVNULL
        for step in steps:
            process = step.start(self.lineup.home, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if running:
                source.close()
            source = process.stdout
            running.append(process)
        for line in source:
            yield line.decode().rstrip("\n").split("\t")
        for step, process in zip(steps, running):
            if process.wait() != 0:
                raise OSError(f"exit code {process.returncode} of {step.tool.name} {step.args[0]}")

    def with_bcftools(self, rows: dict[Key, Row], sites: dict[Key, Site], cells: Cells, by: list[str],
                      crowd: Crowd) -> Verdict:
        """Each row; and each variant that passes for the whole cohort must have one, and no other may."""
        verdict, strata = Verdict(f"bcftools, --by {' --by '.join(by)}"), cells.strata(by)
        for key, row in rows.items():
            if key[:2] in crowd:
                verdict.skipped[COMBINED] += 1
            elif key in sites:
                compare_row(verdict, key, row, expected(key, sites[key], cells, strata, by))
            elif self.adj:
                verdict.skipped[OUTSIDE] += 1
            else:
                verdict.expect(key, "has a row", True, "no such variant in bcftools")
        for key, site in sites.items():
            if site.single and key[:2] not in crowd:
                ac = sum(site.ac.values())
                passes = ac >= 2 * K - 1 and cells.printed_an(key, site, strata[""], by) - ac >= 2 * K
                verdict.expect(key, "has a row", key in rows, passes)
        return verdict


def expected(key: Key, site: Site, cells: Cells, strata: dict[str, list[Cell]], by: list[str]) -> dict[str, tuple[int, int]]:
    """AC and AN of every stratum."""
    return {suffix: (sum(site.ac[cell] for cell in members), cells.printed_an(key, site, members, by))
            for suffix, members in strata.items()}


def compare_row(verdict: Verdict, key: Key, row: Row, theirs: dict[str, tuple[int, int]]) -> None:
    """Every number of a row; what is withheld is withheld as a whole."""
    verdict.rows += 1
    suffixes = {name.removeprefix("AC") for name in row if name == "AC" or name.startswith("AC_")}
    verdict.expect(key, "strata in one only", sorted(suffixes ^ set(theirs)), [])
    for suffix in suffixes & set(theirs):
        ac, an, af = (row[f"{number}{suffix}"] for number in ["AC", "AN", "AF"])
        if [ac, an, af] == ["."] * 3:
            verdict.withheld += 1
        else:
            verdict.expect(key, f"AC{suffix}", ac, str(theirs[suffix][0]))
            verdict.expect(key, f"AN{suffix}", an, str(theirs[suffix][1]))
            verdict.expect(key, f"AF{suffix}", af if af == "." else float(af), theirs[suffix][0] / theirs[suffix][1])


def with_plink2(rows: dict[Key, Row], afreq: Path, crowd: Crowd) -> Verdict:
    """AC of the whole cohort: ALT_FREQS * OBS_CT."""
    verdict, theirs = Verdict("plink2, the whole cohort"), {}
    with open(afreq, newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            for alt, share in zip(line["ALT"].split(","), line["ALT_FREQS"].split(",")):
                key = normalised(line["#CHROM"], int(line["POS"]), line["REF"], alt)
                theirs[key] = round(float(share) * int(line["OBS_CT"])) if share != "nan" else 0
    for key, row in rows.items():
        if key[:2] in crowd:
            verdict.skipped[COMBINED] += 1
            continue
        verdict.rows += 1
        verdict.expect(key, "AC", int(row["AC"]), theirs.get(key, "no such variant"))
    return verdict


def crowded(sites: Iterable[list[str]]) -> Crowd:
    """Normalised positions at which several records have an ALT."""
    first, crowd = {}, set()
    for number, (contig, pos, ref, alts) in enumerate(sites):
        for alt in alts.split(","):
            place = normalised(contig, int(pos), ref, alt)[:2]
            if first.setdefault(place, number) != number:
                crowd.add(place)
    return crowd


def table(path: Path) -> dict[Key, Row]:
    """Rows of freq.tsv."""
    with open(path, newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {normalised(row["contig"], int(row["pos"]), row["ref"], row["alt"]): row for row in rows}
