//! `shukei permit` for the platform's office, and what a request says about its permit.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shukei::error::{Error, Problems, Result};
use shukei::permit::{self, Content, PublicKey, SecretKey, Signed, Terms, Use};
use shukei::{Request, text};

use crate::args::{Global, PermitArgs, PermitStep};
use crate::config::Rules;
use crate::report::Reporter;

/// What the flags and configurations say, with absolute paths; none if they say nothing.
pub(crate) fn of_request(global: &Global, rules: &Rules) -> Result<Option<Use>> {
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(|e| Error::io(path, &e));
    let all = |paths: &[PathBuf]| paths.iter().map(absolute).collect::<Result<Vec<_>>>();
    let using = Use {
        file: global.permit.as_ref().map(absolute).transpose()?,
        project: global.project.clone(),
        handler: global.handler.clone(),
        public_keys: all(&rules.public_keys)?,
        revoked: all(&rules.revoked)?,
    };
    Ok((using != Use::default()).then_some(using))
}

/// Whether a plan was made with every key and list that holds now. `same` compares what is asked with what is known.
pub(crate) fn has_rules(
    request: &Request,
    rules: &Rules,
    same: impl Fn(&[PathBuf], &[PathBuf]) -> bool,
) -> bool {
    let none = Use::default();
    let using = request.permit.as_ref().unwrap_or(&none);
    same(&rules.public_keys, &using.public_keys) && same(&rules.revoked, &using.revoked)
}

/// An error if the flags of `tally` or `release` name another permit or project than the plan.
pub(crate) fn same_as_planned(global: &Global, request: &Request) -> Result<()> {
    let none = Use::default();
    let using = request.permit.as_ref().unwrap_or(&none);
    let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let file = global.permit.as_ref().is_none_or(|file| using.file.as_ref().map(real) == Some(real(file)));
    let project = global.project.is_none() || global.project == using.project;
    for (flag, same) in [("--permit", file), ("--project", project)] {
        if !same {
            return Err(Error::usage(text!(
                "{flag}: the plan was made with another one, or without; leave {flag} out, or run `shukei plan` again with it",
                "{flag}: 計画の作成時と異なります。{flag} を外すか、それを指定して `shukei plan` をやり直してください"
            )));
        }
    }
    Ok(())
}

/// One of the office's steps.
pub(crate) fn run(global: &Global, command: &PermitArgs, reporter: &Reporter) -> Result<(), Problems> {
    match &command.step {
        PermitStep::New { out } => new(global, out, reporter)?,
        PermitStep::Keygen { out } => keygen(out, reporter)?,
        PermitStep::Sign { file, key } => {
            let signed = permit::sign(file, &SecretKey::read(key)?)?;
            let (id, file) = (signed.key_id.as_deref().unwrap_or_default(), file.display());
            reporter.say(&text!("signed with key {id}: {file}", "鍵 {id} で署名しました: {file}"));
            reporter.data(&summary(&signed));
        }
        PermitStep::Verify { file, public_key, revoked } => {
            let signed = permit::verify(file, &PublicKey::read(public_key)?, revoked.as_deref())?;
            let file = file.display();
            reporter.say(&match (&signed.content, revoked) {
                (Content::Permit(_), Some(_)) => {
                    text!("valid today and not revoked: {file}", "本日有効で、取り消されていません: {file}")
                }
                (Content::Permit(_), None) => text!(
                    "valid today; not compared with a list of revoked permits (--revoked): {file}",
                    "本日有効です。取り消しの一覧（--revoked）とは照合していません: {file}"
                ),
                (Content::Revocations(_), _) => {
                    text!("the signature is right: {file}", "署名は正しいものです: {file}")
                }
            });
            reporter.data(&summary(&signed));
        }
        PermitStep::Show { file } => {
            let signed = permit::inspect(file)?;
            show(&signed, reporter);
            reporter.data(&summary(&signed));
        }
    }
    Ok(())
}

fn new(global: &Global, out: &Path, reporter: &Reporter) -> Result<()> {
    let project = global.project.as_deref().ok_or_else(|| {
        Error::usage(text!(
            "--project: the permit needs the id of its project",
            "--project: 許可証の課題のIDを指定してください"
        ))
    })?;
    let template = permit::template(project)?;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(out);
    let written = file.and_then(|mut file| file.write_all(template.as_bytes()));
    written.map_err(|e| Error::io(out, &e))?;
    let file = out.display();
    reporter.say(&text!(
        "fill it in, then: shukei permit sign {file} --key NAME.key",
        "記入してから次を実行してください: shukei permit sign {file} --key NAME.key"
    ));
    reporter.data(&json!({"permit": file.to_string()}));
    Ok(())
}

