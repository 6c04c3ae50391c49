//! `fake-v4`: the stand-in server as a program. See the documentation of `porthole_tests::fake_v4`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use porthole_tests::fake_v4::{Balance, Dialect, FakeV4, Script, Settings};

/// A stand-in for the DeepSeek API and for local model servers.
#[allow(clippy::doc_markdown, reason = "the comment is the help text")]
#[derive(Debug, Parser)]
#[command(name = "fake-v4", version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Options {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Which server to be.
    #[arg(long, value_enum, default_value_t = Dialect::Deepseek)]
    dialect: Dialect,
    /// A JSON file with one script or a list of scripts, for one chat completion each.
    #[arg(long)]
    script: Option<PathBuf>,
    /// Start over when the scripts are used up.
    #[arg(long)]
    repeat: bool,
    /// The only key to accept.
    #[arg(long)]
    key: Option<String>,
    /// The ids of the models on offer, instead of the dialect's own.
    #[arg(long, value_delimiter = ',', value_name = "ID,ID")]
    models: Option<Vec<String>>,
    /// The context window in tokens, instead of the dialect's own.
    #[arg(long, value_name = "TOKENS")]
    context: Option<u64>,
    /// How many of the models are loaded, from the first on.
    #[arg(long, value_name = "COUNT")]
    loaded: Option<usize>,
    /// What /user/balance tells, such as CNY:10.00:90.50 (granted and topped up); may be given several times.
    #[arg(long = "balance", value_name = "CURRENCY:GRANTED:TOPPED_UP", value_parser = read_balance)]
    balances: Vec<Balance>,
    /// /user/balance says that requests are no longer served.
    #[arg(long)]
    unavailable: bool,
    /// A name that another model answers to, such as deepseek-v4-pro=deepseek-flash; may be given several times.
    #[arg(long, value_name = "NAME=MODEL", value_parser = read_repointed)]
    repoint: Vec<(String, String)>,
    /// Events per second for answers that do not say; unlimited if absent.
    #[arg(long)]
    rate: Option<f64>,
    /// Accept every request, even one the real API would refuse.
    #[arg(long)]
    lenient: bool,
    /// Stop after the first chat completion was answered or given up.
    #[arg(long)]
    once: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "fake-v4: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    let scripts = match &options.script {
        Some(path) => read_scripts(&std::fs::read_to_string(path)?)?,
        None => Vec::new(),
    };
    let mut settings = Settings {
        dialect: options.dialect,
        port: options.port,
        key: options.key,
        models: options.models,
        context: options.context,
        loaded: options.loaded,
        balance_available: options.unavailable.then_some(false),
        repointed: options.repoint.into_iter().collect(),
        validate: !options.lenient,
        events_per_second: options.rate,
        ..Settings::default()
    };
    if !options.balances.is_empty() {
        settings.balances = options.balances;
    }
    let server = FakeV4::start_with(settings).await?;
    scripts.iter().cloned().for_each(|script| server.reply(script));
    writeln!(io::stdout(), "listening {}", server.url())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped,
        shown = show_requests(&server, options.repeat.then_some(scripts.as_slice())) => shown,
        () = server.chats_done(1), if options.once => Ok(()),
    }
}

fn read_balance(text: &str) -> Result<Balance, String> {
    match text.split(':').collect::<Vec<_>>()[..] {
        [currency, granted, topped_up] => Ok(Balance::new(currency, granted, topped_up)),
        _ => Err("it is CURRENCY:GRANTED:TOPPED_UP".to_owned()),
    }
}

fn read_repointed(text: &str) -> Result<(String, String), String> {
    let (name, model) = text.split_once('=').ok_or("it is NAME=MODEL")?;
    Ok((name.to_owned(), model.to_owned()))
}

fn read_scripts(text: &str) -> io::Result<Vec<Script>> {
    let value: serde_json::Value = serde_json::from_str(text)?;
    let list = if value.is_array() { value } else { serde_json::Value::Array(vec![value]) };
    Ok(serde_json::from_value(list)?)
}

/// Name each request on stderr. Bodies and headers stay out: they hold what people wrote, and their keys.
async fn show_requests(server: &FakeV4, repeated: Option<&[Script]>) -> io::Result<()> {
    for index in 0.. {
        let request = server.next_request(index).await;
        writeln!(io::stderr(), "{} {}", request.method, request.path)?;
        if let Some(scripts) = repeated.filter(|_| server.replies_left() == 0) {
            scripts.iter().cloned().for_each(|script| server.reply(script));
        }
    }
    Ok(())
}
