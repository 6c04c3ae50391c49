//! Under the lock no packet leaves: a whole run inside a network namespace whose default route counts packets.

use std::time::Duration;

use porthole_core::domain::{Code, ConversationId, Lock, ModelChoice, ServerId, ServerKind};
use porthole_core::secrets::Secret;
use porthole_core::{App, KeepKey, ProxyEdit, SendRequest, Server, ServerEdit};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, model_on, program, question};

/// Set inside the namespace.
const INSIDE: &str = "PORTHOLE_LOCK_INSIDE";

/// A namespace with one way out, a virtual cable whose other end nobody reads, and a name server at that end. The
/// cable itself counts what goes out; the neighbour is fixed, so that not even a query for it is sent.
#[cfg(target_os = "linux")]
const NAMESPACE: &str = r#"
ip link set lo up &&
ip link add out type veth peer name far &&
echo 1 > /proc/sys/net/ipv6/conf/out/disable_ipv6 &&
echo 1 > /proc/sys/net/ipv6/conf/far/disable_ipv6 &&
ip address add 10.77.0.2/24 dev out && ip link set out up && ip link set far up &&
ip neighbour add 10.77.0.1 lladdr 02:00:00:00:00:01 dev out &&
ip route add default via 10.77.0.1 &&
echo 'nameserver 10.77.0.1' > "$HOME/resolv.conf" && mount --bind "$HOME/resolv.conf" /etc/resolv.conf ||
exit 77
exec "$0" --exact "$PORTHOLE_LOCK_INSIDE" --nocapture
"#;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_packet_leaves_under_the_lock() {
    run_inside("lock::inside").await;
}

/// Whether this is the run of `test` inside the namespace.
pub(crate) fn is_inside(test: &str) -> bool {
    std::env::var_os(INSIDE).is_some_and(|inside| inside == test)
}

/// Runs a test again inside the namespace. If the system does not allow one, it says so.
#[cfg(target_os = "linux")]
pub(crate) async fn run_inside(test: &str) {
    let home = tempfile::tempdir().unwrap();
    let mut inside = tokio::process::Command::new("unshare");
    inside
        .args(["-rnm", "sh", "-c", NAMESPACE])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, test)
        .env("HOME", home.path())
        // A proxy that would carry everything away, if it were asked.
        .env("HTTP_PROXY", "http://203.0.113.9:3128")
        .env("HTTPS_PROXY", "http://203.0.113.9:3128")
        .env("ALL_PROXY", "socks5h://203.0.113.9:1080")
        .env("NO_PROXY", "10.77.0.2")
        .kill_on_drop(true);
    let run = tokio::time::timeout(Duration::from_mins(2), inside.output()).await;
    let output = match run.expect("the run inside the namespace ends") {
        Ok(output) => output,
        Err(error) => {
            println!("not tested: unshare cannot be started: {error}");
            return;
        }
    };
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(77) || told.contains("unshare failed") {
        println!("not tested: no network namespace to be had here: {told}");
        return;
    }
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}{told}");
}

/// Packets that have gone out so far.
fn sent() -> u64 {
    let devices = std::fs::read_to_string("/proc/self/net/dev").unwrap();
    let out = devices.lines().find_map(|line| line.trim().strip_prefix("out:")).expect("the way out");
    // Eight fields for received traffic precede the bytes and packets that were sent.
    out.split_whitespace().nth(9).unwrap().parse().unwrap()
}

