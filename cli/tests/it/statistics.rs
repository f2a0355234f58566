//! Derived statistics: each from printed numbers, there exactly when they are, and what bcftools and plink2 say of them.

mod cohort;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::support::{Table, audit, bcftools, ok, run, table};
use cohort::{Person, write};

/// Columns of one row.
type Row = BTreeMap<String, String>;

fn number(row: &Row, column: &str) -> Option<f64> {
    Some(row.get(column)?.parse().unwrap_or_else(|_| panic!("{column} is a number")))
}

/// AC and AN of a stratum, `""` being the whole cohort.
fn alleles(row: &Row, stratum: &str) -> Option<(f64, f64)> {
    let of =
        |measure: &str| if stratum.is_empty() { measure.to_owned() } else { format!("{measure}_{stratum}") };
    Some((number(row, &of("AC"))?, number(row, &of("AN"))?))
}

/// Runs the command on the cohort in the directory.
fn freq(dir: &Path, out: &str, more: &[&str]) -> Table {
    let out = dir.join(out);
    let (input, samples) = (dir.join("cohort.vcf"), dir.join("samples.tsv"));
    let fixed =
        ["freq".as_ref(), input.as_os_str(), "--samples".as_ref(), samples.as_os_str(), "--tsv".as_ref()];
    let place = ["-o".as_ref(), out.as_os_str()];
    ok(fixed.into_iter().chain(place).chain(more.iter().map(std::ffi::OsStr::new)));
    table(&out)
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-12)
}

/// Every comparison of the table below: its column's name, its strata, and whether it is a pair.
const COMPARISONS: [(&str, &[&str]); 4] = [
    ("icd10_E11", &["icd10_E11", "icd10_notE11"]),
    ("sex", &["sex_F", "sex_M"]),
    ("sex_F_region", &["sex_F_region_kanto", "sex_F_region_kinki", "sex_F_region_kyushu"]),
    ("sex_M_region", &["sex_M_region_kanto", "sex_M_region_kinki", "sex_M_region_kyushu"]),
];

#[test]
fn comparisons_are_there_exactly_when_their_strata_are() {
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path());
    let mut seen = BTreeMap::new();
    for (out, by) in [("a", &["--by", "icd10=E11"][..]), ("b", &["--by", "sex,region"])] {
        let table = freq(dir.path(), out, &[by, &["--statistics", "fst,assoc"]].concat());
        let header = std::fs::read_to_string(dir.path().join(out).join("freq.tsv")).expect("a table");
        let columns: Vec<&str> = header.lines().next().expect("names").split('\t').collect();
        for (name, strata) in COMPARISONS {
            if !columns.contains(&format!("FST_{name}").as_str()) {
                continue;
            }
            for row in table.values() {
                let (there, pair) = check_comparison(row, name, strata);
                *seen.entry((name, there, pair)).or_insert(0) += 1;
            }
        }
    }
    eprintln!("rows by comparison, F_ST printed, odds ratio printed: {seen:?}");
    for (name, strata) in COMPARISONS {
        assert!(seen.contains_key(&(name, true, strata.len() == 2)), "{name} is printed");
        assert!(seen.contains_key(&(name, false, false)), "{name} is withheld");
    }
    // Groups of men alone, on X and MT, are printed from AC 10; an odds ratio is not.
    assert!(seen.contains_key(&("sex", true, false)), "a cell below 2K - 1");
}

