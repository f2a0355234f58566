//! What a user asks for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::partition::Cut;
use super::past::LedgerAt;
use crate::permit;

/// What a record that a file does not have means there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// Nobody of the file is called there.
    #[default]
    Missing,
    /// Everybody of the file is homozygous for REF there.
    HomRef,
}

impl Absent {
    /// As the command line spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Absent::Missing => "missing",
            Absent::HomRef => "hom-ref",
        }
    }
}

/// A request for a frequency table. Paths are absolute, so that another process reads the same files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// VCF and BCF files.
    pub inputs: Vec<PathBuf>,
    /// Sample table.
    pub samples: PathBuf,
    /// One entry per family: `sex,region`.
    pub by: Vec<String>,
    /// Only the samples or subjects of this list.
    pub include: Option<PathBuf>,
    /// Not those of this list.
    pub exclude: Option<PathBuf>,
    /// Lists of people who withdrew, the platform's and the user's; ids that are not in the table are no problem.
    pub withdrawn: Vec<PathBuf>,
    /// Attributes whose unknown people are taken out.
    pub drop_unknown: Vec<String>,
    /// Residence and birth may be mixed in `region`.
    pub allow_mixed_region: bool,
    /// Regions as `-r` writes them.
    pub regions: Vec<String>,
    /// BED file of regions.
    pub regions_file: Option<PathBuf>,
    /// FASTA for left-alignment.
    pub reference: Option<PathBuf>,
    /// What an absent record means.
    pub absent: Absent,
    /// What it means at data sites that declare it, by the name in the sample table's `data_site`.
    pub absent_at: BTreeMap<String, Absent>,
    /// Records whose FILTER is not PASS or `.` too.
    pub include_filtered: bool,
    /// gnomAD's high-quality genotypes only.
    pub adj: bool,
    /// Genotype counts beside strata.
    pub genotypes: bool,
    /// Symbolic alleles and breakends as rows.
    pub structural: bool,
    /// Calls of 3 to this many alleles are not called; 2 refuses them.
    pub max_ploidy: u8,
    /// An index older than its file is used if it covers it.
    pub accept_stale_index: bool,
    /// Policy files, the platform's and the user's: the strictest word of all holds.
    pub policy: Vec<PathBuf>,
    /// The permit, what it is verified with, and the project; none where the platform asks for none.
    pub permit: Option<permit::Use>,
    /// How finely the genome is cut.
    pub cut: Cut,
    /// The ledger that the table is judged by and recorded in.
    pub ledger: LedgerAt,
    /// Own releases that never left the platform and that this one takes the place of.
    pub replaces: Vec<String>,
}

impl Request {
    /// The small files that are read beside inputs and sample table: lists, regions, reference, policy, permit.
    pub fn side_files(&self) -> impl Iterator<Item = &PathBuf> {
        let files = [&self.include, &self.exclude, &self.regions_file, &self.reference];
        let permit = self.permit.iter().flat_map(permit::Use::files);
        files.into_iter().flatten().chain(&self.withdrawn).chain(&self.policy).chain(permit)
    }

    /// One line for the record of a refusal.
    pub(crate) fn summary(&self) -> String {
        let by = if self.by.is_empty() { "no strata".to_owned() } else { self.by.join(" | ") };
        let inputs: Vec<String> = self.inputs.iter().map(|path| path.display().to_string()).collect();
        format!("frequency of {} by {by}", inputs.join(" "))
    }
}
