use std::process::Stdio;

use porthole_core::ConversationList;
use porthole_core::domain::MessageState;
use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, words_of};

use crate::steps::seeded;
use crate::window::{LAST_REPLY, Window, app_processes, binary, journey, named};

#[tokio::test]
async fn a_killed_app_opens_with_the_reply_marked_as_cut_off() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        server.reply(Script::answer("One two three four five six seven").pause_after(6));
        window.ask("Count for me").await;
        window.wait_for_text(LAST_REPLY, "One two thre").await;
        let request = server.wait_for_chat(0).await.index;
        server.wait_for_events(request, 6).await;
        // Everything on the screen is in the history within 200 ms; the reader waits for it instead of guessing.
        let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
        let kept = || -> String {
            file.query_row(
                "SELECT coalesce(group_concat(text, ''), '') FROM (SELECT text FROM arriving ORDER BY id)",
                [],
                |row| row.get(0),
            )
            .unwrap()
        };
        while !kept().contains("One two thre") {
            tokio::task::yield_now().await;
        }
        drop(file);
        for process in app_processes(home.path()) {
            assert!(
                std::process::Command::new("kill")
                    .args(["-9", &process.to_string()])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        drop(window);

        let window = Window::open(&home, &named(&server)).await;
        window.wait_for_text("[role=log]", "Count for me").await;
        window.wait_for_text(LAST_REPLY, "One two thre").await;
        window.wait_for_text(LAST_REPLY, "Porthole was closed").await;
        window.shot("cut-off").await;
        window.close().await;
        let app = home.open().unwrap();
        let conversation = app.conversations(ConversationList::Everything, None, 1).await.unwrap()[0].id;
        let branch = app.branch(conversation).await.unwrap();
        assert_eq!(branch.messages[1].state, MessageState::CutOff);
        assert!(words_of(&branch.messages[1]).1.starts_with("One two thre"));
    })
    .await;
}

#[tokio::test]
async fn trouble_is_a_card_that_names_the_server() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        server.reply(Script::refused(401, "authentication_error", "Invalid API Key"));
        window.ask("Let me in").await;
        window.wait_for_text(LAST_REPLY, "Fake needs a key (401)").await;
        window.shot("error").await;
        server.reply(Script::answer("Come in."));
        let retry = "[...document.querySelectorAll('[role=log] article:last-of-type button')].find(b => b.innerText.includes('Retry')).click()";
        window.script(retry, vec![]).await;
        window.wait_for_text(LAST_REPLY, "Come in.").await;

        server.reply(Script::overloaded().header("retry-after", "60"));
        window.ask("Once more").await;
        window.wait_for_text(LAST_REPLY, "Trying again in").await;
        window.shot("retrying").await;
        window.button("Stop").await.click().await.unwrap();
        window.wait_for_end().await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_second_start_ends_at_once_and_leaves_one_window() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        window.find("textarea[aria-label=Message]").await;
        let mut second = tokio::process::Command::new(binary());
        second
            .env("PORTHOLE_DATA_DIR", home.path())
            .env("PORTHOLE_KEYCHAIN", "off")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let status = second.status().await.unwrap();
        assert!(status.success(), "the second start hands over and ends: {status}");
        assert_eq!(app_processes(home.path()).len(), 1);
        window.ask("Still here?").await;
        window.wait_for_end().await;
        window.close().await;
    })
    .await;
}

/// Opens the window on a history that cannot be opened, which is to say so and stay as it is.
async fn unopened(home: &Home, words: &str) -> Window {
    let content = || {
        let entries = std::fs::read_dir(home.path()).into_iter().flatten();
        let mut all: Vec<_> =
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
        all.sort();
        all.into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = content();
    let window = Window::open(home, "").await;
    window.wait_for_text("h1", "could not open its data").await;
    window.wait_for_text("body", words).await;
    assert!(content() == before, "{words}: the folder is left untouched");
    window
}

/// Lets another program work on the history, which has let go of it when it has ended.
async fn made_by(program: &mut tokio::process::Command) {
    let output = program.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn history_of(home: &Home) -> rusqlite::Connection {
    rusqlite::Connection::open(home.path().join("porthole.db")).unwrap()
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_opened_is_told_in_the_window() {
    journey(async {
        let newer = Home::new();
        made_by(newer.cli().arg("list")).await;
        history_of(&newer).pragma_update(None, "user_version", 99).unwrap();
        unopened(&newer, "newer version").await.close().await;

        let busy = Home::new();
        made_by(busy.cli().arg("list")).await;
        let holder = history_of(&busy);
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        // Reading the file here would let go of it: a process has one set of locks on a file.
        let window = Window::open(&busy, "").await;
        window.wait_for_text("body", "Another program is using").await;
        window.close().await;

        // Nobody may make a folder there, root included.
        let read_only = Home::new();
        std::fs::remove_dir(read_only.path()).unwrap();
        std::os::unix::fs::symlink("/sys/porthole", read_only.path()).unwrap();
        unopened(&read_only, "may not write to its data folder").await.close().await;
        std::fs::remove_file(read_only.path()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_damaged_history_leads_to_its_back_ups() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = seeded(&server, &["What is a tide?"]).await;
        made_by(home.cli().args(["backup", "make"])).await;
        // Whoever closes the history last removes its journal.
        while home.path().join("porthole.db-wal").exists() {
            tokio::task::yield_now().await;
        }
        std::fs::write(home.path().join("porthole.db"), "No history. ".repeat(4096)).unwrap();
        let window = unopened(&home, "The data file is damaged").await;
        window.find("main li button").await.click().await.unwrap();
        window.wait_for_text("main li [role=status]", "What is a tide?").await;
        window.shot("damaged").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_command_line_does_appears_in_the_window_as_it_happens() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        window.ask("Hello").await;
        window.wait_for_end().await;
        let app = home.open().unwrap();
        let open = app.conversations(ConversationList::Everything, None, 1).await.unwrap()[0].id;
        let model = app.branch(open).await.unwrap().conversation.model.unwrap().model;
        let open = open.to_string();
        drop(app);
        let cli = |arguments: &[&str]| {
            let mut command = home.cli();
            command.env("PORTHOLE_SERVERS", named(&server)).args(arguments);
            command
        };

        let run = async |arguments: &[&str]| {
            let done = cli(arguments).output().await.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };

        server.reply(Script::answer("One two three four five six seven").pause_after(4));
        let counting = cli(&["ask", "--server", "Fake", "-c", &open, "Count for me"]).spawn().unwrap();
        window.wait_for_text("[role=log]", "Count for me").await;
        window.wait_for_text(LAST_REPLY, "One two").await;
        window.shot("elsewhere").await;
        server.resume(server.wait_for_chat(1).await.index);
        let counted = counting.wait_with_output().await.unwrap();
        assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
        window.wait_for_text(LAST_REPLY, "six seven").await;
        window.wait_for_end().await;

        server.reply(Script::answer("Here."));
        let elsewhere = ["ask", "--server", "Fake", "-m", &model, "Somewhere else"];
        run(&elsewhere).await;
        window.wait_for_text("nav", "Somewhere else").await;
        run(&["archive", &open]).await;
        window.wait_until_gone("nav [aria-current=page]").await;
        run(&["lock", "this-computer"]).await;
        window.wait_for_text("header", "Locked to this computer").await;
        window.close().await;
    })
    .await;
}
