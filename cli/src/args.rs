//! The command line.

mod job;

pub(crate) use job::{PlanArgs, PlanFreq, Product, Release, Status, Submit, Tally};

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use shukei::error::{Error, Result};

/// Allele and genotype frequencies of whole cohorts by stratum, released only after disclosure control.
#[derive(Debug, Parser)]
#[command(name = "shukei", version, max_term_width = 110, after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "Exit codes: 0 done, 1 input or machine, 2 usage, 5 refused by policy or permit.\n\
    First steps: `shukei demo`, then\n  shukei freq COHORT.vcf.gz --samples SAMPLES.tsv --by sex,region -o OUT\n\
    Help on a command: shukei COMMAND --help (all of it) or -h (in short)";

/// Flags of every command.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Platform configuration (TOML) [default: $SHUKEI_CONFIG, else /etc/shukei/platform.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Disclosure policy (TOML); with the platform's and the built-in floors, the strictest word holds
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The project's permit (TOML, signed by the platform office); needed where the platform has configured a key
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) permit: Option<PathBuf>,
    /// The project that the table is for; must be the permit's
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Who you are, as the permit spells it; needed under an account that several people share
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) handler: Option<String>,
    /// Directory of the ledger of releases [default: the platform's, else the user's own in $XDG_STATE_HOME/shukei/ledger]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) ledger: Option<PathBuf>,
    /// Worker threads [default: $SLURM_CPUS_PER_TASK, else all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Vector instructions to use; every choice gives the same bytes [default: the fastest that this CPU has]
    #[arg(long, global = true, value_name = "NAME", value_parser = ["scalar", "avx2", "avx512"], overrides_with = "backend")]
    pub(crate) backend: Option<String>,
    /// Language of messages [default: ja if $LC_ALL, $LC_MESSAGES or $LANG begins with ja, else en]
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Language>,
    /// Say where the time went, by stage, in seconds of threads
    #[arg(long, global = true)]
    pub(crate) timing: bool,
    /// No progress and no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

impl Global {
    /// The words that let another process follow the same rules, with absolute paths. Threads are what its machine gives it.
    pub(crate) fn again(&self) -> Result<Vec<String>> {
        let mut words = Vec::new();
        let paths = [
            ("config", &self.config),
            ("policy", &self.policy),
            ("permit", &self.permit),
            ("ledger", &self.ledger),
        ];
        for (name, path) in paths {
            if let Some(path) = path {
                let path = std::path::absolute(path).map_err(|e| Error::io(path, &e))?;
                words.push(format!("--{name}={}", path.display()));
            }
        }
        let named = [("project", &self.project), ("handler", &self.handler), ("backend", &self.backend)];
        words.extend(
            named.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value.as_ref()?))),
        );
        let lang = self.lang.and_then(|lang| lang.to_possible_value());
        words.extend(lang.map(|lang| format!("--lang={}", lang.get_name())));
        Ok(words)
    }
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
    /// Make a frequency table from VCF/BCF files in one go (plan, tally and release in one process)
    Freq(Freq),
    /// Check inputs, sample table and strata, and write JOB/plan.json for `tally` and `release`
    Plan(PlanArgs),
    /// Count one partition of a job (or all that are not counted yet)
    Tally(Tally),
    /// Run a job on Slurm: an array of tasks that count, and the release behind it
    Submit(Submit),
    /// Say which partitions of a job are done, running, failed or missing, and the command that repairs it
    Status(Status),
    /// Merge the counted partitions of a job, suppress, and write the released tables
    Release(Release),
    /// List, verify and report what was released, and say what became of it
    Ledger(LedgerArgs),
    /// Simulate a cohort at five data sites and run the main job on it
    Demo(Demo),
    /// For the platform office: write, sign and verify permits and lists of revoked ones
    Permit(PermitArgs),
}

