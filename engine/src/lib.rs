//! Allele and genotype frequencies, coverage and cohort statistics of whole genomes, that can only be emitted after
//! disclosure control.
//!
//! Five verbs; each takes the value that the one before made, and holding that value proves what it did:
//!
//! ```text
//! plan → tally → merge → suppress → write
//! ```
//!
//! | Type | Holding it proves |
//! |---|---|
//! | [`Plan`] | every input opened and was checked; samples, strata and policy agree |
//! | [`Partial`] | one partition was read to its end without error; unreleased |
//! | [`Merged`] | every partition of every data site exactly once |
//! | [`Reservation`] | the ledger admitted the strata beside every earlier release |
//! | [`Released`] | the disclosure policy was applied, beside what earlier releases print |
//!
//! [`run::frequency`] is the whole path in one process.
//!
//! A table can only be made by [`suppress::suppress`]. This does not compile:
//!
//! ```compile_fail
//! use shukei::suppress::TableHeader;
//! let header = TableHeader { strata: Vec::new(), contigs: Vec::new(), genotypes: false, filters: Vec::new(), description: Vec::new() };
//! ```
//!
//! and its twin, which only asks for what was released, does:
//!
//! ```
//! use shukei::suppress::TableHeader;
//! fn strata(header: &TableHeader) -> usize { header.strata().len() }
//! ```
//!
//! Nor can a table be made without the ledger's word, which nothing but [`ledger::reserve`] gives:
//!
//! ```compile_fail
//! fn table(merged: shukei::Merged<'_>) { let _ = shukei::suppress::suppress(merged, &mut shukei::Reservation { open: true }); }
//! ```
//!
//! while a reservation that was made is taken:
//!
//! ```
//! fn table(merged: shukei::Merged<'_>, mut reserved: shukei::Reservation) { let _ = shukei::suppress::suppress(merged, &mut reserved); }
//! ```
//!
//! Nor does handing unreleased counts to a writer:
//!
//! ```compile_fail
//! fn hand_over(merged: shukei::Merged<'_>, files: shukei::write::Files, crew: shukei::tally::Crew<'_>) {
//!     let _ = shukei::write::write(merged, files, crew);
//! }
//! ```
//!
//! while released ones are taken:
//!
//! ```
//! fn hand_over(released: shukei::Released<'_>, files: shukei::write::Files, crew: shukei::tally::Crew<'_>) {
//!     let _ = shukei::write::write(released, files, crew);
//! }
//! ```
#![deny(unsafe_code)]

pub mod actor;
pub mod attribute;
pub mod error;
pub mod ledger;
mod line;
pub mod merge;
mod normalize;
pub mod partial;
pub mod permit;
pub mod plan;
pub mod policy;
pub mod random;
pub mod region;
pub mod run;
mod source;
pub mod stats;
mod strata;
pub mod subject;
pub mod suppress;
pub mod tally;
pub mod timing;
pub mod trial;
pub mod write;

pub use ledger::Reservation;
pub use merge::Merged;
pub use partial::Partial;
pub use plan::{Plan, Request};
pub use shukei_kernels::Backend;
pub use suppress::Released;
