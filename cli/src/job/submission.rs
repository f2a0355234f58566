//! What was submitted: `JOB/submission.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use shukei::error::{Error, Result};
use shukei::text;

use super::slurm::{self, View};
use super::{Job, put, quoted};

/// The last submission of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Submission {
    /// Slurm's number of the array; none when everything was counted.
    pub(super) array: Option<String>,
    /// Slurm's number of the release; none if whoever submitted was killed before.
    pub(super) release: Option<String>,
    /// Tasks that the partitions are dealt to.
    pub(super) step: usize,
    pub(super) out: PathBuf,
    /// The words of the command that submits the job once more.
    pub(super) command: Vec<String>,
}

/// Slurm's view of a submission.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) tasks: BTreeMap<usize, View>,
    pub(super) release: Option<View>,
}

impl Submission {
    pub(super) fn read(job: &Job) -> Result<Option<Self>> {
        let path = job.submission();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(&path, &e)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            Error::input(text!(
                "not a record of a submission: {e}; look with squeue whether the job is running, then remove this file",
                "投入の記録として読めません: {e}。squeue でジョブが実行中でないことを確認し、このファイルを削除してください"
            ))
            .at(path.display(), "")
        })
    }

    pub(super) fn write(&self, job: &Job) -> Result<()> {
        put(&job.submission(), &serde_json::to_vec_pretty(self).unwrap_or_default())?;
        // Who submits next must see it, even after a power cut.
        let synced = std::fs::File::open(job.submission()).and_then(|file| file.sync_all());
        synced.map_err(|e| Error::io(&job.submission(), &e))
    }

    /// Slurm's numbers of all of it.
    pub(super) fn jobs(&self) -> String {
        let jobs: Vec<&str> = self.array.iter().chain(&self.release).map(String::as_str).collect();
        jobs.join(" ")
    }

    /// Asks Slurm how it stands.
    pub(super) fn seen(&self) -> Result<Seen> {
        let tasks = match &self.array {
            Some(array) => slurm::views(array)?,
            None => BTreeMap::new(),
        };
        let release = match &self.release {
            Some(release) => slurm::views(release)?.remove(&0),
            None => None,
        };
        Ok(Seen { tasks, release })
    }

    /// The command that submits the job once more.
    pub(super) fn again(&self) -> String {
        self.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

impl Seen {
    /// Something of it is in the queue or on a node.
    pub(super) fn is_active(&self) -> bool {
        self.tasks.values().chain(&self.release).any(View::is_active)
    }
}
