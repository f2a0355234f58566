//! AD, DP and GQ beside the calls, for the data site that writes them.

use super::calls::{Flaws, Listed, Template};
use super::random::Random;

/// How many spellings of a reference call there are.
const SPELLINGS: usize = 64;

/// Ready-made fields of reference calls, for one, two and three alternates.
#[derive(Debug)]
pub(crate) struct Depth {
    reference: [Vec<Vec<u8>>; 3],
}

impl Depth {
    /// Depths of 18–49, and a few low ones that `--adj` does not accept.
    pub(crate) fn new() -> Self {
        let reference = [1, 2, 3].map(|alternates| {
            let depths = (0..SPELLINGS).map(|index| if index < 2 { 6 + index } else { 18 + index % 32 });
            depths.map(|depth| fields(&ad(depth, &vec![0; alternates]), 3 * depth)).collect()
        });
        Self { reference }
    }

    /// Appends all sample columns: the calls in `columns`, each with its fields; a missing call has none.
    pub(crate) fn weave(
        &self,
        calls: (&Template, &[u8]),
        line: &Listed<'_>,
        flaws: &Flaws,
        out: &mut Vec<u8>,
    ) {
        let (template, columns) = calls;
        let random = &mut Random::stream(flaws.noise, &[]);
        let reference = &self.reference[line.numbers.len() - 1];
        let mut missing = flaws.missing.iter().copied().peekable();
        let mut carriers = line.genotypes.carriers(line.people).iter().copied().peekable();
        let mut bits = 0;
        for (index, person) in line.people.clone().enumerate() {
            out.push(b'\t');
            let call = template.call(columns, index);
            out.extend_from_slice(call);
            if index % 8 == 0 {
                bits = random.bits();
            }
            let carried = carriers.next_if_eq(&person).is_some();
            if missing.next_if_eq(&index).is_some() || call[0] == b'.' {
                continue;
            }
            if carried {
                out.extend_from_slice(&carrier(line, (person, call.len()), random));
            } else {
                out.extend_from_slice(&reference[usize::from(bits.to_le_bytes()[index % 8]) % SPELLINGS]);
            }
        }
    }
}

/// The fields of a carrier: reads shared out among the alleles, one het in a hundred badly.
fn carrier(line: &Listed<'_>, (person, width): (usize, usize), random: &mut Random) -> Vec<u8> {
    let [first, second] = line.alleles(person);
    let second = if width == 1 { first } else { second };
    let depth = 20 + random.below(30);
    let part = if random.chance(0.01) { depth / 8 } else { depth * (35 + random.below(31)) / 100 };
    let mut reads = vec![0; line.numbers.len() + 1];
    reads[usize::from(first.max(second))] += part;
    reads[usize::from(first.min(second))] += depth - part;
    fields(&reads, 20 + 2 * depth)
}

fn ad(reference: usize, alternates: &[usize]) -> Vec<usize> {
    [&[reference], alternates].concat()
}

fn fields(reads: &[usize], quality: usize) -> Vec<u8> {
    let depth: usize = reads.iter().sum();
    let reads = reads.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    format!(":{reads}:{depth}:{}", quality.min(99)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_agree_with_each_other() {
        assert_eq!(fields(&[10, 12], 120), b":10,12:22:99");
        let depth = Depth::new();
        assert!(depth.reference[2].iter().all(|text| text.split(|byte| *byte == b',').count() == 4));
    }
}
