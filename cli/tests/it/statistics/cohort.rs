//! 600 people by sex, region and disease, with variants of all frequencies on chr1, X and MT.

use std::path::Path;

/// A person of the cohort.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) sex: &'static str,
    pub(super) region: &'static str,
    /// `E11`, `notE11`, or not assessed.
    pub(super) disease: Option<&'static str>,
}

impl Person {
    /// True for people of the stratum whose columns end so.
    pub(super) fn is_in(&self, suffix: &str) -> bool {
        let mut own = vec![String::new(), format!("_sex_{}", self.sex)];
        own.push(format!("_sex_{}_region_{}", self.sex, self.region));
        own.iter().any(|s| s == suffix)
    }

    /// Alleles that the person has there.
    pub(super) fn copies(&self, contig: &str) -> u32 {
        match (contig, self.sex) {
            ("chr1", _) | ("chrX", "F") => 2,
            _ => 1,
        }
    }
}

/// The people: odd ones men, every fourth with E11, every twentieth not assessed.
fn people() -> Vec<Person> {
    let person = |i: usize| Person {
        name: format!("P{i:03}"),
        sex: ["F", "M"][i % 2],
        region: ["kanto", "kinki", "kyushu", "kanto", "kinki"][i / 2 % 5],
        disease: match i {
            i if i % 20 == 7 => None,
            i if i % 4 == 1 || i % 8 == 2 => Some("E11"),
            _ => Some("notE11"),
        },
    };
    (0..600).map(person).collect()
}

/// True where calls are missing on purpose: at every third position.
pub(super) fn somebody_missing(pos: &str) -> bool {
    pos.parse::<usize>().expect("a position") / 100 % 3 == 0
}

/// Writes `samples.tsv` and `cohort.vcf`.
pub(super) fn write(dir: &Path) -> Vec<Person> {
    let people = people();
    let mut samples = "sample_id\tsex\tregion\ticd10\n".to_owned();
    for Person { name, sex, region, disease } in &people {
        let icd10 = match disease {
            Some("E11") => "E11.9",
            Some(_) => "-",
            None => "",
        };
        samples += &format!("{name}\t{sex}\t{region}\t{icd10}\n");
    }
    std::fs::write(dir.join("samples.tsv"), samples).expect("written");
    let names: Vec<&str> = people.iter().map(|p| p.name.as_str()).collect();
    let mut vcf = format!(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n##contig=<ID=chrX,length=156040895>\n\
         ##contig=<ID=chrM,length=16569>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
        names.join("\t")
    );
    let mut random = Random(11);
    for (contig, first, records) in [("chr1", 1_000, 90), ("chrX", 9_000_000, 30), ("chrM", 100, 30)] {
        for record in 0..records {
            let pos = first + 100 * record;
            // Per mille of ALT alleles, and how many more among people with E11 and in one region.
            let (base, disease, kyushu) =
                (random.below(4) * random.below(120) + 8, random.below(90), random.below(60));
            let missing = if somebody_missing(&pos.to_string()) { [20, 150][random.below(2)] } else { 0 };
            vcf += &format!("{contig}\t{pos}\tv{pos}\tA\tC\t.\tPASS\t.\tGT");
            for person in &people {
                let more = [(person.disease == Some("E11"), disease), (person.region == "kyushu", kyushu)];
                let share = base + more.iter().filter(|(is, _)| *is).map(|(_, n)| n).sum::<usize>();
                let gone = random.below(1_000) < missing;
                let mut allele =
                    || if gone { "." } else { ["0", "1"][usize::from(random.below(1_000) < share)] };
                let alleles: Vec<&str> = (0..person.copies(contig)).map(|_| allele()).collect();
                vcf += &format!("\t{}", alleles.join("/"));
            }
            vcf.push('\n');
        }
    }
    std::fs::write(dir.join("cohort.vcf"), vcf).expect("written");
    people
}

/// Writes `many.tsv` and `many.vcf`: 40 people, 20 of them heterozygous at each of so many variants 25 kb apart.
pub(super) fn write_many(dir: &Path, variants: usize) {
    let names: Vec<String> = (0..40).map(|i| format!("P{i:02}")).collect();
    std::fs::write(dir.join("many.tsv"), format!("sample_id\n{}\n", names.join("\n"))).expect("written");
    let mut vcf = format!(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n\
         ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
        names.join("\t")
    );
    let calls = ["0/1"; 20].into_iter().chain(["0/0"; 20]).collect::<Vec<_>>().join("\t");
    for variant in 1..=variants {
        vcf += &format!("chr1\t{}\t.\tA\tC\t.\tPASS\t.\tGT\t{calls}\n", 25_000 * variant);
    }
    std::fs::write(dir.join("many.vcf"), vcf).expect("written");
}

/// A small generator: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}
