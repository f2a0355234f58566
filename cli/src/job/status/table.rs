//! The overview for people, on standard output: a line for the whole, one for every partition that is not done, and what to do.

use std::fmt::Write as _;
use std::io::Write as _;

use shukei::error::{Lang, Text};
use shukei::text;

use super::{Line, Overview, Standing};

/// Lines about partitions that only wait; further ones are counted.
const WAITING: usize = 5;

/// Prints the overview.
pub(super) fn show(overview: &Overview, lang: Lang) {
    // Whoever closed stdout does not want it.
    let _ = std::io::stdout().write_all(page(overview, lang).as_bytes());
}

fn name(standing: Standing) -> Text {
    match standing {
        Standing::Done => text!("done", "完了"),
        Standing::Running => text!("running", "実行中"),
        Standing::Pending => text!("pending", "待機中"),
        Standing::Failed => text!("failed", "失敗"),
        Standing::Damaged => text!("damaged", "破損"),
        Standing::Missing => text!("missing", "未着手"),
    }
}

fn page(overview: &Overview, lang: Lang) -> String {
    let mut page = String::new();
    let all = overview.partitions.len();
    let counts = [
        (Standing::Done, overview.done),
        (Standing::Running, overview.running),
        (Standing::Pending, overview.pending),
        (Standing::Failed, overview.failed),
        (Standing::Damaged, overview.damaged),
        (Standing::Missing, overview.missing),
    ];
    let counts = counts.iter().filter(|(_, n)| *n > 0).map(|(s, n)| format!("{n} {}", name(*s).get(lang)));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let (job, percent) = (&overview.job, overview.percent);
    let head = text!(
        "{job}: {all} partitions: {counts}; {percent:.1} % of the bytes",
        "{job}: 分割 {all} 個: {counts}。バイト数の {percent:.1} %"
    );
    let _ = writeln!(page, "{}", head.get(lang));
    lines(&mut page, &overview.partitions, lang);
    for text in endings(overview) {
        let _ = writeln!(page, "{}", text.get(lang));
    }
    page
}

fn lines(page: &mut String, partitions: &[Line], lang: Lang) {
    let open: Vec<&Line> = partitions.iter().filter(|line| line.state != Standing::Done).collect();
    if open.is_empty() {
        return;
    }
    let head = text!(
        "partition  state    read  slurm                  node      message",
        "分割       状態     読込  slurm                  ノード    メッセージ"
    );
    let _ = writeln!(page, "{}", head.get(lang));
    let (mut waiting, mut more) = (0, 0);
    for line in open {
        if matches!(line.state, Standing::Pending | Standing::Missing) && line.message.is_none() {
            waiting += 1;
            if waiting > WAITING {
                more += 1;
                continue;
            }
        }
        let read = format!("{} %", 100 * line.done_bytes / line.bytes.max(1));
        let none = String::from("-");
        let (slurm, node) = (line.slurm.as_ref().unwrap_or(&none), line.node.as_ref().unwrap_or(&none));
        let state = name(line.state);
        // Japanese words take two places a letter.
        let state = match lang {
            Lang::En => format!("{:<8}", state.en),
            Lang::Ja => {
                format!("{}{}", state.ja, " ".repeat(8usize.saturating_sub(2 * state.ja.chars().count())))
            }
        };
        let message = line.message.as_deref().unwrap_or("");
        let text = format!("{:>9}  {state} {read:>5}  {slurm:<22} {node:<9} {message}", line.partition);
        let _ = writeln!(page, "{}", text.trim_end());
    }
    if more > 0 {
        let text = text!("        …  and {more} more that wait", "        …  ほかに待機中 {more} 個");
        let _ = writeln!(page, "{}", text.get(lang));
    }
}

fn endings(overview: &Overview) -> Vec<Text> {
    let mut list = Vec::new();
    if let Some(error) = &overview.slurm_error {
        list.push(text!("without Slurm's view: {error}", "Slurm の状態は取得できません: {error}"));
    }
    if let Some(minutes) = overview.seconds_left.map(|seconds| seconds.div_ceil(60)) {
        list.push(text!("about {minutes} min left at this speed", "この速さで残り約 {minutes} 分"));
    }
    match (&overview.release, &overview.out) {
        (Some(word), Some(out)) if word == "done" => {
            list.push(text!("released: {out}", "公開済み: {out}"));
        }
        (Some(word), _) => list.push(text!("release: {word}", "release: {word}")),
        _ => {}
    }
    if let Some(repair) = &overview.repair {
        list.push(text!("to repair or go on: {repair}", "修復または続行するには: {repair}"));
    }
    list
}
