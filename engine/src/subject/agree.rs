//! What must hold between the rows of a table: each sample once, each person the same throughout.

use std::collections::HashMap;

use crate::text;

use super::column::Column;
use super::complaint::Complaints;
use super::layout::Layout;
use super::row::SampleRow;

/// Complains about samples that appear twice and about people whose rows contradict each other.
pub(super) fn check(rows: &[SampleRow], layout: &Layout, complaints: &mut Complaints<'_>) {
    let mut samples: HashMap<&str, &SampleRow> = HashMap::with_capacity(rows.len());
    let mut subjects: HashMap<&str, &SampleRow> = HashMap::new();
    for row in rows {
        let mut first = *samples.entry(&row.sample_id).or_insert(row);
        if first.line != row.line {
            let (id, first) = (&row.sample_id, first.line);
            complaints.cell(
                row.line,
                layout.title(Column::SampleId),
                text!(
                    "the sample `{id}` stands on line {first} already; each may appear once",
                    "検体「{id}」は{first}行目にもあります。1検体は1行にしてください"
                ),
            );
        }
        if layout.has(Column::SubjectId) {
            first = *subjects.entry(&row.subject_id).or_insert(row);
        }
        for column in contradictions(first, row) {
            contradiction(column, first, row, (layout, complaints));
        }
    }
}

/// The columns that are properties of a person and differ between two rows of the same person. Columns that may describe
/// the sample instead (dataset, free text) are checked only when people are counted by them.
fn contradictions(a: &SampleRow, b: &SampleRow) -> impl Iterator<Item = Column> {
    [
        (Column::Sex, a.sex != b.sex),
        (Column::Age10, a.age10 != b.age10),
        (Column::Region, a.region != b.region),
        (Column::RegionKind, a.region_kind != b.region_kind),
        (Column::Icd10, a.icd10 != b.icd10),
        (Column::Origin, a.origin != b.origin),
    ]
    .into_iter()
    .filter_map(|(column, differs)| differs.then_some(column))
}

fn contradiction(
    column: Column,
    first: &SampleRow,
    row: &SampleRow,
    (layout, complaints): (&Layout, &mut Complaints<'_>),
) {
    let shown = if column == Column::Age10 && !layout.has(Column::Age10) { Column::Age } else { column };
    let (title, id, line) = (layout.title(shown), &row.subject_id, first.line);
    complaints.cell(
        row.line,
        title,
        text!(
            "the subject `{id}` has another {title} on line {line}; a person needs the same value on every line",
            "対象者「{id}」の{title}が{line}行目と異なります。同じ人の行では同じ値にしてください"
        ),
    );
}
