//! What can go wrong: one error type, in two languages, always with a place.
//!
//! A message names the place (file, line or `contig:pos`), what was found, what was expected and what to do. It never
//! names a number of people, a sample's genotype, or anything else that suppression has not passed.

use std::fmt;
use std::path::Path;

/// The same sentence in English and Japanese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// English: lower case, no full stop.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// Language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Text {
    /// The sentence in `lang`.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// Builds a [`Text`] from two format strings over the same inline captures.
#[macro_export]
macro_rules! text {
    ($en:literal, $ja:literal $(, $arg:expr)* $(,)?) => {
        $crate::error::Text { en: format!($en $(, $arg)*), ja: format!($ja $(, $arg)*) }
    };
}

/// What kind of failure it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The command line or the request is not well formed: exit code 2.
    Usage,
    /// An input cannot be read or contradicts itself, or the machine failed: exit code 1.
    Input,
    /// The policy, the permit or the ledger says no: exit code 5.
    Refused,
}

/// One failure: kind, place, sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    place: Text,
    text: Text,
}

/// Result of anything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: Kind, text: Text) -> Self {
        Self { kind, place: Text { en: String::new(), ja: String::new() }, text }
    }

    /// An unreadable or contradictory input.
    #[must_use]
    pub fn input(text: Text) -> Self {
        Self::new(Kind::Input, text)
    }

    /// A request that is not well formed.
    #[must_use]
    pub fn usage(text: Text) -> Self {
        Self::new(Kind::Usage, text)
    }

    /// A refusal by policy.
    #[must_use]
    pub fn refused(text: Text) -> Self {
        Self::new(Kind::Refused, text)
    }

    /// A failure of the operating system at a path.
    #[must_use]
    pub fn io(path: &Path, source: &std::io::Error) -> Self {
        Self::input(system(source)).at(path.display(), "")
    }

    /// A value that cannot be written as JSON.
    #[must_use]
    pub(crate) fn json(source: &serde_json::Error) -> Self {
        Self::input(text!("cannot be written as JSON: {source}", "JSON として書き出せません: {source}"))
    }

    /// Adds the place: a path, and inside it a locus (empty for none).
    /// A place that is already there becomes the inner part.
    #[must_use]
    pub fn at(self, path: impl fmt::Display, inner: impl fmt::Display) -> Self {
        self.on(text!("{inner}", "{inner}")).on(text!("{path}", "{path}"))
    }

    /// Adds a place that has a name in each language: `line 3`, `3 行目`.
    #[must_use]
    pub fn on(mut self, place: Text) -> Self {
        let outside = |inner: &mut String, outer: String| {
            let inside = std::mem::replace(inner, outer);
            if !inner.is_empty() && !inside.is_empty() {
                inner.push_str(": ");
            }
            inner.push_str(&inside);
        };
        outside(&mut self.place.en, place.en);
        outside(&mut self.place.ja, place.ja);
        self
    }

    /// The same failure where it must stop everything: what a permit stands on cannot be read.
    #[must_use]
    pub(crate) fn into_refusal(mut self) -> Self {
        self.kind = Kind::Refused;
        self
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where: `file: contig:pos` or `file: line N`; may be empty.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place.en
    }

    /// The whole message in one language.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        let (place, text) = (self.place.get(lang), self.text.get(lang));
        let message = if place.is_empty() { text.to_owned() } else { format!("{place}: {text}") };
        // Names come from files, and files may be damaged: nothing that steers a terminal, and one line.
        message.replace(char::is_control, "\u{fffd}")
    }

    /// The whole message in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        Text { en: self.message(Lang::En), ja: self.message(Lang::Ja) }
    }

    /// Exit code of the command line: 1 input, 2 usage, 5 refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Input => 1,
            Kind::Usage => 2,
            Kind::Refused => 5,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for Error {}

