//! A proxy that lets everyone or one user through, and leads to one server whatever it is asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Speaks {
    /// `CONNECT`, and requests with a full address. It requires this value of `Proxy-Authorization`.
    Http(Option<&'static str>),
    /// SOCKS 5, with this name and password.
    Socks(Option<(&'static str, &'static str)>),
}

/// A running proxy.
pub(crate) struct TestProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl TestProxy {
    pub(crate) async fn start(speaks: Speaks, leads_to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        let accepting = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let record = Arc::clone(&record);
                tokio::spawn(async move {
                    // A client that goes away early is not the proxy's fault.
                    let _ = match speaks {
                        Speaks::Http(pass) => http(connection, pass, leads_to, &record).await,
                        Speaks::Socks(pass) => socks(connection, pass, leads_to, &record).await,
                    };
                });
            }
        });
        Self { address, asked, accepting }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked for: heads of requests, or `host:port` of SOCKS.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn http(
    mut connection: TcpStream,
    pass: Option<&str>,
    leads_to: SocketAddr,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    asked.lock().unwrap().push(text.clone());
    let has_pass = |pass: &str| {
        text.lines().any(|line| {
            line.split_once(": ").is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("proxy-authorization") && value == pass
            })
        })
    };
    if !pass.is_none_or(has_pass) {
        return connection.write_all(b"HTTP/1.1 407 Who?\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(leads_to).await?;
    if text.starts_with("CONNECT ") {
        connection.write_all(b"HTTP/1.1 200 Go\r\n\r\n").await?;
    } else {
        // The server is asked for a path, as RFC 9112 requires of a proxy.
        let (method, target) = text.split_once(" http://").unwrap();
        let path = target.find('/').map_or("/", |slash| &target[slash..]);
        server.write_all(format!("{method} {path}").as_bytes()).await?;
    }
    copy_bidirectional(&mut connection, &mut server).await.map(drop)
}

/// RFC 1928 and RFC 1929, as far as a client that connects by name needs them.
async fn socks(
    mut connection: TcpStream,
    pass: Option<(&str, &str)>,
    leads_to: SocketAddr,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let _version = connection.read_u8().await?;
    counted(&mut connection).await?;
    connection.write_all(&[5, if pass.is_some() { 2 } else { 0 }]).await?;
    if let Some((user, password)) = pass {
        let _version = connection.read_u8().await?;
        let given = (counted(&mut connection).await?, counted(&mut connection).await?);
        let is_right = given == (user.into(), password.into());
        connection.write_all(&[1, u8::from(!is_right)]).await?;
        if !is_right {
            return Ok(());
        }
    }
    let mut head = [0; 4];
    connection.read_exact(&mut head).await?;
    let host = match head[3] {
        3 => String::from_utf8_lossy(&counted(&mut connection).await?).into_owned(),
        1 => {
            let mut address = [0; 4];
            connection.read_exact(&mut address).await?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        other => panic!("an address of kind {other}"),
    };
    let port = connection.read_u16().await?;
    asked.lock().unwrap().push(format!("{host}:{port}"));
    let mut server = TcpStream::connect(leads_to).await?;
    connection.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut connection, &mut server).await.map(drop)
}

async fn counted(connection: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; connection.read_u8().await?.into()];
    connection.read_exact(&mut bytes).await?;
    Ok(bytes)
}
