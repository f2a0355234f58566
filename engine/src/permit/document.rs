//! A signed TOML document: what exactly is signed, and how a signature is checked and added.
//!
//! Signed are the bytes of a prefix that names the kind of document (`shukei permit v1`, line feed), followed by the
//! document without its `signature` as JSON: keys sorted by their bytes, no white space, dates as strings. Comments and
//! layout of the TOML are thus free, every value is bound, and a permit can never pass for a list or the other way round.

use std::fmt::Write;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::key::{PublicKey, SecretKey};
use crate::error::{Error, Result};
use crate::text;

const ALGORITHM: &str = "ed25519";
const SIGNATURE: &str = "signature";

/// What a document is; decides what a signature over it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a project may do.
    Permit,
    /// Which permits do not hold.
    Revocations,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::Permit => "shukei permit v1\n",
            Kind::Revocations => "shukei revocation list v1\n",
        }
    }
}

/// `[signature]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureTable {
    algorithm: String,
    key_id: String,
    value: String,
}

/// A document whose signature has not been looked at yet.
pub(super) struct Document {
    text: String,
    table: Table,
    signature: Option<SignatureTable>,
}

impl Document {
    /// Reads TOML; only the signature is understood here.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut table: Table = toml::from_str(text).map_err(|e| malformed(text, &e))?;
        let signature = table.remove(SIGNATURE).map(Value::try_into).transpose();
        let signature = signature.map_err(|e| malformed(text, &e))?;
        Ok(Self { text: text.to_owned(), table, signature })
    }

    /// What it says it is: only a list of revocations has a time of issue.
    pub(super) fn kind(&self) -> Kind {
        if self.table.contains_key("issued") { Kind::Revocations } else { Kind::Permit }
    }

    /// The content; a key that is not known is an error with its line.
    pub(super) fn content<T: DeserializeOwned>(&self) -> Result<T> {
        // The signature is known here and not there.
        let unsigned = self.unsigned_text();
        let text = unsigned.as_deref().unwrap_or(&self.text);
        if unsigned.is_none() && self.signature.is_some() {
            return Err(signature_not_last());
        }
        toml::from_str(text).map_err(|e| malformed(text, &e))
    }

    /// The bytes that are signed.
    pub(super) fn signed_bytes(&self, kind: Kind) -> Vec<u8> {
        let mut out = kind.prefix().to_owned();
        canonical_table(&self.table, &mut out);
        out.into_bytes()
    }

    /// BLAKE3 of the bytes that are signed.
    pub(super) fn digest(&self, kind: Kind) -> String {
        blake3::hash(&self.signed_bytes(kind)).to_hex().to_string()
    }

    /// The id of the key that is said to have signed.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.signature.as_ref().map(|s| s.key_id.as_str())
    }

    /// An error unless this key has signed this document.
    pub(super) fn verify(&self, kind: Kind, key: &PublicKey) -> Result<()> {
        let Some(signature) = &self.signature else {
            return Err(Error::refused(text!(
                "there is no signature; ask the platform office for the signed file",
                "署名がありません。署名済みのファイルをプラットフォーム事務局に依頼してください"
            ))
            .at(SIGNATURE, ""));
        };
        let (algorithm, theirs, ours) = (&signature.algorithm, &signature.key_id, key.id());
        if algorithm != ALGORITHM {
            return Err(Error::refused(text!(
                "the algorithm is `{algorithm}`, expected `{ALGORITHM}`; ask the platform office for a new file",
                "署名方式が「{algorithm}」です。「{ALGORITHM}」が必要です。新しいファイルをプラットフォーム事務局に依頼してください"
            ))
            .at("signature.algorithm", ""));
        }
        if *theirs != ours {
            return Err(Error::refused(text!(
                "signed by key {theirs}, but the platform's key is {ours}; ask the platform office for the file that it signed",
                "鍵 {theirs} で署名されていますが、プラットフォームの鍵は {ours} です。事務局が署名したファイルを依頼してください"
            ))
            .at("signature.key_id", ""));
        }
        if key.signed(&self.signed_bytes(kind), &signature.value) {
            return Ok(());
        }
        Err(Error::refused(text!(
            "the signature does not fit: the file was changed after it was signed, or forged; ask the platform office for the \
             signed file",
            "署名が一致しません。署名の後に変更されたか、偽造されたファイルです。署名済みのファイルをプラットフォーム事務局に依頼してください"
        ))
        .at("signature.value", ""))
    }

    /// The text with this key's signature at its end, in place of the one that was there.
    pub(super) fn sign(&self, kind: Kind, key: &SecretKey) -> Result<String> {
        let mut text = self.unsigned_text().ok_or_else(signature_not_last)?;
        while text.ends_with("\n\n") {
            text.pop();
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let (id, value) = (key.public().id(), key.sign(&self.signed_bytes(kind)));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[{SIGNATURE}]\nalgorithm = \"{ALGORITHM}\"\nkey_id = \"{id}\"\nvalue = \"{value}\"\n"
        );
        Ok(text)
    }

    /// The text before `[signature]`; None if what is left there is not the document without its signature.
    fn unsigned_text(&self) -> Option<String> {
        if self.signature.is_none() {
            return Some(self.text.clone());
        }
        let header = format!("[{SIGNATURE}]");
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            if line.trim() == header {
                let text = &self.text[..start];
                let same = toml::from_str::<Table>(text).is_ok_and(|table| table == self.table);
                return same.then(|| text.to_owned());
            }
            start += line.len();
        }
        None
    }
}

