//! How the program ends when the system asks it to.

use tauri::AppHandle;

use crate::closing;

/// Closes the window as if the user had closed it when the system asks the program to end: at a shutdown, at the end of
/// a session, or on Ctrl-C in the terminal it was started from.
pub(crate) fn on_signals(app: &AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let signals = (
                signal(SignalKind::terminate()),
                signal(SignalKind::interrupt()),
                signal(SignalKind::hangup()),
            );
            // If it cannot wait for signals, they end the program as they do any other.
            let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) = signals else { return };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
            closing::keep_all_drafts(&app).await;
            app.exit(0);
        });
    }
    #[cfg(not(unix))]
    let _ = app;
}
