//! Tables for people and for spreadsheets.

/// Rows under headings.
pub(super) struct Table {
    pub(super) headings: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// Aligned columns, two spaces apart; `-` for an empty cell. Numbers are not aligned to the right: columns hold names.
    pub(super) fn aligned(&self) -> String {
        let headings = self.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let shown = |cell: &String| match cell.as_str() {
            "" => "-".to_owned(),
            // One row is one line, and nothing steers a terminal.
            cell => cell.replace(char::is_control, "\u{fffd}"),
        };
        let rows = self.rows.iter().map(|row| row.iter().map(shown).collect());
        let lines: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
        let widest =
            |column: usize| lines.iter().map(|line: &Vec<String>| width(&line[column])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.headings.len()).map(widest).collect();
        let mut text = String::new();
        for line in &lines {
            let mut out = String::new();
            for (cell, widest) in line.iter().zip(&widths) {
                out.push_str(cell);
                out.push_str(&" ".repeat(widest + 2 - width(cell)));
            }
            text.push_str(out.trim_end());
            text.push('\n');
        }
        text
    }

    /// CSV after RFC 4180.
    pub(super) fn csv(&self) -> String {
        let mut text = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(quoted).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        };
        line(&mut self.headings.iter().copied());
        for row in &self.rows {
            line(&mut row.iter().map(String::as_str));
        }
        text
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Columns of a terminal: kana, kanji and full-width forms take two.
fn width(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_quotes() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let table = Table {
            headings: vec!["課題", "b"],
            rows: vec![row(["x", "1\n2"]), row(["", "a,\"b\""]), row(["研究A", ""])],
        };
        assert_eq!(table.aligned(), "課題   b\nx      1\u{fffd}2\n-      a,\"b\"\n研究A  -\n");
        assert_eq!(table.csv(), "課題,b\r\nx,\"1\n2\"\r\n,\"a,\"\"b\"\"\"\r\n研究A,\r\n");
    }
}
