//! One case: its folder copied, its command run, its answer compared.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::read;
use super::sheet::Sheet;
use crate::support::shukei;

/// A case and a copy of its folder to work in.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    copy: TempDir,
}

/// What one run gave.
struct Run {
    code: i32,
    stderr: String,
    table: Option<Sheet>,
}

impl Case {
    /// Copies the folder; all files have one age, but for the one that `older` names.
    pub(super) fn open(dir: &Path) -> Self {
        let copy = tempfile::tempdir().expect("a folder");
        let older = read(&dir.join("older")).unwrap_or_default();
        let now = SystemTime::now();
        for entry in std::fs::read_dir(dir).expect("the case is there") {
            let file = entry.expect("an entry").path();
            let name = file.file_name().expect("a name");
            let to = copy.path().join(name);
            std::fs::copy(&file, &to).expect("copied");
            let age = if older.trim() == name { Duration::from_secs(3600) } else { Duration::ZERO };
            let open = std::fs::File::options().write(true).open(&to).expect("opened");
            open.set_modified(now - age).expect("dated");
        }
        let name = dir.file_name().expect("a name").to_string_lossy().into_owned();
        Self { name, dir: dir.to_owned(), copy }
    }

    /// Where the copy is.
    pub(super) fn path(&self) -> &Path {
        self.copy.path()
    }

    /// A file of the case; empty when it is not there.
    pub(super) fn text(&self, name: &str) -> String {
        read(&self.dir.join(name)).unwrap_or_default()
    }

    /// The rows that the case expects.
    pub(super) fn expected(&self) -> Option<Sheet> {
        read(&self.dir.join("expected.tsv")).map(|text| Sheet::parse(&text))
    }

    /// Writes an accepted answer.
    pub(super) fn accept(&self, name: &str, text: &str) {
        std::fs::write(self.dir.join(name), text).expect("written");
    }

    /// Runs the command, with `input` in place of `input.vcf` and more arguments; removes what it wrote.
    fn run(&self, input: &str, more: &[&str]) -> (Run, Output) {
        let cmd = self.text("cmd");
        let args = cmd.split_whitespace().map(|a| if a == "input.vcf" { input } else { a });
        let output = shukei().args(args).args(more).current_dir(self.path()).output().expect("shukei runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stderr = stderr.replace(&*self.path().to_string_lossy(), "{dir}");
        let table = read(&self.path().join("out/freq.tsv")).map(|text| Sheet::parse(&text));
        (Run { code: output.status.code().unwrap_or(-1), stderr, table }, output)
    }

    fn clean(&self) {
        let out = self.path().join("out");
        if out.exists() {
            std::fs::remove_dir_all(out).expect("removed");
        }
    }

    /// The answer is the expected one; `accept` writes it instead.
    pub(super) fn check(&self, accept: bool) -> Result<(), String> {
        if self.text("README").trim().is_empty() {
            return Err("no README".to_owned());
        }
        let (run, output) = self.run("input.vcf", &["--threads", "1"]);
        let result = match run.table {
            Some(ref table) if run.code == 0 => {
                self.check_table(table, accept).and_then(|()| self.check_records())
            }
            _ => self.check_error(&run, &output, accept),
        };
        self.clean();
        result.and_then(|()| self.check_stderr(&run, accept))
    }

    fn check_table(&self, table: &Sheet, accept: bool) -> Result<(), String> {
        let Some(expected) = self.expected() else { return Err("an error is expected".to_owned()) };
        let table = table.select(&expected.columns);
        if accept {
            self.accept("expected.tsv", &table.text());
        }
        let same = accept || expected.agrees(&table);
        if same { Ok(()) } else { Err(format!("expected\n{}found\n{}", expected.text(), table.text())) }
    }

    fn check_records(&self) -> Result<(), String> {
        let audit = crate::support::audit(&self.path().join("out"));
        for line in self.text("expected.records").lines() {
            let (field, number) = line.split_once(' ').expect("a name and a number");
            let found = &audit["records"][field];
            if found.as_u64() != number.parse().ok() {
                return Err(format!("audit.json: {field} is {found}, {number} is expected"));
            }
        }
        Ok(())
    }

    /// An error writes nothing but its message.
    fn check_error(&self, run: &Run, output: &Output, accept: bool) -> Result<(), String> {
        if accept {
            self.accept("expected.code", &format!("{}\n", run.code));
        }
        if self.text("expected.code").trim() != run.code.to_string() {
            return Err(format!("exit code {}\n{}", run.code, run.stderr));
        }
        let left = self.path().join("out").exists() || !output.stdout.is_empty();
        if left { Err("an error leaves something behind".to_owned()) } else { Ok(()) }
    }

    /// Messages of an error, notes of a success where the case wants to see them.
    fn check_stderr(&self, run: &Run, accept: bool) -> Result<(), String> {
        let kind = if run.code == 0 { "note: " } else { "error: " };
        let found: String =
            run.stderr.lines().filter(|l| l.starts_with(kind)).map(|l| format!("{l}\n")).collect();
        let Some(expected) = read(&self.dir.join("expected.stderr")) else { return Ok(()) };
        if accept {
            self.accept("expected.stderr", &found);
        }
        let same = accept || expected == found;
        if same { Ok(()) } else { Err(format!("expected\n{expected}found\n{found}")) }
    }

    /// The same answer as the first time.
    fn same(&self, input: &str, more: &[&str]) -> Result<(), String> {
        let (run, _) = self.run(input, more);
        self.clean();
        let code = self.text("expected.code");
        let code_agrees = run.code == code.trim().parse().unwrap_or(0);
        let table = self.expected().map(|e| run.table.map(|t| t.select(&e.columns)));
        let rows_agree =
            table.is_none_or(|t| t.is_some_and(|t| self.expected().is_some_and(|e| e.agrees(&t))));
        let same = code_agrees && rows_agree;
        if same { Ok(()) } else { Err(format!("{input} {more:?}: another answer\n{}", run.stderr)) }
    }

    /// With two threads and three partitions.
    pub(super) fn check_partitions(&self) -> Result<(), String> {
        let own = self.text("cmd").contains("--partitions");
        let more: &[&str] = if own { &["--threads", "2"] } else { &["--threads", "2", "--partitions", "3"] };
        self.same("input.vcf", more)
    }

    /// From the same records in BCF, where bcftools can write them.
    pub(super) fn check_bcf(&self) -> Result<(), String> {
        let peers = self.text("peers.tsv");
        let cannot = peers.lines().any(|l| l.starts_with("bcftools\tno BCF"));
        if cannot || !self.path().join("input.vcf").exists() {
            return Ok(());
        }
        let view = std::process::Command::new("bcftools")
            .args(["view", "--no-version", "-Ob", "-o", "input.bcf", "input.vcf"])
            .current_dir(self.path())
            .output();
        if !view.expect("bcftools runs").status.success() {
            return Err("bcftools cannot write it as BCF; say `no BCF` in peers.tsv".to_owned());
        }
        self.same("input.bcf", &["--threads", "1"])
    }
}
