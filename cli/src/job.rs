//! A job on disk: what `plan` writes, `submit` runs, `tally` fills, `status` reads and `release` needs.

mod count;
mod lock;
mod plan;
mod release;
mod rules;
mod script;
mod slurm;
mod state;
mod status;
mod submission;
mod submit;
mod tasks;
mod watch;

pub(crate) use count::tally;
pub(crate) use plan::plan;
pub(crate) use release::release;
pub(crate) use status::status;
pub(crate) use submit::submit;

use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use shukei::error::{Error, Result};
use shukei::partial::Partial;
use shukei::text;

/// The directory of a job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    dir: PathBuf,
}

impl Job {
    /// The job in this directory, whether or not it is there yet.
    fn at(dir: &Path) -> Result<Self> {
        let dir = std::path::absolute(dir).map_err(|e| Error::io(dir, &e))?;
        // Names of batch scripts and logs stand in lines of their own.
        if dir.to_str().is_none_or(|name| name.contains(char::is_control)) {
            return Err(Error::usage(text!(
                "the name of this directory is not UTF-8 or has control characters; name another one",
                "ディレクトリ名が UTF-8 でないか、制御文字を含みます。別の名前にしてください"
            ))
            .at(dir.display(), ""));
        }
        Ok(Self { dir })
    }

    fn plan(&self) -> PathBuf {
        self.dir.join("plan.json")
    }

    fn submission(&self) -> PathBuf {
        self.dir.join("submission.json")
    }

    /// Where this plan was released to, if the table is still there.
    fn released(&self, digest: &str) -> Option<PathBuf> {
        let text = std::fs::read_to_string(self.dir.join("released")).ok()?;
        let (plan, out) = text.trim_end_matches('\n').split_once(' ')?;
        let out = PathBuf::from(out);
        (plan == digest && out.join("audit.json").exists()).then_some(out)
    }

    fn remember(&self, digest: &str, out: &Path) -> Result<()> {
        let out = std::path::absolute(out).map_err(|e| Error::io(out, &e))?;
        put(&self.dir.join("released"), format!("{digest} {}\n", out.display()).as_bytes())
    }

    fn partials(&self) -> PathBuf {
        self.dir.join("partials")
    }

    fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// Sealed counts of a partition, numbered from 0 here and from 1 in names.
    fn partial(&self, partition: usize) -> PathBuf {
        self.partials().join(format!("{:06}.partial", partition + 1))
    }

    fn state_of(&self, partition: usize) -> PathBuf {
        self.state().join(format!("{:06}.json", partition + 1))
    }

    fn lock_of(&self, partition: usize) -> PathBuf {
        self.state().join(format!("{:06}.lock", partition + 1))
    }

    /// Makes the directories that every step writes into.
    fn make(&self) -> Result<()> {
        [&self.dir, &self.partials(), &self.logs(), &self.state()]
            .into_iter()
            .try_for_each(|dir| private(dir))
    }

    /// Opens and verifies the sealed counts of a partition; `None` if there are none.
    fn sealed(&self, digest: &str, partition: usize) -> Option<Result<Partial>> {
        let file = self.partial(partition);
        // A link to nowhere is something that is wrong, not something that is missing.
        file.symlink_metadata().is_ok().then(|| Partial::open(&file, digest, partition))
    }

    /// The command that counts a partition.
    fn tally_command(&self, partition: usize) -> String {
        format!("shukei tally {} --partition {}", quoted(&self.dir.display().to_string()), partition + 1)
    }
}

fn private(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io(path, &e))
}

/// Writes a small file of the job under a temporary name first (mode 0600). Not synced: no count depends on it.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".tmp-").tempfile_in(dir)?;
        file.write_all(bytes)?;
        file.persist(path).map(|_| ()).map_err(|e| e.error)
    };
    written().map_err(|e| Error::io(path, &e))
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `1-5,8,10-12` of sorted numbers.
fn ranges(numbers: &[usize]) -> String {
    let mut list: Vec<(usize, usize)> = Vec::new();
    for &n in numbers {
        match list.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => list.push((n, n)),
        }
    }
    let range = |&(a, b): &(usize, usize)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    list.iter().map(range).collect::<Vec<_>>().join(",")
}

/// Name of this machine.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{quoted, ranges};

    #[test]
    fn numbers_in_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 5, 8, 9]), "1-3,5,8-9");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn words_for_the_shell() {
        assert_eq!(quoted("/a/b-c_1.vcf.gz"), "/a/b-c_1.vcf.gz");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted("日本"), "日本");
        assert_eq!(quoted(""), "''");
    }
}