/// Checks the columns of a comparison in a row; whether F_ST and whether the odds ratio is there.
fn check_comparison(row: &Row, name: &str, strata: &[&str]) -> (bool, bool) {
    let printed: Vec<_> = strata.iter().filter_map(|s| alleles(row, s)).collect();
    let fst = number(row, &format!("FST_{name}"));
    assert_eq!(fst.is_some(), printed.len() == strata.len(), "FST_{name} {row:?}");
    if let Some(fst) = fst {
        assert!((fst - hudson(&printed)).abs() < 1e-12, "FST_{name} {row:?}");
    }
    let parts =
        ["CHI2", "P", "OR", "OR_L95", "OR_U95"].map(|part| number(row, &format!("{part}_{}", strata[0])));
    let [Some((a, an)), Some((c, cn))] = [0, 1].map(|i| printed.get(i).copied()) else {
        assert_eq!(parts, [None; 5], "{name} {row:?}");
        return (fst.is_some(), false);
    };
    let cells = [[a, an - a], [c, cn - c]];
    if strata.len() > 2 || cells.iter().flatten().any(|n| *n < 19.0) {
        assert_eq!(parts, [None; 5], "{name} {row:?}");
        return (true, false);
    }
    let [chi2, p, odds, low, high] = parts.map(|part| part.unwrap_or_else(|| panic!("{name} {row:?}")));
    let total = an + cn;
    let column = [0, 1].map(|j| cells[0][j] + cells[1][j]);
    let expected = |i: usize, j: usize| [an, cn][i] * column[j] / total;
    let sum: f64 = [(0, 0), (0, 1), (1, 0), (1, 1)]
        .map(|(i, j): (usize, usize)| (cells[i][j] - expected(i, j)).powi(2) / expected(i, j))
        .iter()
        .sum();
    assert!((chi2 - sum).abs() < 1e-9 * sum.max(1.0), "{name} {chi2} {sum}");
    assert!(near(odds, cells[0][0] * cells[1][1] / (cells[0][1] * cells[1][0]), 1e-12), "{name} {row:?}");
    assert!(near(low * high, odds * odds, 1e-12) && low < odds, "{name} {row:?}");
    // 3.841 is the bound of P = 0.05, and the interval holds 1 where the test does not reject, up to their difference.
    assert_eq!(p < 0.05, chi2 > 3.841_458_820_694_124, "{name} {row:?}");
    (true, true)
}

/// Hudson's F_ST by heterozygosities: 1 − within / between, another way to write the estimator.
fn hudson(groups: &[(f64, f64)]) -> f64 {
    let (mut within, mut between) = (0.0, 0.0);
    for (i, first) in groups.iter().enumerate() {
        for second in &groups[i + 1..] {
            let differ = |(ac, an): (f64, f64)| 2.0 * ac * (an - ac) / (an * (an - 1.0));
            within += (differ(*first) + differ(*second)) / 2.0;
            between +=
                (first.0 * (second.1 - second.0) + second.0 * (first.1 - first.0)) / (first.1 * second.1);
        }
    }
    1.0 - within / between
}

#[test]
fn faf_and_call_rate_stand_beside_every_ac() {
    let dir = tempfile::tempdir().expect("a directory");
    let people = write(dir.path());
    let table = freq(dir.path(), "out", &["--by", "sex,region", "--statistics", "faf,callrate"]);
    let mut cells = 0;
    for row in table.values() {
        for column in row.keys().filter(|c| *c == "AC" || c.starts_with("AC_")) {
            let suffix = &column[2..];
            let get = |measure: &str| number(row, &format!("{measure}{suffix}")).expect("beside AC");
            let (ac, an) = (get("AC"), get("AN"));
            for (faf, alpha) in [("FAF95", 0.05), ("FAF99", 0.01)] {
                assert!((upper_tail(ac, get(faf) * an) - alpha).abs() < 1e-9, "{faf}{suffix} {row:?}");
            }
            let all: u32 = people.iter().filter(|p| p.is_in(suffix)).map(|p| p.copies(&row["contig"])).sum();
            assert!(near(get("call_rate"), an / f64::from(all), 1e-15), "{column} {row:?}");
            cells += 1;
        }
        let of = |measure: &str| row.keys().filter(|c| c.starts_with(measure)).count();
        assert_eq!([of("FAF95"), of("FAF99"), of("call_rate")], [of("AC"); 3], "{row:?}");
    }
    eprintln!("{cells} cells");
    assert!(cells > 300 && table.values().any(|row| number(row, "call_rate").is_some_and(|r| r < 1.0)));
}