/// Everything that could send something, under the lock; then the same without it, to show that it would be counted.
#[tokio::test]
async fn inside() {
    if !is_inside("lock::inside") {
        return;
    }
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, here) = app_with(&home, &server, ServerKind::DeepSeek).await;
    assert_eq!(
        sent(),
        0,
        "a server on this computer and a hosted one without a key are nothing to go out for"
    );
    app.set_lock(None, Lock::ThisComputer).await.unwrap();

    let mut refused = Vec::new();
    for (name, url) in [
        ("by name", "https://api.deepseek.com"),
        ("by address", "https://203.0.113.7/v1"),
        ("plain", "http://203.0.113.7:8000/v1"),
        ("near", "http://10.77.0.9:8000/v1"),
        ("odd", "http://0x0a4d0009/v1"),
        ("six", "https://[2001:db8::7]/v1"),
        ("local name", "http://gpu-box.local:8000/v1"),
    ] {
        refused.push(away(&app, name, url).await);
    }
    app.find_servers().await.unwrap();
    for model in &refused {
        app.set_key(model.server, Secret::new("sk-0123456789abcdef".to_owned()), KeepKey::ThisRun)
            .await
            .unwrap();
        let reply = ask(&app, question(None, model, "Is anybody out there?")).await;
        assert_eq!(reply.failure.as_ref().unwrap().code, Code::Locked, "{reply:?}");
        app.regenerate(reply.id, None, None).await.unwrap();
        let _ = app.balance(model.server).await;
        through_a_proxy(&app, model.server).await;
        assert_eq!(ask(&app, question(None, model, "Now?")).await.failure.unwrap().code, Code::Locked);
    }
    // This computer itself may be asked, and its answers lead nowhere else: neither a redirect nor an image.
    let elsewhere = "http://203.0.113.7/v1/chat/completions";
    server.reply(Script::http(307, "text/plain", "").header("location", elsewhere));
    assert!(ask(&app, question(None, &here, "Where to?")).await.failure.is_some());
    server.reply(Script::answer("![pixel](http://203.0.113.7/pixel.png) [link](http://203.0.113.7/)"));
    let reply = ask(&app, question(None, &here, "Show me.")).await;
    assert!(reply.failure.is_none(), "{:?}", reply.failure);
    app.open_conversation(reply.conversation, None).await.unwrap();
    app.stop_all().await;
    drop(app);

    // Another program on the same history is bound by it too.
    command_line(&home).await;
    assert_eq!(sent(), 0, "under the lock of the app");

    // The lock of one conversation is enough.
    let app = home.open().unwrap();
    app.set_lock(None, Lock::ThisComputer).await.unwrap();
    let kept = locked_conversation(&app, &here, &server).await;
    let before = sent();
    app.set_lock(None, Lock::Off).await.unwrap();
    for model in &refused {
        let reply = ask(&app, question(Some(kept), model, "And now?")).await;
        assert_eq!(reply.failure.unwrap().code, Code::Locked);
    }
    assert_eq!(sent(), before, "under the lock of a conversation");

    // Without a lock the counter counts, so that its silence above means something.
    for model in &refused[..3] {
        let running = app.ask(question(None, model, "Hello?")).await.unwrap();
        let until = tokio::time::Instant::now() + Duration::from_secs(10);
        let counted = sent();
        while sent() == counted {
            assert!(tokio::time::Instant::now() < until, "nothing goes out where everything may");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.turn.stop();
    }
    app.stop_all().await;
}

/// An address that is not on this computer, and a model to ask there.
async fn away(app: &App, name: &str, url: &str) -> ModelChoice {
    let model = model_on(app, name, url, ServerKind::OpenAi).await;
    let servers = app.servers().await.unwrap();
    assert!(servers.iter().any(|server| server.id == model.server), "it is kept");
    model
}

/// Gives a server a proxy of its own, outside.
async fn through_a_proxy(app: &App, id: ServerId) {
    let servers = app.servers().await.unwrap();
    let Server { name, url, .. } = servers.into_iter().find(|server| server.id == id).unwrap();
    let proxy = ProxyEdit::Own { url: "http://203.0.113.9:3128".to_owned(), user: None, password: None };
    let edit = ServerEdit {
        name,
        url,
        more_urls: vec!["https://203.0.113.8/v1".to_owned()],
        idle_timeout_s: None,
        proxy,
        ca_file: None,
        plain_http: true,
        headers: Vec::new(),
    };
    app.edit_server(id, edit).await.unwrap();
}

async fn locked_conversation(app: &App, here: &ModelChoice, server: &FakeV4) -> ConversationId {
    server.reply(Script::answer("Here."));
    let request = SendRequest { lock: Lock::ThisComputer, ..question(None, here, "Stay here.") };
    ask(app, request).await.conversation
}

async fn command_line(home: &Home) {
    assert!(program("porthole-cli").is_file());
    for arguments in [
        vec!["ask", "--server", "by name", "-m", "m", "Hello?"],
        vec!["ask", "--server", "by address", "-m", "m", "Hello?"],
        vec!["models"],
        vec!["servers", "list"],
        vec!["servers", "add", "--name", "typed", "--url", "https://model.example"],
        vec!["balance"],
    ] {
        let mut command = home.cli();
        command
            .env("DEEPSEEK_API_KEY", "sk-0123456789abcdef")
            .env("HTTPS_PROXY", "http://203.0.113.9:3128")
            .env("PORTHOLE_KEYCHAIN", "off");
        let output = command.args(&arguments).output().await.unwrap();
        if arguments[0] == "ask" {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && told.contains("locked"), "{arguments:?}: {told}");
        }
    }
}
