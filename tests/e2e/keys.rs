//! Keys, places and prices through the real window.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use porthole_tests::fake_v4::{Balance, Cut, FakeV4, Script, Settings, UsageNumbers};
use porthole_tests::harness::Home;
use porthole_tests::session::Session;

use crate::window::{LAST_REPLY, Window, app_processes, journey};

/// A key that resembles no other text anywhere.
const CANARY: &str = "sk-canary7Vq2fake9Zt4key5a1b2";

async fn guarded() -> FakeV4 {
    let server =
        FakeV4::start_with(Settings { key: Some(CANARY.to_owned()), ..Settings::default() }).await.unwrap();
    server.set_balances(&[Balance::new("CNY", "10.00", "100.00")], Some(true));
    server
}

/// The built-in entry, with the stand-in answering for it.
fn deepseek(server: &FakeV4) -> String {
    format!("DeepSeek={}", server.url())
}

async fn give_key(window: &Window) {
    window.press("Settings").await;
    window.press("Models & keys").await;
    window
        .named("[role=dialog] input[type=password]", "Key for DeepSeek")
        .await
        .send_keys(CANARY)
        .await
        .unwrap();
    window.press("Save").await;
    window.wait_for_text("[role=dialog]", "sk-…a1b2").await;
}

async fn leave_settings(window: &Window) {
    window.find("body").await.send_keys("\u{E00C}").await.unwrap();
    window.wait_until_gone("[role=dialog]").await;
}

/// A key entered once in the window works, is kept, and is nowhere it does not belong.
#[tokio::test]
async fn a_key_is_kept_in_the_keychain_and_found_nowhere_else() {
    journey(async {
        let Some(session) = Session::start().await else { return };
        let _keyring = session.keyring(true).await;
        let (server, stranger) = (guarded().await, FakeV4::start().await);
        let home = Home::new();
        let window = Window::open_with_keychain(&home, &deepseek(&server), &session).await;
        give_key(&window).await;
        window.wait_for_text("[role=dialog]", "¥110").await;
        window.shot("key-kept").await;
        leave_settings(&window).await;
        server.reply(Script::answer("It fits.").usage(UsageNumbers {
            prompt: 20,
            cached: 0,
            completion: 5,
            reasoning: 0,
        }));
        window.ask("Does the key fit?").await;
        window.wait_for_text(LAST_REPLY, "It fits.").await;
        window.wait_for_end().await;
        window.wait_for_text(LAST_REPLY, "¥").await;
        // A server that redirects to another host gets no second request, with or without the key.
        let elsewhere = format!("{}/chat/completions", stranger.url());
        server.reply(Script::http(307, "text/plain", "").header("location", &elsewhere));
        window.ask("And elsewhere?").await;
        window.wait_for_text("[role=log]", "307").await;
        assert!(stranger.requests().is_empty(), "{:?}", stranger.requests());
        window.close().await;

        let window = Window::open_with_keychain(&home, &deepseek(&server), &session).await;
        window.ask("Does it still?").await;
        window.wait_for_end().await;
        let last = server.chats().pop().unwrap();
        assert_eq!(last.header("authorization"), Some(format!("Bearer {CANARY}").as_str()));
        nowhere(&home, &session);
        window.press("Settings").await;
        window.press("Models & keys").await;
        window.press("Delete key for DeepSeek").await;
        window.named("[role=dialog] input[type=password]", "Key for DeepSeek").await;
        window.close().await;
    })
    .await;
}

/// Looks for the key wherever a program leaves traces.
fn nowhere(home: &Home, session: &Session) {
    let mut found = Vec::new();
    let app = app_processes(home.path());
    assert!(!app.is_empty(), "the app runs");
    let children = descendants(&app);
    assert!(
        children.iter().any(|(_, name)| name.contains("WebKitWebPro")),
        "the page has a process: {children:?}"
    );
    for (process, name) in &children {
        for what in ["cmdline", "environ"] {
            let text = fs::read(format!("/proc/{process}/{what}")).unwrap_or_default();
            found.extend(holds(&text).then(|| format!("{what} of {name}")));
        }
        let is_page = name.contains("WebKit");
        found.extend((is_page && memory_holds(*process)).then(|| format!("memory of {name}")));
    }
    for process in &app {
        let text = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        found.extend(holds(&text).then(|| "command line of the app".to_owned()));
    }
    for file in files(home.path()).into_iter().chain(files(session.path())) {
        // The keyring itself is where it belongs.
        if !file.components().any(|part| part.as_os_str() == "keyrings") {
            found.extend(fs::read(&file).is_ok_and(|text| holds(&text)).then(|| file.display().to_string()));
        }
    }
    assert_eq!(found, Vec::<String>::new(), "the key is found there");
}

fn holds(text: &[u8]) -> bool {
    let wide: Vec<u8> = CANARY.bytes().flat_map(|byte| [byte, 0]).collect();
    let contains = |needle| memchr::memmem::find(text, needle).is_some();
    // Without its beginning, in case that is cut off; and in the encodings in which a page's engine may hold text.
    contains(&CANARY.as_bytes()[3..]) || contains(&wide[6..])
}

