//! Porthole's desktop shell: one window on [`porthole_core::App`]. It owns no rule; a command parses, calls core
//! and maps the error.

mod commands;
mod instance;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use porthole_core::secrets::Keys;
use porthole_core::{App, AppError, Options};
use tauri::{Manager, RunEvent, Runtime};

pub use commands::{Changed, Opened, specification};
use instance::Instance;

/// How the program was started.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// The data folder, where one was named.
    pub data_dir: Option<PathBuf>,
    /// Where keys come from, made before anything was started that could inherit them.
    pub keys: Keys,
}

/// Runs the desktop app until its last window closes. A second start on the same data folder brings the first
/// one's window to the front and ends at once.
pub fn run(arguments: Arguments) -> ExitCode {
    if let Err(sentence) = window::check_display() {
        return tell(&sentence);
    }
    let options = match Options::of_this_machine(arguments.data_dir, arguments.keys) {
        Ok(options) => options,
        Err(error) => return tell(&error.message),
    };
    let waiting = match instance::claim(&options.folder) {
        Instance::First(waiting) => waiting,
        Instance::Second => return ExitCode::SUCCESS,
    };
    let mut folder = options.folder.clone();
    let opened = App::open(options);
    if let Err(error) = &opened {
        tell(&error.message);
        // A folder that could not be opened stays as it is: the window's own files go elsewhere.
        folder = std::env::temp_dir().join("porthole");
    }
    let commands = specification();
    #[expect(
        clippy::exit,
        reason = "the macro ends the program when its own thread panics, before anything is open"
    )]
    let context = tauri::generate_context!();
    let built = with_opened(tauri::Builder::default(), opened)
        .invoke_handler(commands.invoke_handler())
        .plugin(window::remember_place(&folder))
        .setup(move |app| {
            commands.mount_events(app);
            window::open(app, &folder)?;
            let handle = app.handle().clone();
            instance::listen(waiting, move || window::bring_to_front(&handle));
            window::forward_changes(app.handle());
            Ok(())
        })
        .build(context);
    let app = match built {
        Ok(app) => app,
        Err(error) => return tell(&format!("The window could not be opened: {error}")),
    };
    let code = app.run_return(|handle, event| {
        if let (RunEvent::Exit, Ok(app)) = (event, handle.state::<Opened>().app()) {
            tauri::async_runtime::block_on(app.stop_all());
        }
    });
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Gives the builder the app that its commands call, or the reason why there is none; the page shows that.
pub fn with_opened<R: Runtime>(
    builder: tauri::Builder<R>,
    opened: Result<App, AppError>,
) -> tauri::Builder<R> {
    builder.manage(Opened::new(opened)).manage(commands::Clipboard::default())
}

#[expect(clippy::print_stderr, reason = "before there is a window, standard error is all there is")]
fn tell(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::FAILURE
}
