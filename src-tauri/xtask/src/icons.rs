//! `cargo xtask icons`: every icon file from the one drawing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::packages;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::platform::Platform;
use crate::process;
use crate::trouble::{Doing, Outcome, Trouble};

/// The drawing's own frame, with the margin that macOS expects around an icon.
const WHOLE: &str = r#"viewBox="0 0 1024 1024""#;
/// The same drawing without most of that margin, for systems whose icons fill their square.
const TIGHT: &str = r#"viewBox="80 80 864 864""#;

/// Draws `icons/porthole.svg` in all sizes and containers that Tauri's bundles name.
pub(crate) fn draw(places: &Places, preview: Option<&Path>) -> Outcome<()> {
    packages::ensure(Platform::detect(), &[Purpose::Icons])?;
    let folder = places.root.join("icons");
    let artist = Artist::of(places, &folder.join("porthole.svg"))?;

    for (name, size) in [("32x32.png", 32), ("128x128.png", 128), ("128x128@2x.png", 256)] {
        write(&folder.join(name), &artist.png(TIGHT, size)?)?;
    }
    write(&folder.join("icon.png"), &artist.png(WHOLE, 512)?)?;

    let windows = [16, 24, 32, 48, 64, 256].into_iter().map(|size| Ok((size, artist.png(TIGHT, size)?)));
    write(&folder.join("icon.ico"), &ico(&windows.collect::<Outcome<Vec<_>>>()?))?;

    let mac = [(b"ic11", 32), (b"ic12", 64), (b"ic07", 128), (b"ic13", 256), (b"ic14", 512), (b"ic10", 1024)];
    let mac = mac.into_iter().map(|(kind, size)| Ok((*kind, artist.png(WHOLE, size)?)));
    write(&folder.join("icon.icns"), &icns(&mac.collect::<Outcome<Vec<_>>>()?))?;

    if let Some(preview) = preview {
        fs::create_dir_all(preview).doing("creating the preview folder")?;
        for size in [16, 24, 32, 48, 128, 512] {
            write(&preview.join(format!("{size}.png")), &artist.png(TIGHT, size)?)?;
        }
    }
    eprintln!("Icons are in {}", folder.display());
    Ok(())
}

/// rsvg-convert with the drawing in its frames.
struct Artist {
    drawing: String,
    scratch: PathBuf,
}

impl Artist {
    fn of(places: &Places, drawing: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(drawing).doing(format_args!("reading {}", drawing.display()))?;
        if !text.contains(WHOLE) {
            return Err(Trouble::new(format!("{} does not have {WHOLE}", drawing.display())));
        }
        Ok(Self { drawing: text, scratch: places.corner("icons")? })
    }

    fn png(&self, frame: &str, size: u32) -> Outcome<Vec<u8>> {
        let framed = self.scratch.join("framed.svg");
        write(&framed, self.drawing.replace(WHOLE, frame).as_bytes())?;
        let size = size.to_string();
        let output = process::command("rsvg-convert")
            .args(["--width", &size, "--height", &size])
            .arg(&framed)
            .stderr(Stdio::inherit())
            .output()
            .doing("rsvg-convert could not start")?;
        if output.status.success() { Ok(output.stdout) } else { Err(Trouble::new("rsvg-convert failed")) }
    }
}

/// The Windows container: a directory with 16 bytes per entry, then the pictures, as PNG since Vista.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(pictures.len()).unwrap_or(0);
    let mut file = [[0, 0], [1, 0], count.to_le_bytes()].concat();
    let mut at = 6 + 16 * u32::from(count);
    for (size, png) in pictures {
        let length = u32::try_from(png.len()).unwrap_or(0);
        // A side of 256 is written as 0.
        let side = u8::try_from(*size).unwrap_or(0);
        file.extend([side, side, 0, 0, 1, 0, 32, 0]);
        file.extend(length.to_le_bytes());
        file.extend(at.to_le_bytes());
        at += length;
    }
    for (_, png) in pictures {
        file.extend(png);
    }
    file
}

/// The macOS container: named pictures, each with its length, all lengths counting their own header.
fn icns(pictures: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let length = |content: usize| u32::try_from(content + 8).unwrap_or(0).to_be_bytes();
    let mut entries = Vec::new();
    for (kind, png) in pictures {
        entries.extend(kind);
        entries.extend(length(png.len()));
        entries.extend(png);
    }
    [b"icns".as_slice(), &length(entries.len()), &entries].concat()
}

fn write(file: &Path, content: &[u8]) -> Outcome<()> {
    fs::write(file, content).doing(format_args!("writing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{icns, ico};

    #[test]
    fn containers_say_where_their_pictures_are() {
        let file = ico(&[(16, vec![1, 2, 3]), (256, vec![9])]);
        assert_eq!(file[..6], [0, 0, 1, 0, 2, 0]);
        assert_eq!((file[6], file[22]), (16, 0), "the side of 256 is written as nought");
        assert_eq!(file[14..22], [3, 0, 0, 0, 38, 0, 0, 0]);
        assert_eq!(file[30..38], [1, 0, 0, 0, 41, 0, 0, 0]);
        assert_eq!(file[38..], [1, 2, 3, 9]);

        let file = icns(&[(*b"ic07", vec![5, 6])]);
        assert_eq!(file, *b"icns\0\0\0\x12ic07\0\0\0\x0a\x05\x06");
    }
}
