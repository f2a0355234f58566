//! Whether a plan that was made earlier keeps the rules that hold now.

use std::path::PathBuf;

use shukei::error::{Error, Problems, Result};
use shukei::plan::{Absent, Again, recorded};
use shukei::{Plan, Request, text};

use super::Job;
use crate::args::Global;
use crate::{config, permit};

/// The plan of a job, if it was made under all the rules that hold now: what the platform or `--policy` asks for after the
/// plan was made must not be passed over in silence.
pub(super) fn load(global: &Global, job: &Job, replaces: &[String]) -> Result<Plan, Problems> {
    let again = Again { handler: global.handler.as_deref(), replaces };
    let plan = Plan::load(&job.plan(), &again)?;
    holds_now(global, job, plan.request()).map_err(|problems| recorded(plan.request(), problems))?;
    Ok(plan)
}

/// An error unless a request was made under all the rules that hold now.
fn holds_now(global: &Global, job: &Job, request: &Request) -> Result<(), Problems> {
    let rules = config::read(global)?;
    permit::same_as_planned(global, request)?;
    let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let all = |asked: &[PathBuf], known: &[PathBuf]| {
        let known: Vec<PathBuf> = known.iter().map(real).collect();
        asked.iter().all(|path| known.contains(&real(path)))
    };
    let absent = rules.absent_at.iter().all(|(data_site, absent)| {
        *absent != Absent::Missing || request.absent_at.get(data_site) == Some(absent)
    });
    let permitted = permit::has_rules(request, &rules, all);
    let all = all(&rules.policies, &request.policy) && all(&rules.withdrawn, &request.withdrawn);
    if config::ledger_at(&rules)? != request.ledger {
        return Err(Error::usage(text!(
            "the plan was made for another ledger or archive than the one that holds now; run `shukei plan` again",
            "現在の設定とは別の台帳または保管場所のために作られた計画です。`shukei plan` をやり直してください"
        ))
        .at(job.dir.display(), "")
        .into());
    }
    if absent && all && permitted {
        return Ok(());
    }
    if !permitted {
        return Err(Error::refused(text!(
            "the plan was made without a key or a list of revoked permits that holds now; run `shukei plan` again with your permit",
            "現在有効な公開鍵または許可証の取り消し一覧を使わずに作られた計画です。許可証を指定して `shukei plan` をやり直してください"
        ))
        .at(job.dir.display(), "")
        .into());
    }
    Err(Error::usage(text!(
        "the plan was made without a policy, a list of withdrawn people or a data site's rule that holds now; run \
         `shukei plan` again with it",
        "現在有効なポリシー、同意撤回者の一覧、またはデータ拠点の設定を使わずに作られた計画です。それを指定して `shukei plan` を\
         やり直してください"
    ))
    .at(job.dir.display(), "")
    .into())
}
