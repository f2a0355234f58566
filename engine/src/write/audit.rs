//! `audit.json`: what was done, to what, under which policy. Outside `run` and `inputs` it is the same for the same work.

use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::{Statistic, Written};
use crate::ledger::Facts;
use crate::partial::Notes;
use crate::permit::Permit;
use crate::plan::Plan;

/// How the work was done; never decides a number.
#[derive(Clone, Debug)]
pub struct Run {
    /// The command line.
    pub command: Vec<String>,
    /// When it began.
    pub started: SystemTime,
    /// Name of the machine.
    pub host: String,
    /// Workers.
    pub threads: usize,
    /// Kernels.
    pub backend: &'static str,
    /// Key of the digests of inputs. A plain digest of a file of genotypes would let anybody who knows nearly all of the
    /// file try out the rest; a keyed one tells only its holder which file it was. Without a key there are no digests.
    pub audit_key: Option<[u8; 32]>,
}

/// The audit of a released table.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit(Value);

impl Audit {
    /// The document.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Rows of the table.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let rows = self.0["rows"].as_object();
        rows.map_or(0, |rows| rows.values().filter_map(Value::as_u64).sum())
    }

    /// Records that have no genotypes.
    #[must_use]
    pub fn without_genotypes(&self) -> u64 {
        self.0["records"]["without_genotypes"].as_u64().unwrap_or(0)
    }

    /// Names of the strata whose members the table might give away to somebody who has their genome; `""` is the whole
    /// cohort.
    pub fn above_the_line(&self) -> impl Iterator<Item = &str> {
        let strata = self.0["membership"]["strata"].as_array();
        let above = strata.into_iter().flatten().filter(|s| s["above_the_line"] == true);
        above.filter_map(|s| s["stratum"].as_str())
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(&self.0).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// A table that is written, and what its audit says of how it came about.
pub(crate) struct Done<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) written: &'a Written,
    pub(crate) notes: &'a Notes,
    pub(crate) facts: &'a Facts,
    pub(crate) statistics: &'a [Statistic],
}

/// Puts the audit of a table together.
pub(crate) fn of(done: &Done<'_>, run: Run) -> Audit {
    let Done { plan, written, notes, facts, statistics } = done;
    let request = plan.request();
    let strata: Vec<Value> = written
        .header
        .strata()
        .iter()
        .map(|s| json!({"name": s.name, "label": s.label, "subjects": s.subjects}))
        .collect();
    let contigs = plan.contigs().iter().zip(&written.rows_per_contig).filter(|(_, n)| **n > 0);
    let rows: Map<String, Value> = contigs.map(|(c, n)| (c.name.clone(), json!(n))).collect();
    let outputs: Vec<Value> =
        written.files.iter().map(|f| json!({"name": f.name, "bytes": f.bytes, "blake3": f.blake3})).collect();
    let notes_text: Vec<&str> = plan.notes().iter().map(|n| n.en.as_str()).collect();
    Audit(json!({
        "run": {
            "command": run.command,
            "started": time(run.started),
            "finished": time(SystemTime::now()),
            "host": run.host,
            "threads": run.threads,
            "backend": run.backend,
            "ledger_head": {"seq": facts.head.0, "hash": facts.head.1},
        },
        "inputs": inputs(plan, notes, run.audit_key.as_ref()),
        "product": "frequency",
        "plan": {
            "by": plan.by(),
            "regions": request.regions,
            "absent": request.absent.name(),
            "absent_at": request.absent_at,
            "include_filtered": request.include_filtered,
            "adj": request.adj,
            "genotypes": request.genotypes,
            "structural": request.structural,
            "max_ploidy": request.max_ploidy,
            "left_aligned": request.reference.is_some(),
            "drop_unknown": request.drop_unknown,
            "build": plan.build().map(|b| b.to_string()),
            "unit": plan.unit(),
            "notes": notes_text,
        },
        "policy": {"hash": plan.policy().hash(), "values": plan.policy()},
        "project": plan.project(),
        "permit": plan.permit().map(Permit::record),
        "ledger": ledger(facts),
        "versions": {"shukei": env!("CARGO_PKG_VERSION")},
        "strata": strata,
        "rows": rows,
        "statistics": statistics.iter().map(|s| s.name()).collect::<Vec<_>>(),
        "membership": written.membership,
        "records": {"without_genotypes": notes.without_genotypes, "combined": written.combined},
        "outputs": outputs,
    }))
}

/// What the ledger said.
fn ledger(facts: &Facts) -> Value {
    let linked = facts.linked;
    let note = (linked > 0 && facts.rule == "audit")
        .then(|| format!("linked to {linked} earlier releases: intervals audited, not proved"));
    json!({
        "release": facts.id,
        "scope": facts.scope,
        "judged_with": facts.judged_with,
        "linked": linked,
        "rule": facts.rule,
        "replaces": facts.replaces,
        "note": note,
        "limits": (!facts.shared).then_some("not the machine's ledger: does not see what others release"),
    })
}

/// Every file that was read, with what identifies its content to the holder of the key.
fn inputs(plan: &Plan, notes: &Notes, key: Option<&[u8; 32]>) -> Vec<Value> {
    let keyed = |digest: &str| key.map(|key| blake3::keyed_hash(key, digest.as_bytes()).to_hex().to_string());
    let mut list: Vec<Value> = plan
        .inputs()
        .map(|i| {
            let whole = notes.whole.get(&i.path).and_then(|digest| keyed(digest));
            json!({
                "path": i.path,
                "size_mib": i.size.div_ceil(1 << 20),
                "modified": time(i.modified),
                "edges_keyed_blake3": keyed(&i.digest),
                "keyed_blake3": whole,
            })
        })
        .collect();
    let request = plan.request();
    list.push(json!({"path": request.samples, "keyed_blake3": keyed(plan.samples_digest())}));
    list.extend(request.side_files().map(|path| other(path)));
    list
}

fn other(path: &Path) -> Value {
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).ok().map(time);
    json!({"path": path, "modified": modified})
}
