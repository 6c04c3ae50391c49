//! Turns the screen memory that Xvfb keeps in a file into a PNG, so that a screenshot needs no other program.

use std::collections::HashSet;

/// A blank page on the bare screen has a handful of colours, the soft edges of letters have dozens.
const COLOURS_OF_TEXT: usize = 24;

/// Whether there is text in an X window dump, and not only areas of one colour.
pub(crate) fn shows_text(dump: &[u8]) -> bool {
    let Some(Picture { pixels, .. }) = read(dump) else { return false };
    let mut colours = HashSet::new();
    pixels.chunks_exact(3).any(|pixel| {
        colours.insert(pixel);
        colours.len() >= COLOURS_OF_TEXT
    })
}

/// Encodes an X window dump of 32 bits per pixel. `None` if it is anything else.
pub(crate) fn to_png(dump: &[u8]) -> Option<Vec<u8>> {
    let Picture { width, height, pixels } = read(dump)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    Some(file)
}

/// Red, green and blue of each pixel.
struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

fn read(dump: &[u8]) -> Option<Picture> {
    let field = |index: usize| {
        let bytes = dump.get(index * 4..index * 4 + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let [header_size, version, width, height] = [field(0)?, field(1)?, field(4)?, field(5)?];
    let [byte_order, bits, row_bytes, colours] = [field(7)?, field(11)?, field(12)?, field(19)?];
    if version != 7 || bits != 32 {
        return None;
    }
    let start = usize::try_from(header_size).ok()? + 12 * usize::try_from(colours).ok()?;
    let row_bytes = usize::try_from(row_bytes).ok()?;
    let columns = usize::try_from(width).ok()?;
    let rows = usize::try_from(height).ok()?;
    let mut pixels = Vec::new();
    for row in dump.get(start..)?.chunks_exact(row_bytes).take(rows) {
        for pixel in row.chunks_exact(4).take(columns) {
            match *pixel {
                [blue, green, red, _] if byte_order == 0 => pixels.extend([red, green, blue]),
                [_, red, green, blue] => pixels.extend([red, green, blue]),
                _ => return None,
            }
        }
    }
    (pixels.len() == columns * rows * 3).then_some(Picture { width, height, pixels })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{shows_text, to_png};

    /// A dump as Xvfb writes it: 25 fields, highest byte first, no colours, then blue-green-red-unused pixels.
    fn dump(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut fields = [0_u32; 25];
        for (index, value) in
            [(0, 100), (1, 7), (2, 2), (3, 24), (4, width), (5, height), (11, 32), (12, width * 4)]
        {
            fields[index] = value;
        }
        let mut dump: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
        for _ in 0..width * height {
            dump.extend(pixel);
        }
        dump
    }

    #[test]
    fn a_flat_screen_becomes_a_small_picture() {
        let file = to_png(&dump(1280, 800, [0x6f, 0x4c, 0x0b, 0])).expect("a dump of the known form");
        assert!(file.len() < 50_000, "three megabytes of one colour took {} bytes", file.len());
        let mut pixels = vec![0; 1280 * 800 * 3];
        png::Decoder::new(Cursor::new(file)).read_info().unwrap().next_frame(&mut pixels).unwrap();
        assert!(pixels.chunks(3).all(|pixel| pixel == [0x0b, 0x4c, 0x6f]));
    }

    #[test]
    fn a_blank_page_on_the_bare_screen_shows_no_text() {
        let mut screen = dump(64, 64, [0; 4]);
        assert!(!shows_text(&screen));
        for (at, byte) in screen.iter_mut().skip(100 + 2000).enumerate() {
            *byte = if at % 8000 < 4000 { 252 } else { 240 };
        }
        assert!(!shows_text(&screen), "a page without words has few colours");
        for (shade, byte) in (0..64).zip(screen.iter_mut().skip(100 + 400).step_by(4)) {
            *byte = shade * 3;
        }
        assert!(shows_text(&screen), "the edges of letters have many");
    }

    #[test]
    fn other_forms_and_cut_off_files_are_refused() {
        assert!(to_png(b"").is_none());
        assert!(to_png(&dump(4, 4, [0; 4])[..120]).is_none());
        let mut sixteen_bits = dump(4, 4, [0; 4]);
        sixteen_bits[47] = 16;
        assert!(to_png(&sixteen_bits).is_none());
    }
}
