//! plan: a request becomes a [`Plan`], or every problem that it has.
//!
//! Holding a `Plan` proves that every input was opened and checked, that contigs, build, samples, strata and policy agree,
//! and that the partitions are disjoint and cover what was asked. `plan.json` keeps the request, not the plan: `tally`
//! and `release` plan again and compare digests, so that there is one way to make a `Plan` and a changed input is seen.

mod cohort;
mod columns;
mod estimate;
mod files;
mod partition;
mod past;
mod request;
mod saved;
mod selection;

pub use estimate::{Estimate, room};
pub use partition::{Cut, Partition};
pub(crate) use past::classes_by;
pub use past::{LedgerAt, Scope};
pub use request::{Absent, Request};
pub use saved::{Again, Saved};

pub(crate) use files::{Group, GroupFile};

use std::sync::Arc;

use crate::actor::Actor;
use crate::error::{Error, Kind, Problems, Result, Text};
use crate::ledger::{Bar, Event, Ledger, Naming, Refusal};
use crate::permit::{self, Permit};
use crate::policy::{GenotypeTier, Policy};
use crate::region::{Build, Contig, ContigKind, Zone, locus};
use crate::source::Input;
use crate::source::container::Container;
use crate::strata::Strata;
use crate::text;

/// A request whose inputs were opened and found to agree.
pub struct Plan {
    request: Request,
    policy: Policy,
    permit: Option<Permit>,
    contigs: Vec<Contig>,
    build: Option<Build>,
    groups: Vec<Group>,
    strata: Strata,
    partitions: Vec<Partition>,
    filters: Vec<String>,
    notes: Vec<Text>,
    unit: &'static str,
    subjects: Vec<Arc<str>>,
    samples_digest: String,
    digest: String,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("partitions", &self.partitions.len()).finish_non_exhaustive()
    }
}

/// Checks a request; all problems at once. A refusal is recorded in the ledger.
pub fn plan(request: Request) -> Result<Plan, Problems> {
    let asked = request.clone();
    checked(request).map_err(|problems| recorded(&asked, problems))
}

/// Records a refusal in the ledger of a request, if the problems hold one; if that fails, there is one more problem.
#[must_use]
pub fn recorded(request: &Request, mut problems: Problems) -> Problems {
    if problems.list().iter().any(|p| p.kind() == Kind::Refused) {
        let project = request.permit.as_ref().and_then(|p| p.project.as_deref()).unwrap_or_default();
        let handler = request.permit.as_ref().and_then(|p| p.handler.as_deref());
        let written = Actor::current().and_then(|actor| {
            let refusal = Refusal::new(project, actor, handler, &request.summary(), &problems);
            Ledger::open(&request.ledger.dir()?)?.lock()?.append(Event::Refused(refusal))
        });
        // A ledger that is the problem itself need not say so twice.
        let told = written.as_ref().is_err_and(|e| problems.list().contains(e));
        if !told {
            problems.keep(written);
        }
    }
    problems
}

