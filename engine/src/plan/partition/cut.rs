//! How finely the genome is cut.

use serde::{Deserialize, Serialize};

use super::cost::Piece;
use crate::region::join;

/// Partitions per slot of a cluster: enough that slots end together, few enough that starting them costs nothing.
const PER_SLOT: usize = 5;
/// A partition for slots is not larger than this many compressed bytes: what a killed task has to do again.
const LARGEST: u64 = 4 << 30;
/// Nor smaller, as long as none has to be larger: starting a task costs more than counting less.
const SMALLEST: u64 = 128 << 20;

/// The most parts that a size may ask for.
const MOST: usize = 100_000;

/// How finely the genome is cut; never a matter of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// Into this many parts, for the files of every set of samples.
    Parts(usize),
    /// Into parts of about this many compressed bytes, at most 100,000.
    Size(u64),
    /// For this many tasks at a time: five parts for each, none above 4 GiB, and none below 128 MiB unless that takes more
    /// than 4 GiB elsewhere.
    Slots(usize),
}

impl Default for Cut {
    fn default() -> Self {
        Cut::Parts(1)
    }
}

impl Cut {
    /// The number of parts for groups of files of these sizes. What has no index is read from end to end for every part, so
    /// that it is cut only by who says how often.
    pub(super) fn parts(self, bytes: &[u64], indexed: bool) -> usize {
        let largest = bytes.iter().copied().max().unwrap_or(0);
        let times = |size: u64| usize::try_from(largest.div_ceil(size.max(1))).unwrap_or(usize::MAX).max(1);
        match self {
            Cut::Parts(n) => n,
            Cut::Size(_) | Cut::Slots(_) if !indexed => 1,
            Cut::Size(size) => times(size).min(MOST),
            Cut::Slots(slots) => {
                (PER_SLOT * slots).div_ceil(bytes.len().max(1)).min(times(SMALLEST)).max(times(LARGEST))
            }
        }
    }
}

/// Deals consecutive pieces into `n` parts of about equal cost. Where there are fewer pieces, there are fewer parts.
pub(super) fn cut(pieces: &[Piece], contigs: usize, n: usize) -> Vec<Vec<Vec<(u64, u64)>>> {
    let total: u64 = pieces.iter().map(|p| p.weight).sum::<u64>().max(1);
    let mut parts = vec![vec![Vec::new(); contigs]; n];
    let mut done = 0u64;
    for piece in pieces {
        let part = usize::try_from(u128::from(done) * n as u128 / u128::from(total)).unwrap_or(0).min(n - 1);
        parts[part][piece.contig].push((piece.start, piece.end));
        done += piece.weight;
    }
    parts.retain(|spans| spans.iter().any(|spans| !spans.is_empty()));
    parts.into_iter().map(|spans| spans.into_iter().map(join).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        let pieces: Vec<Piece> = (0..100)
            .map(|i| Piece {
                contig: i / 60,
                start: i as u64 * 10,
                end: i as u64 * 10 + 10,
                weight: 1 + i as u64 % 7,
            })
            .collect();
        for (n, expected) in [(2, 2), (7, 7), (300, 96)] {
            let parts = cut(&pieces, 2, n);
            assert_eq!(parts.len(), expected);
            let mut all: Vec<(usize, u64, u64)> = Vec::new();
            for part in &parts {
                for (contig, spans) in part.iter().enumerate() {
                    all.extend(spans.iter().map(|&(s, e)| (contig, s, e)));
                }
            }
            assert!(all.windows(2).all(|w| w[0].2 <= w[1].1 || w[0].0 < w[1].0), "{n}: ordered");
            assert_eq!(all.iter().map(|(_, s, e)| e - s).sum::<u64>(), 1000, "{n}: covered");
        }
    }

    #[test]
    fn slots_get_five_parts_within_bounds() {
        const GIB: u64 = 1 << 30;
        let parts = |slots, bytes: &[u64]| Cut::Slots(slots).parts(bytes, true);
        assert_eq!(parts(20, &[50 * GIB]), 100);
        assert_eq!(parts(20, &[50 * GIB, 10 * GIB]), 50);
        assert_eq!(parts(20, &[GIB]), 8, "none below 128 MiB");
        assert_eq!(parts(2, &[400 * GIB]), 100, "none above 4 GiB");
        assert_eq!(parts(20, &[1000]), 1);
        assert_eq!(Cut::Slots(20).parts(&[50 * GIB], false), 1, "read from end to end each time");
        assert_eq!(Cut::Size(GIB).parts(&[50 * GIB + 1], true), 51);
        assert_eq!(Cut::Parts(7).parts(&[1], false), 7);
    }
}
