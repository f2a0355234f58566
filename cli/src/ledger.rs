//! `shukei ledger`: what was released, and what became of it.

mod table;

use std::io::Write;
use std::sync::Arc;

use serde_json::{Value, json};
use shukei::actor::Actor;
use shukei::error::{Error, Lang, Problems, Result};
use shukei::ledger::report::{Day, ExportedFile, Period, in_japan};
use shukei::ledger::{Event, Exported, Ledger, Voided, Waiting, What};
use shukei::text;

use crate::args::{
    Global, LedgerArgs, LedgerCommand, LedgerExported, LedgerList, LedgerReport, LedgerVerify, LedgerVoid,
};
use crate::config;
use crate::permit;
use crate::report::Reporter;
use table::Table;

/// One of the commands.
pub(crate) fn run(global: &Global, command: &LedgerArgs, reporter: &Reporter) -> Result<(), Problems> {
    match &command.command {
        LedgerCommand::List(command) => list(&open(global, reporter)?, command, reporter),
        LedgerCommand::Verify(command) => verify(global, command, reporter)?,
        LedgerCommand::Report(command) => report(&open(global, reporter)?, command, reporter)?,
        LedgerCommand::Void(command) => void(global, command, reporter)?,
        LedgerCommand::Exported(command) => exported(open(global, reporter)?, command, reporter)?,
    }
    Ok(())
}

/// Patience with other processes, said aloud.
pub(crate) fn waiting(reporter: &Reporter) -> Waiting {
    let reporter = *reporter;
    Waiting { note: Arc::new(move |note| reporter.note(note)), ..Waiting::default() }
}

/// The ledger that holds here; looking at one does not make one.
fn open(global: &Global, reporter: &Reporter) -> Result<Ledger> {
    let dir = config::read(global)?.ledger.or_else(Ledger::default_dir).ok_or_else(|| {
        Error::usage(text!(
            "there is no home directory for a ledger; name one with --ledger",
            "台帳を置くホームディレクトリがありません。--ledger で指定してください"
        ))
    })?;
    if !Ledger::exists(&dir) {
        return Err(Error::input(text!(
            "there is no ledger here; the first release makes it, or name another with --ledger",
            "ここには台帳がありません。台帳は最初の公開時に作られます。別の場所にある場合は --ledger で指定してください"
        ))
        .at(dir.display(), ""));
    }
    Ledger::open_with(&dir, waiting(reporter))
}

/// Writes to stdout; whoever closed it does not want the rest.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn list(ledger: &Ledger, command: &LedgerList, reporter: &Reporter) {
    let chosen = |project: &str| command.project.as_ref().is_none_or(|named| named == project);
    if command.refused {
        return refusals(ledger, command.json, &chosen, reporter);
    }
    let releases = ledger.releases().filter(|(_, _, claim, _)| chosen(&claim.project));
    if command.json {
        let all: Vec<Value> = releases
            .map(|(entry, id, claim, status)| {
                json!({
                    "id": id, "time": entry.time, "project": claim.project, "product": claim.product,
                    "actor": claim.actor, "handler": claim.handler, "replaces": claim.replaces,
                    "rows": ledger.made(id).map(|it| it.rows), "files": ledger.files_of(id), "status": status.name(),
                })
            })
            .collect();
        reporter.data(&Value::Array(all));
        return;
    }
    let rows = releases.map(|(entry, id, claim, status)| {
        let made = ledger.made(id);
        let number = |n: Option<String>| n.unwrap_or_default();
        vec![
            id.to_owned(),
            in_japan(&entry.time),
            claim.project.clone(),
            claim.product.clone(),
            number(made.map(|it| it.rows.to_string())),
            number(made.map(|it| it.files.len().to_string())),
            status.name().to_owned(),
        ]
    });
    let headings = match reporter.lang {
        Lang::En => ["id", "time", "project", "product", "rows", "files", "status"],
        Lang::Ja => ["番号", "日時", "課題", "種類", "行数", "ファイル数", "状態"],
    };
    print(&Table { headings: headings.to_vec(), rows: rows.collect() }.aligned());
}

/// Requests that were refused: who, when, what, why.
fn refusals(ledger: &Ledger, as_json: bool, chosen: &dyn Fn(&str) -> bool, reporter: &Reporter) {
    let refused = ledger.entries().iter().filter_map(|entry| match &entry.what {
        What::Refused(refusal) if chosen(&refusal.project) => Some((entry, refusal)),
        _ => None,
    });
    if as_json {
        let all = refused.map(|(entry, it)| {
            json!({
                "time": entry.time, "project": it.project, "actor": it.actor, "handler": it.handler,
                "command": it.command, "problems": it.problems,
            })
        });
        return reporter.data(&Value::Array(all.collect()));
    }
    let rows = refused.map(|(entry, it)| {
        vec![
            in_japan(&entry.time),
            it.project.clone(),
            it.actor.shown(),
            it.command.clone(),
            it.problems.join(" / "),
        ]
    });
    let headings = match reporter.lang {
        Lang::En => ["time", "project", "account", "request", "why"],
        Lang::Ja => ["日時", "課題", "アカウント", "申請内容", "理由"],
    };
    print(&Table { headings: headings.to_vec(), rows: rows.collect() }.aligned());
}

