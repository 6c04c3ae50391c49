//! How the program ends when it is the system that asks.

use tauri::AppHandle;

use crate::closing;

/// Has the window close as if a person had closed it when the system asks the program to end: at a shutdown, at the end
/// of a session, or by Ctrl-C where it was started from.
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
            // Without a place to wait for them, signals end the program as they do any other.
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
