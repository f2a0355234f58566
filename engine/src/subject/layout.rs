//! The header of one sample table: which column stands where.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Text;
use crate::text;

use super::column::{Column, implied_kind};
use super::complaint::Complaints;
use super::delimited::Record;
use super::spelling::{fold, key};
use super::{RegionKind, nearest};

/// A column of the file: where it is, and what the header calls it.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) index: usize,
    pub(super) title: String,
}

/// What stands where in a row.
#[derive(Debug, Default)]
pub(super) struct Layout {
    known: BTreeMap<Column, Slot>,
    /// Further columns, in the order of the file.
    pub(super) extra: Vec<Slot>,
    /// The kind of region that the header of the region column states.
    pub(super) implied_kind: Option<RegionKind>,
    /// Number of fields that every row must have.
    pub(super) width: usize,
}

impl Layout {
    /// Reads the header. None when there is no `sample_id`.
    pub(super) fn read(
        header: &Record<'_>,
        body: &[Record<'_>],
        complaints: &mut Complaints<'_>,
        notes: &mut Vec<Text>,
    ) -> Option<Self> {
        let mut layout = Self { width: header.fields.len(), ..Self::default() };
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (index, field) in header.fields.iter().enumerate() {
            let folded = fold(field).split_whitespace().collect::<Vec<_>>().join(" ");
            let title = if index == 0 { folded.trim_start_matches('#').trim() } else { &folded }.to_owned();
            if title.is_empty() {
                unnamed(index, header, body, complaints);
                continue;
            }
            let column = Column::named(&title);
            let identity = column.map_or_else(|| key(&title), |column| column.name().to_owned());
            if let Some(first) = taken.insert(identity, title.clone()) {
                complaints.line(
                    header.line,
                    text!(
                        "the columns `{first}` and `{title}` mean the same; keep one",
                        "「{first}」と「{title}」は同じ意味の列です。どちらか1つにしてください"
                    ),
                );
                continue;
            }
            match column {
                Some(column) => {
                    if column == Column::Region {
                        layout.implied_kind = implied_kind(&title);
                    }
                    layout.known.insert(column, Slot { index, title });
                }
                None => layout.extra.push(Slot { index, title }),
            }
        }
        layout.note_near_misses(notes);
        if !layout.has(Column::SampleId) {
            no_sample_id(header, complaints);
            return None;
        }
        Some(layout)
    }

    /// True when the table has the column.
    pub(super) fn has(&self, column: Column) -> bool {
        self.known.contains_key(&column)
    }

    /// Where the column is.
    pub(super) fn index(&self, column: Column) -> Option<usize> {
        self.known.get(&column).map(|slot| slot.index)
    }

    /// What the file calls the column.
    pub(super) fn title(&self, column: Column) -> &str {
        self.known.get(&column).map_or(column.name(), |slot| &slot.title)
    }

    /// The known columns.
    pub(super) fn columns(&self) -> BTreeSet<Column> {
        self.known.keys().copied().collect()
    }

    /// The names of the further columns.
    pub(super) fn extra_names(&self) -> Vec<String> {
        self.extra.iter().map(|slot| slot.title.clone()).collect()
    }

    /// A misspelt column would silently be a further column: say so.
    fn note_near_misses(&self, notes: &mut Vec<Text>) {
        let absent = Column::all().filter(|column| !self.has(*column)).map(Column::name);
        let absent: Vec<&str> = absent.filter(|name| name.len() > 3).collect();
        for slot in &self.extra {
            if let Some(meant) = nearest(&slot.title, absent.iter().copied()) {
                let title = &slot.title;
                notes.push(text!(
                    "the column `{title}` is read as a column of your own; did you mean {meant}?",
                    "「{title}」列は独自の属性として扱います。{meant} の書き間違いではありませんか"
                ));
            }
        }
    }
}

/// A column without a name may be there only if it is empty, as spreadsheets leave them.
fn unnamed(index: usize, header: &Record<'_>, body: &[Record<'_>], complaints: &mut Complaints<'_>) {
    let filled =
        body.iter().find(|record| record.fields.get(index).is_some_and(|field| !field.trim().is_empty()));
    if let Some(record) = filled {
        let (number, line) = (index + 1, record.line);
        complaints.line(
            header.line,
            text!(
                "column {number} has values (line {line}) but no name; name it, or remove it",
                "{number}列目に値がありますが（{line}行目）、見出しがありません。見出しを付けるか、列を削除してください"
            ),
        );
    }
}

fn no_sample_id(header: &Record<'_>, complaints: &mut Complaints<'_>) {
    let found =
        header.fields.iter().map(|field| format!("`{}`", field.trim())).collect::<Vec<_>>().join(", ");
    complaints.line(
        header.line,
        text!(
            "no column sample_id (also 検体ID, サンプルID); found {found}: name the column of sample ids so",
            "sample_id（または 検体ID、サンプルID）の列がありません。検体IDの列にこの見出しを付けてください。見つかった列: {found}"
        ),
    );
    complaints.finish();
}
