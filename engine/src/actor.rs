//! Who runs this process: for permits, and for the record.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text;

/// The user account of this process, as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    uid: u32,
    name: Option<String>,
}

impl Actor {
    /// The account that runs this process; its name if `/etc/passwd` has it.
    pub fn current() -> Result<Self> {
        let (status, map) = (Path::new("/proc/self/status"), Path::new("/proc/self/uid_map"));
        let inside = real_uid(&read(status)?).ok_or_else(|| unknown(status))?;
        // In a user namespace (unshare, a rootless container) a process may call itself by any uid; outside of it, it is
        // the account that made the namespace.
        let uid = outside(&read(map)?, inside).ok_or_else(|| unknown(map))?;
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        Ok(Self { uid, name: name_of(&passwd, uid) })
    }

    /// The number of the account.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Its name, where the machine's own list has it; accounts of a directory service have none here.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The name, or the number of an account without one.
    #[must_use]
    pub fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.uid.to_string())
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => unknown(path),
        _ => Error::io(path, &e),
    })
}

fn unknown(path: &Path) -> Error {
    Error::input(text!(
        "it does not say who runs this process; run it outside of containers, with /proc mounted",
        "このプロセスの実行者が分かりません。/proc がマウントされた、コンテナの外の環境で実行してください"
    ))
    .at(path.display(), "")
}

/// The first number of `Uid:` (real, effective, saved, file system).
fn real_uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The uid outside of the namespace: each line of the map is first inside, first outside, how many.
fn outside(map: &str, uid: u32) -> Option<u32> {
    map.lines().find_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        let (from, to, count) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        let step = uid.checked_sub(from).filter(|step| *step < count)?;
        to.checked_add(step)
    })
}

/// `name:password:uid:…`
fn name_of(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actor_is_who_owns_what_it_makes() {
        use std::os::unix::fs::MetadataExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        let actor = Actor::current().unwrap();
        assert_eq!(actor.uid(), file.as_file().metadata().unwrap().uid());
    }

    #[test]
    fn a_namespace_does_not_change_who_it_is() {
        assert_eq!(real_uid("Name:\tx\nUid:\t1000\t0\t0\t0\n"), Some(1000));
        assert_eq!(real_uid("Name:\tx\n"), None);
        assert_eq!(outside("         0          0 4294967295\n", 1000), Some(1000));
        // unshare --map-user=5001, as 1000
        assert_eq!(outside("5001 1000 1\n", 5001), Some(1000));
        assert_eq!(outside("0 1000 1\n1 100000 65536\n", 7), Some(100_006));
        assert_eq!(outside("0 1000 1\n", 65534), None);
    }

    #[test]
    fn names_of_accounts() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# odd\nhanako:x:1000:1000::/home/hanako:/bin/sh\n";
        assert_eq!(name_of(passwd, 1000).as_deref(), Some("hanako"));
        assert_eq!(name_of(passwd, 1), None);
    }
}
