//! Writers at once, writers that are killed, writers without space.

use std::process::Command;

use super::*;

#[test]
fn many_append_at_once() {
    for word in ["advisory\n", "file\n"] {
        let dir = tempfile::tempdir().unwrap();
        drop(Ledger::open(dir.path()).unwrap());
        fs::write(dir.path().join("lock"), word).unwrap();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let path = dir.path();
                scope.spawn(move || {
                    let mut ledger = Ledger::open(path).unwrap();
                    (0..5).for_each(|n| drop(append(&mut ledger, worker * 1000 + n)));
                });
            }
        });
        let ledger = Ledger::open(dir.path()).unwrap();
        assert_eq!((ledger.entries().len(), ledger.standing().count()), (20, 20));
        assert!(!dir.path().join("lock.pid").exists());
    }
}

/// Not a test of its own: appends until it is killed, or once.
#[test]
#[ignore = "run as a child by the tests below"]
fn child() {
    let path = PathBuf::from(std::env::var_os("SHUKEI_TEST_LEDGER").unwrap());
    let mut ledger = Ledger::open(&path).unwrap();
    if std::env::var_os("SHUKEI_TEST_ONCE").is_some() {
        let mut locked = ledger.lock().unwrap();
        let reason = Some("x".repeat(2_000));
        let it = Voided { id: "R000002".to_owned(), actor: actor(1), permit_project: None, reason };
        let event = || Event::Void(it.clone());
        let error = locked.append(event()).unwrap_err();
        println!("said: {error}");
        assert!(locked.append(event()).is_err(), "and again");
        return;
    }
    (0..1_000_000).for_each(|n| drop(append(&mut ledger, n * 7)));
}

fn run_child(path: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg("exec \"$0\" \"$@\"").arg(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "ledger::tests::crash::child", "--nocapture"]);
    command.env("SHUKEI_TEST_LEDGER", path).stdout(std::process::Stdio::piped());
    command
}

#[test]
fn a_killed_writer_leaves_a_ledger() {
    let (_dir, path) = three();
    let mut before = 3;
    for round in 0..12 {
        let mut child = run_child(&path).spawn().unwrap();
        // Long enough to be at work, and each time cut off at another moment.
        std::thread::sleep(std::time::Duration::from_millis(120 + 13 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = Ledger::open(&path).unwrap().entries().len();
        assert!(now >= before);
        before = now;
    }
    assert!(before > 12, "the children were at work: {before}");
    append(&mut Ledger::open(&path).unwrap(), 0);
}

#[test]
fn a_full_disk_is_an_error_and_the_ledger_stays() {
    let (_dir, path) = three();
    let size = fs::metadata(path.join(ENTRIES)).unwrap().len();
    // A limit on the size of files, in blocks of 512 bytes, that a part of the next line fits in.
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", size / 512 + 1);
    command.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "ledger::tests::crash::child", "--nocapture"]);
    let output = command.env("SHUKEI_TEST_LEDGER", &path).env("SHUKEI_TEST_ONCE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("ulimit -f"), "{said}");
    assert_eq!(fs::metadata(path.join(ENTRIES)).unwrap().len(), size);
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.entries().len(), 3);
    append(&mut ledger, 0);
}

#[test]
fn a_line_without_a_head_is_taken_back() {
    let (_dir, path) = three();
    let [file, head, aside] = [ENTRIES, HEAD, "aside"].map(|name| path.join(name));
    let good = fs::read(&file).unwrap();
    let mut ledger = Ledger::open(&path).unwrap();
    let mut locked = ledger.lock().unwrap();
    // A directory in its place: the head cannot be replaced.
    fs::rename(&head, &aside).unwrap();
    fs::create_dir(&head).unwrap();
    assert!(locked.append(void("R000001", 1, None)).is_err());
    assert_eq!(fs::read(&file).unwrap(), good);
    assert_eq!(locked.status_of("R000001"), Some(Status::Reserved));
    fs::remove_dir(&head).unwrap();
    fs::rename(&aside, &head).unwrap();
    locked.append(void("R000001", 1, None)).unwrap();
    drop(locked);
    assert_eq!(Ledger::open(&path).unwrap().status_of("R000001"), Some(Status::Void));
}
