use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::watch;

/// Ctrl-C, listened for from the program's first moment on. Clones hear the same one.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Begins to listen: from here on an interrupt no longer ends the program by itself. Has to be called within a
    /// runtime.
    pub(crate) fn listen() -> Self {
        let (interrupted, heard) = watch::channel(false);
        let mut signal: Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>> =
            Box::pin(tokio::signal::ctrl_c());
        // The handler is installed when the future is first polled, which a task might do too late.
        let early = signal.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(result) = early {
            interrupted.send_replace(result.is_ok());
        } else {
            tokio::spawn(async move {
                if signal.await.is_ok() {
                    interrupted.send_replace(true);
                }
            });
        }
        Self(heard)
    }

    /// Resolves once it came, at once if it has.
    pub(crate) async fn came(&mut self) {
        if self.0.wait_for(|came| *came).await.is_err() {
            // Nobody can interrupt where no handler is to be had.
            std::future::pending::<()>().await;
        }
    }
}
