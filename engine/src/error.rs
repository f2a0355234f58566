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
    place: String,
    text: Text,
}

/// Result of anything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An unreadable or contradictory input.
    #[must_use]
    pub fn input(text: Text) -> Self {
        Self { kind: Kind::Input, place: String::new(), text }
    }

    /// A request that is not well formed.
    #[must_use]
    pub fn usage(text: Text) -> Self {
        Self { kind: Kind::Usage, place: String::new(), text }
    }

    /// A refusal by policy.
    #[must_use]
    pub fn refused(text: Text) -> Self {
        Self { kind: Kind::Refused, place: String::new(), text }
    }

    /// A failure of the operating system at a path.
    #[must_use]
    pub fn io(path: &Path, source: &std::io::Error) -> Self {
        Self::input(text!("{source}", "{source}")).at(path.display(), "")
    }

    /// Adds the place: a path, and inside it a locus or line (empty for none).
    /// A place that is already there becomes the inner part.
    #[must_use]
    pub fn at(mut self, path: impl fmt::Display, inner: impl fmt::Display) -> Self {
        let mut place = path.to_string();
        for part in [inner.to_string(), std::mem::take(&mut self.place)] {
            if !part.is_empty() {
                if !place.is_empty() {
                    place.push_str(": ");
                }
                place.push_str(&part);
            }
        }
        self.place = place;
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
        &self.place
    }

    /// The whole message in one language.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        let text = self.text.get(lang);
        if self.place.is_empty() { text.to_owned() } else { format!("{}: {text}", self.place) }
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
