//! What a job will take: memory, time, bytes and files. Estimates err on the side of too much, because a task that is killed for
//! memory or time has to be done again.

use std::path::Path;

use super::Plan;
use crate::error::{Error, Result};

const MIB: u64 = 1 << 20;
/// Compressed bytes that one thread counts in a second at the least: a slow node and a busy storage have a part of what
/// was measured.
const SPEED: u64 = 25 * MIB;
/// Of a program at rest, its code and the ledger's entries.
const BASE: u64 = 32 * MIB;
/// Per worker: text of a chunk and of the longest record, read buffers, counts of a chunk.
const WORKER: u64 = 24 * MIB;
/// Per person: names, attributes, cells, columns.
const PERSON: u64 = 2 << 10;
/// Per column of the table: a row group, encoded and not, in the file that is largest.
const COLUMN: u64 = 768 << 10;

/// What a job will take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Peak memory of counting a partition, in bytes.
    pub tally: u64,
    /// Peak memory of the release, in bytes.
    pub release: u64,
    /// Seconds for the largest partition.
    pub seconds: u64,
    /// Bytes in JOB when everything is counted.
    pub bytes: u64,
    /// Files and directories in JOB when everything is counted (quotas count them too).
    pub files: u64,
}

impl Plan {
    /// What the job will take with this many threads a task.
    #[must_use]
    pub fn estimate(&self, threads: usize) -> Estimate {
        let threads = threads.max(1) as u64;
        let resting = BASE + PERSON * self.subjects.len() as u64;
        let strata: usize = self.strata.families.iter().map(|family| family.nodes.len()).sum();
        let partitions = self.partitions.len() as u64;
        let all: u64 = self.partitions.iter().map(|partition| partition.bytes).sum();
        let largest = self.partitions.first().map_or(0, |partition| partition.bytes);
        Estimate {
            tally: resting + WORKER * threads,
            release: resting + WORKER * threads + COLUMN * 3 * strata as u64,
            seconds: (largest / (SPEED * threads)).max(1),
            // A partial has a few bytes per cell of people with a call that is not plain homozygous reference; of sparse genotypes, which
            // take most, it has a fifth of the compressed bytes.
            bytes: all / 4 + partitions * (16 << 10),
            // The partial and the log of each; the rest is there once, or only while a partition is counted.
            files: 2 * partitions + 12,
        }
    }
}

/// Bytes and files for which a file system has room, `None` where it does not count files. The quota of a user may be smaller.
pub fn room(dir: &Path) -> Result<(u64, Option<u64>)> {
    let stat = rustix::fs::statvfs(dir).map_err(|e| Error::io(dir, &e.into()))?;
    let files = (stat.f_files > 0).then_some(stat.f_favail);
    Ok((stat.f_bavail.saturating_mul(stat.f_frsize), files))
}
