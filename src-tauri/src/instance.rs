//! One window per data folder: who is first, and how a second start finds it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use interprocess::local_socket::traits::ListenerExt;
use interprocess::local_socket::{
    GenericNamespaced, Listener, ListenerOptions, Name, Stream, ToNsName, prelude::*,
};

/// What this start is.
pub(crate) enum Instance {
    /// No other instance shows this folder. If the platform refused a listener, later starts do not find it.
    First(Option<Listener>),
    /// Another instance does, and has come to the front.
    Second,
}

/// How often to ask a closing first instance whether it is gone.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// How long a first instance may take to close; it commits its replies in that time.
const CLOSING: Duration = Duration::from_secs(10);
/// What the first instance answers once its window is in front. Without it, it is on its way out.
const RAISED: &[u8] = b"raised";

/// Finds out whether the folder is already shown. Waits for an instance that is closing.
pub(crate) fn claim(folder: &Path) -> Instance {
    for _ in 0..CLOSING.as_millis() / ASK_EVERY.as_millis() {
        let Ok(mut first) = name_for(folder).and_then(Stream::connect) else { break };
        let mut answer = Vec::new();
        if first.read_to_end(&mut answer).is_ok() && answer == RAISED {
            return Instance::Second;
        }
        thread::sleep(ASK_EVERY);
    }
    let listener =
        name_for(folder).and_then(|name| ListenerOptions::new().name(name).try_overwrite(true).create_sync());
    Instance::First(listener.ok())
}

/// Calls `raise` for each later start; it returns whether there was a window to raise.
pub(crate) fn listen(listener: Option<Listener>, raise: impl Fn() -> bool + Send + 'static) {
    let Some(listener) = listener else { return };
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            if raise() {
                // A second start that is already gone needs no answer.
                let _ = connection.write_all(RAISED);
            }
        }
    });
}

/// A name that two starts agree on when they mean the same folder and user.
fn name_for(folder: &Path) -> std::io::Result<Name<'static>> {
    let mut hasher = DefaultHasher::new();
    real(folder).hash(&mut hasher);
    dirs::home_dir().hash(&mut hasher);
    format!("porthole-{:016x}.sock", hasher.finish()).to_ns_name::<GenericNamespaced>()
}

/// The folder without links, even if its last parts do not exist yet.
fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| match (folder.parent(), folder.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => folder.to_owned(),
    })
}