fn keygen(out: &Path, reporter: &Reporter) -> Result<()> {
    let (key, public, half) = permit::generate(out)?;
    let (key, public, id) = (key.display().to_string(), public.display().to_string(), half.id());
    reporter.say(&text!(
        "{key} signs and stays with the office; {public} goes into the platform's configuration, [permit] public_key",
        "{key} は署名用です。事務局の外に出さないでください。{public} をプラットフォームの設定ファイルの [permit] public_key に指定してください"
    ));
    reporter.data(&json!({"key": key, "public_key": public, "key_id": id}));
    Ok(())
}

/// One line for programs.
fn summary(signed: &Signed) -> Value {
    let mut line = match &signed.content {
        Content::Permit(terms) => json!({
            "kind": "permit",
            "id": terms.id,
            "project": terms.project,
            "from": terms.period.from.to_string(),
            "to": terms.period.to.to_string(),
        }),
        Content::Revocations(list) => json!({"kind": "revocations", "issued": list.issued()}),
    };
    line["key_id"] = json!(signed.key_id);
    line["blake3"] = json!(signed.digest);
    line
}

fn show(signed: &Signed, reporter: &Reporter) {
    match &signed.content {
        Content::Permit(terms) => show_permit(terms, reporter),
        Content::Revocations(list) => {
            let issued = list.issued();
            reporter.say(&text!(
                "list of permits that do not hold, issued {issued}",
                "無効な許可証の一覧（{issued} 発行）"
            ));
            for line in list.lines() {
                reporter.say(&text!("  {line}", "  {line}"));
            }
        }
    }
    match &signed.key_id {
        Some(id) => reporter.say(&text!(
            "signature: says key {id}; not checked, see `shukei permit verify`",
            "署名: 鍵 {id} と記載（未検証。`shukei permit verify` で検証できます）"
        )),
        None => reporter.say(&text!("signature: none", "署名: なし")),
    }
}

fn show_permit(terms: &Terms, reporter: &Reporter) {
    let Terms { id, project, institution, purpose, .. } = terms;
    let (from, to) = (terms.period.from, terms.period.to);
    let list = |items: &[String]| if items.is_empty() { "-".to_owned() } else { items.join(", ") };
    let people = terms.handler.iter().map(|h| format!("{} (uid {})", h.name, h.uid)).collect::<Vec<_>>();
    let accounts = terms.project_accounts.iter().map(u32::to_string).collect::<Vec<_>>();
    let (people, accounts) = (list(&people), list(&accounts));
    let who = &terms.export_responsible;
    let (name, uid, certified) = (&who.name, who.uid, who.certified_on);
    reporter.say(&text!(
        "permit {id}, project {project}: {institution}\n  purpose             {purpose}\n  \
         period              {from} to {to} (days in Japan, both included)\n  handlers            {people}\n  \
         shared accounts     {accounts}\n  export responsible  {name} (uid {uid}), certified {certified}",
        "許可証 {id}、課題 {project}: {institution}\n  目的: {purpose}\n  期間: {from}から{to}まで（日本時間、両日を含む）\n  \
         取扱者: {people}\n  共用アカウント: {accounts}\n  持ち出し責任者: {name} (uid {uid})、認定日 {certified}"
    ));
    let tables = terms.tables.iter().map(|t| t.name().to_owned()).collect::<Vec<_>>();
    let (tables, datasets) = (list(&tables), list(&terms.datasets));
    let (attributes, codes) = (list(&terms.attributes), list(&terms.codes));
    let build = terms.build.as_deref().unwrap_or_default();
    let regions = terms.regions.as_deref().map(|r| format!("{} {build}", list(r)));
    let (all_en, all_ja) = (regions.as_deref().unwrap_or("all"), regions.as_deref().unwrap_or("全体"));
    let replaces = terms.replaces.as_deref().unwrap_or("-");
    reporter.say(&text!(
        "  tables              {tables}\n  datasets            {datasets}\n  attributes          {attributes}\n  \
         ICD-10 codes        {codes}\n  regions             {all_en}\n  replaces            {replaces}",
        "  表: {tables}\n  データセット: {datasets}\n  属性: {attributes}\n  ICD-10コード: {codes}\n  領域: {all_ja}\n  \
         置き換える許可証: {replaces}"
    ));
}
