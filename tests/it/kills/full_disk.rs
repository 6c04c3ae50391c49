//! The same on a small disk that becomes full at any moment.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Stdio;

use porthole_core::domain::{Code, ServerKind};
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, app_with, ask, question, words_of};
use tokio::process::Command;

use super::asked::{Asked, Told};
use super::kept::Kept;
use super::{Dice, TURN, kills, promised, reply_of, soak};

/// How large the disk is.
const SIZE: &str = "24m";
/// With so much room a question can be kept, in bytes.
const ENOUGH: u64 = 500_000;
/// Names the folder of the small disk to the test that runs on it.
const DISK: &str = "PORTHOLE_SMALL_DISK";
const NAME: &str = "kills::full_disk::a_full_disk_loses_nothing_that_was_committed";

/// What happens once the disk is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It is killed somewhere in the reply.
    Kill,
    /// The reply ends; it is killed once it has told that it cannot save it.
    EndAndKill,
    /// There is room again, and it is killed later.
    RoomAndKill,
    /// The reply ends, it tells that it cannot save it, and there is room again.
    EndAndRoom,
    /// Nothing: the disk was full before it asked. It is killed somewhere.
    FullBefore,
}

const THEN: [Then; 5] = [Then::Kill, Then::EndAndKill, Then::RoomAndKill, Then::EndAndRoom, Then::FullBefore];

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_that_was_committed() {
    let _turn = TURN.lock().await;
    let Some(disk) = std::env::var_os(DISK) else { return on_a_small_disk().await };
    let (server, home) = (FakeV4::start().await, Home::within(Path::new(&disk)));
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let mut kept = Kept::with(ask(&app, question(None, &model, "Anybody there?")).await.conversation);
    drop(app);
    let mut dice = Dice::new();
    for round in 0..kills() {
        one_round(&server, &home, &mut dice, &mut kept, round).await;
    }
    kept.tell(kills());
    server.reply_always(reply_of(3, 1_000.0).1);
    let app = home.open().unwrap();
    let reply = ask(&app, question(None, &model, "And now?")).await;
    assert_eq!(words_of(&reply).1, "word0 word1 word2", "it works on");
}

