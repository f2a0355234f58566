#!/usr/bin/env python3
"""Writes the inputs of the counting cases: python3 testdata/cases/make.py [DIR]

One function call below makes one folder's inputs (`input*.vcf`, `samples.tsv` and what the case needs besides). Calls are
given as `{call: people}`, so that every answer can be added up by hand; a seeded shuffle deals them to the people.
`cmd`, `README`, `expected.*` and `peers.tsv` beside them are written by people. Compressed files use stored blocks, so
that any zlib writes the same bytes. `cli/tests/it/counting.rs` checks that this program still writes what is committed.
"""
import gzip
import random
import struct
import sys
import zlib
from pathlib import Path

ROOT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent

GRCH38 = {"chr1": 248956422, "chr2": 242193529, "chrX": 156040895, "chrY": 57227415, "chrM": 16569}
GRCH37 = {"chr1": 249250621, "chr2": 243199373, "chrX": 155270560, "chrY": 59373566, "chrM": 16569}
FORMATS = """##FILTER=<ID=q10,Description="Quality below 10">
##ALT=<ID=DEL,Description="Deletion">
##ALT=<ID=NON_REF,Description="Any other allele">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Alleles">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Called alleles">
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=END,Number=1,Type=Integer,Description="Last base">
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Kind">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth by allele">
##FORMAT=<ID=FT,Number=1,Type=String,Description="Filter">"""


class Case:
    """One folder: people by sex, and files of records about them."""

    def __init__(self, name, f=100, m=100, u=0, build=GRCH38, version="4.2"):
        self.dir = ROOT / name
        self.dir.mkdir(parents=True, exist_ok=True)
        self.random = random.Random(name)
        self.build, self.version = dict(build), version
        sexes = ["F"] * f + ["M"] * m + [""] * u
        self.random.shuffle(sexes)
        self.people = [(f"P{i + 1:03}", sex) for i, sex in enumerate(sexes)]
        self.lines = []
        self.samples(self.people)

    def samples(self, people):
        rows = [f"{name}\t{sex}" for name, sex in people]
        (self.dir / "samples.tsv").write_text("\n".join(["sample_id\tsex", *rows]) + "\n")

    def deal(self, calls, people):
        """A call per person: `{call: people}`, or `{"F": {...}, "M": {...}}` by sex."""
        if not isinstance(next(iter(calls.values())), dict):
            calls = {None: calls}
        dealt = {}
        for sex, mix in calls.items():
            of_sex = [p for p, s in people if sex is None or s == {"U": ""}.get(sex, sex)]
            hand = [call for call, n in mix.items() for _ in range(n)]
            assert len(hand) == len(of_sex), f"{self.dir.name}: {len(hand)} calls for {len(of_sex)} people"
            self.random.shuffle(hand)
            dealt.update(zip(of_sex, hand))
        return [dealt[p] for p, _ in people]

    def line(self, contig, pos, ref, alt, calls, filter="PASS", info=".", format="GT"):
        fixed = [contig, str(pos), ".", ref, alt, ".", filter, info]
        return "\t".join(fixed + ([format, *calls] if format else []))

    def record(self, contig, pos, ref, alt, calls, people=None, **fields):
        """Adds a record."""
        self.lines.append(self.line(contig, pos, ref, alt, self.deal(calls, people or self.people), **fields))

    def records(self, places, calls):
        """Adds records about the same people: each call is a text of one call per record, separated by spaces."""
        dealt = [c.split() for c in self.deal(calls, self.people)]
        for i, place in enumerate(places):
            self.lines.append(self.line(*place, [c[i] for c in dealt]))

    def text(self, people=None, contigs=None):
        """The file as text; the records are taken away."""
        names = [name for name, _ in people or self.people]
        contigs = contigs if contigs is not None else self.build
        head = [f"##fileformat=VCFv{self.version}", *FORMATS.split("\n")]
        head += [f"##contig=<ID={c},length={n}>" if n else f"##contig=<ID={c}>" for c, n in contigs.items()]
        head.append("\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".split() + names))
        lines, self.lines = head + self.lines, []
        return "\n".join(lines) + "\n"

    def write(self, name="input.vcf", **kwargs):
        (self.dir / name).write_text(self.text(**kwargs))

    def put(self, name, data):
        (self.dir / name).write_bytes(data)

    def halves(self):
        """The people of two data sites: 50 + 50 and 50 + 50."""
        women, men = ([p for p in self.people if p[1] == sex] for sex in "FM")
        return women[:50] + men[:50], women[50:] + men[50:]