fn checked(request: Request) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    nameable(&request, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let policy = policy(&request, &mut problems);
    let permit = request.permit.as_ref().and_then(|using| permit::hold(using, &mut problems));
    let before = problems.list().len();
    let inputs = files::open(&request, &mut problems);
    // What only all inputs together can tell is not said of some of them: it would be wrong.
    let all = problems.list().len() == before;
    let cohort = cohort::read(&request, if all { &inputs } else { &[] }, &mut problems);
    let genome = files::genome(&inputs, &mut problems);
    let regions = genome.as_ref().and_then(|g| partition::regions(&request, g, all, &mut problems));
    let (Some(policy), Some(mut cohort), Some(genome), Some(regions)) = (policy, cohort, genome, regions)
    else {
        return Err(problems);
    };
    permit.iter().for_each(|p| p.covers(&asked(&request, &cohort, &genome, &regions), &mut problems));
    // The people of a file that cannot be read are not known: strata without them say nothing.
    if !all {
        return Err(problems);
    }
    let strata = judged(&request, &mut cohort, (&genome, &regions), (&policy, permit.as_ref()), problems)?;
    let mut problems = Problems::default();
    let groups = files::groups(&request, inputs, &genome, (&cohort, &strata), &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let partitions = partition::partitions(&request, &groups, &genome.contigs, &regions);
    let mut plan = Plan {
        filters: files::filters(&request, &groups),
        unit: cohort.unit(),
        notes: cohort.notes,
        subjects: cohort.subjects,
        samples_digest: cohort.digest,
        contigs: genome.contigs,
        build: genome.build,
        request,
        policy,
        permit,
        groups,
        strata,
        partitions,
        digest: String::new(),
    };
    plan.notes.extend(plan.sex_chromosomes_are_silent());
    plan.digest = plan.fingerprint()?;
    Ok(plan)
}

/// The strata, cut by those of earlier releases and judged with them; an error too if there were problems before.
fn judged(
    request: &Request,
    cohort: &mut cohort::Cohort,
    (genome, regions): (&files::Genome, &[Vec<(u64, u64)>]),
    (policy, permit): (&Policy, Option<&Permit>),
    mut problems: Problems,
) -> Result<Strata, Problems> {
    let past = past::Past::open(&request.ledger, &cohort.subjects)?;
    let contigs = partition::named(&genome.contigs, regions);
    past.cut(&mut cohort.people, &contigs);
    let strata = Strata::new(&cohort.people, policy, &mut problems);
    let (Some(strata), true) = (strata, problems.is_empty()) else { return Err(problems) };
    let coordinates = coordinates(genome.build, request);
    let naming = Naming { unit: cohort.unit(), coordinates: &coordinates, contigs: &contigs };
    let without = past.replaceable(&request.replaces, permit)?;
    let project = request.ledger.project_scope(permit);
    past.judge(&strata, &naming, &Bar { k: policy.k, project, without: &without })?;
    Ok(strata)
}

/// Plans and audits are JSON and name every file: a name that is not UTF-8 could not be written there.
fn nameable(request: &Request, problems: &mut Problems) {
    for path in request.inputs.iter().chain([&request.samples]).chain(request.side_files()) {
        if path.to_str().is_none() {
            let error = Error::usage(text!(
                "the name is not UTF-8 (Shift_JIS?), so that no plan or audit can name the file; rename it",
                "ファイル名が UTF-8 ではないため（Shift_JIS でしょうか）、計画や監査記録に記載できません。改名してください"
            ));
            problems.push(error.at(path.display(), ""));
        }
    }
}

/// What places mean: the build, as far as the files say, and whether indels are left-aligned.
fn coordinates(build: Option<Build>, request: &Request) -> String {
    let build = build.map_or_else(|| "unknown build".to_owned(), |build| build.to_string());
    if request.reference.is_some() { format!("{build}, left-aligned") } else { build }
}

/// The strictest of all policies that are named; the built-in one where none is.
fn policy(request: &Request, problems: &mut Problems) -> Option<Policy> {
    let read: Vec<Option<Policy>> =
        request.policy.iter().map(|path| problems.keep(Policy::read(path))).collect();
    let mut read = read.into_iter();
    let Some(first) = read.next() else { return Some(Policy::default()) };
    read.try_fold(first?, |strictest, policy| Some(strictest.and(&policy?)))
}

/// What a frequency table asks of a permit.
fn asked<'a>(
    request: &Request,
    cohort: &'a cohort::Cohort,
    genome: &'a files::Genome,
    regions: &'a [Vec<(u64, u64)>],
) -> permit::Asked<'a> {
    let place = permit::Place { spans: regions, contigs: &genome.contigs, build: genome.build };
    permit::Asked {
        table: permit::Table::Frequency,
        by: &cohort.terms.0,
        drops: &cohort.terms.1,
        datasets: &cohort.datasets,
        place: (!partition::everywhere(request)).then_some(place),
    }
}

impl Plan {
    /// What was asked for.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The disclosure policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The permit that covers the request; none where the platform asks for none.
    #[must_use]
    pub fn permit(&self) -> Option<&Permit> {
        self.permit.as_ref()
    }

