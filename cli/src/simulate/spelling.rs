//! REF and ALT: bases, indels that cannot be moved to the left, and how several alternates go together.

use super::genome::{Zone, base, bases};
use super::random::Random;

/// The alleles of a locus as a record spells them.
#[derive(Clone, Debug)]
pub(crate) struct Spelling {
    /// REF.
    pub(crate) reference: Vec<u8>,
    /// ALT.
    pub(crate) texts: Vec<Vec<u8>>,
    /// Last base of a symbolic deletion.
    pub(crate) end: Option<usize>,
}

impl Spelling {
    fn new(reference: Vec<u8>, texts: Vec<Vec<u8>>) -> Self {
        Self { reference, texts, end: None }
    }

    /// `count` other bases, a transition first two times of three.
    pub(crate) fn single_base(contig: usize, position: usize, count: usize, random: &mut Random) -> Self {
        let reference = base(contig, position);
        let (transition, mut transversions) = match reference {
            b'A' => (b'G', [b'C', b'T']),
            b'G' => (b'A', [b'C', b'T']),
            b'C' => (b'T', [b'A', b'G']),
            _ => (b'C', [b'A', b'G']),
        };
        random.shuffle(&mut transversions);
        let [first, second] = transversions;
        let order =
            if random.chance(2.0 / 3.0) { [transition, first, second] } else { [first, transition, second] };
        Self::new(vec![reference], order.iter().take(count).map(|other| vec![*other]).collect())
    }

    /// A deletion of at least `length` bases behind the anchor.
    pub(crate) fn deletion(contig: usize, position: usize, length: usize) -> Self {
        Self::new(deletable(contig, position, length), vec![vec![base(contig, position)]])
    }

    /// A deletion or an insertion.
    pub(crate) fn indel(contig: usize, position: usize, random: &mut Random) -> Self {
        let length = indel_length(random);
        let anchor = base(contig, position);
        if random.chance(0.55) {
            Self::deletion(contig, position, length)
        } else {
            Self::new(vec![anchor], vec![inserted(&[anchor], length, random)])
        }
    }

    /// Two or three bases, a base and an insertion, or a repeat that loses or gains.
    pub(crate) fn multi_allelic(contig: usize, position: usize, random: &mut Random) -> Self {
        let length = 1 + random.below(4);
        match random.weighted(&[0.55, 0.10, 0.20, 0.15]) {
            0 => Self::single_base(contig, position, 2, random),
            1 => Self::single_base(contig, position, 3, random),
            2 => {
                let mut spelling = Self::single_base(contig, position, 1, random);
                spelling.texts.push(inserted(&spelling.reference, length, random));
                spelling
            }
            _ => {
                let mut spelling = Self::deletion(contig, position, length);
                spelling.texts.push(inserted(&spelling.reference, length, random));
                spelling
            }
        }
    }

    /// A `<DEL>` of 300 bases to 20 kb, inside its zone.
    pub(crate) fn symbolic(zone: &Zone, position: usize, random: &mut Random) -> Self {
        let end = (position + 300 + random.below(20_000)).min(zone.last);
        Self { end: Some(end), ..Self::new(vec![base(zone.contig, position)], vec![b"<DEL>".to_vec()]) }
    }
}

/// How long an indel is: mostly 1–4 bases, seldom up to 300.
fn indel_length(random: &mut Random) -> usize {
    if random.chance(0.03) {
        return 30 + random.below(270);
    }
    let mut length = 1;
    while length < 24 && random.chance(0.55) {
        length += 1;
    }
    length
}

/// REF of a deletion of at least `length` bases, long enough that it cannot be moved to the left.
fn deletable(contig: usize, position: usize, length: usize) -> Vec<u8> {
    let anchor = base(contig, position);
    let mut reference = bases(contig, position, length + 1);
    while reference.last() == Some(&anchor) {
        reference.push(base(contig, position + reference.len()));
    }
    reference
}

/// `before` with random bases behind it, the last unlike the last of `before`: it cannot be moved to the left.
fn inserted(before: &[u8], length: usize, random: &mut Random) -> Vec<u8> {
    let mut text = before.to_vec();
    text.extend((1..length).map(|_| *random.pick(b"ACGT")));
    let others: Vec<u8> = b"ACGT".iter().copied().filter(|letter| Some(letter) != before.last()).collect();
    text.push(*random.pick(&others));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_are_twice_as_many_as_transversions() {
        let random = &mut Random::stream(1, &[]);
        let transitions = (1..=9000).filter(|position| {
            let spelling = Spelling::single_base(0, *position, 1, random);
            let pair = [spelling.reference[0], spelling.texts[0][0]];
            matches!(&pair, b"AG" | b"GA" | b"CT" | b"TC")
        });
        assert!((5800..6200).contains(&transitions.count()));
    }

    #[test]
    fn alternates_differ_from_each_other_and_from_the_reference() {
        let random = &mut Random::stream(2, &[]);
        for position in 1..5000 {
            let spelling = Spelling::multi_allelic(3, position, random);
            let mut all = spelling.texts.clone();
            all.push(spelling.reference);
            let unique: std::collections::BTreeSet<_> = all.iter().collect();
            assert_eq!(unique.len(), all.len());
        }
    }
}