EOF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def block(data):
    """One BGZF block, stored."""
    deflate = zlib.compressobj(0, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
    return head + body + struct.pack("<2I", zlib.crc32(data), len(data))


def bgzf(text, per_block=4, between=b""):
    """Header in one block, then `per_block` records a block; returns the bytes and where each record lies."""
    lines = text.encode().splitlines(keepends=True)
    header = [line for line in lines if line.startswith(b"#")]
    out, places = block(b"".join(header)), []
    for i in range(len(header), len(lines), per_block):
        inside = 0
        for line in lines[i:i + per_block]:
            fields = line.split(b"\t", 4)
            places.append((fields[0], int(fields[1]), len(fields[3]), (len(out) << 16) + inside, len(line)))
            inside += len(line)
        out += block(b"".join(lines[i:i + per_block])) + between
    return out + EOF_BLOCK, places


def bin_of(start, end, shift, depth):
    """The binning scheme of the SAM specification, §5.3."""
    first, level = ((1 << depth * 3) - 1) // 7, depth
    while level > 0:
        if start >> shift == (end - 1) >> shift:
            return first + (start >> shift)
        shift, level = shift + 3, level - 1
        first -= 1 << level * 3
    return 0


def by_contig(places, shift, depth):
    contigs = {}
    for name, pos, length, begin, size in places:
        bins = contigs.setdefault(name, {})
        number = bin_of(pos - 1, pos - 1 + length, shift, depth)
        bins.setdefault(number, []).append((begin, begin + size, pos - 1))
    return contigs


def head(names):
    joined = b"".join(name + b"\0" for name in names)
    return struct.pack("<7i", 2, 1, 2, 0, ord("#"), 0, len(joined)) + joined


def tbi(places):
    """A tabix index."""
    contigs = by_contig(places, 14, 5)
    out = b"TBI\1" + struct.pack("<i", len(contigs)) + head(contigs)
    for bins in contigs.values():
        out += struct.pack("<i", len(bins))
        for number, records in sorted(bins.items()):
            out += struct.pack("<Ii2Q", number, 1, records[0][0], records[-1][1])
        last = max(pos for records in bins.values() for _, _, pos in records) >> 14
        starts = [min([b for rs in bins.values() for b, _, pos in rs if pos >> 14 >= w]) for w in range(last + 1)]
        out += struct.pack(f"<i{len(starts)}Q", len(starts), *starts)
    return block(out) + EOF_BLOCK


def csi(places, shift=14, depth=6):
    """A CSI index of a VCF file."""
    contigs = by_contig(places, shift, depth)
    aux = head(contigs)
    out = b"CSI\1" + struct.pack("<3i", shift, depth, len(aux)) + aux + struct.pack("<i", len(contigs))
    for bins in contigs.values():
        out += struct.pack("<i", len(bins))
        for number, records in sorted(bins.items()):
            out += struct.pack("<IQi2Q", number, records[0][0], 1, records[0][0], records[-1][1])
    return block(out) + EOF_BLOCK


PLAIN = {"0/0": 100, "0/1": 60, "1/1": 40}  # AC 140, AN 400


def reference(c):
    """Thirty bases of chr1; CACACACA stands at 10-17, so that losing one CA there is GCA>G at 9."""
    bases = "GATTACAGGCACACACATTGGATCCTTAGG"
    c.put("reference.fa", f">chr1\n{bases}\n".encode())
    c.put("reference.fa.fai", f"chr1\t{len(bases)}\t6\t{len(bases)}\t{len(bases) + 1}\n".encode())


def genotypes():
    c = Case("g01-half-call")
    c.record("chr1", 1000, "A", "C", {"0/0": 100, "0/1": 50, "./1": 25, "1/1": 25})
    c.record("chr1", 2000, "A", "C", {"0/0": 75, "0/1": 50, "1/1": 25, "0/.": 25, "./0": 25})
    c.write()

    odd = {"0/0": 110, "0/1": 40, "1/1": 20, "0/1/1": 30}
    for name in ["g02-polyploid-refused", "g02-polyploid-allowed"]:
        c = Case(name)
        c.record("chr1", 1000, "A", "C", PLAIN)
        c.record("chr1", 2000, "A", "C", odd)
        c.write()

    c = Case("g03-dot")
    c.record("chr1", 1000, "A", "C", {"0/0": 95, "0/1": 50, "1/1": 30, ".": 25})
    women = {"0/0": 45, "0/1": 20, "1/1": 15, ".": 20}
    c.record("chrX", 5000000, "A", "C", {"F": women, "M": {"0": 40, "1": 30, ".": 30}})
    c.record("chrM", 1000, "A", "C", {"0": 100, "1": 50, ".": 50})
    c.write()

    c = Case("g03-few-not-called")
    c.record("chr1", 1000, "A", "C", {"0/0": 91, "0/1": 60, "1/1": 40, "./.": 9})
    c.record("chr1", 2000, "A", "C", {"0/0": 90, "0/1": 60, "1/1": 40, "./.": 10})
    c.write()

    c = Case("g03-one-allele-of-two")
    c.record("chr1", 1000, "A", "C", {"0/0": 90, "0/1": 50, "1/1": 30, "1": 30})
    women = {"0/0": 45, "0/1": 20, "1/1": 15, "1": 20}
    c.record("chrX", 5000000, "A", "C", {"F": women, "M": {"0": 60, "1": 40}})
    c.write()

    c = Case("g04-phase")
    mix = {"0|0": 60, "0/0": 40, "0|1": 20, "1|0": 20, "0/1": 20, "1|1": 20, "1/1": 20}
    c.record("chr1", 1000, "A", "C", mix)
    c.write()

    c = Case("g04-phase-prefix", version="4.4")
    c.record("chr1", 1000, "A", "C", {"/0/0": 50, "|0|0": 50, "/0|1": 30, "|0/1": 30, "|1|1": 40})
    women = {"/0/0": 50, "|0|1": 30, "/1/1": 20}
    c.record("chrX", 5000000, "A", "C", {"F": women, "M": {"/0": 30, "|0": 30, "/1": 20, "|1": 20}})
    c.write()

    c = Case("g05-x-by-sex")
    men = {"0": 20, "0/0": 15, "1": 20, "1/1": 15, "0/1": 30}
    c.record("chrX", 5000000, "A", "C", {"F": {"0/0": 45, "0/1": 30, "1/1": 25}, "M": men})
    c.write()

    c = Case("g05-y-by-sex")
    men = {"0": 30, "0/0": 10, "1": 25, "1/1": 15, "0/1": 20}
    c.record("chrY", 5000000, "A", "C", {"F": {"1": 30, "0/0": 30, ".": 20, "0/1": 20}, "M": men})
    c.write()

    c = Case("g05-unknown-sex", f=80, m=80, u=40)
    unknown = {"0/0": 10, "0/1": 20, "1/1": 10}
    women, men = {"0/0": 40, "0/1": 20, "1/1": 20}, {"0": 50, "1": 30}
    c.record("chr1", 1000, "A", "C", PLAIN)
    c.record("chrX", 20000, "A", "C", PLAIN)
    c.record("chrX", 5000000, "A", "C", {"F": women, "M": men, "U": unknown})
    c.record("chrY", 5000000, "A", "C", {"F": {".": 80}, "M": men, "U": unknown})
    c.record("chrM", 1000, "A", "C", {"0": 150, "1": 50})
    c.write()

    for name, f, m, u in [("g05-few-of-a-sex", 191, 9, 0), ("g05-few-of-unknown-sex", 96, 95, 9)]:
        c = Case(name, f=f, m=m, u=u)
        c.record("chr1", 1000, "A", "C", PLAIN)
        c.record("chrX", 20000, "A", "C", PLAIN)
        c.record("chrX", 5000000, "A", "C", PLAIN)
        c.record("chrY", 20000, "A", "C", PLAIN)
        c.record("chrY", 5000000, "A", "C", PLAIN)
        c.record("chrM", 1000, "A", "C", {"0": 150, "1": 50})
        c.write()

    mix = {"F": {"0/0": 20, "0/1": 10, "1/1": 10}, "M": {"0/0": 10, "1/1": 10, "0/1": 20}}
    edges = {
        "g06-par-grch38": (GRCH38, {
            "chrX": [10000, 10001, 2781479, 2781480, 155701382, 155701383, 156030895, 156030896],
            "chrY": [10000, 10001, 2781479, 2781480, 56887902, 56887903, 57217415, 57217416]}),
        "g06-par-grch37": (GRCH37, {
            "chrX": [60000, 60001, 2699520, 2699521, 154931043, 154931044, 155260560, 155260561],
            "chrY": [10000, 10001, 2649520, 2649521, 59034049, 59034050, 59363566, 59363567]}),
    }
    for name, (build, places) in edges.items():
        c = Case(name, f=40, m=40, build=build)
        for contig, positions in places.items():
            for pos in positions:
                c.record(contig, pos, "A", "C", mix)
        c.write()
    c = Case("g06-build-unknown", f=40, m=40)
    c.record("chr1", 1000, "A", "C", mix)
    c.record("chrX", 5000000, "A", "C", mix)
    c.write(contigs={"chr1": None, "chrX": 1000000000})

    c = Case("g07-mt", f=60, m=60)
    c.record("chrM", 1000, "A", "C,T", {"0/0": 20, "0": 20, "1": 20, "1/1": 10, "0/1": 20, "1/0": 10, "1/2": 20})
    c.write()

    c = Case("g08-nhomalt")
    c.record("chr1", 1000, "A", "C", PLAIN)
    c.record("chrX", 5000000, "A", "C", {"F": {"0/0": 50, "0/1": 30, "1/1": 20}, "M": {"0": 60, "1": 40}})
    c.write()

    several = {"0/0": 80, "0/1": 40, "0/2": 30, "1/2": 25, "1/1": 15, "2/2": 10}
    c = Case("g09-multiallelic")
    c.record("chr1", 1000, "A", "C,T", several)
    c.record("chr1", 2000, "A", "C,T", {"0/0": 120, "0/1": 40, "1/1": 30, "0/2": 5, "1/2": 5})
    c.write()
    c = Case("g09-multiallelic-split")
    places = [("chr1", 1000, "A", "C"), ("chr1", 1000, "A", "T")]
    c.records(places, {"0/0 0/0": 80, "0/1 0/0": 40, "0/0 0/1": 30, "1/0 0/1": 25, "1/1 0/0": 15, "0/0 1/1": 10})
    c.write()

    c = Case("g10-star")
    c.record("chr1", 1000, "A", "C,*", {"0/0": 80, "0/1": 40, "0/2": 30, "1/2": 20, "1/1": 20, "2/2": 10})
    c.record("chr1", 2000, "A", "*", PLAIN)
    c.write()

    c = Case("g11-non-ref")
    for pos, other in [(1000, "<NON_REF>"), (2000, "<*>")]:
        c.record("chr1", pos, "A", f"C,{other}", {"0/0": 100, "0/1": 50, "1/1": 25, "0/2": 25})
        c.record("chr1", pos + 500, "A", other, PLAIN, info=f"END={pos + 600}")
    c.write()

    for name in ["g12-symbolic", "g12-symbolic-asked"]:
        c = Case(name)
        c.record("chr1", 1000, "A", "<DEL>", PLAIN, info="SVTYPE=DEL;END=1500")
        c.record("chr1", 2000, "A", "A[chr2:1000[", PLAIN, info="SVTYPE=BND")
        c.record("chr1", 3000, "A", "C,<DEL>", several, info="SVTYPE=DEL;END=3500")
        c.write()

    joint = {"0/0 0/0": 100, "0/1 0/0": 30, "0/0 0/1": 30, "0/1 0/1": 20, "1/1 1/1": 20}
    c = Case("g13-trim")
    c.records([("chr1", 1000, "CAT", "CGT"), ("chr1", 1001, "A", "G")], joint)
    c.write()
    for name in ["g13-left-align", "g13-left-align-not"]:
        c = Case(name)
        c.records([("chr1", 9, "GCA", "G"), ("chr1", 15, "ACA", "A")], joint)
        c.write()
        reference(c)

    twice = {"0/0 0/0": 110, "0/1 0/0": 30, "0/0 0/1": 20, "0/1 ./.": 20, "1/1 1/1": 20}
    c = Case("g14-duplicate-record")
    c.records([("chr1", 1000, "A", "C")] * 2, twice)
    c.write()
    c = Case("g14-contradiction")
    places = [("chr1", 1000, "A", "C"), ("chr1", 1000, "A", "T")]
    c.records(places, {"0/0 0/0": 90, "0/1 0/0": 40, "0/0 0/1": 30, "0/1 0/1": 20, "1/1 0/1": 20})
    c.write()
    c = Case("g14-sample-in-two-files")
    here, there = c.people[:120], c.people[100:]
    c.record("chr1", 1000, "A", "C", {"0/0": 60, "0/1": 60}, people=here)
    c.write("first.vcf", people=here)
    c.record("chr1", 1000, "A", "C", {"0/0": 50, "0/1": 50}, people=there)
    c.write("second.vcf", people=there)
    c = Case("g14-region-in-two-files")
    for name, places in [("first.vcf", [1000, 3000]), ("second.vcf", [2000, 4000])]:
        for pos in places:
            c.record("chr1", pos, "A", "C", PLAIN)
        c.write(name)
    c = Case("g14-two-data-sites")
    for name, half, places in zip(["first.vcf", "second.vcf"], c.halves(), [[1000, 2000], [1000, 3000]]):
        for pos in places:
            c.record("chr1", pos, "A", "C", {"0/0": 50, "0/1": 30, "1/1": 20}, people=half)
        c.write(name, people=half)

    c = Case("g14-two-samples-of-a-person")
    first = c.people
    second = [(f"{name}b", sex) for name, sex in first[:40]]
    c.record("chr1", 1000, "A", "C", {"0/0": 100, "0/1": 60, "1/1": 40})
    c.lines[0] += "\t1/1" * 40
    c.write(people=first + second)
    rows = [f"{name}\t{name[:4]}\t{sex}" for name, sex in second + first]
    (c.dir / "samples.tsv").write_text("\n".join(["sample_id\tsubject_id\tsex", *rows]) + "\n")

    c = Case("g15-info-wrong")
    c.record("chr1", 1000, "A", "C", PLAIN, info="AC=7;AN=9;AF=0.5")
    c.write()

    c = Case("g16-no-genotypes")
    c.record("chr1", 1000, "A", "C", PLAIN)
    c.record("chr1", 2000, "A", "C", {"20": 100, "30": 100}, format="DP")
    c.lines.append(c.line("chr1", 3000, "A", "C", [], format=None))
    c.write()
    c = Case("g16-gt-not-first")
    c.record("chr1", 1000, "A", "C", {"20:0/0": 100, "20:0/1": 60, "20:1/1": 40}, format="DP:GT")
    c.write()

    c = Case("g17-adj")
    c.record("chr1", 1000, "A", "C", {
        "0/0:30:10:10,0": 60, "0/0:30:9:9,0": 20, "0/1:30:20:10,10": 30, "0/1:30:20:17,3": 20,
        "0/1:20:20:16,4": 10, "0/1:30:20:1,19": 20, "1/1:20:10:0,10": 20, "1/1:19:20:0,20": 20}, format="GT:GQ:DP:AD")
    c.record("chrX", 5000000, "A", "C", {
        "F": {"0/0:30:20:20,0": 50, "0/1:30:20:10,10": 20, "1/1:30:10:0,10": 10, "1/1:30:9:0,9": 20},
        "M": {"0:30:5:5,0": 30, "1:30:5:0,5": 20, "1/1:30:5:0,5": 15, "1/1:30:4:0,4": 15, "1:30:4:0,4": 20}},
        format="GT:GQ:DP:AD")
    c.write()

    for name in ["g18-filter", "g18-include-filtered"]:
        c = Case(name)
        for pos, verdict in [(1000, "PASS"), (2000, "."), (3000, "q10")]:
            c.record("chr1", pos, "A", "C", PLAIN, filter=verdict)
        c.write()
    c = Case("g18-ft")
    c.record("chr1", 1000, "A", "C", {
        "0/0:PASS": 80, "0/1:PASS": 30, "0/1:.": 20, "0/1:q20": 30, "1/1:PASS": 20, "1/1:q20;dp": 20}, format="GT:FT")
    c.write()

    c = Case("g19-hwe")
    for i, (ref, het, alt) in enumerate([(100, 80, 20), (110, 50, 40), (20, 150, 30), (145, 45, 10), (95, 10, 95)]):
        c.record("chr1", 1000 * (i + 1), "A", "C", {"0/0": ref, "0/1": het, "1/1": alt})
    c.record("chrX", 5000000, "A", "C", {"F": {"0/0": 60, "0/1": 20, "1/1": 20}, "M": {"0": 60, "1": 40}})
    c.write()

    c = Case("g20-f")
    for i, (ref, het, alt) in enumerate([(50, 100, 50), (100, 60, 40), (30, 140, 30)]):
        c.record("chr1", 1000 * (i + 1), "A", "C", {"0/0": ref, "0/1": het, "1/1": alt})
    c.write()

    c = Case("g21-samples")
    c.record("chr1", 1000, "A", "C", PLAIN)
    c.write()
    table = c.people[:198] + [("P007", "F"), ("Q001", "M"), ("Q002", "F")]
    c.samples(table)
    c = Case("g21-doubled-column")
    c.people[1] = c.people[0]
    c.lines.append(c.line("chr1", 1000, "A", "C", ["0/1"] * 200))
    c.write()


def absent():
    for name in ["a1-absent-missing", "a2-absent-hom-ref", "a3-reference-block"]:
        c = Case(name)
        first, second = c.halves()
        half = {"0/0": 50, "0/1": 30, "1/1": 20}
        c.record("chr1", 1000, "A", "C", half, people=first)
        c.record("chr1", 2000, "A", "C", half, people=first)
        c.write("first.vcf", people=first)
        if name == "a3-reference-block":
            c.record("chr1", 900, "A", "<NON_REF>", {"0/0": 100}, people=second, info="END=1100")
        c.record("chr1", 2000, "A", "C", half, people=second)
        c.write("second.vcf", people=second)


def many(c):
    """Twelve records in three blocks."""
    for i in range(12):
        c.record("chr1", 1000 + 20000 * i, "A", "C", {"0/0": 20, "0/1": 20, "1/1": 20})
    return c.text()


def files():
    for name in ["f1-cut", "f1-no-end", "f1-empty-block"]:
        c = Case(name, f=30, m=30)
        data, _ = bgzf(many(c), between=EOF_BLOCK if name == "f1-empty-block" else b"")
        c.put("input.vcf.gz", {"f1-cut": data[:3000], "f1-no-end": data[:-28]}.get(name, data))

    for name in ["f1-no-newline", "f1-no-newline-plain"]:
        c = Case(name, f=30, m=30)
        text = many(c).removesuffix("\n")
        plain = name.endswith("plain")
        c.put("input.vcf" if plain else "input.vcf.gz", text.encode() if plain else bgzf(text)[0])

    for name in ["f2-older-index", "f2-older-index-accepted", "f2-other-index", "f2-empty-index", "f2-good-index"]:
        c = Case(name, f=30, m=30)
        text = many(c)
        data, places = bgzf(text)
        _, others = bgzf(text, per_block=12)
        index = {"f2-other-index": others, "f2-empty-index": []}.get(name, places)
        c.put("input.vcf.gz", data)
        c.put("input.vcf.gz.tbi", tbi(index))

    half = {"0/0": 50, "0/1": 30, "1/1": 20}
    bare = {name[3:].replace("M", "MT"): n for name, n in GRCH38.items()}
    for name in ["f3-two-names", "f3-other-order", "f3-mixed-builds"]:
        c = Case(name)
        first, second = c.halves()
        for contig, pos in [("chr1", 1000), ("chr2", 1000), ("chrM", 1000)]:
            mix = {"0": 60, "1": 40} if contig == "chrM" else half
            c.record(contig, pos, "A", "C", mix, people=first)
        c.write("first.vcf", people=first)
        order = [("2", 1000), ("1", 1000), ("MT", 1000)] if name == "f3-other-order" else [("1", 1000), ("2", 1000), ("MT", 1000)]
        for contig, pos in order:
            mix = {"0": 60, "1": 40} if contig == "MT" else half
            c.record(contig, pos, "A", "C", mix, people=second)
        contigs = {name: bare[name] for name in ["2", "1", "MT"]} if name == "f3-other-order" else bare
        if name == "f3-mixed-builds":
            contigs = {name: {"1": GRCH37["chr1"], "2": GRCH37["chr2"]}.get(name, n) for name, n in bare.items()}
        c.write("second.vcf", people=second, contigs=contigs)

    c = Case("f4-long-contig", f=30, m=30)
    for pos in [1000, 536870912, 536870913, 900000000]:
        c.record("chr1A", pos, "A", "C", {"0/0": 20, "0/1": 20, "1/1": 20})
    data, places = bgzf(c.text(contigs={"chr1A": 1000000000}), per_block=1)
    c.put("input.vcf.gz", data)
    c.put("input.vcf.gz.csi", csi(places))

    for name in ["f5-gzip", "f5-plain"]:
        c = Case(name, f=30, m=30)
        text = many(c).encode()
        c.put("input.vcf.gz" if name == "f5-gzip" else "input.vcf",
              gzip.compress(text, 0, mtime=0) if name == "f5-gzip" else text)

    c = Case("f6-out-of-order")
    for pos in [1000, 3000, 2000]:
        c.record("chr1", pos, "A", "C", PLAIN)
    c.write()
    c = Case("f6-contig-returns")
    for contig, pos in [("chr1", 1000), ("chr2", 1000), ("chr1", 2000)]:
        c.record(contig, pos, "A", "C", PLAIN)
    c.write()

    c = Case("f8-region-left-align")
    c.record("chr1", 15, "ACA", "A", PLAIN)
    c.record("chr1", 19, "T", "A", PLAIN)
    c.write()
    reference(c)
    for name in ["f8-region-edges", "f8-partition-edges"]:
        c = Case(name, f=30, m=30)
        third = {"0/0": 20, "0/1": 20, "1/1": 20}
        for pos, ref, alt in [(998, "CAT", "C"), (999, "A", "C"), (1000, "A", "C"), (1999, "CAT", "CAG"), (2000, "A", "C"),
                              (2002, "A", "C"), (2999, "CAT", "C")]:
            c.record("chr1", pos, ref, alt, third)
        data, places = bgzf(c.text(), per_block=2)
        c.put("input.vcf.gz", data)
        c.put("input.vcf.gz.tbi", tbi(places))


def alleles():
    c = Case("x1-alt-twice")
    c.record("chr1", 1000, "A", "C,C", {"0/0": 100, "0/1": 40, "0/2": 30, "1/2": 30})
    c.write()
    c = Case("x2-alt-is-ref")
    c.record("chr1", 1000, "A", "A", PLAIN)
    c.write()
    c = Case("x3-lower-case")
    c.records([("chr1", 1000, "a", "c"), ("chr1", 1000, "A", "C")],
              {"0/0 0/0": 100, "0/1 0/0": 30, "0/0 0/1": 30, "1/1 1/1": 40})
    c.write()
    c = Case("x4-long-ref")
    bases = "".join(c.random.choice("ACGT") for _ in range(1500)) + "A"
    c.records([("chr1", 1000, bases + "T", bases + "G"), ("chr1", 2501, "T", "G")],
              {"0/0 0/0": 100, "0/1 0/0": 30, "0/0 0/1": 30, "1/1 1/1": 40})
    c.write()
    c = Case("x5-unknown-contig")
    c.record("chr1", 1000, "A", "C", PLAIN)
    c.record("chr9", 1000, "A", "C", PLAIN)
    c.write()
    c = Case("x6-allele-beyond")
    c.record("chr1", 1000, "A", "C", {"0/0": 100, "0/1": 60, "0/2": 40})
    c.write()


genotypes()
absent()
files()
alleles()
