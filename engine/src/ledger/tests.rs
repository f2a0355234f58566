//! A ledger that is read again, edited, cut, torn.

mod crash;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::actor::Actor;
use crate::error::{Kind, Problems};

pub(super) fn actor(uid: u32) -> Actor {
    serde_json::from_value(serde_json::json!({"uid": uid, "name": format!("user{uid}")})).unwrap()
}

/// A claim of a root and two parts.
pub(super) fn claim(uid: u32, sets: &[RoaringBitmap]) -> Claim {
    let digest = |at: usize| SetDigest::of(&sets[at]);
    let node = |name: &str, children: Vec<u32>, at| ClaimNode {
        name: Some(name.to_owned()),
        parent: 0,
        children,
        set: digest(at),
    };
    let nodes = vec![node("", vec![1, 2], 0), node("sex_F", vec![], 1), node("sex_M", vec![], 2)];
    Claim {
        project: "hum0001".to_owned(),
        actor: actor(uid),
        handler: None,
        product: "frequency".to_owned(),
        plan: "p".to_owned(),
        callset: "c".to_owned(),
        policy: "k".to_owned(),
        k: 10,
        genotypes: false,
        contigs: vec!["chr1".to_owned()],
        coordinates: "GRCh38".to_owned(),
        unit: "subject".to_owned(),
        families: vec![ClaimFamily { name: "sex".to_owned(), nodes }],
        xx: digest(1),
        xy: digest(2),
        replaces: Vec::new(),
    }
}

/// Appends a claim over subjects from `from` on.
pub(super) fn append(ledger: &mut Ledger, from: usize) -> String {
    let mut locked = ledger.lock().unwrap();
    let ids: Vec<String> = (from..from + 40).map(|n| format!("P{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let people = locked.indices("tests", &ids).unwrap();
    let all: RoaringBitmap = people.iter().copied().collect();
    let women: RoaringBitmap = people[..20].iter().copied().collect();
    let sets = [all.clone(), women.clone(), all - women];
    locked.append_claim(claim(1, &sets), &sets).unwrap()
}

/// A ledger of three releases.
fn three() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    for from in [0, 0, 20] {
        append(&mut ledger, from);
    }
    (dir, path)
}

fn released(id: &str) -> Event {
    Event::Released(Released { id: id.to_owned(), rows: 7, files: Vec::new() })
}

fn exported(id: &str) -> Event {
    let it =
        Exported { id: id.to_owned(), actor: actor(1), verdict: None, approver: None, rules: Vec::new() };
    Event::Exported(it)
}

fn void(id: &str, uid: u32, project: Option<&str>) -> Event {
    let permit_project = project.map(str::to_owned);
    Event::Void(Voided { id: id.to_owned(), actor: actor(uid), permit_project, reason: None })
}

fn refusal(dir: &Path) -> String {
    let error = Ledger::open(dir).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused, "{error}");
    error.to_string()
}

#[test]
fn what_is_appended_is_read_again() {
    let (_dir, path) = three();
    let mut ledger = Ledger::open(&path).unwrap();
    let names: Vec<&str> = ledger.standing().map(|(id, ..)| id).collect();
    assert_eq!(names, ["R000001", "R000002", "R000003"]);
    let first = ledger.release_of("R000001").unwrap();
    assert_eq!(first, ledger.release_of("R000002").unwrap());
    assert!(first.sets().all(|set| ledger.set(set).is_some()));
    assert_eq!(
        ledger.set(&first.families[0].nodes[1].set).unwrap().iter().collect::<Vec<_>>(),
        (0..20).collect::<Vec<_>>()
    );
    // A set stands in the file once.
    let text = fs::read_to_string(path.join(ENTRIES)).unwrap();
    assert_eq!(text.lines().map(|line| line.contains("\"sets\"")).collect::<Vec<_>>(), [true, false, true]);
    assert!(!text.contains("P1"), "ids are nowhere");
    // Numbers stay.
    let mut locked = ledger.lock().unwrap();
    assert_eq!(locked.indices("tests", &["P59", "P0", "new", "P0", "new"]).unwrap(), [59, 0, 60, 0, 60]);
    assert_eq!(locked.indices("elsewhere", &["P0"]).unwrap(), [61]);
    drop(locked);
    let mut again = Ledger::open(&path).unwrap();
    assert_eq!(again.lock().unwrap().indices("tests", &["new", "newer"]).unwrap(), [60, 62]);
    assert_eq!(format!("{again:?}").matches("R00").count(), 0);
}

