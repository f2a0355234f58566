//! Tab- or comma-separated text with quoted fields, as spreadsheets write it.
//!
//! A tab in the header line makes it TSV, otherwise it is CSV. A field that begins with `"` ends at the next single `"`;
//! `""` inside stands for one. A quote anywhere else is a problem: nothing is guessed.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::Text;
use crate::text;

/// One line of the table; more than one line of the file when a quoted field contains line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The fields, without quotes.
    pub(super) fields: Vec<String>,
    /// 1-based line on which the record begins.
    pub(super) line: usize,
}

impl Record {
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
pub(super) struct Records<'a> {
    chars: Peekable<Chars<'a>>,
    delimiter: char,
    line: usize,
}

impl<'a> Records<'a> {
    /// Starts at the header line, which decides between tab and comma.
    pub(super) fn new(text: &'a str) -> Self {
        let header = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or("");
        let delimiter = if header.contains('\t') { '\t' } else { ',' };
        Self { chars: text.chars().peekable(), delimiter, line: 1 }
    }

    /// Reads one field and says whether another follows in the same record.
    fn field(&mut self) -> Result<(String, bool), Fault> {
        let mut field = String::new();
        if self.chars.next_if_eq(&'"').is_some() {
            self.quoted(&mut field)?;
        }
        loop {
            match self.chars.next() {
                None => return Ok((field, false)),
                Some(c) if c == self.delimiter => return Ok((field, true)),
                Some(c @ ('\r' | '\n')) => {
                    self.end_of_line(c, None);
                    return Ok((field, false));
                }
                Some('"') => {
                    return Err(self.fault(text!(
                        "a quote inside a field; quote the whole field and double the quote",
                        "項目の途中に引用符があります。項目全体を引用符で囲み、中の引用符は2つ重ねてください"
                    )));
                }
                Some(c) => field.push(c),
            }
        }
    }

    /// Reads up to the closing quote, which must be followed by a delimiter or the end of the line.
    fn quoted(&mut self, field: &mut String) -> Result<(), Fault> {
        let opened = self.line;
        loop {
            match self.chars.next() {
                None => {
                    return Err(Fault {
                        line: opened,
                        text: text!(
                            "a quote is opened on this line and never closed; close it, or double it if it belongs to the value",
                            "この行で始まる引用符が閉じられていません。閉じるか、値の一部なら2つ重ねてください"
                        ),
                    });
                }
                Some('"') => {
                    if self.chars.next_if_eq(&'"').is_none() {
                        break;
                    }
                    field.push('"');
                }
                Some(c @ ('\r' | '\n')) => self.end_of_line(c, Some(field)),
                Some(c) => field.push(c),
            }
        }
        match self.chars.peek() {
            Some(&c) if c != self.delimiter && c != '\r' && c != '\n' => Err(self.fault(text!(
                "text after a closing quote; double the quotes inside a field",
                "閉じた引用符のあとに文字があります。項目の中の引用符は2つ重ねてください"
            ))),
            _ => Ok(()),
        }
    }

    /// Counts a line end; CR LF is one. Inside quotes it is kept, as LF.
    fn end_of_line(&mut self, c: char, field: Option<&mut String>) {
        if c == '\r' {
            self.chars.next_if_eq(&'\n');
        }
        self.line += 1;
        if let Some(field) = field {
            field.push('\n');
        }
    }

    /// A fault on this line; the rest of the line is passed over.
    fn fault(&mut self, text: Text) -> Fault {
        let line = self.line;
        while let Some(c) = self.chars.next() {
            if c == '\r' || c == '\n' {
                self.end_of_line(c, None);
                break;
            }
        }
        Fault { line, text }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.chars.peek()?;
        let line = self.line;
        let mut fields = Vec::new();
        loop {
            match self.field() {
                Ok((field, more)) => {
                    fields.push(field);
                    if !more {
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
        Records::new(text).map(|record| record.map(|record| (record.line, record.fields)).unwrap()).collect()
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
