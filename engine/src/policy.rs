//! The disclosure policy: what a table must hold before it may be shown, with floors that no file can lower.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text;

/// Fewest people that a policy may let a reader count (Guideline 5-4(2)1 of the platform).
pub const FLOOR_K: u32 = 10;

/// When genotype counts are printed beside strata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenotypeTier {
    /// Without strata always, with strata when the request says `--genotypes`.
    OnRequest,
    /// Never.
    Off,
}

/// What happens on X and Y outside the pseudo-autosomal regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SexChromosomes {
    /// A node with 1 to K − 1 members of a sex fails there.
    Guarded,
    /// No rows there.
    Drop,
}

/// How people who are not called are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingCalls {
    /// Per leaf cell: fewer than K not called look like none (AN′).
    Class,
}

/// How a variant is judged together with what earlier releases printed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linked {
    /// Differences pass, and the intervals that printed numbers leave are wide: audited, not proved, so that a person must
    /// look before such a table goes out. Holds only where every policy file says so.
    Audit,
    /// Only what adds nothing, or refines complete trees into cells that all pass: for tables that go out without a
    /// person looking.
    Strict,
}

impl Linked {
    /// As the policy spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Linked::Audit => "audit",
            Linked::Strict => "strict",
        }
    }
}

/// The policy file: TOML, versioned, hashed into every audit. Every key is optional; the defaults are the strict ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Format version, 1.
    pub version: u32,
    /// Fewest people: K, at least [`FLOOR_K`].
    pub k: u32,
    /// Genotype counts beside strata.
    pub genotype_tier: GenotypeTier,
    /// X and Y.
    pub sexchrom: SexChromosomes,
    /// People not called.
    pub missing: MissingCalls,
    /// Earlier releases.
    pub linked: Linked,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: 1,
            k: FLOOR_K,
            genotype_tier: GenotypeTier::OnRequest,
            sexchrom: SexChromosomes::Guarded,
            missing: MissingCalls::Class,
            linked: Linked::Strict,
        }
    }
}

impl Policy {
    /// Reads a policy file; refuses one that is weaker than the compiled floors.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read_to_string(path).map_err(|e| Error::io(path, &e))?;
        Self::parse(&bytes).map_err(|e| e.at(path.display(), ""))
    }

    /// Parses the text of a policy file.
    pub fn parse(source: &str) -> Result<Self> {
        let policy: Self = toml::from_str(source).map_err(|e| {
            let what = e.message().to_owned();
            let line = e.span().map_or(1, |span| source[..span.start].matches('\n').count() + 1);
            Error::input(text!("not a policy file: {what}", "開示ポリシーのファイルとして読めません: {what}"))
                .on(text!("line {line}", "{line}行目"))
        })?;
        let (k, version) = (policy.k, policy.version);
        if version != 1 {
            return Err(Error::refused(text!(
                "policy version {version} is not known here; this program reads version 1",
                "ポリシーのバージョン {version} には対応していません。このプログラムが読めるのはバージョン 1 です"
            )));
        }
        if k < FLOOR_K {
            return Err(Error::refused(text!(
                "k = {k} is below the floor of {FLOOR_K} that is built in; a policy may raise k, never lower it",
                "k = {k} は組み込みの下限 {FLOOR_K} を下回ります。ポリシーで k を上げることはできますが、下げることはできません"
            )));
        }
        Ok(policy)
    }

    /// The stricter of two policies, key by key.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let off = [self, other].iter().any(|p| p.genotype_tier == GenotypeTier::Off);
        let drop = [self, other].iter().any(|p| p.sexchrom == SexChromosomes::Drop);
        let strict = [self, other].iter().any(|p| p.linked == Linked::Strict);
        Self {
            version: self.version,
            k: self.k.max(other.k),
            genotype_tier: if off { GenotypeTier::Off } else { GenotypeTier::OnRequest },
            sexchrom: if drop { SexChromosomes::Drop } else { SexChromosomes::Guarded },
            missing: MissingCalls::Class,
            linked: if strict { Linked::Strict } else { Linked::Audit },
        }
    }

    /// BLAKE3 of the policy in its canonical form (every key, fixed order).
    #[must_use]
    pub fn hash(&self) -> String {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        blake3::hash(&canonical).to_hex().to_string()
    }

    /// Fewest people, as the integer the rules calculate with.
    #[must_use]
    pub(crate) fn k(&self) -> i64 {
        i64::from(self.k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn the_stricter_word_holds() {
        let platform = Policy::parse("k = 20\nsexchrom = \"drop\"").unwrap();
        let mine = Policy::parse("k = 10\ngenotype_tier = \"off\"").unwrap();
        for both in [platform.and(&mine), mine.and(&platform)] {
            assert_eq!(
                (both.k, both.genotype_tier, both.sexchrom),
                (20, GenotypeTier::Off, SexChromosomes::Drop)
            );
        }
    }

    #[test]
    fn floors_hold() {
        assert_eq!(Policy::parse("").unwrap(), Policy::default());
        assert_eq!(Policy::parse("k = 20").unwrap().k, 20);
        assert_eq!(Policy::parse("k = 9").unwrap_err().kind(), Kind::Refused);
        assert_eq!(Policy::parse("version = 2").unwrap_err().kind(), Kind::Refused);
        let error = Policy::parse("\nkk = 9").unwrap_err();
        assert_eq!(error.kind(), Kind::Input);
        assert_eq!(error.place(), "line 2");
        assert_ne!(Policy::parse("k = 20").unwrap().hash(), Policy::default().hash());
    }
}