#[test]
fn states_follow_each_other() {
    let (_dir, path) = three();
    let mut ledger = Ledger::open(&path).unwrap();
    let mut locked = ledger.lock().unwrap();
    for bad in [
        exported("R000001"),
        released("R000009"),
        released("R1"),
        void("R000001", 2, None),
        void("R000001", 2, Some("hum0001")),
    ] {
        assert!(locked.append(bad).is_err());
    }
    locked.append(released("R000001")).unwrap();
    locked.append(exported("R000001")).unwrap();
    let error = locked.append(void("R000001", 1, None)).unwrap_err();
    assert!(error.kind() == Kind::Refused && error.to_string().contains("left the platform"));
    locked.append(void("R000002", 1, None)).unwrap();
    assert!(locked.append(released("R000002")).is_err());
    let sets: Vec<RoaringBitmap> = vec![(0..9).collect(), (0..4).collect(), (4..9).collect()];
    let mut other = claim(1, &sets);
    other.replaces = vec!["R000001".to_owned()];
    assert!(locked.append_claim(other.clone(), &sets).is_err());
    other.replaces = vec!["R000003".to_owned()];
    assert!(locked.append_claim(Claim { actor: actor(2), ..other.clone() }, &sets).is_err());
    assert!(locked.append_claim(other.clone(), &sets[1..]).is_err(), "a set that was not handed over");
    assert_eq!(locked.append_claim(other, &sets).unwrap(), "R000004");
    let problems = Problems::from(Error::refused(text!("no", "不可")));
    locked.append(Event::Refused(Refusal::new("hum0001", actor(1), None, "freq", &problems))).unwrap();
    drop(locked);
    let ledger = Ledger::open(&path).unwrap();
    let states: Vec<Status> = ledger.releases().map(|(.., status)| status).collect();
    assert_eq!(states, [Status::Exported, Status::Void, Status::Void, Status::Reserved]);
    assert_eq!(ledger.entries().len(), 8);
}

#[test]
fn a_permit_makes_a_project_the_owner() {
    let (_dir, path) = three();
    let mut ledger = Ledger::open(&path).unwrap();
    let mut locked = ledger.lock().unwrap();
    let sets: Vec<RoaringBitmap> = vec![(0..9).collect(), (0..4).collect(), (4..9).collect()];
    let permitted = Claim { handler: Some("Sato".to_owned()), ..claim(1, &sets) };
    let id = locked.append_claim(permitted, &sets).unwrap();
    assert!(locked.append(void(&id, 2, None)).is_err());
    assert!(locked.append(void(&id, 2, Some("hum0002"))).is_err());
    locked.append(void(&id, 2, Some("hum0001"))).unwrap();
}

#[test]
fn every_edit_is_seen() {
    let (_dir, path) = three();
    let file = path.join(ENTRIES);
    let good = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let project = |n: usize| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines[n] = lines[n].replace("hum0001", "hum0002");
        lines.concat()
    };
    let mut bad: Vec<String> = (0..3).map(project).collect();
    bad.push(lines[1..].concat());
    bad.push([lines[0], lines[2]].concat());
    bad.push(lines[..2].concat());
    bad.push(String::new());
    bad.push(good.clone() + lines[2]);
    bad.push(good.clone() + "{}\n");
    bad.push(good.trim_end().to_owned());
    bad.push(lines[..2].concat() + lines[2].trim_end());
    bad.push(good.replace("\"version\":1", "\"version\":2"));
    bad.push(good.replacen("{\"version\":1,", "{\"version\":1,\"more\":0,", 1));
    bad.push([lines[1], lines[0], lines[2]].concat());
    for (n, text) in bad.iter().enumerate() {
        fs::write(&file, text).unwrap();
        let said = refusal(&path);
        assert!(said.contains("ledger.jsonl"), "{n}: {said}");
    }
    fs::write(&file, project(1)).unwrap();
    assert!(refusal(&path).contains("line 3"), "the line that does not follow");
    fs::remove_file(&file).unwrap();
    assert!(refusal(&path).contains("gone"));
    fs::write(&file, &good).unwrap();
    Ledger::open(&path).unwrap();
}