/// What the operating system says, with what to do about the failures that users meet.
fn system(source: &std::io::Error) -> Text {
    use std::io::ErrorKind as K;
    match source.kind() {
        K::NotFound => text!(
            "no such file or directory; check the path",
            "ファイルまたはディレクトリがありません。パスを確認してください"
        ),
        K::PermissionDenied => text!(
            "permission denied; ask its owner for access, or choose another path",
            "アクセス権がありません。所有者に権限を依頼するか、別のパスを指定してください"
        ),
        K::IsADirectory => {
            text!("this is a directory; name a file", "ディレクトリです。ファイルを指定してください")
        }
        K::NotADirectory => text!(
            "a part of this path is not a directory; check the path",
            "パスの途中がディレクトリではありません。パスを確認してください"
        ),
        K::AlreadyExists => text!(
            "there is already something of this name; choose another path",
            "同じ名前のものがすでにあります。別のパスを指定してください"
        ),
        K::ReadOnlyFilesystem => text!(
            "the file system is read-only; choose another path",
            "読み取り専用のファイルシステムです。別のパスを指定してください"
        ),
        K::StorageFull => text!(
            "no space left on the disk; free some (files count too: df -i), or choose another disk",
            "ディスクの空き容量が足りません。空きを作るか（ファイル数の上限にも注意: df -i）、別のディスクを指定してください"
        ),
        K::QuotaExceeded => text!(
            "the quota of this user or group is used up (bytes or number of files); remove something, ask for more, or choose \
             another disk",
            "割り当て容量（バイト数またはファイル数）を使い切りました。不要なファイルを削除するか、増量を依頼するか、別のディスクを指定してください"
        ),
        K::FileTooLarge => text!(
            "the file grows larger than is allowed here; see ulimit -f",
            "許されているファイルの大きさを超えます。ulimit -f を確認してください"
        ),
        _ => text!("{source}", "{source}"),
    }
}

/// Every problem of a request, found in one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Error>);

impl Problems {
    /// Adds one problem.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Keeps the value, or adds its problem and gives none.
    pub fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(error);
                None
            }
        }
    }

    /// True when nothing went wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems in the order in which they were found.
    #[must_use]
    pub fn list(&self) -> &[Error] {
        &self.0
    }

    /// The gravest exit code among the problems (5 > 2 > 1), 0 when there are none.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.0.iter().map(Error::exit_code).max().unwrap_or(0)
    }
}

impl From<Error> for Problems {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_nest_from_the_outside_in() {
        let error = Error::input(text!("odd", "変")).at("chr1:5", "").at("a.vcf", "");
        assert_eq!(error.message(Lang::En), "a.vcf: chr1:5: odd");
        assert_eq!(error.message(Lang::Ja), "a.vcf: chr1:5: 変");
        assert_eq!(error.exit_code(), 1);
        let error = error.on(text!("line 3", "3行目")).at("b", "");
        assert_eq!(error.message(Lang::En), "b: line 3: a.vcf: chr1:5: odd");
        assert_eq!(error.message(Lang::Ja), "b: 3行目: a.vcf: chr1:5: 変");
    }

    #[test]
    fn the_system_speaks_both_languages() {
        let error = std::fs::read("/nowhere/at/all").map_err(|e| Error::io(Path::new("x"), &e)).unwrap_err();
        assert_eq!(error.message(Lang::En), "x: no such file or directory; check the path");
        assert!(error.message(Lang::Ja).starts_with("x: ファイルまたは"));
    }

    #[test]
    fn a_full_quota_is_no_full_disk() {
        let error = |kind: std::io::ErrorKind| Error::io(Path::new("JOB"), &kind.into()).to_string();
        assert!(error(std::io::ErrorKind::QuotaExceeded).starts_with("JOB: the quota of this user or group"));
        assert!(error(std::io::ErrorKind::StorageFull).starts_with("JOB: no space left on the disk"));
    }

    #[test]
    fn a_message_is_one_line_that_can_be_shown() {
        let (name, error) = ("a\x1b[2J\n", |name| Error::input(text!("sample `{name}`", "検体「{name}」")));
        assert_eq!(error(name).message(Lang::En), "sample `a\u{fffd}[2J\u{fffd}`");
    }

    #[test]
    fn problems_report_the_gravest_code() {
        let mut problems = Problems::default();
        problems.push(Error::usage(text!("a", "あ")));
        problems.push(Error::refused(text!("b", "い")));
        assert_eq!(problems.exit_code(), 5);
        assert_eq!(problems.to_string(), "a\nb");
    }
}