async fn one_round(server: &FakeV4, home: &Home, dice: &mut Dice, kept: &mut Kept, round: u64) {
    let then = THEN[usize::try_from(round % 5).unwrap()];
    let (before, after) = (dice.below(200), dice.below(500));
    let (whole, script) = match then {
        Then::EndAndKill | Then::EndAndRoom => reply_of(100 + dice.below(300), 800.0),
        Then::Kill | Then::RoomAndKill | Then::FullBefore => reply_of(1_200, 800.0),
    };
    server.reply_always(script);
    let heard = server.chats().len();
    // With nobody else the journal is left to the next start.
    let other = (dice.below(2) == 0).then(|| home.open().unwrap());
    // Sometimes with room for a question, sometimes also for what is reserved for replies.
    let is_roomy = then == Then::FullBefore && dice.below(2) == 0;
    let spare = dice.below(if is_roomy { 1_500_000 } else { 64 * 1024 });
    if then == Then::FullBefore {
        fill(home, spare);
    }
    let words = format!("question {round}");
    let mut asked = Asked::start(home.cli(), &words);
    let mut last = Told::Text;
    for step in 0..=before {
        if last.is_last() {
            break;
        }
        last = asked.next().await;
        if let Some(app) = &other {
            let refused = kept.rename(app, format!("Chat {round}.{step}")).await;
            let full = then == Then::FullBefore && refused == Some(Code::DiskFull);
            assert!(refused.is_none() || full, "{refused:?}");
        }
    }
    if then != Then::FullBefore {
        fill(home, spare);
    }
    let mut unsaved = false;
    let mut step = 0;
    // Until it is time to be killed, or there is nothing more to hear.
    while !last.is_last() {
        match then {
            Then::Kill | Then::FullBefore if step > after => break,
            Then::RoomAndKill if step == after => make_room(home),
            Then::RoomAndKill if step > 2 * after => break,
            Then::EndAndKill if unsaved => break,
            Then::EndAndRoom if unsaved => make_room(home),
            Then::Kill | Then::RoomAndKill | Then::FullBefore | Then::EndAndKill | Then::EndAndRoom => {}
        }
        last = asked.next().await;
        unsaved |= last == Told::Unsaved;
        step += 1;
        if let Some(app) = &other {
            let refused = kept.rename(app, format!("Chat {round}.{step} on a full disk")).await;
            assert!(matches!(refused, None | Some(Code::DiskFull)), "{refused:?}");
        }
    }
    let at = asked.end(&last).await;
    drop(other);
    kept.count(&last, unsaved);
    if home.path().join("fill").exists() {
        let opened = home.open().map(drop).map_err(|failure| failure.code);
        assert!(matches!(opened, Ok(()) | Err(Code::DiskFull)), "{opened:?}");
        make_room(home);
    }

    let app = home.open().unwrap();
    if let Told::Failed(code) = &last {
        assert_eq!((code.as_str(), then), ("disk_full", Then::FullBefore), "{}", asked.said);
        assert!(spare < ENOUGH, "{spare} bytes were free: {}", asked.said);
        assert_eq!(server.chats().len(), heard, "what is not in the history is not sent");
    }
    if asked.conversation.is_some() {
        let aside = unsaved && asked.said.contains("A copy is in the data folder");
        let is_whole = aside || last == Told::Done;
        let old = if is_whole {
            whole.clone()
        } else if then == Then::FullBefore {
            // Without room in which text can be put aside there is none.
            String::new()
        } else {
            asked.printed_before(at, promised())
        };
        assert!(aside || !unsaved || then == Then::FullBefore, "{}", asked.said);
        kept.take(&app, &asked, &words, &old, &whole).await;
        if is_whole {
            kept.latest_is_complete();
        }
    }
    assert_eq!(kept.rename(&app, format!("Chat {round}, after it")).await, None);
    kept.look(&app).await;
}

/// Fills the disk but for `spare` bytes.
fn fill(home: &Home, spare: u64) {
    let mut file = File::create(home.path().join("fill")).unwrap();
    let mut written = 0;
    loop {
        match file.write(&[0; 16 * 1024]) {
            Ok(more) => written += u64::try_from(more).unwrap(),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                break;
            }
        }
    }
    file.set_len(written.saturating_sub(spare)).unwrap();
}

fn make_room(home: &Home) {
    let removed = fs::remove_file(home.path().join("fill"));
    assert!(removed.is_ok() || !home.path().join("fill").exists());
}

/// Runs this test again where a small disk can be mounted that nobody else sees.
async fn on_a_small_disk() {
    let folder = tempfile::Builder::new().prefix("porthole-").tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size={SIZE} tmpfs \"$0\" && exec \"$@\"");
    // As an ordinary user a mount needs a user namespace, which some systems give only to root, who needs none.
    for namespaces in ["-rm", "-m"] {
        let within = |program: &OsStr| {
            let mut within = Command::new("unshare");
            within.args([namespaces, "sh", "-c", &mount]).arg(folder.path()).arg(program).kill_on_drop(true);
            within
        };
        let mut tried = within(OsStr::new("true"));
        tried.stdout(Stdio::null()).stderr(Stdio::null());
        if tried.status().await.is_ok_and(|status| status.success()) {
            let mut again = within(std::env::current_exe().unwrap().as_os_str());
            again.args(["--exact", NAME, "--nocapture"]).env(DISK, folder.path());
            assert!(again.status().await.unwrap().success(), "on the small disk");
            return;
        }
    }
    let why = "skipped: this system lets neither `unshare -rm` nor `unshare -m` mount a small disk";
    assert!(soak().is_none(), "{why}");
    println!("{why}");
}
