//! The platform's configuration file: what operators set for everybody on a machine.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use shukei::error::{Error, Result};
use shukei::plan::Absent;
use shukei::text;

use crate::args::Global;

/// `platform.toml`. Every key is optional; relative paths are relative to the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) policy: PolicySection,
    pub(crate) subjects: Subjects,
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

/// Reads the configuration that the command line, the environment or the machine names.
pub(crate) fn read(global: &Global) -> Result<Config> {
    let named = global.config.clone().or_else(|| std::env::var_os("SHUKEI_CONFIG").map(PathBuf::from));
    let path = match named {
        Some(path) => path,
        None if Path::new(DEFAULT).exists() => PathBuf::from(DEFAULT),
        None => return Ok(Config::default()),
    };
    let source = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, &e))?;
    let mut config: Config = toml::from_str(&source).map_err(|e| {
        let what = e.message().to_owned();
        Error::input(text!("not a configuration file: {what}", "設定ファイルとして読めません: {what}"))
            .at(path.display(), "")
    })?;
    let dir = path.parent().unwrap_or(Path::new("."));
    for file in [&mut config.policy.file, &mut config.subjects.withdrawn].into_iter().flatten() {
        *file = dir.join(&*file);
    }
    Ok(config)
}