#[test]
fn head_key_and_subjects_are_guarded() {
    let (_dir, path) = three();
    for (name, edit) in [(HEAD, "\"seq\":2"), (HEAD, "nothing"), (HEAD, ""), (SUBJECTS, ""), (KEY, "short")] {
        let good = fs::read(path.join(name)).unwrap();
        let text = if edit.contains("seq") {
            String::from_utf8(good.clone()).unwrap().replace("\"seq\":3", edit)
        } else {
            edit.to_owned()
        };
        fs::write(path.join(name), text).unwrap();
        refusal(&path);
        fs::remove_file(path.join(name)).unwrap();
        assert!(refusal(&path).contains("gone"), "{name}");
        fs::write(path.join(name), good).unwrap();
        Ledger::open(&path).unwrap();
    }
    let good = fs::read(path.join(SUBJECTS)).unwrap();
    let swapped = [&good[33..66], &good[..33], &good[66..]].concat();
    let mut other_digit = good.clone();
    other_digit[5] = if good[5] == b'0' { b'1' } else { b'0' };
    let mut no_digit = good.clone();
    no_digit[5] = b'x';
    for bad in [swapped, other_digit, no_digit, good[33..].to_vec(), good[..good.len() - 33].to_vec()] {
        fs::write(path.join(SUBJECTS), bad).unwrap();
        assert!(refusal(&path).contains("subjects"));
    }
    fs::write(path.join(SUBJECTS), [&good, &good[..7]].concat()).unwrap();
    Ledger::open(&path).unwrap();
    assert_eq!(fs::read(path.join(SUBJECTS)).unwrap(), good, "a torn line goes");
    fs::write(path.join(KEY), [7; 32]).unwrap();
    assert!(refusal(&path).contains("key"), "another key would make everybody a stranger");
}

#[test]
fn a_torn_line_is_repaired_and_an_unheaded_one_taken() {
    let (_dir, path) = three();
    let [file, head] = [ENTRIES, HEAD].map(|name| path.join(name));
    let good = fs::read_to_string(&file).unwrap();
    let old_head = fs::read(&head).unwrap();
    let mut ledger = Ledger::open(&path).unwrap();
    append(&mut ledger, 100);
    let (longer, new_head) = (fs::read_to_string(&file).unwrap(), fs::read(&head).unwrap());
    for cut in [good.len() + 1, longer.len() - 1, good.len() + 100] {
        fs::write(&file, &longer[..cut]).unwrap();
        fs::write(&head, &old_head).unwrap();
        assert_eq!(Ledger::open(&path).unwrap().entries().len(), 3);
        assert_eq!(fs::read_to_string(&file).unwrap(), good);
    }
    fs::write(&file, longer).unwrap();
    assert_eq!(Ledger::open(&path).unwrap().entries().len(), 4);
    assert_eq!(fs::read(&head).unwrap(), new_head);
    fs::write(&head, old_head).unwrap();
    assert!(ledger.lock().is_err(), "who has seen the line sees that the head went back");
    append(&mut Ledger::open(&path).unwrap(), 200);
    assert_eq!(Ledger::open(&path).unwrap().entries().len(), 5);
}

#[test]
fn an_open_ledger_sees_what_others_do() {
    let (_dir, path) = three();
    let mut mine = Ledger::open(&path).unwrap();
    let mut other = Ledger::open(&path).unwrap();
    append(&mut other, 300);
    assert_eq!(append(&mut mine, 400), "R000005");
    assert_eq!(mine.lock().unwrap().indices("tests", &["P300", "P400"]).unwrap(), [60, 100]);
    assert_eq!(other.lock().unwrap().entries().len(), 5);
    let text = fs::read_to_string(path.join(ENTRIES)).unwrap();
    let kept: String = text.split_inclusive('\n').take(4).collect();
    fs::write(path.join(ENTRIES), kept).unwrap();
    assert_eq!(mine.lock().unwrap_err().kind(), Kind::Refused);
}

#[test]
fn files_are_private_or_the_groups() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (_dir, path) = three();
    assert_eq!(mode(&path), 0o700);
    let shared = tempfile::tempdir().unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o2770)).unwrap();
    append(&mut Ledger::open(shared.path()).unwrap(), 0);
    for name in [ENTRIES, HEAD, SUBJECTS, KEY, "lock"] {
        assert_eq!(mode(&path.join(name)), 0o600, "{name}");
        assert_eq!(mode(&shared.path().join(name)), 0o660, "{name}");
    }
}
