//! A small seeded cohort of corner cases: groups of barely ten, alleles that nearly everybody or nearly nobody has, cells
//! in which most are not called, positions with several records.

use super::cohort::Cohort;
use super::people::People;
use super::rule::Attributes;

/// People of each sex and group.
const CELLS: [(&str, &str, usize); 6] =
    [("F", "A", 34), ("M", "A", 27), ("M", "B", 14), ("F", "B", 12), ("F", "C", 11), ("M", "C", 10)];

/// A cohort of this many records as VCF text, and its people.
pub(super) fn cohort(records: usize) -> (String, Cohort, People) {
    let mut random = Random(7);
    let cell_of: Vec<usize> = (0..CELLS.len()).flat_map(|c| std::iter::repeat_n(c, CELLS[c].2)).collect();
    let names: Vec<String> = (0..cell_of.len()).map(|i| format!("P{i}")).collect();
    let mut text = format!(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n\
         ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
        names.join("\t")
    );
    let mut pos = 10_000;
    for _ in 0..records {
        // One record in ten stands where the one before does.
        let again = random.below(10) == 0;
        pos += if again { 0 } else { 7 };
        let several = random.below(6) == 0;
        let alt = match (again, several) {
            (false, false) => "C",
            (false, true) => "C,G,*",
            (true, false) => "T",
            (true, true) => "T,G",
        };
        text.push_str(&format!("chr1\t{pos}\t.\tA\t{alt}\t.\tPASS\t.\tGT"));
        let shape = Shape::draw(&mut random);
        for &cell in &cell_of {
            text.push('\t');
            text.push_str(&shape.call(cell, alt.split(',').count(), &mut random));
        }
        text.push('\n');
    }
    let person = |&cell: &usize| -> Attributes {
        [("sex", CELLS[cell].0.to_owned()), ("superpopulation", CELLS[cell].1.to_owned())].into()
    };
    let people = People { attributes: cell_of.iter().map(person).collect() };
    let cohort = Cohort::parse(text.as_bytes());
    (text, cohort, people)
}

/// How a record's calls are drawn, by cell: per cent of ALT alleles and of missing calls.
struct Shape {
    alt: [usize; 6],
    missing: [usize; 6],
    /// Everybody homozygous, of one allele or the other.
    homozygous: bool,
}

impl Shape {
    fn draw(random: &mut Random) -> Self {
        let common = random.of(&[8, 12, 15, 20, 30, 50, 70, 85, 88, 92]);
        let rare = random.below(2) == 0;
        let strange = random.below(3);
        let lacking = random.below(4) == 0;
        let alt = |_| if strange == 0 { random.of(&[0, 3, 50, 97, 100]) } else { common };
        let alt = [0; 6].map(alt);
        let missing = |_| if lacking { random.of(&[0, 0, 30, 60, 80, 95]) } else { usize::from(rare) * 2 };
        let missing = [0; 6].map(missing);
        Self { alt, missing, homozygous: random.below(8) == 0 }
    }

    fn call(&self, cell: usize, alts: usize, random: &mut Random) -> String {
        if random.below(100) < self.missing[cell] {
            return ["./.", "./1", "."][random.below(3)].to_owned();
        }
        let mut allele = || if random.below(100) < self.alt[cell] { 1 + random.below(alts) } else { 0 };
        let (a, b) = (allele(), allele());
        format!("{a}/{}", if self.homozygous { a } else { b })
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn of(&mut self, values: &[usize]) -> usize {
        values[self.below(values.len())]
    }
}
