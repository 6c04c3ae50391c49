//! One window per data folder: who is first, and how a second start finds it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::thread;

use interprocess::local_socket::traits::ListenerExt;
use interprocess::local_socket::{
    GenericNamespaced, Listener, ListenerOptions, Name, Stream, ToNsName, prelude::*,
};

/// What this start is.
pub(crate) enum Instance {
    /// Nobody else shows this folder. Without a listener (the platform refused one) later starts do not find it.
    First(Option<Listener>),
    /// Somebody does, and has been asked to come to the front.
    Second,
}

/// Finds out whether the folder is shown already.
pub(crate) fn claim(folder: &Path) -> Instance {
    if let Ok(mut first) = name_for(folder).and_then(Stream::connect) {
        // The other end closes the connection once it has raised its window; its bytes say nothing.
        let _ = first.read_to_end(&mut Vec::new());
        return Instance::Second;
    }
    let listener =
        name_for(folder).and_then(|name| ListenerOptions::new().name(name).try_overwrite(true).create_sync());
    Instance::First(listener.ok())
}

/// Calls `raise` for each later start.
pub(crate) fn listen(listener: Option<Listener>, raise: impl Fn() + Send + 'static) {
    let Some(listener) = listener else { return };
    thread::spawn(move || {
        for connection in listener.incoming() {
            if connection.is_ok() {
                raise();
            }
        }
    });
}

/// A name that two starts agree on when they mean the same folder and user.
fn name_for(folder: &Path) -> std::io::Result<Name<'static>> {
    let mut hasher = DefaultHasher::new();
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).hash(&mut hasher);
    dirs::home_dir().hash(&mut hasher);
    format!("porthole-{:016x}.sock", hasher.finish()).to_ns_name::<GenericNamespaced>()
}
