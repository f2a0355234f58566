//! The platform's configuration file: what operators set for everybody on a machine.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shukei::error::{Error, Result};
use shukei::plan::{Absent, LedgerAt, Scope};
use shukei::random::random;
use shukei::text;

use crate::args::Global;

/// `platform.toml`. Every key is optional; relative paths are relative to the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) policy: PolicySection,
    pub(crate) subjects: Subjects,
    pub(crate) permit: PermitSection,
    pub(crate) ledger: LedgerSection,
    pub(crate) archive: Archive,
    pub(crate) data_site: Vec<DataSite>,
}

/// `[policy]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PolicySection {
    /// The platform's policy file.
    pub(crate) file: Option<PathBuf>,
}

/// `[subjects]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Subjects {
    /// The platform's list of people who withdrew.
    pub(crate) withdrawn: Option<PathBuf>,
    /// What subject ids belong to: the same id in two namespaces is two people.
    pub(crate) namespace: Option<String>,
}

/// `[permit]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PermitSection {
    /// The key of the platform office: nothing runs without a permit that it signed.
    pub(crate) public_key: Option<PathBuf>,
    /// The office's signed list of permits that do not hold.
    pub(crate) revoked: Option<PathBuf>,
}

/// `[ledger]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LedgerSection {
    /// Directory of the ledger of releases.
    pub(crate) path: Option<PathBuf>,
    /// Which releases a release is judged with.
    pub(crate) scope: Option<Scope>,
}

/// `[archive]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Archive {
    /// Directory in which a copy of every released file is kept.
    pub(crate) dir: Option<PathBuf>,
}

/// `[[data_site]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataSite {
    /// The name that the sample table's `data_site` uses.
    pub(crate) name: String,
    /// What a record that its files do not have means: `missing` or `hom-ref`.
    pub(crate) absent: Option<Absent>,
}

const DEFAULT: &str = "/etc/shukei/platform.toml";

/// What the configurations together ask for.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Policies: the strictest word holds.
    pub(crate) policies: Vec<PathBuf>,
    /// Lists of people who withdrew.
    pub(crate) withdrawn: Vec<PathBuf>,
    /// Keys of the platform office: every one must have signed the permit.
    pub(crate) public_keys: Vec<PathBuf>,
    /// Lists of permits that do not hold.
    pub(crate) revoked: Vec<PathBuf>,
    /// What an absent record means, by data site.
    pub(crate) absent_at: BTreeMap<String, Absent>,
    /// The ledger that the platform, the configuration or `--ledger` names; none for the user's own.
    pub(crate) ledger: Option<PathBuf>,
    /// Which releases a release is judged with.
    pub(crate) scope: Scope,
    /// Where copies of released files are kept.
    pub(crate) archive: Option<PathBuf>,
    /// What subject ids belong to.
    pub(crate) namespace: Option<String>,
    /// The machine's own configuration names the ledger.
    pub(crate) shared: bool,
}

/// The ledger of a request.
pub(crate) fn ledger_at(rules: &Rules) -> Result<LedgerAt> {
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(|e| Error::io(path, &e));
    Ok(LedgerAt {
        dir: rules.ledger.as_ref().map(absolute).transpose()?,
        scope: rules.scope,
        archive: rules.archive.as_ref().map(absolute).transpose()?,
        namespace: rules.namespace.clone().unwrap_or_default(),
        shared: rules.shared,
    })
}

/// Reads the configuration of the machine and the one that the command line or the environment names. A user can be
/// stricter than the platform, never laxer: policies, keys and lists add up, and of two meanings of an absent record `missing`
/// holds. There is one ledger and one archive: who names another than the platform is told so.
pub(crate) fn read(global: &Global) -> Result<Rules> {
    let named = global.config.clone().or_else(|| std::env::var_os("SHUKEI_CONFIG").map(PathBuf::from));
    let machine = Path::new(DEFAULT);
    let paths = machine.exists().then(|| machine.to_owned()).into_iter().chain(named);
    let configs = paths.map(|path| read_file(&path).map(|config| (path, config)));
    let configs = configs.collect::<Result<Vec<_>>>()?;
    let shared = configs.iter().any(|(path, c)| path == machine && c.ledger.path.is_some());
    let mut rules = Rules { shared, ..combined(configs)? };
    rules.policies.extend(global.policy.clone());
    one(&mut rules.ledger, global.ledger.clone(), "--ledger", Path::new(""))?;
    Ok(rules)
}

/// What configurations ask for together, the machine's first.
fn combined(configs: Vec<(PathBuf, Config)>) -> Result<Rules> {
    let mut rules = Rules::default();
    let mut scopes = Vec::new();
    for (path, config) in configs {
        let fixed = rules.ledger.is_some();
        rules.policies.extend(config.policy.file);
        rules.withdrawn.extend(config.subjects.withdrawn);
        rules.public_keys.extend(config.permit.public_key);
        rules.revoked.extend(config.permit.revoked);
        // Who names a ledger without a scope means all of it.
        if config.ledger.path.is_some() || config.ledger.scope.is_some() {
            scopes.push(config.ledger.scope.unwrap_or_default());
        }
        one(&mut rules.ledger, config.ledger.path, "[ledger] path", &path)?;
        one(&mut rules.archive, config.archive.dir, "[archive] dir", &path)?;
        // Whose ledger it is says where its archive is and what its ids belong to, also by leaving it out: with another
        // namespace everybody would be a stranger to it.
        if !fixed && let Some(ledger) = &rules.ledger {
            rules.archive.get_or_insert_with(|| ledger.join("archive"));
        }
        named_once(&mut rules.namespace, config.subjects.namespace, fixed, &path)?;
        for data_site in config.data_site {
            let Some(absent) = data_site.absent else { continue };
            let known = rules.absent_at.entry(data_site.name).or_insert(absent);
            if absent == Absent::Missing {
                *known = absent;
            }
        }
    }
    // Of two scopes the wider holds.
    let narrow = !scopes.is_empty() && scopes.iter().all(|scope| *scope == Scope::Project);
    rules.scope = if narrow { Scope::Project } else { Scope::Global };
    Ok(rules)
}

