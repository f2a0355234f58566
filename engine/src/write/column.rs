//! The columns of a table, one list for Parquet, VCF and TSV.

use super::comparison::{Comparison, comparisons};
use super::measure::{Measure, Part, Statistic, Value};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::policy::GenotypeTier;
use crate::region::{Build, Zone};
use crate::suppress::{ReleasedRow, Stratum, TableHeader};
use crate::text;

/// What a missing number means.
const MISSING: &str = "zero, few, withheld or not called";

/// A column of Parquet and TSV, an INFO field of VCF.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// What it is, of whom, and what its absence means.
    pub(super) description: String,
    /// Of whom, for programs: key and value.
    pub(super) metadata: Vec<(&'static str, String)>,
    source: Source,
}

/// Where a number comes from: released rows, and sizes of strata, which are public.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    /// Of one stratum.
    Cell(usize, Measure),
    /// Of one stratum, with the alleles that it has in each zone if everybody is called.
    CallRate(usize, [u32; Zone::ALL.len()], Option<Build>),
    /// Of several strata.
    Fst(Vec<usize>),
    /// Of cases and controls, with K.
    Association((usize, usize), u32, Part),
}

/// The columns of one table.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(super) list: Vec<Column>,
}

/// Refuses statistics that the tables of a plan cannot have, before anything is counted.
pub fn check(plan: &Plan, statistics: &[Statistic]) -> Result<()> {
    let comparisons = comparisons(plan.strata());
    let pairs = comparisons.iter().any(|c| c.pair.is_some());
    let genotypes = plan.policy().genotype_tier == GenotypeTier::OnRequest
        && (plan.request().genotypes || plan.by().is_empty());
    for statistic in statistics {
        let missing = match statistic {
            Statistic::Fst if comparisons.is_empty() => text!(
                "it compares strata beside each other; ask for some with --by",
                "並び立つ層どうしを比べるものです。--by で層を指定してください"
            ),
            Statistic::Assoc if !pairs => text!(
                "it compares cases and controls; ask for an attribute of two values, such as --by icd10=E11",
                "症例と対照を比べるものです。--by icd10=E11 のように値が 2 つの属性を指定してください"
            ),
            Statistic::HetRate if !genotypes => text!(
                "it is made of genotype counts, which this table does not have (--genotypes, unless the policy forbids them)",
                "遺伝子型数から計算しますが、この表にはありません（ポリシーが許せば --genotypes で表示できます）"
            ),
            _ => continue,
        };
        return Err(Error::usage(missing).at(format!("--statistics {}", statistic.name()), ""));
    }
    Ok(())
}

impl Columns {
    /// The columns of a plan's table: stratum by stratum, then the comparisons.
    #[must_use]
    pub fn new(plan: &Plan, header: &TableHeader, statistics: &[Statistic]) -> Self {
        let shown = |m: &Measure| {
            (header.genotypes() || !m.is_genotypic()) && m.asked().is_none_or(|s| statistics.contains(&s))
        };
        let measures: Vec<Measure> = Measure::ALL.into_iter().filter(shown).collect();
        let mut list = Vec::new();
        for (stratum, s) in header.strata().iter().enumerate() {
            list.extend(measures.iter().map(|&m| Column::of_stratum(plan, (stratum, s), m)));
        }
        for comparison in comparisons(plan.strata()) {
            let place = |name: &String| header.strata().iter().position(|s| s.name == *name);
            let Some(strata) = comparison.strata.iter().map(place).collect::<Option<Vec<usize>>>() else {
                continue;
            };
            if statistics.contains(&Statistic::Fst) {
                list.push(Column::fst(header, &comparison, &strata));
            }
            let pair = comparison.pair.as_ref().and_then(|(a, b)| Some((place(a)?, place(b)?)));
            if let Some(pair) = pair.filter(|_| statistics.contains(&Statistic::Assoc)) {
                let k = plan.policy().k;
                list.extend(Part::ALL.map(|part| Column::association(header, pair, k, part)));
            }
        }
        Self { list }
    }
}

impl Column {
    fn of_stratum(plan: &Plan, (index, stratum): (usize, &Stratum), measure: Measure) -> Self {
        let (word, meaning) = measure.words();
        let whom = if stratum.name.is_empty() { "whole cohort" } else { &stratum.label };
        let source = match measure {
            Measure::CallRate => Source::CallRate(index, alleles(plan, &stratum.name), plan.build()),
            measure => Source::Cell(index, measure),
        };
        Self {
            name: stratum.field(word),
            description: format!("{meaning}; {whom}; absent field: {MISSING}"),
            metadata: vec![("label", stratum.label.clone()), ("stratum", stratum.name.clone())],
            source,
        }
    }

    fn fst(header: &TableHeader, comparison: &Comparison, strata: &[usize]) -> Self {
        let labels: Vec<&str> = strata.iter().map(|&s| header.strata()[s].label.as_str()).collect();
        let meaning = "F_ST, Hudson's estimator (Bhatia et al. 2013), of more than two strata the ratio of sums over pairs";
        Self {
            name: format!("FST_{}", comparison.name),
            description: format!("{meaning}; {}; absent field: {MISSING}", labels.join(" | ")),
            metadata: vec![("label", labels.join(" | ")), ("strata", comparison.strata.join(" "))],
            source: Source::Fst(strata.to_vec()),
        }
    }

    fn association(header: &TableHeader, pair: (usize, usize), k: u32, part: Part) -> Self {
        let (cases, controls) = (&header.strata()[pair.0], &header.strata()[pair.1]);
        let (word, meaning) = part.words();
        let whom = format!("{} against {}", cases.label, controls.label);
        Self {
            name: cases.field(word),
            description: format!("{meaning}; {whom}; absent field: {MISSING}"),
            metadata: vec![("label", whom), ("strata", format!("{} {}", cases.name, controls.name))],
            source: Source::Association(pair, k, part),
        }
    }

    /// True for counts, false for what is derived from them.
    pub(super) fn is_count(&self) -> bool {
        matches!(&self.source, Source::Cell(_, measure) if measure.is_count())
    }

    /// `Number` of VCF: AN and what follows from it alone are one per record, the rest belongs to the ALT.
    pub(super) fn vcf_number(&self) -> &'static str {
        match self.source {
            Source::Cell(_, Measure::An) | Source::CallRate(..) => "1",
            _ => "A",
        }
    }

    /// The number of a row; none when one of its inputs is not printed or it is not defined.
    pub(super) fn of(&self, header: &TableHeader, row: &ReleasedRow) -> Option<Value> {
        let value = match &self.source {
            Source::Cell(stratum, measure) => measure.of(row.cells()[*stratum].as_ref()?)?,
            Source::CallRate(stratum, all, build) => {
                let zone = header.contigs()[row.contig()].zone(row.pos(), *build).ok()?;
                Value::Real(row.cells()[*stratum].as_ref()?.call_rate(all[zone as usize])?)
            }
            Source::Fst(strata) => Value::Real(row.fst(strata)?),
            Source::Association(pair, k, part) => Value::Real(part.of(row.association(*pair, *k)?)),
        };
        match value {
            Value::Real(x) if !x.is_finite() => None,
            value => Some(value),
        }
    }
}

/// The alleles of a stratum in each zone if everybody is called.
fn alleles(plan: &Plan, stratum: &str) -> [u32; Zone::ALL.len()] {
    let nodes = || plan.strata().families.iter().flat_map(|f| &f.nodes);
    let size = nodes().find(|n| n.name.as_deref() == Some(stratum)).map(|n| n.size).unwrap_or_default();
    Zone::ALL.map(|zone| size.max_an(zone))
}
