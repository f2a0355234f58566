"""What must be printed of a variant, from what bcftools counts in the finest groups of people.

A stratum is a sum of cells. People not called are counted per cell of the plan (docs/disclosure.md): of n people of whom
x are not called, y = 0 are printed as such if x < K or n < 2K, else min(x, n - K).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from people import Person

K = 10
ATTRIBUTES = ["sex", "area", "ages"]
PAR = [(10_001, 2_781_479), (155_701_383, 156_030_895)]

Cell = tuple[str, ...]
Key = tuple[str, int, str, str]


@dataclass
class Site:
    """One ALT as bcftools counted it: AN and AC per cell, and whether it is the only ALT of its record."""

    an: dict[Cell, int]
    ac: dict[Cell, int]
    single: bool


def normalised(contig: str, pos: int, ref: str, alt: str) -> Key:
    """Common ends trimmed, the right one first; one name for X and its PAR."""
    while min(len(ref), len(alt)) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while min(len(ref), len(alt)) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    contig = contig.removeprefix("chr")
    return "X" if contig in {"PAR1", "PAR2"} else contig, pos, ref, alt


def copies(key: Key, cell: Cell) -> int:
    """Of the chromosome, in each person of a cell."""
    in_par = any(first <= key[1] <= last for first, last in PAR)
    return 1 if key[0] == "X" and cell[0] == "M" and not in_par else 2


class Cells:
    """The finest groups of people, and bcftools' name for each."""

    def __init__(self, people: list[Person]) -> None:
        self.of = {person["sample_id"]: tuple(person[name] for name in ATTRIBUTES) for person in people}
        self.sizes = Counter(self.of.values())
        self.names = {cell: f"c{number}" for number, cell in enumerate(sorted(self.sizes))}

    def groups(self) -> str:
        """The file that tells bcftools who is in which cell."""
        return "".join(f"{sample}\t{self.names[cell]}\n" for sample, cell in self.of.items())

    def sites(self, lines: Iterable[list[str]]) -> dict[Key, Site]:
        """Every ALT in lines of CHROM, POS, REF, ALT and INFO."""
        sites = {}
        for contig, pos, ref, alts, info in lines:
            tags = dict(tag.partition("=")[::2] for tag in info.split(";"))
            an = {cell: int(tags[f"AN_{name}"]) for cell, name in self.names.items()}
            ac = {cell: tags[f"AC_{name}"].split(",") for cell, name in self.names.items()}
            for n, alt in enumerate(alts.split(",")):
                of_alt = {cell: int(counts[n]) for cell, counts in ac.items()}
                sites[normalised(contig, int(pos), ref, alt)] = Site(an, of_alt, "," not in alts)
        return sites

    def strata(self, by: list[str]) -> dict[str, list[Cell]]:
        """Suffix of its columns, and the cells, of every stratum of these `--by`."""
        strata: dict[str, list[Cell]] = defaultdict(list)
        for cell in self.sizes:
            value = dict(zip(ATTRIBUTES, cell))
            strata[""].append(cell)
            for attributes in (family.split(",") for family in by):
                for depth in range(1, len(attributes) + 1):
                    strata["".join(f"_{name}_{value[name]}" for name in attributes[:depth])].append(cell)
        return strata

    def printed_an(self, key: Key, site: Site, cells: Iterable[Cell], by: list[str]) -> int:
        """AN as it must be printed of the stratum with these cells."""
        used = [n for n, name in enumerate(ATTRIBUTES) if name in ",".join(by).split(",")]
        plan: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0])
        for cell in cells:
            ploidy, group = copies(key, cell), plan[tuple(cell[n] for n in used)]
            group[0] += self.sizes[cell]
            group[1] += self.sizes[cell] - site.an[cell] // ploidy
            group[2] = ploidy
        return sum(ploidy * (n - (0 if x < K or n < 2 * K else min(x, n - K))) for n, x, ploidy in plan.values())
