//! What a reader is: a file that was opened and checked, and how its bytes are cut into chunks that workers can take.
//!
//! * `container`: BGZF, gzip or plain bytes, cut into chunks of whole blocks; inflate and checksums.
//! * `header`: the few things a header tells (samples, contigs, dictionaries).
//! * `index`: TBI and CSI through noodles, and the check that an index covers its file.
//! * `vcf`, `bcf`: one record's fixed fields, and where its genotypes lie.

pub(crate) mod bcf;
pub(crate) mod container;
mod head;
pub(crate) mod header;
pub(crate) mod index;
pub(crate) mod record;
pub(crate) mod vcf;

pub(crate) use head::{Begin, Format, Input};