/// Takes the namespace of a configuration; `fixed` if the ledger that it is for was named before.
fn named_once(known: &mut Option<String>, named: Option<String>, fixed: bool, path: &Path) -> Result<()> {
    let differs = |named: &String| *named != known.as_deref().unwrap_or_default();
    if (fixed || known.is_some()) && named.as_ref().is_some_and(differs) {
        return Err(Error::usage(text!(
            "[subjects] namespace is not the platform's; leave it out",
            "[subjects] namespace がプラットフォームの設定と異なります。この行を削除してください"
        ))
        .at(path.display(), ""));
    }
    if known.is_none() {
        *known = named;
    }
    Ok(())
}

/// Takes a directory of which there can be one; naming it again is no problem, naming another is one.
fn one(known: &mut Option<PathBuf>, named: Option<PathBuf>, key: &str, place: &Path) -> Result<()> {
    let real = |path: &Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        std::fs::canonicalize(path).unwrap_or(absolute)
    };
    match (&known, named) {
        (Some(first), Some(other)) if real(first) != real(&other) => {
            let (first, other) = (first.display(), other.display());
            Err(Error::usage(text!(
                "{key} names {other}, but the configuration that holds here names {first}; leave it out",
                "{key} に {other} が指定されていますが、ここで有効な設定は {first} です。この指定を外してください"
            ))
            .at(place.display(), ""))
        }
        (None, Some(named)) => {
            *known = Some(named);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn read_file(path: &Path) -> Result<Config> {
    let source = std::fs::read_to_string(path).map_err(|e| Error::io(path, &e))?;
    let mut config: Config = toml::from_str(&source).map_err(|e| {
        let what = e.message().to_owned();
        Error::input(text!("not a configuration file: {what}", "設定ファイルとして読めません: {what}"))
            .at(path.display(), "")
    })?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let files = [
        &mut config.policy.file,
        &mut config.subjects.withdrawn,
        &mut config.permit.public_key,
        &mut config.permit.revoked,
        &mut config.ledger.path,
        &mut config.archive.dir,
    ];
    for file in files.into_iter().flatten() {
        *file = dir.join(&*file);
    }
    Ok(config)
}

/// The key of the digests in audits: 32 random bytes in the user's state directory, made at first use and readable by the
/// user alone. None where it cannot be kept: an audit then has no digests of its inputs.
pub(crate) fn audit_key() -> Option<[u8; 32]> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state =
        std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute()).or_else(home)?;
    let dir = state.join("shukei");
    let path = dir.join("audit.key");
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir).ok()?;
        let random = random().ok()?;
        let mut file = tempfile::NamedTempFile::new_in(&dir).ok()?;
        file.write_all(&random).and_then(|()| file.as_file().sync_all()).ok()?;
        // Another process may have been first; its key is the one.
        let _ = file.persist_noclobber(&path);
    }
    std::fs::read(&path).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(machine: &str, mine: &str) -> Result<Rules> {
        let config = |source: &str, path: &str| (PathBuf::from(path), toml::from_str(source).unwrap());
        combined(vec![config(machine, "/etc/platform.toml"), config(mine, "mine.toml")])
    }

    #[test]
    fn nobody_is_made_a_stranger_to_the_ledger_of_the_platform() {
        let machine = "[ledger]\npath = \"/srv/ledger\"\n";
        for mine in [
            "[subjects]\nnamespace = \"mine\"\n",
            "[ledger]\npath = \"/tmp/mine\"\n",
            "[archive]\ndir = \"/tmp/mine\"\n",
        ] {
            assert_eq!(both(machine, mine).unwrap_err().exit_code(), 2, "{mine}");
            assert!(both("", mine).is_ok(), "{mine}");
        }
        let same = both(machine, "[subjects]\nnamespace = \"\"\n[archive]\ndir = \"/srv/ledger/archive\"\n");
        assert_eq!(same.unwrap().archive.unwrap(), Path::new("/srv/ledger/archive"));
        let named = format!("{machine}[subjects]\nnamespace = \"P\"\n");
        assert_eq!(both(&named, "").unwrap().namespace.as_deref(), Some("P"));
        assert!(both(&named, "[subjects]\nnamespace = \"\"\n").is_err());
    }

    #[test]
    fn of_two_scopes_the_wider_holds() {
        let project = "[ledger]\nscope = \"project\"\n";
        assert_eq!(both(project, "").unwrap().scope, Scope::Project);
        assert_eq!(both(project, project).unwrap().scope, Scope::Project);
        assert_eq!(both("[ledger]\npath = \"/srv/ledger\"\n", project).unwrap().scope, Scope::Global);
        assert_eq!(both(project, "[ledger]\nscope = \"global\"\n").unwrap().scope, Scope::Global);
        assert_eq!(both("", "").unwrap().scope, Scope::Global);
    }
}
