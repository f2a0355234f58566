//! `plan.json`: the request and the digest of the plan that it made, so that another process makes the same plan or says why not.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Plan, Request, plan};
use crate::error::{Error, Problems, Result};
use crate::text;

/// What is said anew each time a plan is loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Again<'a> {
    /// The handler, under an account that several share.
    pub handler: Option<&'a str>,
    /// Further releases that this one takes the place of.
    pub replaces: &'a [String],
}

/// `plan.json`.
#[derive(Serialize, Deserialize)]
struct PlanFile {
    version: String,
    digest: String,
    partitions: usize,
    request: Request,
}

impl Plan {
    /// Writes `plan.json`, under a temporary name first.
    pub fn save(&self, path: &Path) -> Result<()> {
        let file = PlanFile {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: self.digest.clone(),
            partitions: self.partitions.len(),
            request: self.request.clone(),
        };
        let mut json =
            serde_json::to_vec_pretty(&file).map_err(|e| Error::json(&e).at(path.display(), ""))?;
        json.push(b'\n');
        crate::write::file::replace(path, &json)
    }

    /// Reads `plan.json` and plans again; an error if anything has changed since. The permit is verified again too, for who
    /// runs this process.
    pub fn load(path: &Path, again: &Again<'_>) -> Result<Self, Problems> {
        let bytes = std::fs::read(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::input(text!(
                "there is no plan here; make one (shukei plan freq … -o JOB), or name the directory of another job",
                "計画がありません。作成するか（shukei plan freq … -o JOB）、別のジョブのディレクトリを指定してください"
            ))
            .at(path.display(), ""),
            _ => Error::io(path, &e),
        })?;
        let file: PlanFile = serde_json::from_slice(&bytes).map_err(|e| {
            Error::input(text!(
                "not a plan: {e}; run `shukei plan` again",
                "計画として読めません: {e}。`shukei plan` をやり直してください"
            ))
            .at(path.display(), "")
        })?;
        let PlanFile { digest, version, mut request, .. } = file;
        if let Some(using) = &mut request.permit {
            using.handler = again.handler.map(str::to_owned);
        }
        request.replaces.extend_from_slice(again.replaces);
        let plan = plan(request)?;
        if plan.digest != digest || version != env!("CARGO_PKG_VERSION") {
            return Err(Error::input(text!(
                "inputs, sample table, policy, program or the releases of these people have changed since the plan was made; \
                 run `shukei plan` again",
                "計画の作成後に入力・検体表・ポリシー・プログラム・同じ人の公開物のいずれかが変わりました。`shukei plan` をやり直してください"
            ))
            .at(path.display(), "")
            .into());
        }
        Ok(plan)
    }

    /// Everything that decides the counts, hashed.
    pub(super) fn fingerprint(&self) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        let mut put = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        put(env!("CARGO_PKG_VERSION").as_bytes());
        // What a release replaces is said when it is made, and decides no count.
        let request = Request { replaces: Vec::new(), ..self.request.clone() };
        put(&serde_json::to_vec(&request).map_err(|e| Error::json(&e))?);
        put(self.policy.hash().as_bytes());
        put(self.samples_digest.as_bytes());
        // Too long to be hashed; another one moves variants elsewhere.
        let reference = self.request.reference.as_ref().and_then(|path| std::fs::metadata(path).ok());
        put(format!("{:?}", reference.map(|meta| (meta.len(), meta.modified().ok()))).as_bytes());
        for contig in &self.contigs {
            put(format!("{contig:?}").as_bytes());
        }
        for group in &self.groups {
            for file in &group.files {
                put(file.input.digest.as_bytes());
                put(format!("{:?}", file.input.modified).as_bytes());
            }
            put(&group.fine_of_member.iter().flat_map(|f| f.to_le_bytes()).collect::<Vec<u8>>());
        }
        for family in &self.strata.families {
            put(format!("{:?}", family.leaf_of_cell).as_bytes());
        }
        put(format!("{:?}", self.partitions).as_bytes());
        Ok(hasher.finalize().to_hex().to_string())
    }
}
