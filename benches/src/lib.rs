//! What the benchmarks share: numbers from a seed, and cohorts of invented people as files.

pub mod bgzf;
pub mod cohort;
pub mod dice;
