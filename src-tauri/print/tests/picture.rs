//! What is said as a picture.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use porthole_markdown::tree;
use porthole_print::{Pdf, PdfError, Picture};

fn picture(markdown: &str) -> Picture {
    Pdf::new().picture(&tree(markdown)).unwrap()
}

/// Whether any pixel is of about that colour.
fn shows(picture: &Picture, colour: [u8; 3]) -> bool {
    let near = |(one, other): (&u8, &u8)| one.abs_diff(*other) < 24;
    picture.rgba.chunks_exact(4).any(|pixel| pixel.iter().zip(&colour).all(near))
}

#[test]
fn of_text_has_its_colours_on_white() {
    let said = picture(
        "Twice a **day**, see [a table](https://example.com).\n\n```rust\nfn main() {}\n```\n\n$\\frac{a}{b}$",
    );
    assert_eq!(said.rgba.len(), (said.width * said.height * 4) as usize);
    assert_eq!(&said.rgba[..4], [255; 4], "the margin is white");
    assert!(said.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255), "nothing shines through");
    for colour in [[0x1d, 0x24, 0x2a], [0x00, 0x5d, 0x8a], [0xf4, 0xf7, 0xf9]] {
        assert!(shows(&said, colour), "{colour:?}");
    }
    if let Some(folder) = std::env::var_os("PORTHOLE_PDF") {
        let said = picture(include_str!("golden/rich.md"));
        let path = std::path::Path::new(&folder).join("picture.ppm");
        let mut ppm = format!("P6 {} {} 255\n", said.width, said.height).into_bytes();
        ppm.extend(said.rgba.chunks_exact(4).flat_map(|pixel| &pixel[..3]));
        std::fs::write(path, ppm).unwrap();
    }
}

#[test]
fn grows_with_what_is_said_and_ends() {
    let (short, long) = (picture("One."), picture(&"One.\n\n".repeat(20)));
    assert_eq!(short.width, long.width);
    assert!(short.height < long.height);
    let endless = Pdf::new().picture(&tree(&"One.\n\n".repeat(5_000)));
    assert!(matches!(endless, Err(PdfError::TooLarge)));
}
