//! Porthole's desktop shell: one window on [`porthole_core::App`]. It contains no rules; a command parses, calls
//! core and maps the error.

mod choosing;
mod closing;
mod commands;
mod ending;
mod instance;
mod opened;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use porthole_core::domain::{Code, Failure};
use porthole_core::secrets::Keys;
use porthole_core::{App, Options};
use tauri::{AppHandle, Manager, RunEvent, Runtime};

pub use closing::Closing;
pub use commands::first_question::FirstQuestion;
pub use commands::{Changed, specification};
use commands::{Desktop, first_question};
use instance::Instance;
pub use opened::Opened;

/// How the program was started.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// The data folder, if one was given.
    pub data_dir: Option<PathBuf>,
    /// Where keys come from, created before anything was started that could inherit them.
    pub keys: Keys,
    /// The question to ask in the window at once.
    pub question: Option<FirstQuestion>,
}

/// Runs the desktop app until its last window closes. A second start on the same data folder brings the first one's
/// window to the front and exits at once.
pub fn run(arguments: Arguments) -> ExitCode {
    if let Err(sentence) = window::check_display() {
        return tell(&sentence);
    }
    let options = match Options::of_this_machine(arguments.data_dir, arguments.keys) {
        Ok(options) => options,
        Err(error) => return tell(&error.words(Options::language()).to_string()),
    };
    let waiting = match instance::claim(&options.folder) {
        Instance::First(waiting) => waiting,
        Instance::Second if arguments.question.is_some() => {
            return tell(
                "Porthole is open on this data folder already. Ask in its window, or with porthole-cli.",
            );
        }
        Instance::Second => return ExitCode::SUCCESS,
    };
    let data = options.folder.clone();
    // The toolkit takes longer to start than the history takes to open.
    let opening = std::thread::spawn(move || App::open(options));
    let commands = specification();
    #[expect(
        clippy::exit,
        reason = "the macro ends the program when its own thread panics, before anything is open"
    )]
    let context = tauri::generate_context!();
    let built = tauri::Builder::default()
        .invoke_handler(commands.invoke_handler())
        .plugin(tauri_plugin_dialog::init())
        .on_window_event(closing::after_the_draft)
        .setup(move |app| {
            commands.mount_events(app);
            let opened = opening.join().unwrap_or_else(|_| Err(Failure::new(Code::Internal)));
            let mut folder = data.clone();
            match &opened {
                Ok(app) => app.window_begins(),
                Err(failure) => {
                    tell(&failure.words(Options::language()).to_string());
                    // A folder that could not be opened stays as it is: the window's own files go elsewhere.
                    folder = std::env::temp_dir().join("porthole");
                }
            }
            manage(app, opened, data);
            app.handle().plugin(window::remember_place(&folder))?;
            if let Some(question) = arguments.question {
                app.state::<first_question::Waiting>().put(question);
            }
            window::open(app.handle(), &folder, window::First::Last)?;
            app.manage(desktop(app.handle(), folder));
            let handle = app.handle().clone();
            instance::listen(waiting, move || window::bring_to_front(&handle));
            window::forward_changes(app.handle());
            let handle = app.handle().clone();
            app.state::<Opened>().enlarge_by(move |appearance| window::enlarge(&handle, appearance));
            ending::on_signals(app.handle());
            if let Ok(core) = app.state::<Opened>().app() {
                tauri::async_runtime::spawn(core.clone().keep_up());
                tauri::async_runtime::spawn(core.clone().keep_folder_true());
            }
            Ok(())
        })
        .build(context);
    let app = match built {
        Ok(app) => app,
        Err(error) => return tell(&format!("The window could not be opened: {error}")),
    };
    let code = app.run_return(|handle, event| {
        // Events before the set-up find nothing opened.
        if let RunEvent::Exit = event
            && let Some(opened) = handle.try_state::<Opened>()
            && let Ok(app) = opened.app()
        {
            tauri::async_runtime::block_on(app.stop_all());
            app.window_ended();
        }
    });
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// What commands may ask of the desktop: another window, another start.
fn desktop(app: &AppHandle, folder: PathBuf) -> Desktop {
    let (restarting, opening) = (app.clone(), app.clone());
    let (writing, reading, keeping) = (app.clone(), app.clone(), app.clone());
    Desktop {
        choose_file: Box::new(move |name| choosing::where_to(&writing, name)),
        choose_import: Box::new(move || choosing::what_to_import(&reading)),
        choose_folder: Box::new(move || choosing::which_folder(&keeping)),
        restart: Box::new(move || {
            let app = restarting.clone();
            tauri::async_runtime::spawn(async move {
                closing::keep_all_drafts(&app).await;
                app.request_restart();
            });
        }),
        new_window: Box::new(move |conversation| {
            window::open(&opening, &folder, window::First::Chosen(conversation))
                .map_err(|error| Failure::internal(&error))
        }),
    }
}

/// Gives Tauri what its commands call: the app, or the reason why there is none, which the page shows; and the data
/// folder.
pub fn manage<R: Runtime>(to: &impl Manager<R>, opened: Result<App, Failure>, folder: PathBuf) {
    to.manage(Opened::new(opened, folder));
    to.manage(commands::Clipboard::default());
    to.manage(commands::Exports::default());
    to.manage(closing::Farewells::default());
    to.manage(first_question::Waiting::default());
}

#[expect(clippy::print_stderr, reason = "before there is a window, standard error is all there is")]
fn tell(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::FAILURE
}
