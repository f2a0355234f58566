//! Tab- or comma-separated text with quoted fields, as spreadsheets write it.
//!
//! A tab in the header line makes it TSV, otherwise it is CSV. A field that begins with `"` ends at the next single `"`;
//! `""` inside stands for one. A quote anywhere else is a problem: nothing is guessed.

use std::borrow::Cow;

use crate::error::Text;
use crate::text;

/// One line of the table; more than one line of the file when a quoted field contains line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record<'t> {
    /// The fields, without quotes.
    pub(super) fields: Vec<Cow<'t, str>>,
    /// 1-based line on which the record begins.
    pub(super) line: usize,
}

impl Record<'_> {
    /// True when no field contains anything but space.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

/// A record that cannot be split into fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// 1-based line of the quote.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) text: Text,
}

/// The records of a text, in order. After a fault it goes on with the next line.
pub(super) struct Records<'t> {
    /// What is still to be read.
    rest: &'t str,
    delimiter: u8,
    line: usize,
    /// Fields of the record before: the next will have as many.
    width: usize,
}

impl<'t> Records<'t> {
    /// Starts at the header line, which decides between tab and comma.
    pub(super) fn new(text: &'t str) -> Self {
        let header = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or("");
        let delimiter = if header.contains('\t') { b'\t' } else { b',' };
        Self { rest: text, delimiter, line: 1, width: 0 }
    }

    /// Reads one field and says whether another follows in the same record.
    fn field(&mut self) -> Result<(Cow<'t, str>, bool), Fault> {
        let field = if self.rest.starts_with('"') {
            Cow::Owned(self.quoted()?)
        } else {
            let delimiter = self.delimiter;
            Cow::Borrowed(self.take_until(|b| b == delimiter || matches!(b, b'"' | b'\r' | b'\n')))
        };
        match self.rest.bytes().next() {
            None => Ok((field, false)),
            Some(b'\r' | b'\n') => {
                self.end_of_line();
                Ok((field, false))
            }
            Some(b'"') => Err(self.fault(text!(
                "a quote inside a field; quote the whole field and double the quote",
                "項目の途中に引用符があります。項目全体を引用符で囲み、中の引用符は2つ重ねてください"
            ))),
            Some(_) => {
                self.rest = &self.rest[1..];
                Ok((field, true))
            }
        }
    }

    /// Reads a field in quotes, which must be followed by a delimiter or the end of the line.
    fn quoted(&mut self) -> Result<String, Fault> {
        let opened = self.line;
        let mut field = String::new();
        self.rest = &self.rest[1..];
        loop {
            field.push_str(self.take_until(|b| matches!(b, b'"' | b'\r' | b'\n')));
            if self.rest.is_empty() {
                return Err(never_closed(opened));
            } else if let Some(rest) = self.rest.strip_prefix("\"\"") {
                self.rest = rest;
                field.push('"');
            } else if self.rest.starts_with('"') {
                break;
            } else {
                self.end_of_line();
                field.push('\n');
            }
        }
        self.rest = &self.rest[1..];
        match self.rest.bytes().next() {
            Some(b) if b != self.delimiter && b != b'\r' && b != b'\n' => Err(self.fault(text!(
                "text after a closing quote; double the quotes inside a field",
                "閉じた引用符のあとに文字があります。項目の中の引用符は2つ重ねてください"
            ))),
            _ => Ok(field),
        }
    }

    /// Takes what comes before the first ASCII byte that ends it.
    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> &'t str {
        let end = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Passes over a line end and counts it; CR LF is one.
    fn end_of_line(&mut self) {
        self.rest = self.rest.strip_prefix("\r\n").unwrap_or_else(|| &self.rest[1..]);
        self.line += 1;
    }

    /// A fault on this line; the rest of the line is passed over.
    fn fault(&mut self, text: Text) -> Fault {
        let line = self.line;
        self.take_until(|b| matches!(b, b'\r' | b'\n'));
        if !self.rest.is_empty() {
            self.end_of_line();
        }
        Fault { line, text }
    }
}

fn never_closed(line: usize) -> Fault {
    let text = text!(
        "a quote is opened on this line and never closed; close it, or double it if it belongs to the value",
        "この行で始まる引用符が閉じられていません。閉じるか、値の一部なら2つ重ねてください"
    );
    Fault { line, text }
}

impl<'t> Iterator for Records<'t> {
    type Item = Result<Record<'t>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let mut fields = Vec::with_capacity(self.width);
        loop {
            match self.field() {
                Ok((field, more)) => {
                    fields.push(field);
                    if !more {
                        self.width = fields.len();
                        return Some(Ok(Record { fields, line }));
                    }
                }
                Err(fault) => return Some(Err(fault)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(usize, Vec<String>)> {
        let fields = |record: Record<'_>| record.fields.into_iter().map(Cow::into_owned).collect();
        Records::new(text).map(|record| record.map(|record| (record.line, fields(record))).unwrap()).collect()
    }

    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().map(|&field| field.to_owned()).collect())
    }

    #[test]
    fn the_header_decides_and_tab_wins() {
        assert_eq!(split("a\tb,c\n1\t2,3\n"), [row(1, &["a", "b,c"]), row(2, &["1", "2,3"])]);
        assert_eq!(split("a,b\n1\t2,3"), [row(1, &["a", "b"]), row(2, &["1\t2", "3"])]);
    }

    #[test]
    fn quotes_line_ends_and_empty_fields() {
        let text = "a,b\r\n\"x, \"\"y\"\"\",\"two\r\nlines\"\r\n,\r\rlast,\"\"";
        let expected = [
            row(1, &["a", "b"]),
            row(2, &["x, \"y\"", "two\nlines"]),
            row(4, &["", ""]),
            row(5, &[""]),
            row(6, &["last", ""]),
        ];
        assert_eq!(split(text), expected);
    }

    #[test]
    fn lone_quotes_are_faults_and_the_next_line_is_read() {
        let text = "a,b\n5\" disk,1\n\"x\"y,1\nok,1\n\"open,1\n";
        let lines: Vec<Result<usize, usize>> =
            Records::new(text).map(|record| record.map(|r| r.line).map_err(|fault| fault.line)).collect();
        assert_eq!(lines, [Ok(1), Err(2), Err(3), Ok(4), Err(5)]);
    }
}
