//! A display where there is none: Xvfb, a message bus and a runtime folder, all private and short-lived.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::framebuffer;
use crate::places::Places;
use crate::process::{Running, tied};
use crate::trouble::{Doing, Outcome, Trouble};

/// A bus without service files: nothing can be started through it, so a keyring or portal that happens to be installed
/// neither opens a prompt on an invisible screen nor makes machines behave differently.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// How long a page may take to appear on the screen after the app has reported it painted.
const PAINTING: Duration = Duration::from_secs(30);

/// Longer than a frame and shorter than a caret's blink.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Whether programs can open windows here without a virtual display.
pub(crate) fn exists() -> bool {
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// A screen in memory. Everything behind it ends when this value is dropped.
pub(crate) struct VirtualDisplay {
    name: String,
    bus_address: String,
    runtime: PathBuf,
    picture: PathBuf,
    // Dropped in this order: clients of the screen before the screen.
    _bus: Running,
    _screen: Running,
}

impl VirtualDisplay {
    /// Starts a 1280 x 800 screen on a free display number, and a bus.
    pub(crate) fn start(places: &Places) -> Outcome<Self> {
        Self::start_sized(places, "1280x800")
    }

    /// The same with a screen of another size, such as `1600x1000`.
    pub(crate) fn start_sized(places: &Places, size: &str) -> Outcome<Self> {
        let runtime = env::temp_dir().join(format!("porthole-display-{}", process::id()));
        make_private(&runtime)?;
        let log = fs::File::create(places.corner("logs")?.join("display.log"))
            .doing("creating the display's log")?;
        let share_log = || log.try_clone().doing("sharing the display's log");

        let mut screen = Running::start(
            tied("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", &format!("{size}x24")])
                .args(["-nolisten", "tcp", "-noreset", "-fbdir"])
                .arg(&runtime)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(share_log()?),
            "the virtual display (Xvfb)",
        )?;
        let number =
            first_line(&mut screen, "Xvfb gave no display number; see target/porthole/logs/display.log")?;

        let configuration = runtime.join("bus.conf");
        fs::write(&configuration, BUS).doing("writing the bus configuration")?;
        let mut bus = Running::start(
            tied("dbus-daemon")
                .args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"])
                .arg(&configuration)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(share_log()?),
            "the message bus (dbus-daemon)",
        )?;
        let bus_address =
            first_line(&mut bus, "dbus-daemon gave no address; see target/porthole/logs/display.log")?;

        let picture = runtime.join("Xvfb_screen0");
        Ok(Self { name: format!(":{number}"), bus_address, runtime, picture, _bus: bus, _screen: screen })
    }

    /// The display's name, such as `:99`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Makes a command's windows appear only here.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.envs(self.variables()).env_remove("WAYLAND_DISPLAY");
    }

    /// Waits until the screen shows text and two looks in a row are the same.
    pub(crate) fn picture_at_rest(&self) -> Outcome<()> {
        let until = Instant::now() + PAINTING;
        let mut before = Vec::new();
        while Instant::now() < until {
            let look = fs::read(&self.picture).doing("reading the screen")?;
            if look == before && framebuffer::shows_text(&look) {
                return Ok(());
            }
            before = look;
            thread::sleep(BETWEEN_LOOKS);
        }
        Err(Trouble::new(format!(
            "the virtual display did not come to show a page at rest within {} s",
            PAINTING.as_secs()
        )))
    }

    pub(crate) fn screenshot(&self, file: &Path) -> Outcome<()> {
        let dump = fs::read(&self.picture).doing("reading the screen")?;
        let png = framebuffer::to_png(&dump)
            .ok_or_else(|| Trouble::new("Xvfb keeps its picture in a form this program does not know"))?;
        fs::write(file, png).doing(format_args!("writing {}", file.display()))
    }

    fn variables(&self) -> [(&'static str, OsString); 5] {
        [
            ("DISPLAY", self.name.clone().into()),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus_address.clone().into()),
            ("XDG_RUNTIME_DIR", self.runtime.clone().into()),
            ("GDK_BACKEND", "x11".into()),
            // No screen reader listens here; without this GTK waits for its bus and warns.
            ("NO_AT_BRIDGE", "1".into()),
        ]
    }
}

impl Drop for VirtualDisplay {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.runtime);
    }
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn first_line(running: &mut Running, otherwise: &str) -> Outcome<String> {
    let mut line = String::new();
    if let Some(output) = running.child().stdout.take() {
        let _ = BufReader::new(output).read_line(&mut line);
    }
    let line = line.trim();
    if line.is_empty() { Err(Trouble::new(otherwise)) } else { Ok(line.to_owned()) }
}

/// Creates a folder that only this user may enter, as required of `XDG_RUNTIME_DIR`.
fn make_private(folder: &Path) -> Outcome<()> {
    // Left by an earlier process with the same number that was killed.
    let _ = fs::remove_dir_all(folder);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).doing(format_args!("creating {}", folder.display()))
}
