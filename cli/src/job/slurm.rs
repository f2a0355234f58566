//! Talking to Slurm through its own commands, each with a time limit: a controller that is down must not hang anybody.

use std::collections::BTreeMap;
use std::process::Command;

use shukei::error::{Error, Result, Text};
use shukei::text;

/// Seconds that a command may take.
const PATIENCE: &str = "60";

/// What Slurm says of a job or a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) nodes: String,
    /// `code:signal`.
    pub(super) exit: String,
}

impl View {
    /// It is in the queue or on a node.
    pub(super) fn is_active(&self) -> bool {
        const ACTIVE: [&str; 14] = [
            "PENDING",
            "RUNNING",
            "CONFIGURING",
            "COMPLETING",
            "SUSPENDED",
            "REQUEUED",
            "REQUEUE_HOLD",
            "REQUEUE_FED",
            "SPECIAL_EXIT",
            "RESIZING",
            "SIGNALING",
            "STAGE_OUT",
            "STOPPED",
            "RESV_DEL_HOLD",
        ];
        ACTIVE.contains(&self.state.as_str())
    }

    /// One word or two: `FAILED (1:0)`, `PENDING (Resources)`.
    pub(super) fn short(&self) -> String {
        match self.state.as_str() {
            "FAILED" | "OUT_OF_MEMORY" | "NODE_FAIL" => format!("{} ({})", self.state, self.exit),
            "PENDING" | "REQUEUE_HOLD" if self.reason != "None" => {
                format!("{} ({})", self.state, self.reason)
            }
            state => state.to_owned(),
        }
    }
}

/// Runs a Slurm command; gives what it printed. Slurm hands the umask on to the jobs and their logs: with this one they are private.
fn ask(command: &str, args: &[String]) -> Result<String> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "umask 077; exec timeout --foreground -k 5 \"$@\"", "sh", PATIENCE, command])
        .args(args);
    // The numbers of all tasks that wait, not the first few.
    shell.env("SLURM_BITSTR_LEN", "0");
    let output = shell.output();
    let failed = |why: String| {
        Error::input(text!(
            "Slurm's {command} failed: {why}; try again when `{command}` works here",
            "Slurm の {command} が失敗しました: {why}。`{command}` が使える状態になってからやり直してください"
        ))
    };
    let output = output.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(failed(match output.status.code() {
        Some(124) if command == "sbatch" => {
            format!(
                "no answer within {PATIENCE} s; a job may have been made all the same: squeue --me --name=shukei-tally,shukei-release"
            )
        }
        Some(124) => format!("no answer within {PATIENCE} s"),
        Some(127) => "it is not installed here, or not on PATH".to_owned(),
        _ => said,
    }))
}

/// Submits a script; gives the number of the job.
pub(super) fn sbatch(args: &[String]) -> Result<String> {
    // On a federation it is `number;cluster`.
    let printed = ask("sbatch", args)?;
    let number = printed.lines().last().unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::input(text!(
            "sbatch did not print the number of a job but `{printed}`; look with squeue whether one was made",
            "sbatch がジョブ番号ではなく `{printed}` を出力しました。squeue でジョブの有無を確認してください"
        )));
    }
    Ok(number)
}

/// Takes a job out of the queue.
pub(super) fn cancel(job: &str) -> Result<()> {
    ask("scancel", &[job.to_owned()]).map(|_| ())
}

/// Asks to have this job run again; Slurm then kills it.
pub(super) fn requeue(job: &str) -> Result<()> {
    ask("scontrol", &["requeue".to_owned(), job.to_owned()]).map(|_| ()).map_err(|error| {
        let Text { en, ja } = error.text();
        Error::input(text!(
            "Slurm does not run this task again ({en}); when it has ended, submit the job again",
            "Slurm はこのタスクを再投入しませんでした（{ja}）。終了後にジョブを投入し直してください"
        ))
    })
}

/// One more than the largest number that a task of an array may have.
pub(super) fn max_array_size() -> Result<usize> {
    let config = ask("scontrol", &["show".to_owned(), "config".to_owned()])?;
    let line = config.lines().find(|line| line.trim_start().starts_with("MaxArraySize"));
    let value = line.and_then(|line| line.split('=').nth(1)).and_then(|v| v.trim().parse().ok());
    value.ok_or_else(|| {
        Error::input(text!(
            "scontrol show config: no MaxArraySize in it; ask the operators, or count by hand (shukei tally JOB --partition N)",
            "scontrol show config に MaxArraySize がありません。管理者に問い合わせるか、手動で集計してください（shukei tally JOB --partition N）"
        ))
    })
}