fn verify(global: &Global, command: &LedgerVerify, reporter: &Reporter) -> Result<(), Problems> {
    let ledger = open(global, reporter)?;
    let own = || config::ledger_at(&config::read(global)?)?.archive();
    let archive = command.archive.clone().map_or_else(own, Ok)?;
    let archive = (command.archive.is_some() || archive.exists()).then_some(archive);
    let files = archive.map(|archive| ledger.verify_archive(&archive)).transpose()?;
    let (seq, hash) = ledger.head();
    reporter.say(&text!(
        "{seq} entries, each as it was written; the head is {hash}\n\
         whoever noted an earlier head can compare it with that line",
        "記録 {seq} 件はすべて書き込まれた時のままです。head は {hash} です\n\
         以前の head を控えてあれば、その行と比べることができます"
    ));
    if let Some(files) = files {
        reporter.say(&text!(
            "{files} archived files, each as it was released",
            "保管されたファイル {files} 個はすべて公開時のままです"
        ));
    }
    reporter.data(&json!({"entries": seq, "head": hash, "archived_files": files}));
    Ok(())
}

fn report(ledger: &Ledger, command: &LedgerReport, reporter: &Reporter) -> Result<()> {
    let day = |text: &Option<String>| text.as_deref().map(str::parse::<Day>).transpose();
    let period =
        Period { from: day(&command.from)?, to: day(&command.to)?, project: command.project.clone() };
    let headings = match reporter.lang {
        Lang::En => [
            "exported_at",
            "id",
            "project",
            "product",
            "file",
            "bytes",
            "blake3",
            "verdict",
            "approver",
            "recorded_by",
            "rules",
        ],
        Lang::Ja => [
            "持出日時",
            "番号",
            "課題",
            "種類",
            "ファイル",
            "バイト数",
            "BLAKE3",
            "判定",
            "承認者",
            "記録者",
            "該当規則",
        ],
    };
    let row = |it: ExportedFile<'_>| {
        let text = |text: &str| text.to_owned();
        vec![
            it.time,
            text(it.id),
            text(it.project),
            text(it.product),
            text(&it.file.name),
            it.file.bytes.to_string(),
            text(&it.file.blake3),
            text(it.verdict),
            text(it.approver),
            it.actor,
            it.rules.join(" "),
        ]
    };
    let rows = ledger.exports(&period).into_iter().map(row).collect();
    let table = Table { headings: headings.to_vec(), rows };
    if command.csv {
        print(if command.bom { "\u{feff}" } else { "" });
        print(&table.csv());
    } else {
        print(&table.aligned());
    }
    Ok(())
}

fn void(global: &Global, command: &LedgerVoid, reporter: &Reporter) -> Result<(), Problems> {
    let mut ledger = open(global, reporter)?;
    let permit = permit::of_request(global, &config::read(global)?)?;
    let permit = permit.map(|using| using.verify()).transpose()?.flatten();
    let permit_project = permit.map(|p| p.terms().project.clone());
    let (id, reason) = (command.id.clone(), command.reason.clone());
    let it = Voided { id, actor: Actor::current()?, permit_project, reason };
    ledger.lock()?.append(Event::Void(it))?;
    let id = &command.id;
    reporter.say(&text!(
        "{id} is void: it counts no longer, and its files may never leave the platform",
        "{id} を取り消しました。今後の判定には数えません。このファイルを持ち出すことはできません"
    ));
    reporter.data(&json!({"id": id, "status": "void"}));
    Ok(())
}

fn exported(mut ledger: Ledger, command: &LedgerExported, reporter: &Reporter) -> Result<()> {
    let (id, actor) = (command.id.clone(), Actor::current()?);
    let it = Exported { id, actor, verdict: None, approver: None, rules: Vec::new() };
    ledger.lock()?.append(Event::Exported(it))?;
    let id = &command.id;
    reporter.say(&text!(
        "{id} is recorded as having left the platform; it counts for ever",
        "{id} を持ち出し済みとして記録しました。今後もずっと判定に数えます"
    ));
    reporter.data(&json!({"id": id, "status": "exported"}));
    Ok(())
}