/// P(X ≥ k) of a Poisson variable, as 1 − the terms below k, by logarithms.
fn upper_tail(k: f64, mean: f64) -> f64 {
    let (mut ln_term, mut sum, mut i) = (-mean, 0.0, 0.0);
    while i < k {
        sum += f64::exp(ln_term);
        i += 1.0;
        ln_term += mean.ln() - f64::ln(i);
    }
    1.0 - sum
}

#[test]
fn nothing_is_added_unless_asked_and_what_cannot_be_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path());
    let columns = |table: &Table| table.values().flat_map(BTreeMap::keys).cloned().collect::<Vec<_>>();
    let plain = columns(&freq(dir.path(), "plain", &["--by", "sex"]));
    let extra = ["FAF", "call_rate", "het_rate", "FST", "CHI2", "P_", "OR"];
    assert!(!plain.iter().any(|c| extra.iter().any(|e| c.starts_with(e))));
    let all = columns(&freq(dir.path(), "all", &["--statistics", "hetrate"]));
    assert!(all.contains(&"het_rate".to_owned()) && all.contains(&"ExcHet".to_owned()));
    for (statistic, by) in [("fst", ""), ("assoc", "region"), ("hetrate", "sex")] {
        let by = format!("--by={by}");
        let out = dir.path().join("refused");
        let (input, samples) = (dir.path().join("cohort.vcf"), dir.path().join("samples.tsv"));
        let mut args = vec!["freq".as_ref(), input.as_os_str(), "--samples".as_ref(), samples.as_os_str()];
        args.extend(["-o".as_ref(), out.as_os_str(), "--statistics".as_ref(), statistic.as_ref()]);
        args.extend((by != "--by=").then_some(std::ffi::OsStr::new(&by)));
        let output = run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && said.contains(&format!("--statistics {statistic}")),
            "{said}"
        );
        assert!(!out.exists(), "nothing is written");
    }
}

#[test]
fn the_audit_has_the_membership_figure() {
    let dir = tempfile::tempdir().expect("a directory");
    let people = write(dir.path());
    let table = freq(dir.path(), "out", &["--by", "sex,region"]);
    let audit = audit(&dir.path().join("out"));
    let strata = audit["membership"]["strata"].as_array().expect("a list");
    assert_eq!(strata.len(), 9);
    for stratum in strata {
        let name = stratum["stratum"].as_str().expect("a name");
        let suffix = if name.is_empty() { String::new() } else { format!("_{name}") };
        let n = people.iter().filter(|p| p.is_in(&suffix)).count();
        let m = table.values().filter(|row| row.contains_key(&format!("AC{suffix}"))).count();
        assert_eq!(
            (stratum["n"].as_u64(), stratum["m"].as_u64()),
            (Some(n as u64), Some(m as u64)),
            "{name}"
        );
        let ratio = stratum["sqrt_m_n"].as_f64().expect("a number");
        assert!((ratio - (m as f64 / n as f64).sqrt()).abs() < 1e-4, "{name}");
        // Everything lies within 25 kb of the first variant of its contig.
        assert!(stratum["m_independent"].as_u64() <= Some(3), "{name}");
        assert_eq!(stratum["above_the_line"], false, "{name}");
    }
}

/// 40 people need 897 independent variants: at 900 of them, 25 kb apart, the note names the cohort, at 890 nobody.
#[test]
fn a_stratum_above_the_line_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    for (variants, above) in [(890, false), (900, true)] {
        cohort::write_many(dir.path(), variants);
        let (input, samples) = (dir.path().join("many.vcf"), dir.path().join("many.tsv"));
        for (lang, words) in [("en", "is in: the whole cohort"), ("ja", "推定できます: コホート全体")]
        {
            let out = dir.path().join(format!("{lang}{variants}"));
            let fixed = ["freq".as_ref(), input.as_os_str(), "--samples".as_ref(), samples.as_os_str()];
            let more = ["--lang".as_ref(), lang.as_ref(), "-o".as_ref(), out.as_os_str()];
            let said = ok(fixed.into_iter().chain(more)).stderr;
            assert_eq!(String::from_utf8_lossy(&said).contains(words), above, "{variants} {lang}");
            let audit = audit(&out);
            let root = &audit["membership"]["strata"][0];
            assert_eq!(root["m_independent"].as_u64(), Some(variants as u64));
            assert_eq!(
                (root["m_needed"].as_u64(), root["above_the_line"].as_bool()),
                (Some(897), Some(above))
            );
        }
    }
}