/// Inputs and choices of a frequency table.
#[derive(Debug, ClapArgs)]
pub(crate) struct Choice {
    /// VCF or BCF files (.vcf.gz, .bcf, .vcf), in any order; several files have the same samples (one per contig or region) or
    /// no sample in common (one per data site)
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Table of samples with a header line (TSV or CSV; UTF-8, UTF-16 or Shift_JIS as Excel saves it): sample_id, and for
    /// example subject_id, sex, age10, region, icd10; Japanese column names and values are read too
    #[arg(long, value_name = "TABLE", help_heading = "Who")]
    pub(crate) samples: PathBuf,
    /// Split people by these columns, one inside the other: `sex`, `sex,region`, `region:tree`, `age10`, `icd10=E11`, or any
    /// further column [default: the whole cohort only]
    ///
    /// Repeat --by for splits beside each other, the most important first: a later one is printed for a variant only where
    /// the first is complete and the two together reveal no small group
    #[arg(long, value_name = "ATTR[,ATTR]", help_heading = "Who")]
    pub(crate) by: Vec<String>,
    /// Count only the samples or subjects of this list (one id per line)
    #[arg(long, value_name = "LIST", help_heading = "Who")]
    pub(crate) include: Option<PathBuf>,
    /// Leave out the samples or subjects of this list
    #[arg(long, value_name = "LIST", help_heading = "Who")]
    pub(crate) exclude: Option<PathBuf>,
    /// Leave out people who withdrew consent; unlike with --exclude, ids that are not in the table are no problem
    #[arg(long, value_name = "LIST", help_heading = "Who")]
    pub(crate) withdrawn: Option<PathBuf>,
    /// Leave out people without a value in this column
    #[arg(long, value_name = "ATTR", help_heading = "Who")]
    pub(crate) drop_unknown: Vec<String>,
    /// Let `region` hold places of residence and of birth side by side
    #[arg(long, help_heading = "Who")]
    pub(crate) allow_mixed_region: bool,
    /// Read only these regions: chr1, chr1:1000-2000 (1-based, both ends included), several separated by commas or with -r
    /// repeated
    ///
    /// A variant belongs to the region that holds its position after normalisation
    #[arg(short = 'r', long = "region", value_name = "REGION", help_heading = "What")]
    pub(crate) regions: Vec<String>,
    /// Read only the regions of this BED file
    #[arg(short = 'R', long = "regions", value_name = "BED", help_heading = "What")]
    pub(crate) regions_file: Option<PathBuf>,
    /// Left-align indels with this reference sequence (FASTA with .fai)
    #[arg(long, value_name = "FASTA", help_heading = "What")]
    pub(crate) reference: Option<PathBuf>,
    /// What it means for the people of a file that it has no record of a variant
    #[arg(long, value_enum, default_value = "missing", help_heading = "What")]
    pub(crate) absent: AbsentArg,
    /// Count records whose FILTER is neither PASS nor `.` too
    #[arg(long, help_heading = "What")]
    pub(crate) include_filtered: bool,
    /// Count only high-quality genotypes as gnomAD defines them (needs GQ, DP, AD); others count as not called
    #[arg(long, help_heading = "What")]
    pub(crate) adj: bool,
    /// Print genotype counts too when there is a --by, for variants common enough to be considered
    ///
    /// Without --by they are printed anyway, wherever they pass
    #[arg(long, help_heading = "What")]
    pub(crate) genotypes: bool,
    /// Print symbolic alleles such as `<DEL>`, and breakends, too
    #[arg(long, help_heading = "What")]
    pub(crate) structural: bool,
    /// Accept calls of up to this many alleles; those of three or more count as not called
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=16), help_heading = "What")]
    pub(crate) max_ploidy: u8,
    /// Use an index that is older than its file, if it covers the whole file
    #[arg(long, help_heading = "What")]
    pub(crate) accept_stale_index: bool,
    /// Put this table in the place of an own release that never left the platform (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Vec<String>,
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
    /// Directory for the released table; made if it is not there, refused if it already holds a table
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Write freq.tsv beside freq.parquet and freq.vcf.gz
    #[arg(long)]
    pub(crate) tsv: bool,
    /// More columns, each calculated from printed numbers of its row and missing where one of them is
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum)]
    pub(crate) statistics: Vec<StatisticArg>,
}

