//! Turns the screen memory that Xvfb keeps in a file into a PNG, so that a screenshot needs no other program.

use std::collections::HashSet;

/// A blank page on the bare screen has a handful of colours, the soft edges of letters have dozens.
const COLOURS_OF_TEXT: usize = 24;

/// Whether there is text in an X window dump, and not only areas of one colour.
pub(crate) fn shows_text(dump: &[u8]) -> bool {
    let Some(Picture { rows, .. }) = read(dump) else { return false };
    let mut colours = HashSet::new();
    rows.iter().flat_map(|row| row.chunks_exact(3)).any(|pixel| {
        colours.insert(pixel);
        colours.len() >= COLOURS_OF_TEXT
    })
}

/// Encodes an X window dump of 32 bits per pixel. `None` if it is anything else.
pub(crate) fn to_png(dump: &[u8]) -> Option<Vec<u8>> {
    let Picture { width, height, rows } = read(dump)?;
    Some(encode(width, height, &rows))
}

/// Rows of red, green and blue.
struct Picture {
    width: u32,
    height: u32,
    rows: Vec<Vec<u8>>,
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
    let mut rows = Vec::new();
    for row in dump.get(start..)?.chunks_exact(row_bytes).take(usize::try_from(height).ok()?) {
        let mut pixels = Vec::with_capacity(columns * 3);
        for pixel in row.chunks_exact(4).take(columns) {
            match *pixel {
                [blue, green, red, _] if byte_order == 0 => pixels.extend([red, green, blue]),
                [_, red, green, blue] => pixels.extend([red, green, blue]),
                _ => return None,
            }
        }
        rows.push(pixels);
    }
    (rows.len() == usize::try_from(height).ok()?).then_some(Picture { width, height, rows })
}

fn encode(width: u32, height: u32, rows: &[Vec<u8>]) -> Vec<u8> {
    let mut filtered = Vec::new();
    let mut above: &[u8] = &[];
    for row in rows {
        // The "up" filter: most of a line is equal to the line above, so most bytes become zero.
        filtered.push(2);
        filtered.extend(
            row.iter().enumerate().map(|(at, byte)| byte.wrapping_sub(above.get(at).map_or(0, |up| *up))),
        );
        above = row;
    }
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);

    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [(b"IHDR", header), (b"IDAT", zlib(&filtered)), (b"IEND", Vec::new())] {
        let named = [name.as_slice(), &content].concat();
        png.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        png.extend(&named);
        png.extend(crc32(&named).to_be_bytes());
    }
    png
}

/// Deflate with the fixed code and runs only: enough for flat pictures and short enough to read.
fn zlib(content: &[u8]) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], held: 0, count: 0 };
    bits.push(0b011, 3); // the last block, fixed code
    let mut at = 0;
    while let Some(byte) = content.get(at) {
        bits.symbol(u32::from(*byte));
        at += 1;
        let run = content.iter().skip(at).take(258).take_while(|next| *next == byte).count();
        if run >= 3 {
            bits.run(run);
            at += run;
        }
    }
    bits.symbol(256);
    if bits.count > 0 {
        bits.push(0, 8 - bits.count);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in content {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    bits.bytes.extend((high << 16 | low).to_be_bytes());
    bits.bytes
}

struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, width: u32) {
        self.held |= value << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// A literal, length or end symbol in the fixed code; codes are sent with their highest bit first.
    fn symbol(&mut self, symbol: u32) {
        let (code, width) = match symbol {
            0..=143 => (0b0011_0000 + symbol, 8),
            144..=255 => (0b1_1001_0000 + symbol - 144, 9),
            256..=279 => (symbol - 256, 7),
            _ => (0b1100_0000 + symbol - 280, 8),
        };
        self.push(code.reverse_bits() >> (32 - width), width);
    }

    /// Repeats the last byte `length` times, 3 to 258.
    fn run(&mut self, length: usize) {
        const FIRST: [usize; 29] = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
            163, 195, 227, 258,
        ];
        let index = FIRST.iter().rposition(|first| *first <= length).unwrap_or(0);
        let extra_width = if (8..28).contains(&index) { index / 4 - 1 } else { 0 };
        let extra = length - FIRST.get(index).map_or(3, |first| *first);
        self.symbol(u32::try_from(257 + index).unwrap_or(257));
        self.push(u32::try_from(extra).unwrap_or(0), u32::try_from(extra_width).unwrap_or(0));
        self.push(0, 5); // distance one
    }
}

fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{crc32, shows_text, to_png, zlib};

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
    fn checksums_are_the_published_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // zlib's own answer for nine bytes without a run.
        assert_eq!(
            zlib(b"123456789"),
            b"\x78\x01\x33\x34\x32\x36\x31\x35\x33\xb7\xb0\x04\x00\x09\x1e\x01\xde"
        );
    }

    #[test]
    fn a_flat_screen_becomes_a_small_picture() {
        let png = to_png(&dump(1280, 800, [0x6f, 0x4c, 0x0b, 0])).expect("a dump of the known form");
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.ends_with(b"IEND\xae\x42\x60\x82"));
        assert!(png.len() < 50_000, "three megabytes of one colour took {} bytes", png.len());
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
