"""Cohorts to count, and the table that one process makes of each: the truth that every batch job is held against."""

import gzip
import os
from pathlib import Path

TABLES = ("freq.parquet", "freq.vcf.gz", "freq.vcf.gz.tbi", "freq.tsv")
REAL = "cohort/1kg-phaseIII-v5a.20130502.genotypes.chr22-16-16.5mb.vcf.gz"


class Cohort:
    def __init__(self, files, samples, strata):
        self.files, self.samples, self.strata = files, samples, strata
        self.expected = None

    def arguments(self, files=None):
        return [*(files or self.files), "--samples", self.samples, *self.strata]

    def count(self, cluster, out):
        """Makes the expected table in one process. Every table has a ledger of its own: what was released before must not
        change what is released now."""
        cluster.shukei("-q", "freq", *self.arguments(), "--tsv", "-o", out, env={"XDG_STATE_HOME": f"{out}.state"})
        self.expected = tables(out)
        assert len(self.expected) == len(TABLES), f"{out}: {list(self.expected)}"
        rows = self.expected["freq.tsv"].count(b"\n")
        assert rows > 100, f"{out}: {rows} lines are too few to show anything"
        return self

    def difference(self, out):
        """What is wrong with a table, in words; None if it is the expected one, byte for byte."""
        found = tables(out)
        missing = [name for name in TABLES if name not in found]
        differ = [name for name in TABLES if name in found and found[name] != self.expected[name]]
        words = [f"{', '.join(names)} {what}" for names, what in [(missing, "missing"), (differ, "not the expected bytes")] if names]
        return "; ".join(words) or None


def tables(out):
    return {name: (Path(out) / name).read_bytes() for name in TABLES if (Path(out) / name).exists()}


def demo(cluster, people=900, variants=20_000):
    """The simulated cohort of five data sites. With this many variants, counting a partition takes about 0.1 s."""
    place = cluster.root / f"demo-{people}"
    cluster.shukei("-q", "demo", "--people", people, "--variants", variants, "-o", place,
                   env={"XDG_STATE_HOME": f"{place}.state"})
    files = sorted((place / "cohort").glob("*.vcf.gz"))
    strata = ["--by", "sex", "--by", "icd10=I10", "--genotypes"]
    return Cohort(files, place / "cohort/samples.tsv", strata).count(cluster, cluster.root / f"demo-{people}-expected")


def real(cluster):
    """1000 Genomes, phase 3, by superpopulation and sex; None where the data is not there."""
    default = Path(__file__).resolve().parents[3] / "shared/data"
    root = Path(os.environ.get("SHUKEI_REAL_DATA", default))
    names = [REAL, "samples/igsr_samples.tsv", "samples/20130606_g1k.ped"]
    vcf, igsr, ped = (root / name for name in names)
    if not all(path.exists() for path in (vcf, igsr, ped)):
        return None
    table = cluster.root / "samples.tsv"
    table.write_text(_people(_samples(vcf), igsr, ped))
    # A partition needs an index, which is made beside a copy: the data may be read-only.
    copy = cluster.root / "real" / vcf.name
    copy.parent.mkdir()
    copy.write_bytes(vcf.read_bytes())
    # The usual index knows places 16 kb apart, too few in a stretch this short; this one knows them 2 kb apart.
    cluster.run("tabix", "-p", "vcf", "--csi", "-m", "11", copy)
    strata = ["--by", "superpopulation", "--by", "sex"]
    return Cohort([copy], table, strata).count(cluster, cluster.root / "real-expected")


def _samples(vcf):
    with gzip.open(vcf, "rt") as lines:
        for line in lines:
            if line.startswith("#CHROM"):
                return line.rstrip("\n").split("\t")[9:]
    raise ValueError(f"{vcf}: no header line")


def _people(samples, igsr, ped):
    """Sex and superpopulation from the IGSR table; of who is not in it, from the pedigree, which knows sex and population."""
    def rows(path):
        return [line.split("\t") for line in path.read_text().splitlines()[1:]]
    known, superpopulation = {}, {row[3]: row[5] for row in rows(igsr)}
    for row in rows(ped):
        known[row[1]] = ("M" if row[4] == "1" else "F", superpopulation[row[6]])
    for row in rows(igsr):
        known[row[0]] = ("M" if row[1] == "male" else "F", row[5])
    lines = [f"{sample}\t{known[sample][0]}\t{known[sample][1]}" for sample in samples]
    return "\n".join(["sample_id\tsex\tsuperpopulation", *lines]) + "\n"
