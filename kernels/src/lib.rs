//! Arithmetic of shukei: finds, in the sample columns of one VCF or BCF record, the calls that matter.
//!
//! A cohort record is almost all `0/0`. Counting therefore visits only the others: [`scan`] (text) and
//! [`scan_bcf`] (typed vectors) read every sample column, prove most of them hom-ref many at a time, and
//! append one [`Call`] for each column that is *not* a called diploid hom-ref. The number of hom-ref calls
//! is the number of columns less the calls reported; nothing is lost and nothing is guessed.
//!
//! The crate does no I/O and keeps no state. Every kernel exists in a plain form, which is its definition,
//! and in AVX2 and AVX-512 forms, which give the same calls and the same errors; which one runs is decided
//! by a [`Backend`], a value that can only be had where the CPU supports it.
//!
//! ```
//! use shukei_kernels::{Backend, Call, Filter, Layout, scan};
//!
//! let layout = Layout { columns: 4, alleles: 2, max_ploidy: 2, filter: Filter::default() };
//! let mut calls = Vec::new();
//! scan(Backend::best(), b"0/0\t0|1\t./.\t0|0", &layout, &mut calls)?;
//! assert_eq!(calls, [
//!     Call { column: 1, a: 0, b: 1 },
//!     Call { column: 2, a: Call::MISSING, b: Call::MISSING },
//! ]);
//! # Ok::<(), shukei_kernels::ScanError>(())
//! ```
//!
//! # Safety
//!
//! `unsafe` is confined to `scan/avx2.rs`, `scan/avx512.rs`, `bcf/avx2.rs`, `bcf/avx512.rs`, `append.rs`,
//! the two bit instructions of `scan/ranks.rs`, and the calls into them. All input is read through array references, so the only thing left to promise is that
//! the CPU has the instructions; the [`Backend`] pays that. Output is written into capacity reserved on the
//! line before.
#![deny(unsafe_op_in_unsafe_fn)]

mod adj;
#[cfg(target_arch = "x86_64")]
mod append;
mod backend;
mod bcf;
mod call;
mod error;
mod genotype;
mod layout;
mod scan;

pub use backend::Backend;
pub use bcf::{BcfFilter, BcfLayout, Numbers, Strings, Typed, scan_bcf};
pub use call::Call;
pub use error::ScanError;
pub use layout::{Filter, Layout};
pub use scan::scan;
