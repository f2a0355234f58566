//! `shukei freq`, and what it shares with `plan`, `tally` and `release`: requests, crews, endings.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use shukei::error::{Error, Problems, Result, Text};
use shukei::plan::{Absent, Cut, plan};
use shukei::run::{Output, frequency};
use shukei::tally::Crew;
use shukei::timing::{Stage, Timing};
use shukei::write::Statistic;
use shukei::write::audit::{Audit, Run};
use shukei::{Backend, Plan, Request, text};

use crate::args::{AbsentArg, Choice, Freq, Global, Out, StatisticArg};
use crate::clock::Clock;
use crate::config;
use crate::permit;
use crate::progress::Progress;
use crate::report::Reporter;

/// The whole path in one process.
pub(crate) fn run(global: &Global, command: &Freq, reporter: &Reporter) -> Result<(), Problems> {
    let clock = Clock::start(global);
    let cut = Cut::Parts(usize::try_from(command.partitions).unwrap_or(1));
    let request = request(global, &command.choice, cut)?;
    let plan = clock.timing.time(Stage::Plan, || plan(request))?;
    if command.dry_run {
        would(&plan, reporter);
        return Ok(());
    }
    let audit = compute(global, &plan, &output(&command.out), &clock, reporter)?;
    ending(&command.out.out, &audit, reporter);
    Ok(())
}

/// Says what a plan would do: inputs, strata, permit and ledger were checked, no genotype was read.
fn would(plan: &Plan, reporter: &Reporter) {
    plan.notes().iter().for_each(|note| reporter.note(note));
    let (partitions, by) = (plan.partitions().len(), plan.by());
    reporter.say(&text!(
        "this request may run: inputs, sample table, strata, policy, permit and ledger agree; nothing was counted or written",
        "このまま実行できます。入力・検体表・層別・ポリシー・許可証・台帳に問題はありません。集計も出力もしていません"
    ));
    reporter.data(&serde_json::json!({"dry_run": true, "partitions": partitions, "by": by}));
}

/// Counts and releases a plan with progress.
pub(crate) fn compute(
    global: &Global,
    plan: &Plan,
    output: &Output,
    clock: &Clock,
    reporter: &Reporter,
) -> Result<Audit, Problems> {
    for note in plan.notes() {
        reporter.note(note);
    }
    if let Some(hint) = plan.hint() {
        reporter.note(&hint);
    }
    let progress = Progress::new(reporter, plan.bytes());
    let bytes = |n: u64| progress.bytes(n);
    let crew = crew(global, &bytes, &clock.timing)?;
    let after = |done: usize, of: usize| progress.partition(done, of);
    let audit = frequency(plan, crew, output, describe(crew, clock.started), &after)?;
    clock.report(crew.threads, reporter);
    Ok(audit)
}

/// Arguments to a request with absolute paths.
pub(crate) fn request(global: &Global, choice: &Choice, cut: Cut) -> Result<Request> {
    let config = config::read(global)?;
    let ledger = config::ledger_at(&config)?;
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(|e| Error::io(path, &e));
    let file = |path: &Option<PathBuf>| path.as_ref().map(absolute).transpose();
    let all = |paths: Vec<PathBuf>| paths.iter().map(absolute).collect::<Result<Vec<_>>>();
    Ok(Request {
        inputs: choice.inputs.iter().map(absolute).collect::<Result<_>>()?,
        samples: absolute(&choice.samples)?,
        by: choice.by.clone(),
        include: file(&choice.include)?,
        exclude: file(&choice.exclude)?,
        permit: permit::of_request(global, &config)?,
        withdrawn: all(config.withdrawn.into_iter().chain(choice.withdrawn.clone()).collect())?,
        drop_unknown: choice.drop_unknown.clone(),
        allow_mixed_region: choice.allow_mixed_region,
        regions: split_regions(&choice.regions),
        regions_file: file(&choice.regions_file)?,
        reference: file(&choice.reference)?,
        absent: match choice.absent {
            AbsentArg::Missing => Absent::Missing,
            AbsentArg::HomRef => Absent::HomRef,
        },
        absent_at: config.absent_at,
        include_filtered: choice.include_filtered,
        adj: choice.adj,
        genotypes: choice.genotypes,
        structural: choice.structural,
        max_ploidy: choice.max_ploidy,
        accept_stale_index: choice.accept_stale_index,
        policy: all(config.policies)?,
        cut,
        ledger,
        replaces: choice.replaces.clone(),
    })
}

