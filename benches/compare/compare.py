#!/usr/bin/env -S python3 -B
"""Compares shukei with its peers side by side in one run; prints a report in Markdown. See README.md."""

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

from agree import Agreement
from lineup import BY, FIFTY, TREE, Lineup
from measure import Command, Usage, apart, in_turn, own_peak, warm
from tools import ROOT, output, say

# Shape, samples and variants of every cohort, at full size and with --quick.
COHORTS = {
    "gt": (("gt", 23_211, 30_000), ("gt", 2_000, 2_000)),
    "rich": (("rich", 23_211, 5_500), ("rich", 2_000, 2_000)),
    "rich3k": (("rich", 3_000, 40_000), ("rich", 1_000, 4_000)),
    "adj": (("rich", 2_000, 2_000), ("rich", 2_000, 2_000)),
    "startup": (("gt", 23_211, 1), ("gt", 23_211, 1)),
}
# CPU: ours is at most so many of inflate; bcftools and plink2 are at least so many of ours.
TARGETS = {
    ("gt", "vcf.gz"): (1.25, 60, 8),
    ("gt", "bcf"): (1.3, 60, 4),
    ("rich", "vcf.gz"): (1.15, 7, 3.5),
    ("rich", "bcf"): (1.3, 4, None),
}
WORKS = ["gt", "rich", "rich3k", "strata", "threads", "startup", "adj"]
SCALING = {"gt": 700_000_000, "rich": 40_000_000}


def over(a: Usage, b: Usage, what: str = "cpu") -> float | None:
    """How many times b is in a; nothing where one failed."""
    return None if a.failed or b.failed else getattr(a, what) / max(getattr(b, what), 1e-6)


