//! A running llama.cpp server on loopback.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::{self, ALTERNATIVES, Engine, Model, NAME};
use crate::places::Places;
use crate::process::{self, Running, tied};
use crate::trouble::{Doing, Outcome, Trouble};

const DRIVER: &str = include_str!("llama_server.py");

/// The ports where programs look for llama.cpp automatically: its old default and its new one.
const DEFAULT_PORTS: [u16; 2] = [8080, 9931];

/// A running server; it ends when this value is dropped.
pub(crate) struct Server {
    running: Running,
    port: u16,
    // Held but not used: waiting for a child closes the input that it still owns, which would end the server.
    _lifeline: Option<ChildStdin>,
}

impl Server {
    /// Starts the model on `port` (0: any free one) and waits until it has loaded.
    pub(crate) fn start(places: &Places, model: &Model, port: u16) -> Outcome<Self> {
        let port = if port == 0 { any_free_port()? } else { port };
        let log = places.corner("logs")?.join("llama.log");
        let mut command = match &model.engine {
            Engine::Installed(program) => {
                let mut command = tied(program);
                command.arg("--model").arg(&model.gguf).args(["--alias", NAME]);
                command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--ctx-size", "4096"]);
                command.args(["--parallel", "1", "--threads", "1", "--threads-batch", "1"]);
                command.stdin(Stdio::null());
                command
            }
            Engine::Package { python, packages } => {
                let driver = places.corner("model")?.join("llama_server.py");
                fs::write(&driver, DRIVER).doing("writing llama_server.py")?;
                // The driver ends when its standard input closes, so it need not be tied to this process.
                let mut command = process::command(python);
                command.arg(driver).arg(&model.gguf).args([&port.to_string(), NAME]);
                command.env("PYTHONPATH", packages).stdin(Stdio::piped());
                command
            }
        };
        let mut running = Running::start_into(&log, &mut command, "the model server (llama.cpp)")?;
        let lifeline = running.child().stdin.take();
        let mut server = Self { running, port, _lifeline: lifeline };
        server.wait_until_healthy(&log)?;
        Ok(server)
    }

    /// The base address for chat clients.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub(crate) fn wait(&mut self) -> Outcome<()> {
        let status = self.running.wait()?;
        Err(Trouble::new(format!("the model server ended ({status})")))
    }

    fn wait_until_healthy(&mut self, log: &Path) -> Outcome<()> {
        let patience = Instant::now() + Duration::from_mins(2);
        while Instant::now() < patience {
            if let Some(status) = self.running.ended()? {
                let said = fs::read_to_string(log).unwrap_or_default();
                let lines: Vec<&str> = said.lines().collect();
                let tail = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n");
                return Err(Trouble::new(format!("the model server did not start ({status})\n{tail}"))
                    .advise(ALTERNATIVES));
            }
            if is_healthy(self.port).unwrap_or(false) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(Trouble::new(format!("the model server did not become ready; see {}", log.display())))
    }
}

/// `cargo xtask model`: serves until stopped. The address is the only line on standard output.
pub(crate) fn serve_in_foreground(places: &Places, port: u16, fetch_only: bool) -> Outcome<()> {
    let model = model::fetch(places)?;
    if fetch_only {
        println!("{}", model.gguf.display());
        return Ok(());
    }
    let mut server = Server::start(places, &model, port)?;
    println!("listening {}", server.address());
    let _ = io::stdout().flush();
    server.wait()
}

/// The port on which the model is most easily found: one of llama.cpp's defaults, if free.
pub(crate) fn discoverable_port() -> Outcome<u16> {
    DEFAULT_PORTS.into_iter().find(|port| listen(*port).is_ok()).map_or_else(any_free_port, Ok)
}

fn any_free_port() -> Outcome<u16> {
    listen(0)
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .doing("looking for a free port")
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

/// Asks `/health`: a server that is still loading answers 503.
fn is_healthy(port: u16) -> io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(500))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(stream, "GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
    let mut answer = [0; 16];
    let read = stream.read(&mut answer)?;
    Ok(answer.get(..read).is_some_and(|start| start.get(8..12).is_some_and(|status| status == b" 200")))
}
