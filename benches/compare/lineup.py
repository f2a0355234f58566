"""Cohorts, and the command lines of everybody who counts them."""

import os
import subprocess
from pathlib import Path

import people
from measure import Command, apart
from tools import ROOT, Tool, peers, say

BY = ["sex", "area", "ages"]
TREE = "sex,region:tree,age10:tree"
FIFTY = "area,ages"


class Lineup:
    """Who takes part, with how many threads, on data in which directory."""

    def __init__(self, home: Path, threads: int) -> None:
        self.home, self.threads = home.resolve(), threads
        (self.home / "out").mkdir(parents=True, exist_ok=True)
        self.peers = peers(ROOT / "target/peers")
        own = ROOT / "target/release"
        self.ours = {name: Tool(name, [str(own / name)], "this tree") for name in ["shukei", "cohort", "inflate"]}

    def cohort(self, shape: str, samples: int, variants: int) -> str:
        """Name of the folder with this cohort, which is made unless it is there and no older than what makes it."""
        name = f"{shape}-{samples}x{variants}"
        done, program = self.home / name / "done.json", Path(self.ours["cohort"].argv[0])
        newest = max(path.stat().st_mtime for path in [program, Path(people.__file__)])
        if not done.exists() or done.stat().st_mtime < newest:
            say(f"making {name}")
            done.unlink(missing_ok=True)
            size = ["--samples", str(samples), "--variants", str(variants)]
            made = subprocess.run([program, shape, *size, "-o", done.parent], check=True, capture_output=True, text=True)
            apart(people.write, done.parent)
            done.write_text(made.stdout)
        return name

    def inflate(self, file: str, threads: int = 0, label: str = "inflate") -> Command:
        return Command(label, self.ours["inflate"], [file, "--threads", str(threads or self.threads)])

    def shukei(self, file: str, by: list[str], *more: str, threads: int = 0, label: str = "shukei",
               samples: str = "people.tsv") -> Command:
        """All records are counted, as the peers do, whatever their FILTER says."""
        out = "out/" + "".join(c for c in label if c.isalnum())
        args = ["freq", file, "--samples", f"{folder(file)}/{samples}", *(word for b in by for word in ["--by", b]),
                "--include-filtered", *more, "--threads", str(threads or self.threads), "--quiet", "-o", out]
        return Command(label, self.ours["shukei"], args, state=f"{out}-state", out=out)

    def bcftools(self, *args: str, label: str = "bcftools") -> Command:
        """Its threads only help to decompress, and come on top of the first; query has none."""
        more = ["--threads", str(self.threads - 1)] if self.threads > 1 and args[0] != "query" else []
        return Command(label, self.peers["bcftools"], [args[0], *more, *args[1:]])

    def plink2(self, file: str) -> Command:
        kind = "--bcf" if file.endswith("bcf") else "--vcf"
        return Command("plink2 --freq", self.peers["plink2"], [
            kind, file, "--update-sex", f"{folder(file)}/sex.txt", "--split-par", "hg38", "--freq", "cols=+pos",
            "--memory", "8000", "--threads", str(self.threads), "--out", "out/plink2"])

    def everybody(self, file: str, *ours: str) -> list[Command]:
        """All of them on one file."""
        groups = f"{folder(file)}/groups.txt"
        return [
            self.inflate(file),
            Command("libdeflate-gzip", self.peers["libdeflate-gzip"], ["-dc", file]),
            self.shukei(file, BY, *ours),
            self.bcftools("+fill-tags", file, "-Ou", "-o", os.devnull, "--", "-S", groups, "-t", "AN,AC,AF",
                          label="bcftools +fill-tags"),
            self.bcftools("view", "-G", "-Ou", "-o", os.devnull, file, label="bcftools view -G"),
            self.plink2(file),
        ]


def folder(file: str) -> str:
    return file.partition("/")[0]
