//! `shukei demo`: a simulated cohort at five data sites, the main job on it, and what to look at.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use shukei::error::{Error, Problems, Result};
use shukei::plan::plan;
use shukei::run::Output;
use shukei::{Request, text};

use crate::args::{Demo, Global};
use crate::config;
use crate::freq::compute;
use crate::report::Reporter;
use crate::simulate::{Cohort, Size, Why, simulate};

/// Simulates and releases two tables.
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
    let strata = table(global, &cohort, &[by], out.join("by_sex_region"), reporter)?;
    let plain = table(global, &cohort, &[], out.join("all"), reporter)?;
    story(&cohort, command, (strata, plain, began.elapsed().as_secs_f64()), reporter);
    let audits =
        ["by_sex_region", "all"].map(|t| command.out.join(t).join("audit.json").display().to_string());
    reporter.data(&serde_json::json!({
        "audits": audits,
        "rows": [strata, plain],
    }));
    Ok(())
}

/// One table of the demo cohort; returns its rows.
fn table(
    global: &Global,
    cohort: &Cohort,
    by: &[&str],
    dir: PathBuf,
    reporter: &Reporter,
) -> Result<u64, Problems> {
    let request = Request {
        inputs: cohort.inputs.clone(),
        samples: cohort.samples.clone(),
        by: by.iter().map(|&b| b.to_owned()).collect(),
        max_ploidy: 2,
        partitions: 1,
        policy: config::read(global)?.policies,
        ..Request::default()
    };
    let plan = plan(request)?;
    let output = Output { dir, tsv: true, statistics: Vec::new() };
    compute(global, &plan, &output, SystemTime::now(), reporter).map(|audit| audit.rows())
}

/// What was made and where to look.
fn story(cohort: &Cohort, command: &Demo, (strata, plain, seconds): (u64, u64, f64), reporter: &Reporter) {
    let dir = command.out.display();
    reporter.say(&text!(
        "\n{strata} rows by sex and region, {plain} rows with genotype counts where they pass, {seconds:.0} s in all\n\
         look at\n  \
         {dir}/by_sex_region/freq.tsv   AC, AN, AF of all, of women and men, and of their regions; `.` is withheld\n  \
         {dir}/all/freq.tsv             no strata: nhomref, nhet, nhomalt, HWE too (tier G)\n  \
         {dir}/by_sex_region/audit.json what was done, to what, under which policy\n\
         two tables of one cohort only because nobody in it exists: of real people publish one, since together they\n\
         tell more than each\n\
         and at",
        "\n性別・地域別の表 {strata}行、層別なしの表（基準を満たす変異には遺伝子型数も）{plain}行、計{seconds:.0}秒\n\
         次のファイルをご覧ください\n  \
         {dir}/by_sex_region/freq.tsv   全体・男女・その地域ごとの AC、AN、AF。`.` は非表示\n  \
         {dir}/all/freq.tsv             層別なし: nhomref、nhet、nhomalt、HWE も表示（tier G）\n  \
         {dir}/by_sex_region/audit.json 何を、何に対して、どのポリシーで行ったか\n\
         同じコホートから2つの表を出しているのは、架空の人だからです。実在の人の場合、2つを合わせると\n\
         個々の表より多くのことが分かるため、公開する表は1つにしてください\n\
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
    let inputs = format!("{dir}/cohort/*.vcf.gz");
    reporter.say(&text!(
        "again by hand:\n  shukei freq {inputs} --samples {dir}/cohort/samples.tsv --by sex --by region -o OUT",
        "自分で実行するには:\n  shukei freq {inputs} --samples {dir}/cohort/samples.tsv --by sex --by region -o OUT"
    ));
}