/// Every descendant of one of `ancestors`, with its name.
fn descendants(ancestors: &[u32]) -> Vec<(u32, String)> {
    let all: Vec<(u32, u32, String)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let process: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            let (head, tail) = stat.rsplit_once(')')?;
            let parent = tail.split_whitespace().nth(1)?.parse().ok()?;
            Some((process, parent, head.split_once('(')?.1.to_owned()))
        })
        .collect();
    let mut family = ancestors.to_vec();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        for (process, _, name) in all.iter().filter(|(_, of, _)| *of == parent) {
            family.push(*process);
            found.push((*process, name.clone()));
        }
        at += 1;
    }
    found
}

/// Whether the key is in memory that a process can write to. A mapped file cannot contain what was typed.
fn memory_holds(process: u32) -> bool {
    let open = |what| fs::File::open(format!("/proc/{process}/{what}"));
    let Ok(maps) = fs::read_to_string(format!("/proc/{process}/maps")) else { return false };
    let (Ok(mut memory), Ok(mut pages)) = (open("mem"), open("pagemap")) else { return false };
    maps.lines().any(|line| {
        let mut fields = line.split_whitespace();
        let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { return false };
        let Some((from, to)) = range.split_once('-') else { return false };
        let parse = |text| u64::from_str_radix(text, 16).unwrap_or(0);
        rights.starts_with("rw")
            && touched(&mut pages, parse(from), parse(to)).iter().any(|&(from, to)| {
                let mut text = vec![0; usize::try_from(to - from).unwrap()];
                let read =
                    memory.seek(SeekFrom::Start(from)).and_then(|_| memory.read(&mut text)).unwrap_or(0);
                holds(&text[..read])
            })
    })
}

/// The stretches of a region that were ever written to. Most of a browser's memory was not, and reading it would take
/// a minute (Linux, `Documentation/admin-guide/mm/pagemap.rst`: bit 63 says present, bit 62 swapped).
fn touched(pages: &mut fs::File, from: u64, to: u64) -> Vec<(u64, u64)> {
    const PAGE: u64 = 4096;
    let mut entries = vec![0; usize::try_from((to - from) / PAGE * 8).unwrap()];
    pages.seek(SeekFrom::Start(from / PAGE * 8)).unwrap();
    let read = pages.read(&mut entries).unwrap_or(0);
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for (page, entry) in (from / PAGE..).zip(entries[..read].chunks_exact(8)) {
        if entry[7] >> 6 != 0 {
            let (start, end) = (page * PAGE, (page + 1) * PAGE);
            match stretches.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                _ => stretches.push((start, end)),
            }
        }
    }
    stretches
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) { files(&path) } else { vec![path] }
        })
        .collect()
}

/// Without a keychain a key can be given for this run, and is gone after it.
#[tokio::test]
async fn without_a_keychain_a_key_holds_for_this_run() {
    journey(async {
        let server = guarded().await;
        let home = Home::new();
        let window = Window::open(&home, &deepseek(&server)).await;
        window.press("Settings").await;
        window.press("Models & keys").await;
        let field = window.named("[role=dialog] input[type=password]", "Key for DeepSeek").await;
        field.send_keys("sk-wrong-0123456789").await.unwrap();
        window.press("Save").await;
        window.wait_for_text("[role=dialog] [role=alert]", "refused").await;
        window.shot("key-refused").await;
        let field = window.named("[role=dialog] input[type=password]", "Key for DeepSeek").await;
        field.clear().await.unwrap();
        field.send_keys(CANARY).await.unwrap();
        window.press("Save").await;
        window.press("Keep for this run only").await;
        window.wait_for_text("[role=dialog]", "sk-…a1b2").await;
        leave_settings(&window).await;
        window.ask("Are you there?").await;
        window.wait_for_end().await;
        window.close().await;
        let window = Window::open(&home, &deepseek(&server)).await;
        window.press("Settings").await;
        window.press("Models & keys").await;
        window.named("[role=dialog] input[type=password]", "Key for DeepSeek").await;
        window.close().await;
    })
    .await;
}

/// A cut-off reply continues in the same article, and a locked chat sends nothing outside.
#[tokio::test]
async fn a_reply_is_continued_and_a_chat_is_locked() {
    journey(async {
        let server = guarded().await;
        let home = Home::new();
        let servers = format!("{},Away=http://192.0.2.7:9/v1", deepseek(&server));
        let window = Window::open(&home, &servers).await;
        window.press("Settings").await;
        window.press("Models & keys").await;
        window
            .named("[role=dialog] input[type=password]", "Key for DeepSeek")
            .await
            .send_keys(CANARY)
            .await
            .unwrap();
        window.press("Save").await;
        window.press("Keep for this run only").await;
        window.wait_for_text("[role=dialog]", "sk-…a1b2").await;
        leave_settings(&window).await;
        server.reply(Script::answer("One, two, three, four.").thinking("").cut_after(3, Cut::Close));
        window.ask("Count to six.").await;
        window.named("button", "Continue").await;
        window.shot("cut-off").await;
        server.reply(Script::answer(" Five, six.").thinking(""));
        window.press("Continue").await;
        window.wait_for_text(LAST_REPLY, "Five, six.").await;
        window.wait_for_end().await;
        window.wait_for_text(LAST_REPLY, "One").await;
        window.shot("continued").await;

        window.press("Lock: Off").await;
        window.press("Lock to this computer").await;
        window.named("button", "Lock: This computer").await;
        window.shot("locked").await;
        window.ask("Still here?").await;
        window.wait_for_end().await;
        window.close().await;
    })
    .await;
}
