//! Arguments of the commands that work on a job: `plan`, `submit`, `tally`, `status`, `release`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Choice, Out, StatisticArg};

/// Tasks at a time, where nobody says how many.
const SLOTS: u32 = 20;

/// `shukei plan`
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    pub(crate) product: Product,
}

/// A table that can be planned.
#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// Plan a frequency table; takes the arguments of `shukei freq`
    Freq(PlanFreq),
}

/// `shukei plan freq`
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanFreq {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Cut the genome into this many units of work, for the files of every data site; the table does not depend on it [default:
    /// five for each task at a time, none above 4 GiB, none below 128 MiB of compressed input; one where a file has no index]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "How")]
    pub(crate) partitions: Option<u32>,
    /// Cut the genome into units of about this many compressed bytes: 500M, 2G
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "partitions", help_heading = "How")]
    pub(crate) partition_size: Option<u64>,
    /// Tasks that will run at a time
    #[arg(long, value_name = "N", default_value_t = SLOTS, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "How")]
    pub(crate) max_running: u32,
    /// Check everything and say how many partitions there would be, and what they take; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Directory for the job; made if it is not there
    #[arg(short, long, value_name = "JOB")]
    pub(crate) out: PathBuf,
}

/// `shukei tally`
#[derive(Debug, ClapArgs)]
pub(crate) struct Tally {
    /// Directory of the job
    pub(crate) job: PathBuf,
    /// Which partition, counted from 1 [default: $SLURM_ARRAY_TASK_ID, else every one that is not counted yet]
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<usize>,
    /// This partition and every N-th after it: one task of an array that is shorter than the job
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) step: Option<u32>,
    /// Copy the input to this directory (local to the node) before it is read, only the part that is needed; empty: do not
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<OsString>,
}

/// `shukei submit`
#[derive(Debug, ClapArgs)]
pub(crate) struct Submit {
    /// Directory of the job
    pub(crate) job: PathBuf,
    #[command(flatten)]
    pub(crate) out: Out,
    /// Put this table in the place of an own release that never left the platform (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Vec<String>,
    /// Tasks at a time
    #[arg(long, value_name = "N", default_value_t = SLOTS, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Slurm")]
    pub(crate) max_running: u32,
    /// Account to charge
    #[arg(long, value_name = "NAME", help_heading = "Slurm")]
    pub(crate) account: Option<String>,
    /// Queue (what Slurm calls a partition)
    #[arg(long, value_name = "NAME", help_heading = "Slurm")]
    pub(crate) queue: Option<String>,
    /// Quality of service
    #[arg(long, value_name = "NAME", help_heading = "Slurm")]
    pub(crate) qos: Option<String>,
    /// Time limit of a task, and of the release, as Slurm writes it: 90, 4:00:00, 1-12 [default: four times the estimate, at least 30 minutes]
    #[arg(long, value_name = "TIME", help_heading = "Slurm")]
    pub(crate) time: Option<String>,
    /// Memory of a task, and of the release, as Slurm writes it: 4G [default: twice the estimate, at least 1 GiB]
    #[arg(long, value_name = "SIZE", help_heading = "Slurm")]
    pub(crate) mem: Option<String>,
    /// Cores of a task
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Slurm")]
    pub(crate) cpus: u16,
    /// Directory on storage of the node to which input is copied before it is read; may name variables of the task: '$TMPDIR'
    #[arg(long, value_name = "DIR", help_heading = "Slurm")]
    pub(crate) scratch: Option<String>,
    /// Write the batch scripts into JOB and say how they would be submitted; submit nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `shukei status`
#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// Directory of the job
    pub(crate) job: PathBuf,
    /// One line of JSON, every partition in it
    #[arg(long)]
    pub(crate) json: bool,
}

/// `shukei release`
#[derive(Debug, ClapArgs)]
pub(crate) struct Release {
    /// Directory of the job
    pub(crate) job: PathBuf,
    /// Put this table in the place of an own release that never left the platform (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Vec<String>,
    #[command(flatten)]
    pub(crate) out: Out,
}

impl Submit {
    /// The words of `shukei release` behind the job.
    pub(crate) fn release(&self, out: &Path) -> Vec<String> {
        let mut words = vec!["-o".to_owned(), out.display().to_string()];
        if self.out.tsv {
            words.push("--tsv".to_owned());
        }
        let names = |s: &StatisticArg| s.to_possible_value().map(|v| v.get_name().to_owned());
        let statistics: Vec<String> = self.out.statistics.iter().filter_map(names).collect();
        if !statistics.is_empty() {
            words.extend(["--statistics".to_owned(), statistics.join(",")]);
        }
        words.extend(self.replaces.iter().flat_map(|id| ["--replaces".to_owned(), id.clone()]));
        words
    }

    /// The words that follow `shukei submit JOB` to say the same once more.
    pub(crate) fn again(&self, out: &Path) -> Vec<String> {
        let mut words = self.release(out);
        words.extend([format!("--max-running={}", self.max_running), format!("--cpus={}", self.cpus)]);
        let named = [
            ("account", &self.account),
            ("queue", &self.queue),
            ("qos", &self.qos),
            ("time", &self.time),
            ("mem", &self.mem),
            ("scratch", &self.scratch),
        ];
        words.extend(
            named.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value.as_ref()?))),
        );
        words
    }
}

/// Bytes, with K, M, G or T for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.trim_end_matches("IB").trim_end_matches('B').trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match upper.as_bytes().get(digits.len()) {
        None | Some(b'B') => 0,
        Some(b'K') => 10,
        Some(b'M') => 20,
        Some(b'G') => 30,
        Some(_) => 40,
    };
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)).filter(|n| *n > 0);
    bytes.ok_or_else(|| "a size is a whole number of bytes, or one with K, M, G or T: 500M, 2G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        assert_eq!(size("1048576"), Ok(1 << 20));
        assert_eq!(size("500M"), Ok(500 << 20));
        assert_eq!(size("2GiB"), Ok(2 << 30));
        assert_eq!(size("2gb"), Ok(2 << 30));
        assert!(size("0").is_err() && size("1.5G").is_err() && size("G").is_err() && size("1X").is_err());
    }
}
