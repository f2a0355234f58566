//! Sets of subjects: named by a digest, stored once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roaring::RoaringBitmap;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 32 bytes of BLAKE3, written as lower-case hexadecimal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The name of a set of subjects: BLAKE3 of its portable serialisation without run containers, which is the same for the same
/// subjects however the set was put together.
pub type SetDigest = Digest;

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The name of a set.
    #[must_use]
    pub fn of(set: &RoaringBitmap) -> Self {
        Self::of_bytes(&portable(set))
    }

    pub(super) fn finish(hasher: &blake3::Hasher) -> Self {
        Self(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex;
        impl Visitor<'_> for Hex {
            type Value = Digest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lower-case hexadecimal digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Digest, E> {
                // One spelling for one digest.
                let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
                let hash = blake3::Hash::from_hex(text).ok().filter(|_| lower);
                hash.map(|hash| Digest(*hash.as_bytes())).ok_or_else(|| E::custom("not a digest"))
            }
        }
        deserializer.deserialize_str(Hex)
    }
}

/// The bytes of a set that its digest is made of.
fn portable(set: &RoaringBitmap) -> Vec<u8> {
    let mut plain = set.clone();
    plain.remove_run_compression();
    let mut bytes = Vec::with_capacity(plain.serialized_size());
    // Writing to memory does not fail.
    let _ = plain.serialize_into(&mut bytes);
    bytes
}

/// A set as an entry carries it: base64 of the portable serialisation; and its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    set: RoaringBitmap,
    digest: SetDigest,
}

impl Stored {
    pub(super) fn new(set: RoaringBitmap) -> Self {
        let digest = SetDigest::of(&set);
        Self { set, digest }
    }
}

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(portable(&self.set)))
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let set = RoaringBitmap::deserialize_from(bytes.as_slice()).map_err(D::Error::custom)?;
        // One spelling for one set: otherwise the digest would not be that of the set.
        if portable(&set) != bytes {
            return Err(D::Error::custom("not a canonical set"));
        }
        Ok(Self { set, digest: Digest::of_bytes(&bytes) })
    }
}

/// Sets that an entry brings.
pub(super) type Brought = BTreeMap<SetDigest, Stored>;

/// Every set of a ledger.
#[derive(Default)]
pub(super) struct Sets(HashMap<SetDigest, RoaringBitmap>);

impl Sets {
    pub(super) fn get(&self, digest: &SetDigest) -> Option<&RoaringBitmap> {
        self.0.get(digest)
    }

    /// Takes over what an entry brings; false when one is not what its digest says, is there already, or names subjects that
    /// the ledger does not have.
    pub(super) fn take(&mut self, brought: Brought, subjects: u32) -> bool {
        brought.into_iter().all(|(digest, Stored { set, digest: real })| {
            let known = set.max().is_none_or(|last| last < subjects);
            known && digest == real && self.0.insert(digest, set).is_none()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digest_however_a_set_is_made() {
        let mut runs = RoaringBitmap::new();
        runs.insert_range(5..70_000);
        runs.optimize();
        let mut singles: RoaringBitmap = (5..70_010).collect();
        singles.remove_range(70_000..);
        let mut backwards = RoaringBitmap::new();
        (5..70_000).rev().for_each(|n| {
            backwards.insert(n);
        });
        assert_eq!(SetDigest::of(&runs), SetDigest::of(&singles));
        assert_eq!(SetDigest::of(&runs), SetDigest::of(&backwards));
        singles.remove(5);
        assert_ne!(SetDigest::of(&runs), SetDigest::of(&singles));
    }

    #[test]
    fn a_set_survives_the_file_and_nothing_else_is_taken() {
        let set: RoaringBitmap = [0, 9, 23_210, 1 << 20].into_iter().collect();
        let json = serde_json::to_string(&Stored::new(set.clone())).unwrap();
        assert_eq!(serde_json::from_str::<Stored>(&json).unwrap().set, set);
        let digest = SetDigest::of(&set);
        let brought = || Brought::from([(digest, Stored::new(set.clone()))]);
        assert!(!Sets::default().take(brought(), 1 << 20), "a subject that the ledger does not have");
        assert!(
            !Sets::default().take(Brought::from([(SetDigest::default(), Stored::new(set.clone()))]), 1 << 21)
        );
        let mut sets = Sets::default();
        assert!(sets.take(brought(), 1 << 21) && sets.get(&digest) == Some(&set));
        assert!(!sets.take(brought(), 1 << 21), "stored twice");
        for bad in ["\"AAAA\"", "\"%\"", "7"] {
            assert!(serde_json::from_str::<Stored>(bad).is_err());
        }
        let mut runs = RoaringBitmap::new();
        runs.insert_range(5..700);
        runs.optimize();
        let mut bytes = Vec::new();
        runs.serialize_into(&mut bytes).unwrap();
        let other_spelling = format!("\"{}\"", STANDARD.encode(bytes));
        assert!(serde_json::from_str::<Stored>(&other_spelling).is_err());
        assert!(serde_json::from_str::<Digest>(&format!("\"{}\"", "A".repeat(64))).is_err());
    }
}
