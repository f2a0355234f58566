#!/usr/bin/env python3
"""Compares shukei with its peers side by side in one run; prints a report in Markdown. See README.md."""

import argparse
import datetime
import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import agree
import people
from measure import Command, Usage, in_turn, run, warm
from tools import Tool, output, peers, say

ROOT = Path(__file__).resolve().parents[2]
BY = ["sex", "area", "ages"]
TREE = "sex,region:tree,age10:tree"
# Shape, samples and variants of every cohort, at full size and with --quick.
COHORTS = {
    "gt": (("gt", 23_211, 30_000), ("gt", 2_000, 2_000)),
    "rich": (("rich", 23_211, 5_500), ("rich", 2_000, 2_000)),
    "rich3k": (("rich", 3_000, 40_000), ("rich", 1_000, 4_000)),
    "adj": (("rich", 2_000, 2_000), ("rich", 2_000, 2_000)),
    "startup": (("gt", 23_211, 1), ("gt", 23_211, 1)),
}
# CPU seconds: at most so many of inflate, bcftools and plink2 at least so many of ours (performance.md).
TARGETS = {
    ("gt", "vcf.gz"): (1.25, 60, 8),
    ("gt", "bcf"): (1.3, 60, 4),
    ("rich", "vcf.gz"): (1.15, 7, 3.5),
    ("rich", "bcf"): (1.3, 4, None),
    ("rich3k", "vcf.gz"): (1.15, 7, 3.5),
    ("rich3k", "bcf"): (1.3, 4, None),
}
# GQ >= 20, DP >= 10 and, in a het, AD/DP >= 0.2 of each called ALT; here for two alleles and two copies.
NOT_ADJ = 'FMT/GQ<20 | FMT/DP<10 | (GT="het" & FMT/AD[*:1]/FMT/DP<0.2)'


@dataclass
class Report:
    """What was measured against what was wanted, and what disagrees."""

    targets: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    disagree: bool = False

    def target(self, work: str, what: str, value: float | None, sign: str, limit: float) -> None:
        if value is None:
            self.targets.append(f"| {work} | {what} | {sign} {limit:g} | failed | ✗ |")
            return
        met = {"≤": value <= limit, "≥": value >= limit, "±": abs(value - 1) <= limit}[sign]
        shown = f"{value:.3f}" if value < 10 else f"{value:.1f}"
        wanted = f"1 ± {limit:g}" if sign == "±" else f"{sign} {limit:g}"
        self.targets.append(f"| {work} | {what} | {wanted} | {shown} | {'✓' if met else '✗'} |")


def over(a: Usage, b: Usage, what: str = "cpu") -> float | None:
    """How many times b is in a; nothing where one failed."""
    return None if a.failed or b.failed else getattr(a, what) / max(getattr(b, what), 1e-6)