    /// The permit's project; without a permit the one that the user names.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        let named = || self.request.permit.as_ref()?.project.as_deref();
        self.permit.as_ref().map(|p| p.terms().project.as_str()).or_else(named)
    }

    /// An error unless the permit still holds: it may have been withdrawn since the plan was made.
    pub fn still_permitted(&self) -> Result<(), Problems> {
        let Some(using) = &self.request.permit else { return Ok(()) };
        permit::hold_again(using, self.permit.as_ref())
    }

    /// Contigs of the inputs, in table order.
    #[must_use]
    pub fn contigs(&self) -> &[Contig] {
        &self.contigs
    }

    /// Genome build, when a header tells.
    #[must_use]
    pub fn build(&self) -> Option<Build> {
        self.build
    }

    /// Units of work.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// FILTER names that rows may carry.
    #[must_use]
    pub fn filters(&self) -> &[String] {
        &self.filters
    }

    /// What the user should know about the inputs.
    #[must_use]
    pub fn notes(&self) -> &[Text] {
        &self.notes
    }

    /// What would make the work faster; never a matter of the result, so that the audit does not have it.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        let place = self.inputs().find(|i| i.container != Container::Bgzf)?.place();
        Some(text!(
            "not every input is compressed by bgzip ({place}): such a file has no index and is read from end to end; \
             `bcftools view -Oz` and `bcftools index` make it faster",
            "bgzip 圧縮でない入力があります ({place})。索引がないため先頭から最後まで読みます。`bcftools view -Oz` と \
             `bcftools index` で速くなります"
        ))
    }

    /// The families as they are spelled in tables, none without `--by`.
    #[must_use]
    pub fn by(&self) -> Vec<&str> {
        self.strata.families.iter().map(|f| f.name.as_str()).filter(|name| !name.is_empty()).collect()
    }

    /// What is counted: `subject`, or `sample` where the table has no subject column.
    #[must_use]
    pub fn unit(&self) -> &str {
        self.unit
    }

    /// Digest of request, inputs, people, strata, policy and partitions.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// BLAKE3 of the sample table.
    #[must_use]
    pub fn samples_digest(&self) -> &str {
        &self.samples_digest
    }

    /// The people, by subject id, in the order of the strata's list.
    pub(crate) fn subjects(&self) -> &[Arc<str>] {
        &self.subjects
    }

    /// What places mean in its table.
    pub(crate) fn coordinates(&self) -> String {
        coordinates(self.build, &self.request)
    }

    /// What decides the calls: the files, and how they are read.
    pub(crate) fn callset(&self) -> Vec<u8> {
        let mut files: Vec<&str> = self.inputs().map(|i| i.digest.as_str()).collect();
        files.sort_unstable();
        let r = &self.request;
        let reading = (r.absent, &r.absent_at, r.include_filtered, r.adj, r.structural, r.max_ploidy);
        format!("{files:?} {reading:?} {}", r.reference.is_some()).into_bytes()
    }

    /// Contigs of which anything is asked for.
    pub(crate) fn planned_contigs(&self) -> Vec<String> {
        let planned = |(c, _): &(usize, &Contig)| {
            self.partitions.iter().any(|p| p.spans.get(*c).is_some_and(|spans| !spans.is_empty()))
        };
        self.contigs.iter().enumerate().filter(planned).map(|(_, c)| c.name.clone()).collect()
    }

    /// Genotype columns exist: without strata always, with strata on request, never when the policy says so.
    pub(crate) fn may_print_genotypes(&self) -> bool {
        let plain = self.strata.families.iter().all(|f| f.nodes.len() == 1);
        self.policy.genotype_tier == GenotypeTier::OnRequest && (plain || self.request.genotypes)
    }

    /// Refuses if strata were released since that cut the cells in which people not called were counted.
    pub(crate) fn still_fine_enough(&self, ledger: &Ledger, numbers: &[u32]) -> Result<()> {
        past::check_cells(ledger, numbers, &self.strata, &self.planned_contigs())
    }

    /// The strata and their sizes.
    pub(crate) fn strata(&self) -> &Strata {
        &self.strata
    }

    /// Compressed bytes of all inputs.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inputs().map(|i| i.size).sum()
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.groups.iter().flat_map(|g| g.files.iter().map(|f| &f.input))
    }

    /// Ploidy rule at a locus.
    pub(crate) fn zone(&self, contig: u32, pos: u64) -> Result<Zone> {
        let contig = &self.contigs[contig as usize];
        contig.zone(pos, self.build).map_err(|e| e.at(locus(&contig.name, pos), ""))
    }

    /// `contig:pos`, 1-based, for messages.
    pub(crate) fn locus(&self, contig: u32, pos: u64) -> String {
        locus(&self.contigs[contig as usize].name, pos)
    }

    /// What a reader of the table must know; the same for identical work, whatever the machine or the partitions.
    pub(crate) fn description(&self) -> Vec<(String, String)> {
        let request = &self.request;
        let mut list = vec![
            ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("policy".to_owned(), self.policy.hash()),
            ("k".to_owned(), self.policy.k.to_string()),
            ("unit".to_owned(), self.unit.to_owned()),
            ("absent".to_owned(), request.absent.name().to_owned()),
            ("adj".to_owned(), request.adj.to_string()),
        ];
        list.extend(
            request.absent_at.iter().map(|(site, a)| (format!("absent_{site}"), a.name().to_owned())),
        );
        list.extend(self.project().map(|project| ("project".to_owned(), project.to_owned())));
        list.push(("by".to_owned(), self.by().join(" | ")));
        list.extend(self.build.map(|b| ("build".to_owned(), b.to_string())));
        list
    }

    /// A word where X and Y can have no row, the same whatever the reason.
    fn sex_chromosomes_are_silent(&self) -> Option<Text> {
        let root = self.strata.families[0].nodes[0].size;
        let k = self.policy.k;
        let silent = root.guarded(Zone::X, k) || root.counted(Zone::X) < k;
        let there = self.contigs.iter().any(|c| matches!(c.kind, ContigKind::X | ContigKind::Y));
        (silent && there).then(|| {
            text!(
                "X and Y outside the pseudo-autosomal regions have no rows: sex is not known, or too few people have one \
                 of its values",
                "X と Y の偽常染色体領域以外には行がありません。性別が不明か、いずれかの値の人が少なすぎるためです"
            )
        })
    }
}