/// Columns beyond the usual ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatisticArg {
    /// FAF95, FAF99: filtering allele frequency, as gnomAD has it
    Faf,
    /// call_rate: called alleles of all
    #[value(name = "callrate")]
    CallRate,
    /// het_rate: heterozygotes of diploid calls, where genotype counts are printed
    #[value(name = "hetrate")]
    HetRate,
    /// FST_*: Hudson's F_ST between the strata beside each other
    Fst,
    /// CHI2_*, P_*, OR_*, OR_L95_*, OR_U95_*: alleles of cases and controls (`--by icd10=E11`, or any two strata beside
    /// each other)
    Assoc,
}

/// `shukei freq`
#[derive(Debug, ClapArgs)]
pub(crate) struct Freq {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Cut the genome into this many units of work, for the files of every data site; the table does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "How")]
    pub(crate) partitions: u32,
    /// Check everything (inputs, sample table, strata, policy, permit, ledger), count and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) out: Out,
}

/// `shukei ledger`
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerArgs {
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
}

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// List releases with their status: reserved, released, exported, void
    List(LedgerList),
    /// Verify every entry, the head, the subjects and, with an archive, every archived file
    Verify(LedgerVerify),
    /// Report the files that left the platform, by project and period (days in Japan)
    Report(LedgerReport),
    /// Withdraw an own release or reservation that never left: it counts no longer, and its files may never leave
    Void(LedgerVoid),
    /// Record that a release has left the platform; it then counts for ever
    Exported(LedgerExported),
}

/// `shukei ledger list`
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerList {
    /// Only releases of this project
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// What was refused instead, and why
    #[arg(long)]
    pub(crate) refused: bool,
    /// One line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `shukei ledger verify`
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerVerify {
    /// Directory of the archive [default: the platform's, if it has one]
    #[arg(long, value_name = "DIR")]
    pub(crate) archive: Option<PathBuf>,
}

/// `shukei ledger report`
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerReport {
    /// First day, as 2026-04-01
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only exports of this project
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// CSV (RFC 4180, UTF-8) instead of a table
    #[arg(long)]
    pub(crate) csv: bool,
    /// Begin the CSV with a byte order mark, without which Excel takes Japanese for something else
    #[arg(long, requires = "csv")]
    pub(crate) bom: bool,
}

/// `shukei ledger void`
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerVoid {
    /// The release: R000001
    pub(crate) id: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// `shukei ledger exported`
#[derive(Debug, ClapArgs)]
pub(crate) struct LedgerExported {
    /// The release: R000001
    pub(crate) id: String,
}

/// `shukei demo`
#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Directory for the simulated cohort and its tables
    #[arg(short, long, value_name = "DIR", default_value = "shukei-demo")]
    pub(crate) out: PathBuf,
    /// People to simulate; with fewer than 3000 some strata may be too small to be released
    #[arg(long, value_name = "N", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(50..1_000_000))]
    pub(crate) people: u32,
    /// Positions with a variant to simulate
    #[arg(long, value_name = "N", default_value_t = 22_000, value_parser = clap::value_parser!(u32).range(100..10_000_000))]
    pub(crate) variants: u32,
}

/// `shukei permit`
#[derive(Debug, ClapArgs)]
pub(crate) struct PermitArgs {
    #[command(subcommand)]
    pub(crate) step: PermitStep,
}

/// What to do with a permit.
#[derive(Debug, Subcommand)]
pub(crate) enum PermitStep {
    /// Write a permit to fill in; takes the project from --project
    New {
        /// The file to write; refused if it is there
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make a pair of keys: NAME.key, which signs and stays with the office, and NAME.pub, which verifies
    Keygen {
        /// Path of both files without their endings
        #[arg(short, long, value_name = "NAME")]
        out: PathBuf,
    },
    /// Sign a permit, or a list of revoked permits, in place; an earlier signature is replaced
    Sign {
        /// The permit or list
        file: PathBuf,
        /// The secret key
        #[arg(long, value_name = "NAME.key")]
        key: PathBuf,
    },
    /// Verify signature, period and revocation of a permit, or the signature of a list; who runs it does not matter
    Verify {
        /// The permit or list
        file: PathBuf,
        /// The public key
        #[arg(long, value_name = "NAME.pub")]
        public_key: PathBuf,
        /// A signed list of revoked permits
        #[arg(long, value_name = "LIST")]
        revoked: Option<PathBuf>,
    },
    /// Show what a permit or list says; the signature is not checked
    Show {
        /// The permit or list
        file: PathBuf,
    },
}
