//! A released table through every sink.

use super::membership::Membership;
use super::{Finished, Sink};
use crate::error::Result;
use crate::suppress::{Released, TableHeader};

/// Rows handed to the sinks at a time.
const BATCH: usize = 4_096;

/// What was written: files under temporary names, and how many rows.
#[derive(Debug)]
pub struct Written {
    /// What holds for the whole table.
    pub header: TableHeader,
    /// The files, still in the private directory.
    pub files: Vec<Finished>,
    /// Rows by contig of the header.
    pub rows_per_contig: Vec<u64>,
    /// Positions with rows at which several records of the same people were combined.
    pub combined: u64,
    /// How well the table would tell whether somebody is in a stratum.
    pub membership: serde_json::Value,
}

/// Writes a released table.
pub fn write(mut released: Released<'_>, mut sinks: Vec<Box<dyn Sink>>) -> Result<Written> {
    let header = released.header().clone();
    let mut membership = Membership::new(&header);
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(rows) = released.next_rows()? {
        batch.extend(rows);
        if batch.len() >= BATCH {
            membership.add(&batch);
            for sink in &mut sinks {
                sink.rows(&header, &batch)?;
            }
            batch.clear();
        }
    }
    membership.add(&batch);
    for sink in &mut sinks {
        sink.rows(&header, &batch)?;
    }
    let mut files = Vec::new();
    for sink in sinks {
        files.extend(sink.finish()?);
    }
    Ok(Written {
        membership: membership.report(&header),
        header,
        files,
        rows_per_contig: released.rows_per_contig().to_vec(),
        combined: released.combined(),
    })
}
