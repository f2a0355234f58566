//! `shukei demo`: a simulated cohort at five data sites, the main job on it, a second job that the ledger refuses, and what to
//! look at.

use std::path::Path;
use std::time::Instant;

use shukei::error::{Error, Problems, Result};
use shukei::plan::{LedgerAt, plan};
use shukei::run::Output;
use shukei::{Request, text};

use crate::args::{Demo, Global};
use crate::clock::Clock;
use crate::config;
use crate::freq::compute;
use crate::report::Reporter;
use crate::simulate::{Cohort, Size, Why, simulate};

/// Simulates, releases a table, and asks for it again without one of its people.
pub(crate) fn run(global: &Global, command: &Demo, reporter: &Reporter) -> Result<(), Problems> {
    let out = std::path::absolute(&command.out).map_err(|e| Error::io(&command.out, &e))?;
    if out.exists() {
        return Err(Error::usage(text!(
            "there is already something here; remove it or name another directory with -o",
            "同じ名前のものがすでにあります。削除するか、-o で別のディレクトリを指定してください"
        ))
        .at(command.out.display(), "")
        .into());
    }
    let made = make(global, command, &out, reporter);
    if made.is_err() {
        // Nothing half-made stays; the directory was not there before.
        let _ = std::fs::remove_dir_all(&out);
    }
    made
}

/// Fills a directory that is not there yet.
fn make(global: &Global, command: &Demo, out: &Path, reporter: &Reporter) -> Result<(), Problems> {
    let began = Instant::now();
    let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let size = Size { people: number(command.people), variants: number(command.variants), ..Size::default() };
    let cohort = simulate(&out.join("cohort"), &size).map_err(|e| Error::io(out, &e))?;
    let (people, variants, dir) = (size.people, size.variants, command.out.display());
    reporter.say(&text!(
        "simulated {people} invented people and {variants} positions at five data sites: {dir}/cohort",
        "架空の{people}人・{variants}か所の変異を5つのデータ拠点に分けて作成しました: {dir}/cohort"
    ));
    // Fewer people have regions with fewer than K: the built-in tree pools those.
    let by = if people >= Size::default().people { "sex,region" } else { "sex,region:tree" };
    let asked = request(global, &cohort, by, out)?;
    let ready = plan(asked.clone())?;
    let output = Output { dir: out.join("by_sex_region"), tsv: true, statistics: Vec::new() };
    let audit = compute(global, &ready, &output, &Clock::start(global), reporter)?;
    let refused = again_without_one(&cohort, asked, out)?;
    story(&cohort, command, (audit.rows(), began.elapsed().as_secs_f64()), reporter);
    reporter.say(&text!(
        "and then one person withdrew, and the same table was asked for again:\n  {}",
        "さらに、1人が同意を撤回した後に同じ表を作ろうとすると:\n  {}",
        refused.message(reporter.lang)
    ));
    by_hand(command, reporter);
    let path = |name: &str| command.out.join(name).display().to_string();
    reporter.data(&serde_json::json!({
        "audit": path("by_sex_region/audit.json"),
        "rows": audit.rows(),
        "ledger": path("ledger"),
    }));
    Ok(())
}

/// The main job on the demo cohort, with a ledger of its own.
fn request(global: &Global, cohort: &Cohort, by: &str, out: &Path) -> Result<Request> {
    Ok(Request {
        inputs: cohort.inputs.clone(),
        samples: cohort.samples.clone(),
        by: vec![by.to_owned()],
        max_ploidy: 2,
        policy: config::read(global)?.policies,
        ledger: LedgerAt { dir: Some(out.join("ledger")), ..LedgerAt::default() },
        ..Request::default()
    })
}

/// The refusal of the same table without one person: with the first table it would tell about that person alone.
fn again_without_one(cohort: &Cohort, asked: Request, out: &Path) -> Result<Error, Problems> {
    let list = out.join("withdrawn.txt");
    std::fs::write(&list, format!("{}\n", cohort.somebody)).map_err(|e| Error::io(&list, &e))?;
    match plan(Request { withdrawn: vec![list], ..asked }) {
        Err(problems) if problems.exit_code() == 5 => Ok(problems.list()[0].clone()),
        Err(problems) => Err(problems),
        Ok(_) => Err(Error::input(text!(
            "the table without one person was not refused; please report this",
            "1人を除いた表が拒否されませんでした。開発元にお知らせください"
        ))
        .into()),
    }
}

/// What was made and where to look.
fn story(cohort: &Cohort, command: &Demo, (rows, seconds): (u64, f64), reporter: &Reporter) {
    let dir = command.out.display();
    reporter.say(&text!(
        "\n{rows} rows by sex and region, {seconds:.0} s in all\n\
         look at\n  \
         {dir}/by_sex_region/freq.tsv   AC, AN, AF of all, of women and men, and of their regions; `.` is withheld\n  \
         {dir}/by_sex_region/audit.json what was done, to what, under which policy\n  \
         {dir}/ledger                   what was released: shukei ledger list --ledger {dir}/ledger\n\
         and at",
        "\n性別・地域別の表 {rows}行、計{seconds:.0}秒\n\
         次のファイルをご覧ください\n  \
         {dir}/by_sex_region/freq.tsv   全体・男女・その地域ごとの AC、AN、AF。`.` は非表示\n  \
         {dir}/by_sex_region/audit.json 何を、何に対して、どのポリシーで行ったか\n  \
         {dir}/ledger                   公開の台帳: shukei ledger list --ledger {dir}/ledger\n\
         次の変異も確認してみてください"
    ));
    let code = cohort.icd10;
    for planted in &cohort.planted {
        let (contig, pos) = (planted.contig, planted.position);
        reporter.say(&match planted.why {
            Why::Okinawa => text!(
                "  {contig}:{pos}  frequent in Okinawa, rare elsewhere: its strata are withheld, the whole is shown",
                "  {contig}:{pos}  沖縄で多く、ほかでは稀: 層別の値は非表示、全体の値は表示"
            ),
            Why::Disease => text!(
                "  {contig}:{pos}  twice as frequent in {code}: try --by icd10={code}",
                "  {contig}:{pos}  {code} の人では頻度が2倍: --by icd10={code} をお試しください"
            ),
            Why::TooRare => text!(
                "  {contig}:{pos}  too few carriers, or none, or not called: there is no row, and nobody can tell which",
                "  {contig}:{pos}  保有者が少数か、0人か、未判定: 表に行がなく、どれであるかは誰にも分かりません"
            ),
        });
    }
}

/// The command that makes a table of the demo cohort.
fn by_hand(command: &Demo, reporter: &Reporter) {
    let dir = command.out.display();
    let inputs = format!("{dir}/cohort/*.vcf.gz");
    reporter.say(&text!(
        "again by hand:\n  shukei freq {inputs} --samples {dir}/cohort/samples.tsv --by sex --by region -o OUT",
        "自分で実行するには:\n  shukei freq {inputs} --samples {dir}/cohort/samples.tsv --by sex --by region -o OUT"
    ));
}