class Comparison:
    """One run of the script."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.report = options, Report()
        self.home = options.dir.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self.peers = peers(ROOT / "target/peers")
        own = ROOT / "target/release"
        self.ours = {name: Tool(name, [str(own / name)], "this tree") for name in ["shukei", "cohort", "inflate"]}

    def cohort(self, shape: str, samples: int, variants: int) -> str:
        """Name of the folder with this cohort, which is made unless it is there and no older than its program."""
        name = f"{shape}-{samples}x{variants}"
        done, program = self.home / name / "done.json", Path(self.ours["cohort"].argv[0])
        if not done.exists() or done.stat().st_mtime < program.stat().st_mtime:
            say(f"making {name}")
            line = subprocess.run([program, shape, "--samples", str(samples), "--variants", str(variants), "-o",
                                   self.home / name], check=True, capture_output=True, text=True).stdout
            people.write_groups(self.home / name, people.group(self.home / name))
            done.write_text(line)
        return name

    def named(self, name: str) -> str:
        return self.cohort(*COHORTS[name][self.options.quick])

    def freq(self, label: str, file: str, by: list[str], *more: str, threads: int | None = None,
             table: str = "people.tsv") -> Command:
        """shukei, with a ledger of its own."""
        out = "out/" + "".join(c if c.isalnum() else "-" for c in label)
        args = ["freq", file, "--samples", f"{file.split('/')[0]}/{table}", *(w for b in by for w in ("--by", b)),
                "--include-filtered", *more, "--threads", str(threads or self.options.threads), "--quiet", "-o", out]
        return Command(label, self.ours["shukei"], args, {"XDG_STATE_HOME": f"{out}-state"}, [out, f"{out}-state"])

    def inflate(self, file: str, threads: int | None = None, label: str = "inflate") -> Command:
        return Command(label, self.ours["inflate"], [file, "--threads", str(threads or self.options.threads)])

    def plink2(self, file: str) -> Command:
        kind = "--bcf" if file.endswith("bcf") else "--vcf"
        sex = f"{file.split('/')[0]}/sex.txt"
        return Command("plink2 --freq", self.peers["plink2"], [
            kind, file, "--update-sex", sex, "--split-par", "hg38", "--freq", "cols=+pos", "--memory", "8000",
            "--threads", str(self.options.threads), "--out", "out/plink2"])

    def contest(self, file: str, *adj: str) -> list[Command]:
        """Everybody on one file."""
        bcftools, folder = self.peers["bcftools"], file.split("/")[0]
        more = ["--threads", str(self.options.threads - 1)] if self.options.threads > 1 else []
        return [
            self.inflate(file),
            Command("libdeflate-gzip", self.peers["libdeflate-gzip"], ["-dc", file]),
            self.freq("shukei", file, BY, *adj),
            Command("bcftools +fill-tags", bcftools, ["+fill-tags", file, *more, "-Ou", "-o", "/dev/null", "--", "-S",
                                                      f"{folder}/groups.txt", "-t", "AN,AC,AF"]),
            Command("bcftools view -G", bcftools, ["view", "-G", *more, "-Ou", "-o", "/dev/null", file]),
            self.plink2(file),
        ]

    def measure(self, title: str, file: str, commands: list[Command], floor: str = "inflate") -> dict[str, Usage]:
        """Runs the commands in turn and prints their table."""
        say(title)
        (self.home / "out").mkdir(exist_ok=True)
        warm(self.home / file)
        used = in_turn(commands, self.home, self.options.runs)
        print(f"\n### {title}\n\n| | CPU s | wall s | peak MiB | % of inflate speed | CPU, shukei = 1 |")
        print("|---|--:|--:|--:|--:|--:|")
        for command in commands:
            usage = used[command.label]
            if usage.failed:
                print(f"| {command.label} | failed: {usage.failed} | | | | |")
                continue
            speed, times = over(used[floor], usage), over(usage, used.get("shukei", Usage(failed="absent")))
            print(f"| {command.label} | {usage.cpu:.3f} | {usage.wall:.3f} | {usage.mib:.0f} "
                  f"| {'' if speed is None else f'{100 * speed:.0f}'} | {'' if times is None else f'{times:.2f}'} |")
        print("\n```sh")
        for command in commands:
            print(command)
        print("```", flush=True)
        return used

    def sizes(self, name: str, kind: str) -> str:
        shape, samples, variants = COHORTS[name][self.options.quick]
        fields = {"gt": "GT", "rich": "GT:AD:DP:GQ:PL"}[shape]
        return f"{fields}, {samples:,} samples × {variants:,} variants, {kind}"

    def work(self, name: str) -> None:
        """shukei and its peers on both files of a cohort; then whether they agree."""
        folder, ours = self.named(name), {}
        for kind in ["vcf.gz", "bcf"]:
            file, title = f"{folder}/cohort.{kind}", self.sizes(name, kind)
            adj = [] if name == "gt" else ["--adj"]
            used = self.measure(title, file, self.contest(file, *adj))
            ours = used["shukei"]
            inflate, bcftools, plink2 = TARGETS[name, kind]
            self.report.target(title, "CPU, shukei / inflate", over(ours, used["inflate"]), "≤", inflate)
            self.report.target(title, "CPU, bcftools +fill-tags / shukei", over(used["bcftools +fill-tags"], ours), "≥", bcftools)
            if plink2:
                self.report.target(title, "CPU, plink2 / shukei", over(used["plink2 --freq"], ours), "≥", plink2)
            self.report.target(title, "CPU, inflate / libdeflate-gzip", over(used["inflate"], used["libdeflate-gzip"]), "±", 0.05)
        self.agreement(folder)

    def strata(self, name: str) -> None:
        """Many strata against none."""
        folder = self.named(name)
        file = f"{folder}/cohort.vcf.gz"
        adj = [] if name == "gt" else ["--adj"]
        many = self.freq("shukei, many strata", file, [TREE], *adj)
        used = self.measure(f"Strata: {self.sizes(name, 'vcf.gz')}", file,
                            [self.inflate(file), self.freq("shukei, 1 stratum", file, [], *adj), many])
        count = 0
        if not used[many.label].failed:
            count = len(json.loads((self.home / many.args[-1] / "audit.json").read_text())["strata"])
        print(f"\n`--by {TREE}` has {count} strata.")
        ratio = over(used[many.label], used["shukei, 1 stratum"])
        self.report.target(self.sizes(name, "vcf.gz"), f"CPU, {count} strata / 1", ratio, "≤", 1.1)

    def threads(self, name: str) -> None:
        """Two threads against one, and the memory of two."""
        file = f"{self.named(name)}/cohort.vcf.gz"
        adj = [] if name == "gt" else ["--adj"]
        used = self.measure(f"Threads: {self.sizes(name, 'vcf.gz')}", file, [
            *(self.inflate(file, n, f"inflate, {n} thread{'s' * (n > 1)}") for n in [1, 2]),
            *(self.freq(f"shukei, {n} thread{'s' * (n > 1)}", file, BY, *adj, threads=n) for n in [1, 2]),
        ], "inflate, 1 thread")
        one, two = used["shukei, 1 thread"], used["shukei, 2 threads"]
        self.report.target(self.sizes(name, "vcf.gz"), "wall, 1 thread / 2 threads", over(one, two, "wall"), "≥", 1.9)
        if name == "rich":
            mib = None if two.failed else two.mib
            self.report.target(self.sizes(name, "vcf.gz"), "peak MiB, 2 threads", mib, "≤", 512)

    def startup(self) -> None:
        """A file of one variant, all four attributes in use."""
        file = f"{self.named('startup')}/cohort.vcf.gz"
        command = self.freq("shukei", file, [TREE, "icd10=E11"], table="samples.tsv")
        if run(command, self.home).failed:
            command = self.freq("shukei", file, [TREE], table="samples.tsv")
        used = self.measure("Start-up: one variant of 23,211 samples × 4 attributes", file, [self.inflate(file), command])
        ours = used["shukei"]
        self.report.target("start-up, 23,211 samples × 4 attributes", "wall s", None if ours.failed else ours.wall, "≤", 0.3)

    def counted(self, folder: str, before: list[Command], cells: agree.Cells) -> dict[agree.Key, agree.Site]:
        """Counts of bcftools, of what the commands before print, or of the whole file."""
        bcftools, groups = self.peers["bcftools"], f"{folder}/cells.txt"
        (self.home / groups).write_text("".join(cells.lines))
        source = "-" if before else f"{folder}/cohort.bcf"
        lines = agree.stream([*before,
                              Command("", bcftools, ["+fill-tags", source, "-Ou", "--", "-S", groups, "-t", "AN,AC"]),
                              Command("", bcftools, ["query", "-f", cells.query(), "-"])], self.home)
        return agree.read_sites(lines, cells)

    def table(self, file: str, by: list[str], *more: str) -> Path:
        command = self.freq(f"agree {file.rpartition('.')[2]} {by[0]}", file, by, "--tsv", *more)
        self.report.commands.append(str(command))
        if failed := run(command, self.home).failed:
            raise OSError(f"shukei: {failed}")
        return self.home / command.args[-1] / "freq.tsv"

    def agreement(self, folder: str, adj: bool = False) -> None:
        """Every printed number of a cohort against the peers'."""
        what = f"{folder}{' --adj' if adj else ''}"
        say(f"comparing the numbers of {what}")
        (self.home / "out").mkdir(exist_ok=True)
        try:
            verdicts = list(self.verdicts(folder, what, adj))
        except OSError as error:
            verdicts = [agree.Verdict(what, wrong=[f"not compared: {error}"])]
        print(f"\nNumbers of {what}:\n")
        for verdict in verdicts:
            wrong = f"**{len(verdict.wrong):,} differ**" if verdict.wrong else "all agree"
            print(f"* {verdict.what}: {verdict.rows:,} rows, {verdict.numbers:,} numbers, {wrong}")
            for why, count in verdict.skipped.items():
                print(f"  * not compared: {count:,} rows ({why})")
            for place in verdict.wrong[:5]:
                print(f"  * {place}")
            self.report.disagree |= bool(verdict.wrong)

    def verdicts(self, folder: str, what: str, adj: bool):
        bcftools, bcf = self.peers["bcftools"], f"{folder}/cohort.bcf"
        cells = agree.Cells(people.group(self.home / folder))
        crowd = agree.crowded(agree.stream(
            [Command("", bcftools, ["query", "-f", "%CHROM\t%POS\t%REF\t%ALT\n", bcf])], self.home))
        before, why_absent = [], ""
        if adj:
            why_absent = "not on chr20, or of several ALTs: outside this check"
            before = [Command("", bcftools, ["view", "-t", "chr20", "-m2", "-M2", "-Ou", bcf]),
                      Command("", bcftools, ["+setGT", "-", "-Ou", "--", "-t", "q", "-n", ".", "-i", NOT_ADJ])]
        sites = self.counted(folder, before, cells)
        more = ["--adj"] if adj else []
        for by in [BY, ["sex,area"]]:
            path = self.table(f"{folder}/cohort.vcf.gz", by, *more)
            rows = agree.table(path)
            yield agree.with_bcftools(f"bcftools, --by {' --by '.join(by)}", rows, sites, cells, by, crowd, why_absent)
            if by is BY:
                same = agree.Verdict("the same table from BCF, byte for byte", len(rows))
                if self.table(bcf, by, *more).read_bytes() != path.read_bytes():
                    same.wrong.append("freq.tsv differs")
                yield same
                if not adj:
                    self.report.commands.append(str(self.plink2(bcf)))
                    if failed := run(self.plink2(bcf), self.home).failed:
                        raise OSError(f"plink2: {failed}")
                    yield agree.with_plink2("plink2", rows, self.home / "out/plink2.afreq", crowd)

    def scaling(self) -> None:
        """Cost of a genotype and peak memory by samples and threads, at a constant number of genotypes."""
        for shape, genotypes in [("gt", 200_000_000), ("rich", 40_000_000)]:
            print(f"\n### Scaling: {shape}\n\n| samples | threads | CPU ns per genotype | of that inflate | wall s | peak MiB |")
            print("|--:|--:|--:|--:|--:|--:|")
            for samples in [1_000, 10_000, 23_211, 100_000]:
                variants = genotypes // (50 if self.options.quick else 1) // samples
                file = f"{self.cohort(shape, samples, variants)}/cohort.vcf.gz"
                (self.home / "out").mkdir(exist_ok=True)
                warm(self.home / file)
                for threads in range(1, (os.cpu_count() or 1) + 1):
                    adj = [] if shape == "gt" else ["--adj"]
                    used = in_turn([self.inflate(file, threads), self.freq("shukei", file, [TREE], *adj, threads=threads)],
                                   self.home, self.options.runs)
                    ours, floor = used["shukei"], used["inflate"]
                    if ours.failed:
                        print(f"| {samples:,} | {threads} | failed: {ours.failed} | | | |")
                        continue
                    cost = [usage.cpu * 1e9 / (samples * variants) for usage in [ours, floor]]
                    print(f"| {samples:,} | {threads} | {cost[0]:.3f} | {cost[1]:.3f} | {ours.wall:.2f} | {ours.mib:.0f} |", flush=True)

    def head(self) -> None:
        cpu = next((line.partition(": ")[2] for line in output(["lscpu"]).splitlines() if line.startswith("Model name")), "?")
        print("# shukei beside its peers\n")
        print(f"{datetime.date.today()}, {cpu.strip()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, "
              f"Linux {os.uname().release}\n")
        print("| | version | from |\n|---|---|---|")
        shukei = output(self.ours["shukei"].argv + ["--version"]).strip()
        commit = output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]).strip()
        print(f"| shukei | {shukei} | {commit} |")
        for tool in self.peers.values():
            print(f"| {tool.name} | {tool.version} | {tool.source} |")
        size = "small cohorts: these numbers show that the script works and prove nothing else" if self.options.quick else "full size"
        print(f"\nMedians of {self.options.runs} runs in turn, {self.options.threads} thread(s), warm cache; {size}. "
              "CPU is user and system time. Commands run in the data directory.")

    def tail(self) -> None:
        print("\n## Targets\n\n| Work | What | Target | Measured | |\n|---|---|--:|--:|---|")
        print("\n".join(self.report.targets))
        print("\nNot measured here: suppression of a million variants (`cargo bench -p shukei-benches --bench suppress`).")
        print(f"Load at the end: {os.getloadavg()[0]:.1f}.")
        if self.report.disagree:
            print("\n**Numbers disagree; see above.**")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    works = ["gt", "rich", "rich3k", "strata", "threads", "startup", "adj"]
    parser.add_argument("--quick", action="store_true", help="small cohorts")
    parser.add_argument("--runs", type=int, default=3, help="of each command (3)")
    parser.add_argument("--threads", type=int, default=1, help="of each command (1)")
    parser.add_argument("--dir", type=Path, default=ROOT / "target/compare", help="where data are kept (target/compare)")
    parser.add_argument("--only", action="append", choices=works, help="only this; may be repeated")
    parser.add_argument("--scaling", action="store_true", help="only cost by samples and threads")
    comparison = Comparison(parser.parse_args())
    comparison.head()
    if comparison.options.scaling:
        comparison.scaling()
        return 0
    for work in comparison.options.only or works:
        match work:
            case "gt" | "rich" | "rich3k":
                comparison.work(work)
            case "strata":
                comparison.strata("gt"), comparison.strata("rich")
            case "threads":
                comparison.threads("gt"), comparison.threads("rich")
            case "startup":
                comparison.startup()
            case "adj":
                comparison.agreement(comparison.named("adj"), adj=True)
    comparison.tail()
    return int(comparison.report.disagree)


if __name__ == "__main__":
    sys.exit(main())