fn signature_not_last() -> Error {
    Error::refused(text!(
        "[{SIGNATURE}] has to be the last table of the file, under a line of its own; remove it and sign again",
        "[{SIGNATURE}] は独立した行の見出しとし、ファイルの最後に置く必要があります。削除してから署名し直してください"
    ))
    .at(SIGNATURE, "")
}

fn malformed(text: &str, e: &toml::de::Error) -> Error {
    let what = e.message().to_owned();
    let error = Error::refused(text!(
        "cannot be understood: {what}; ask the platform office for a file of version 1",
        "内容を読み取れません: {what}。バージョン1の形式のファイルをプラットフォーム事務局に依頼してください"
    ));
    match e.span() {
        Some(span) => {
            let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
            error.on(text!("line {line}", "{line}行目"))
        }
        None => error,
    }
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::String(s) => quoted(s, out),
        Value::Datetime(date) => quoted(&date.to_string(), out),
        Value::Array(list) => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                canonical(item, out);
            }
            out.push(']');
        }
        Value::Table(table) => canonical_table(table, out),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => out.push_str(&value.to_string()),
    }
}

fn canonical_table(table: &Table, out: &mut String) {
    let mut entries: Vec<(&String, &Value)> = table.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| key.as_bytes());
    out.push('{');
    for (i, (key, value)) in entries.into_iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        quoted(key, out);
        out.push(':');
        canonical(value, out);
    }
    out.push('}');
}

/// A JSON string: `"`, `\` and control characters escaped, everything else as it is.
fn quoted(s: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(s).to_string());
}

#[cfg(test)]
mod tests {
    use super::super::key::generate;
    use super::*;

    fn keys() -> (SecretKey, SecretKey) {
        let dir = tempfile::tempdir().unwrap();
        let key = |name: &str| SecretKey::read(&generate(&dir.path().join(name)).unwrap().0).unwrap();
        (key("a"), key("b"))
    }

    #[test]
    fn the_signed_bytes_are_these() {
        let text = "z = 1 # why\nday = 2026-04-01\nname = \"東京 \\\"x\\\"\\n\"\n[[b]]\ny = [2,  3]\nx = { d = [], c = 1 }\n";
        let bytes = Document::parse(text).unwrap().signed_bytes(Kind::Permit);
        let expected = "shukei permit v1\n{\"b\":[{\"x\":{\"c\":1,\"d\":[]},\"y\":[2,3]}],\"day\":\"2026-04-01\",\
                        \"name\":\"東京 \\\"x\\\"\\n\",\"z\":1}";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn a_signature_binds_every_value_and_no_layout() {
        let (key, other) = keys();
        let signed = Document::parse("a = 1\n# c\nb = \"x\"\n").unwrap().sign(Kind::Permit, &key).unwrap();
        let verify = |text: &str, kind, key: &SecretKey| {
            Document::parse(text).unwrap().verify(kind, &key.public()).map_err(|e| e.place().to_owned())
        };
        assert_eq!(verify(&signed, Kind::Permit, &key), Ok(()));
        assert_eq!(verify(&signed.replace("# c\n", "\n\n"), Kind::Permit, &key), Ok(()));
        let broken = Err("signature.value".to_owned());
        for (from, to) in [("a = 1", "a = 2"), ("\"x\"", "\"X\""), ("# c", "c = 1"), ("a = 1\n", "")] {
            assert_eq!(verify(&signed.replace(from, to), Kind::Permit, &key), broken, "{from} -> {to}");
        }
        assert_eq!(verify(&signed, Kind::Revocations, &key), broken, "one kind is not the other");
        assert_eq!(verify(&signed, Kind::Permit, &other), Err("signature.key_id".into()));
        let posing = signed.replace(&key.public().id(), &other.public().id());
        assert_eq!(verify(&posing, Kind::Permit, &other), broken);
        assert_eq!(
            verify(&signed.replace("ed25519", "none"), Kind::Permit, &key),
            Err("signature.algorithm".into())
        );
        assert_eq!(verify("a = 1\n", Kind::Permit, &key), Err("signature".into()));
    }

    #[test]
    fn signing_again_replaces_the_signature() {
        let (key, other) = keys();
        let once = Document::parse("a = 1").unwrap().sign(Kind::Permit, &key).unwrap();
        let twice = Document::parse(&once).unwrap().sign(Kind::Permit, &other).unwrap();
        assert_eq!(twice.matches("[signature]").count(), 1);
        assert!(Document::parse(&twice).unwrap().verify(Kind::Permit, &other.public()).is_ok());
        assert_eq!(Document::parse(&twice).unwrap().sign(Kind::Permit, &key).unwrap(), once);
        let inside = once.replace("a = 1\n", "") + "[b]\nx = 1\n";
        assert!(Document::parse(&inside).unwrap().sign(Kind::Permit, &key).is_err());
    }
}