#[test]
fn plink2_has_the_same_fst_and_bcftools_the_same_exchet() {
    let dir = tempfile::tempdir().expect("a directory");
    let people = write(dir.path());
    let compared = (plink2_fst(dir.path(), &people), bcftools_exchet(dir.path(), &people));
    eprintln!("{compared:?} values of F_ST (plink2) and ExcHet (bcftools) are ours");
    assert!(compared.0 >= 20 && compared.1 >= 20);
}

/// Compares F_ST of autosomal variants at which everybody is called; how many.
fn plink2_fst(dir: &Path, people: &[Person]) -> usize {
    let groups: String =
        people.iter().map(|p| format!("{}\t{}\n", p.name, p.disease.unwrap_or("NONE"))).collect();
    std::fs::write(dir.join("groups.txt"), format!("#IID\tG\n{groups}")).expect("written");
    let args = "--vcf cohort.vcf --chr 1 --pheno groups.txt --fst G method=hudson report-variants \
                --threads 1 --memory 640 --out plink";
    let made = Command::new("plink2").args(args.split_whitespace()).current_dir(dir).output();
    let made = made.expect("plink2 is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let theirs = std::fs::read_to_string(dir.join("plink.E11.notE11.fst.var")).expect("a table");
    let table = freq(dir, "fst", &["--by", "icd10=E11", "--drop-unknown", "icd10", "--statistics", "fst"]);
    let mut compared = 0;
    for line in theirs.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let row = table.get(&format!("chr1:{}:A:C", fields[1]));
        let Some(ours) = row.and_then(|row| number(row, "FST_icd10_E11")) else { continue };
        if !cohort::somebody_missing(fields[1]) {
            assert!((ours - fields[4].parse::<f64>().expect("a number")).abs() < 1e-6, "{line}: {ours}");
            compared += 1;
        }
    }
    compared
}

/// Compares ExcHet by sex on chr1; how many.
fn bcftools_exchet(dir: &Path, people: &[Person]) -> usize {
    let groups: String = people.iter().map(|p| format!("{}\t{}\n", p.name, p.sex)).collect();
    std::fs::write(dir.join("sexes.txt"), groups).expect("written");
    let (input, sexes) = (dir.join("cohort.vcf"), dir.join("sexes.txt"));
    let (filled, groups) = (dir.join("filled.vcf"), sexes.display().to_string());
    let arguments = ["--", "-t", "ExcHet", "-S", &groups];
    let mut fill = vec!["+fill-tags".as_ref(), input.as_os_str(), "-o".as_ref(), filled.as_os_str()];
    fill.extend(arguments.iter().map(std::ffi::OsStr::new));
    bcftools(fill);
    let format = "%CHROM:%POS:%REF:%ALT\\t%ExcHet_F\\t%ExcHet_M\\n";
    let text = bcftools(["query".as_ref(), "-f".as_ref(), format.as_ref(), filled.as_os_str()]);
    let table = freq(dir, "exchet", &["--by", "sex", "--genotypes"]);
    let mut compared = 0;
    for line in String::from_utf8_lossy(&text).lines().filter(|l| l.starts_with("chr1:")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let pos = fields[0].split(':').nth(1).expect("a position");
        let Some(row) = table.get(fields[0]).filter(|_| !cohort::somebody_missing(pos)) else { continue };
        for (column, theirs) in [("ExcHet_sex_F", fields[1]), ("ExcHet_sex_M", fields[2])] {
            let Some(ours) = number(row, column) else { continue };
            assert!(near(ours, theirs.parse().expect("a number"), 1e-5), "{line}: {ours}");
            compared += 1;
        }
    }
    compared
}