/// `-r chr1:1,000-2,000,chr2`: a comma begins a new region unless digits follow it up to the next comma, dash or end.
fn split_regions(given: &[String]) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for text in given {
        let mut fresh = true;
        for part in text.split(',') {
            let digits = part.split('-').next().unwrap_or_default();
            let thousands = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
            match list.last_mut() {
                Some(last) if !fresh && thousands && last.contains(':') => {
                    last.push(',');
                    last.push_str(part);
                }
                _ => list.push(part.to_owned()),
            }
            fresh = false;
        }
    }
    list
}

pub(crate) fn output(out: &Out) -> Output {
    let statistic = |arg: &StatisticArg| match arg {
        StatisticArg::Faf => Statistic::Faf,
        StatisticArg::CallRate => Statistic::CallRate,
        StatisticArg::HetRate => Statistic::HetRate,
        StatisticArg::Fst => Statistic::Fst,
        StatisticArg::Assoc => Statistic::Assoc,
    };
    Output { dir: out.out.clone(), tsv: out.tsv, statistics: out.statistics.iter().map(statistic).collect() }
}

/// Threads and kernels.
pub(crate) fn crew<'a>(
    global: &Global,
    progress: &'a (dyn Fn(u64) + Sync),
    timing: &'a Timing,
) -> Result<Crew<'a>> {
    let slurm = || std::env::var("SLURM_CPUS_PER_TASK").ok().and_then(|v| v.parse().ok()).filter(|n| *n > 0);
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = global.threads.map(usize::from).or_else(slurm).unwrap_or_else(cores);
    let backend = match &global.backend {
        None => Backend::best(),
        Some(name) => Backend::named(name).ok_or_else(|| {
            Error::usage(text!(
                "--backend {name}: this CPU does not have it; leave --backend out",
                "--backend {name}: この CPU では使えません。--backend を外してください"
            ))
        })?,
    };
    Ok(Crew { threads, backend, progress, timing, scratch: None })
}

/// How the work is done, for the audit.
pub(crate) fn describe(crew: Crew<'_>, started: SystemTime) -> Run {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    Run {
        command: std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect(),
        started,
        host,
        threads: crew.threads,
        backend: crew.backend.name(),
        audit_key: config::audit_key(),
    }
}

/// Says what was made.
pub(crate) fn ending(out: &Path, audit: &Audit, reporter: &Reporter) {
    let (rows, dir) = (audit.rows(), out.display());
    let bare = audit.without_genotypes();
    if bare > 0 {
        reporter.note(&text!(
            "{bare} records without genotypes (no GT in FORMAT) were left out; they are not counted as missing calls",
            "遺伝子型 (FORMAT の GT) のないレコード {bare} 件を除きました。未判定としては数えていません"
        ));
    }
    if let Some(note) = membership(audit) {
        reporter.note(&note);
    }
    reporter.say(&text!(
        "{rows} rows released: {dir}/freq.parquet, {dir}/freq.vcf.gz, {dir}/audit.json\n\
         an absent row means zero, few, or not called, and these cannot be told apart, by design",
        "開示制御を適用した{rows}行の表を出力しました: {dir}/freq.parquet、{dir}/freq.vcf.gz、{dir}/audit.json\n\
         表にない変異は、保有者が0人、少数、未判定のいずれかです。どれであるかは区別できません（仕様です）"
    ));
    reporter.data(&serde_json::json!({"rows": rows, "audit": out.join("audit.json").display().to_string()}));
}

/// Which strata are small for a table of so many variants. Names only: their sizes and figures are in the audit.
fn membership(audit: &Audit) -> Option<Text> {
    let named = |whole: &'static str| {
        let name = |stratum| if str::is_empty(stratum) { whole } else { stratum };
        audit.above_the_line().map(name).collect::<Vec<_>>().join(", ")
    };
    let (en, ja) = (named("the whole cohort"), named("コホート全体"));
    (!en.is_empty()).then(|| {
        text!(
            "who has somebody's genome could tell from this table whether that person is in: {en} (`membership` in \
             audit.json); let a person decide before it leaves, or ask for larger strata or fewer regions",
            "ある人のゲノムを持つ者は、その人が次の層に含まれるかどうかをこの表から推定できます: {ja}（audit.json の \
             `membership`）。持ち出す前に人が判断するか、層を大きくする、領域を絞るなどしてください"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::split_regions;

    #[test]
    fn commas_in_regions() {
        let split = |s: &str| split_regions(&[s.to_owned()]);
        assert_eq!(split("chr1:1,000-2,000,chr2"), ["chr1:1,000-2,000", "chr2"]);
        assert_eq!(split("1,2"), ["1", "2"]);
        assert_eq!(split("chr1:5,chr2:1000000-2,000,000"), ["chr1:5", "chr2:1000000-2,000,000"]);
    }
}
