//! Messages: the language, notes and problems on stderr, one line of data on stdout.

use std::io::Write;

use shukei::error::{Lang, Problems, Text};

use crate::args::{Global, Language};

/// Says things to the user.
#[derive(Clone, Copy)]
pub(crate) struct Reporter {
    pub(crate) lang: Lang,
    pub(crate) quiet: bool,
}

impl Reporter {
    pub(crate) fn new(global: &Global) -> Self {
        let lang = match global.lang {
            Some(Language::Ja) => Lang::Ja,
            Some(Language::En) => Lang::En,
            None => from_environment(),
        };
        Self { lang, quiet: global.quiet }
    }

    /// One problem a line.
    pub(crate) fn problems(&self, problems: &Problems) {
        let word = match self.lang {
            Lang::En => "error",
            Lang::Ja => "エラー",
        };
        for problem in problems.list() {
            eprintln!("{word}: {}", problem.message(self.lang));
        }
    }

    /// A remark that is not a problem.
    pub(crate) fn note(&self, text: &Text) {
        if !self.quiet {
            let word = match self.lang {
                Lang::En => "note",
                Lang::Ja => "注",
            };
            eprintln!("{word}: {}", text.get(self.lang));
        }
    }

    /// A plain line for people.
    pub(crate) fn say(&self, text: &Text) {
        if !self.quiet {
            eprintln!("{}", text.get(self.lang));
        }
    }

    /// The one line of data.
    pub(crate) fn data(&self, value: &serde_json::Value) {
        // Whoever closed stdout does not want the line.
        let _ = writeln!(std::io::stdout(), "{value}");
    }
}

/// The language of the locale, by the order of POSIX.
fn from_environment() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|v| v.starts_with("ja")) { Lang::Ja } else { Lang::En }
}
