//! Who runs this process.

use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize};

/// An account of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Number of the account; `u32::MAX` (nobody's) where the system does not say.
    pub uid: u32,
    /// Name of the account; empty where the system has none for the number.
    pub name: String,
}

impl Actor {
    /// The account of this process: the owner of its entry in `/proc`.
    #[must_use]
    pub fn current() -> Self {
        let uid = std::fs::metadata("/proc/self").map_or(u32::MAX, |meta| meta.uid());
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self { uid, name: name_of(uid, &accounts).unwrap_or_default().to_owned() }
    }
}

/// The name of a number in the text of `/etc/passwd`.
fn name_of(uid: u32, accounts: &str) -> Option<&str> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, number) = (fields.next()?, fields.next()?, fields.next()?);
        (number.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_by_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nbroken\nsato:x:1002:1002::/home/sato:/bin/sh\n";
        assert_eq!(name_of(1002, accounts), Some("sato"));
        assert_eq!(name_of(100, accounts), None);
        assert_ne!(Actor::current().uid, u32::MAX);
    }
}
