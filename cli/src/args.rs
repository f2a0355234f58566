//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Allele and genotype frequencies of whole cohorts by stratum, released only after disclosure control.
#[derive(Debug, Parser)]
#[command(name = "shukei", version, max_term_width = 110, after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "Exit codes: 0 done, 1 input or machine, 2 usage, 5 refused by the disclosure policy.\n\
    First steps: `shukei demo`, then `shukei freq COHORT.vcf.gz --samples SAMPLES.tsv --by sex,region -o OUT`.";

/// Flags of every command.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Platform configuration (TOML) [default: $SHUKEI_CONFIG, else /etc/shukei/platform.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Disclosure policy (TOML); may be stricter than the built-in floors, never weaker
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Worker threads [default: $SLURM_CPUS_PER_TASK, else all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Kernels to use: every one gives the same bytes [default: the fastest that this CPU has]
    #[arg(long, global = true, value_name = "NAME", value_parser = ["scalar", "avx2", "avx512"])]
    pub(crate) backend: Option<String>,
    /// Language of messages [default: ja if $LC_ALL, $LC_MESSAGES or $LANG begins with ja, else en]
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Language>,
    /// No progress and no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// A language of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English
    En,
    /// 日本語
    Ja,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Frequencies from VCF/BCF in one go: plan, tally, merge, suppress, write
    Freq(Freq),
    /// Check everything and write JOB/plan.json, for `tally` and `release`
    Plan(PlanArgs),
    /// Count one partition of a job (or all that are not counted yet)
    Tally(Tally),
    /// Merge the counted partitions of a job, suppress, and write the released tables
    Release(Release),
    /// Simulate a cohort at five data sites and run the main job on it
    Demo(Demo),
}

/// Inputs and choices of a frequency table.
#[derive(Debug, ClapArgs)]
pub(crate) struct Choice {
    /// VCF or BCF files: equal samples (by contig or region) or disjoint samples (by data site)
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Sample table (TSV or CSV; UTF-8, UTF-16 or Shift_JIS)
    #[arg(long, value_name = "TABLE", help_heading = "Who")]
    pub(crate) samples: PathBuf,
    /// One family of strata: `sex`, `sex,region`, `region:tree`, `age10`, `icd10=E11`, or any column. Repeat for parallel
    /// families: put the most important first, since a later one is printed for a variant only where the first is
    /// complete and the two together reveal no small group
    #[arg(long, value_name = "ATTR[,ATTR]", help_heading = "Who")]
    pub(crate) by: Vec<String>,
    /// Only these samples or subjects (one id per line)
    #[arg(long, value_name = "LIST", help_heading = "Who")]
    pub(crate) include: Option<PathBuf>,
    /// Without these samples or subjects
    #[arg(long, value_name = "LIST", help_heading = "Who")]
    pub(crate) exclude: Option<PathBuf>,
    /// People who withdrew consent; ids that are not in the table are no problem
    #[arg(long, value_name = "LIST", help_heading = "Who")]
    pub(crate) withdrawn: Option<PathBuf>,
    /// Take people without a value of this attribute out of the cohort
    #[arg(long, value_name = "ATTR", help_heading = "Who")]
    pub(crate) drop_unknown: Vec<String>,
    /// Let `region` mix places of residence and of birth
    #[arg(long, help_heading = "Who")]
    pub(crate) allow_mixed_region: bool,
    /// Regions, 1-based: chr1, chr1:1000-2000, several separated by commas or repeated. A variant belongs to the region that
    /// holds its normalised position
    #[arg(short = 'r', long = "region", value_name = "REGION", help_heading = "What")]
    pub(crate) regions: Vec<String>,
    /// Regions of a BED file
    #[arg(short = 'R', long = "regions", value_name = "BED", help_heading = "What")]
    pub(crate) regions_file: Option<PathBuf>,
    /// Reference sequence (indexed FASTA) for left-alignment of indels
    #[arg(long, value_name = "FASTA", help_heading = "What")]
    pub(crate) reference: Option<PathBuf>,
    /// What a record that a file does not have means for its people
    #[arg(long, value_enum, default_value = "missing", help_heading = "What")]
    pub(crate) absent: AbsentArg,
    /// Records with a FILTER other than PASS and `.` too
    #[arg(long, help_heading = "What")]
    pub(crate) include_filtered: bool,
    /// Only high-quality genotypes as gnomAD defines them (GQ, DP, allele balance); others are not called
    #[arg(long, help_heading = "What")]
    pub(crate) adj: bool,
    /// Genotype counts beside strata too, where a variant is common enough to be considered
    #[arg(long, help_heading = "What")]
    pub(crate) genotypes: bool,
    /// Symbolic alleles such as `<DEL>`, and breakends, as rows too
    #[arg(long, help_heading = "What")]
    pub(crate) structural: bool,
    /// Accept calls of up to this many alleles and treat those of three or more as not called
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=16), help_heading = "What")]
    pub(crate) max_ploidy: u8,
    /// Use an index that is older than its file, if it covers it
    #[arg(long, help_heading = "What")]
    pub(crate) accept_stale_index: bool,
    /// Units of work that the genome is cut into, for every data site's files; the table does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "How")]
    pub(crate) partitions: u32,
}

/// What an absent record means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AbsentArg {
    /// Not called
    Missing,
    /// Homozygous for REF
    HomRef,
}

/// Where a table goes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Out {
    /// Directory of the released table; made if it is not there
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// freq.tsv beside freq.parquet and freq.vcf.gz
    #[arg(long)]
    pub(crate) tsv: bool,
}

/// `shukei freq`
#[derive(Debug, ClapArgs)]
pub(crate) struct Freq {
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) out: Out,
}

/// `shukei plan`
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    pub(crate) product: Product,
}

/// A table that can be planned.
#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// A frequency table
    Freq(PlanFreq),
}

/// `shukei plan freq`
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanFreq {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Directory of the job; made if it is not there
    #[arg(short, long, value_name = "JOB")]
    pub(crate) out: PathBuf,
}

/// `shukei tally`
#[derive(Debug, ClapArgs)]
pub(crate) struct Tally {
    /// Directory of the job
    pub(crate) job: PathBuf,
    /// The partition, from 1 [default: $SLURM_ARRAY_TASK_ID, else every one that is not counted yet]
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<usize>,
}

/// `shukei release`
#[derive(Debug, ClapArgs)]
pub(crate) struct Release {
    /// Directory of the job
    pub(crate) job: PathBuf,
    #[command(flatten)]
    pub(crate) out: Out,
}

/// `shukei demo`
#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Directory of the simulated cohort and its tables
    #[arg(short, long, value_name = "DIR", default_value = "shukei-demo")]
    pub(crate) out: PathBuf,
    /// People to simulate
    #[arg(long, default_value_t = 3_000)]
    pub(crate) people: usize,
    /// Variants to simulate
    #[arg(long, default_value_t = 22_000)]
    pub(crate) variants: usize,
}
