//! `plan.json`: the request, the digest of the plan that it made, and what that digest was made of, so that another process makes
//! the same plan or says what has changed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Plan, Request, plan};
use crate::error::{Error, Problems, Result, Text};
use crate::text;

/// What is said anew each time a plan is loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Again<'a> {
    /// The handler, under an account that several share.
    pub handler: Option<&'a str>,
    /// Further releases that this one takes the place of.
    pub replaces: &'a [String],
}

/// An input as the plan saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    path: PathBuf,
    size: u64,
    /// BLAKE3 of header, index and the first and last 64 KiB.
    blake3: String,
}

/// `plan.json`: private like all of JOB, because it names files and digests of people's tables.
#[derive(Debug, Serialize, Deserialize)]
pub struct Saved {
    version: String,
    digest: String,
    inputs: Vec<Seen>,
    samples: String,
    policy: String,
    permit: Option<String>,
    /// Compressed bytes of every partition, the largest first.
    partitions: Vec<u64>,
    request: Request,
}

impl Saved {
    fn of(plan: &Plan) -> Self {
        let seen = |input: &crate::source::Input| Seen {
            path: input.path.clone(),
            size: input.size,
            blake3: input.digest.clone(),
        };
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: plan.digest.clone(),
            inputs: plan.inputs().map(seen).collect(),
            samples: plan.samples_digest.clone(),
            policy: plan.policy.hash(),
            permit: plan.permit.as_ref().map(|permit| permit.digest().to_owned()),
            partitions: plan.partitions.iter().map(|partition| partition.bytes).collect(),
            request: plan.request.clone(),
        }
    }

    /// Reads `plan.json`; nothing that it names is opened.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::input(text!(
                "there is no plan here; make one (shukei plan freq … -o JOB), or name the directory of another job",
                "計画がありません。作成するか（shukei plan freq … -o JOB）、別のジョブのディレクトリを指定してください"
            ))
            .at(path.display(), ""),
            _ => Error::io(path, &e),
        })?;
        serde_json::from_slice(&bytes).map_err(|e| {
            Error::input(text!(
                "not a plan of this version: {e}; run `shukei plan` again",
                "このバージョンの計画として読めません: {e}。`shukei plan` をやり直してください"
            ))
            .at(path.display(), "")
        })
    }

    /// Digest of the plan.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Compressed bytes of every partition.
    #[must_use]
    pub fn partitions(&self) -> &[u64] {
        &self.partitions
    }

    /// What is not as it was when the plan was made.
    fn changed(&self, now: &Self) -> Text {
        let (mut en, mut ja) = (Vec::new(), Vec::new());
        let mut say = |text: Text| {
            en.push(text.en);
            ja.push(text.ja);
        };
        for seen in now.inputs.iter().filter(|seen| !self.inputs.contains(seen)) {
            let path = seen.path.display();
            say(text!("{path}", "{path}"));
        }
        let now_only = now.inputs.len() < self.inputs.len();
        let facts = [
            (now_only, text!("the list of inputs", "入力の一覧")),
            (self.samples != now.samples, text!("the sample table", "検体表")),
            (self.policy != now.policy, text!("the policy", "ポリシー")),
            (self.permit != now.permit, text!("the permit", "許可証")),
            (self.version != now.version, text!("the version of shukei", "shukei のバージョン")),
        ];
        facts.into_iter().filter(|(changed, _)| *changed).for_each(|(_, text)| say(text));
        if en.is_empty() {
            // The date of an input, a list, the reference, or what was released of the same people since.
            return text!(
                "a side file, the date of an input, or the releases of these people",
                "補助ファイル、入力の更新日時、または同じ人々を含む公開済みの表"
            );
        }
        let (en, ja) = (en.join(", "), ja.join("、"));
        text!("{en}", "{ja}")
    }
}

impl Plan {
    /// Writes `plan.json`, under a temporary name first.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(&Saved::of(self))
            .map_err(|e| Error::json(&e).at(path.display(), ""))?;
        json.push(b'\n');
        crate::write::file::replace(path, &json)
    }

    /// Reads `plan.json` and plans again; an error that names it if anything has changed since. The permit is verified again too,
    /// for who runs this process.
    pub fn load(path: &Path, again: &Again<'_>) -> Result<Self, Problems> {
        let saved = Saved::read(path)?;
        let mut request = saved.request.clone();
        if let Some(using) = &mut request.permit {
            using.handler = again.handler.map(str::to_owned);
        }
        request.replaces.extend_from_slice(again.replaces);
        let plan = plan(request)?;
        let now = Saved::of(&plan);
        if plan.digest == saved.digest && now.version == saved.version {
            return Ok(plan);
        }
        let changed = saved.changed(&now);
        let (en, ja) = (changed.en, changed.ja);
        Err(Error::input(text!(
            "changed since the plan was made: {en}; run `shukei plan` again",
            "計画の作成後に変わりました: {ja}。`shukei plan` をやり直してください"
        ))
        .at(path.display(), "")
        .into())
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