/// What Slurm knows of a job, by task; under 0 what is no array. Nothing when it has forgotten it.
pub(super) fn views(job: &str) -> Result<BTreeMap<usize, View>> {
    let shown = ask("scontrol", &["-o".to_owned(), "show".to_owned(), "job".to_owned(), job.to_owned()]);
    let mut views = match shown {
        Ok(text) => parse_jobs(&text),
        Err(error) if error.message(shukei::error::Lang::En).contains("Invalid job id") => BTreeMap::new(),
        Err(error) => return Err(error),
    };
    if !views.is_empty() {
        return Ok(views);
    }
    // The controller forgets jobs after some minutes; the accounts, where there are any, do not.
    let format = "--format=JobID,State,NodeList,ExitCode";
    let args = ["-n", "-P", "-X", "-j", job, format].map(str::to_owned);
    if let Ok(text) = ask("sacct", &args) {
        // What only the accounts take for active ended without their notice.
        views.extend(parse_accounts(&text).into_iter().filter(|(_, view)| !view.is_active()));
    }
    Ok(views)
}

/// `JobId=12 ArrayTaskId=3 JobState=RUNNING …`, one job a line; tasks that wait stand together: `ArrayTaskId=4-40%20`.
fn parse_jobs(text: &str) -> BTreeMap<usize, View> {
    let mut views = BTreeMap::new();
    for line in text.lines() {
        let value = |key: &str| {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
            found.unwrap_or_default().to_owned()
        };
        let view = View {
            state: value("JobState"),
            reason: value("Reason"),
            nodes: value("NodeList").replace("(null)", ""),
            exit: value("ExitCode"),
        };
        for task in parse_tasks(&value("ArrayTaskId")) {
            views.insert(task, view.clone());
        }
    }
    views
}

/// `12_3|FAILED|n1|1:0`
fn parse_accounts(text: &str) -> Vec<(usize, View)> {
    let mut list = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [id, state, nodes, exit] = fields[..] else { continue };
        let tasks = id.split_once('_').map_or("", |(_, tasks)| tasks.trim_matches(['[', ']']));
        // `CANCELLED by 1000`
        let state = state.split(' ').next().unwrap_or_default().to_owned();
        let view = View { state, reason: "None".into(), nodes: nodes.to_owned(), exit: exit.to_owned() };
        list.extend(parse_tasks(tasks).into_iter().map(|task| (task, view.clone())));
    }
    list
}

/// `3`, `1-5,8%20`; nothing at all is 0.
fn parse_tasks(text: &str) -> Vec<usize> {
    let text = text.split('%').next().unwrap_or_default();
    if text.is_empty() {
        return vec![0];
    }
    let range = |part: &str| {
        let (a, b) = part.split_once('-').unwrap_or((part, part));
        Some(a.parse::<usize>().ok()?..=b.parse().ok()?)
    };
    text.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_and_arrays() {
        let text = "JobId=12 ArrayJobId=12 ArrayTaskId=4-6,9%2 JobName=x JobState=PENDING Reason=Priority ExitCode=0:0 NodeList=(null)\n\
                    JobId=13 ArrayJobId=12 ArrayTaskId=1 JobState=FAILED Reason=NonZeroExitCode ExitCode=1:0 NodeList=n2";
        let views = parse_jobs(text);
        assert_eq!(views.keys().copied().collect::<Vec<_>>(), [1, 4, 5, 6, 9]);
        assert_eq!(views[&1].short(), "FAILED (1:0)");
        assert_eq!(views[&9].short(), "PENDING (Priority)");
        assert!(views[&9].is_active() && !views[&1].is_active());
        assert_eq!(parse_jobs("JobId=5 JobState=COMPLETED")[&0].state, "COMPLETED");
    }

    #[test]
    fn accounts() {
        let list =
            parse_accounts("12_3|CANCELLED by 0|n1|0:15\n12_[4-5%2]|PENDING||0:0\n13|COMPLETED|n1|0:0");
        let tasks: Vec<(usize, &str)> =
            list.iter().map(|(task, view)| (*task, view.state.as_str())).collect();
        assert_eq!(tasks, [(3, "CANCELLED"), (4, "PENDING"), (5, "PENDING"), (0, "COMPLETED")]);
    }
}