class Comparison:
    """One run of the script."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.lineup = options, Lineup(options.dir, options.threads)
        self.targets: list[str] = []
        self.disagree = False

    def cohort(self, name: str) -> tuple[str, str, list[str]]:
        """Folder of a cohort, its title, and how its calls are read."""
        shape, samples, variants = COHORTS[name][self.options.quick]
        fields = {"gt": "GT", "rich": "GT:AD:DP:GQ:PL"}[shape]
        title = f"{fields}, {samples:,} samples × {variants:,} variant{'s' * (variants > 1)}"
        return self.lineup.cohort(shape, samples, variants), title, ["--adj"] * (shape == "rich")

    def target(self, work: str, what: str, value: float | None, sign: str, limit: float) -> None:
        """A line of the table at the end."""
        met = value is not None and (value <= limit if sign == "≤" else value >= limit)
        shown = "failed" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"
        self.targets.append(f"| {work} | {what} | {sign} {limit:g} | {shown} | {'✓' if met else '✗'} |")

    def measure(self, title: str, file: str, commands: list[Command], floor: str = "inflate") -> dict[str, Usage]:
        """Runs the commands in turn and prints their table."""
        say(title)
        warm(self.lineup.home / file)
        used = in_turn(commands, self.lineup.home, self.options.runs)
        print(f"\n### {title}\n\n| | CPU s | wall s | peak MiB | % of inflate speed | CPU, shukei = 1 |")
        print("|---|--:|--:|--:|--:|--:|")
        for label, usage in used.items():
            if usage.failed:
                print(f"| {label} | failed: {usage.failed} | | | | |")
                continue
            speed, times = over(used[floor], usage), over(usage, used.get("shukei", Usage(failed="not here")))
            print(f"| {label} | {usage.cpu:.3f} | {usage.wall:.3f} | {usage.mib:.0f} "
                  f"| {'' if speed is None else f'{100 * speed:.0f}'} | {'' if times is None else f'{times:.2f}'} |")
        print("\n```sh", *commands, "```", sep="\n", flush=True)
        return used

    def everybody(self, name: str) -> None:
        """shukei and its peers on both files of a cohort; then whether they agree."""
        folder, cohort, adj = self.cohort(name)
        for kind in ["vcf.gz", "bcf"]:
            title, file = f"{cohort}, {kind}", f"{folder}/cohort.{kind}"
            used = self.measure(title, file, self.lineup.everybody(file, *adj))
            ours, floor = used["shukei"], used["inflate"]
            inflate, bcftools, plink2 = TARGETS[name.removesuffix("3k"), kind]
            self.target(title, "CPU, shukei / inflate", over(ours, floor), "≤", inflate)
            self.target(title, "CPU, bcftools +fill-tags / shukei", over(used["bcftools +fill-tags"], ours), "≥", bcftools)
            if plink2:
                self.target(title, "CPU, plink2 / shukei", over(used["plink2 --freq"], ours), "≥", plink2)
            self.target(title, "CPU, inflate / libdeflate-gzip", over(floor, used["libdeflate-gzip"]), "≤", 1.05)
        self.agreement(folder)

    def strata(self, name: str) -> None:
        """Many strata against none."""
        folder, title, adj = self.cohort(name)
        file = f"{folder}/cohort.vcf.gz"
        many = self.lineup.shukei(file, [FIFTY], *adj, label="shukei, many strata")
        one = self.lineup.shukei(file, [], *adj, label="shukei, 1 stratum")
        used = self.measure(f"Strata: {title}, vcf.gz", file, [self.lineup.inflate(file), one, many])
        audit = self.lineup.home / many.out / "audit.json"
        count = len(json.loads(audit.read_text())["strata"]) if audit.exists() else 0
        print(f"\n`--by {FIFTY}` has {count} strata here.")
        self.target(f"{title}, vcf.gz", f"CPU, {count} strata / 1", over(used[many.label], used[one.label]), "≤", 1.1)

    def threads(self, name: str) -> None:
        """Two threads against one, and the memory of two."""
        folder, title, adj = self.cohort(name)
        file = f"{folder}/cohort.vcf.gz"
        used = self.measure(f"Threads: {title}, vcf.gz", file, [
            *(self.lineup.inflate(file, n, f"inflate --threads {n}") for n in [1, 2]),
            *(self.lineup.shukei(file, BY, *adj, threads=n, label=f"shukei --threads {n}") for n in [1, 2]),
        ], "inflate --threads 1")
        one, two = used["shukei --threads 1"], used["shukei --threads 2"]
        self.target(f"{title}, vcf.gz", "wall, 1 thread / 2 threads", over(one, two, "wall"), "≥", 1.9)
        if name == "rich":
            self.target(f"{title}, vcf.gz", "peak MiB, 2 threads", None if two.failed else two.mib, "≤", 512)

    def startup(self) -> None:
        """A file of one variant beside a table of four attributes."""
        folder, title, _ = self.cohort("startup")
        file = f"{folder}/cohort.vcf.gz"
        used = self.measure(f"Start-up: {title}", file, [
            self.lineup.inflate(file), self.lineup.shukei(file, [TREE], samples="samples.tsv")])
        wall = None if used["shukei"].failed else used["shukei"].wall
        self.target(f"start-up: {title}, 4 attributes", "wall s", wall, "≤", 0.3)

    def agreement(self, folder: str, adj: bool = False) -> None:
        """Every printed number of a cohort beside the peers'."""
        say(f"comparing the numbers of {folder}")
        verdicts, commands = apart(Agreement(self.lineup, folder, adj).verdicts)
        print(f"\nNumbers of {folder}{', --adj' if adj else ''}:\n")
        for verdict in verdicts:
            wrong = f"**{verdict.wrong:,} differ**" if verdict.wrong else "all agree"
            print(f"* {verdict.what}: {verdict.rows:,} rows, {verdict.numbers:,} facts, {wrong}"
                  + (f" ({verdict.withheld:,} strata of rows are withheld)" if verdict.withheld else ""))
            for place in verdict.places:
                print(f"  * {place}")
            for why, count in verdict.skipped.items():
                print(f"  * not compared: {count:,} rows ({why})")
            self.disagree |= verdict.wrong > 0
        print("\n```sh", *commands, "```", sep="\n", flush=True)

    def scaling(self, shape: str) -> None:
        """Cost of a genotype and peak memory by samples and threads, at a constant number of genotypes, and at three times as
        many variants."""
        adj, genotypes = ["--adj"] * (shape == "rich"), SCALING[shape] // (50 if self.options.quick else 1)
        sizes = [(samples, genotypes // samples) for samples in [1_000, 10_000, 23_211, 100_000]]
        for samples, variants in [*sizes, (23_211, 3 * (genotypes // 23_211))]:
            file = f"{self.lineup.cohort(shape, samples, variants)}/cohort.vcf.gz"
            commands = []
            for n in range(1, (os.cpu_count() or 1) + 1):
                commands.append(self.lineup.inflate(file, n, f"inflate --threads {n}"))
                commands.append(self.lineup.shukei(file, [TREE], *adj, threads=n, label=f"shukei --threads {n}"))
            used = self.measure(f"Scaling: {shape}, {samples:,} samples × {variants:,} variants, vcf.gz", file, commands,
                                "inflate --threads 1")
            for label, usage in used.items():
                cost = "failed" if usage.failed else f"{usage.cpu * 1e9 / (samples * variants):.3f}"
                self.targets.append(
                    f"| {shape}, {samples:,} samples × {variants:,} variants | {label} | {cost} | {usage.mib:.0f} | |")

    def head(self) -> None:
        models = [line.partition(":")[2].strip() for line in output(["lscpu"]).splitlines() if line.startswith("Model name")]
        print("# shukei beside its peers\n")
        print(f"{datetime.date.today()}; {models[0] if models else 'unknown CPU'}, {os.cpu_count()} cores; "
              f"Linux {os.uname().release}; load {os.getloadavg()[0]:.1f} at the start.\n")
        print("| | version | from |\n|---|---|---|")
        commit = output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]).strip()
        print(f"| shukei | {output([*self.lineup.ours['shukei'].argv, '--version']).strip()} | {commit} |")
        for tool in self.lineup.peers.values():
            print(f"| {tool.name} | {tool.version} | {tool.source} |")
        print(f"\nMedians of {self.options.runs} runs in turn, each with --threads {self.options.threads} unless said, warm "
              "cache. CPU: user and system seconds. Commands run in the data directory.")
        if self.options.quick:
            print("\n**Small cohorts: this run shows that the script works, and nothing about speed.**")

    def tail(self) -> None:
        columns = ["CPU ns per genotype", "Peak MiB"] if self.options.scaling else ["Target", "Measured"]
        print(f"\n## Result\n\n| Work | What | {columns[0]} | {columns[1]} | |\n|---|---|--:|--:|---|")
        print("\n".join(self.targets))
        print(f"\nPeaks below {own_peak():.0f} MiB are this script's own. Load at the end: {os.getloadavg()[0]:.1f}.")
        print("Not measured here: suppression alone (`cargo bench -p shukei-benches -- suppress`).")
        if self.disagree:
            print("\n**Numbers disagree: see above.**")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small cohorts, to see that it works")
    parser.add_argument("--runs", type=int, default=3, help="of each command [3]")
    parser.add_argument("--threads", type=int, default=1, help="of each command [1]")
    parser.add_argument("--dir", type=Path, default=ROOT / "target/compare", help="where data are kept [target/compare]")
    parser.add_argument("--only", action="append", choices=WORKS, help="only this part; may be repeated")
    parser.add_argument("--scaling", action="store_true", help="instead: cost and memory by samples and threads")
    return parser.parse_args()


def main() -> int:
    comparison = Comparison(arguments())
    comparison.head()
    options = comparison.options
    for work in list(SCALING) if options.scaling else options.only or WORKS:
        if options.scaling:
            comparison.scaling(work)
        elif work in ["strata", "threads"]:
            for name in ["gt", "rich"]:
                getattr(comparison, work)(name)
        elif work == "startup":
            comparison.startup()
        elif work == "adj":
            comparison.agreement(comparison.cohort(work)[0], adj=True)
        else:
            comparison.everybody(work)
    comparison.tail()
    return int(comparison.disagree)


if __name__ == "__main__":
    sys.exit(main())
