//! Feeds the decoders with whatever libFuzzer comes up with. One program with a target for server-sent events and one
//! for each dialect, chosen by `PORTHOLE_FUZZ_TARGET`; `cargo xtask fuzz` sets flags, seeds and a place for findings.
//!
//! How an input is cut follows from its bytes, so that a finding is a plain stream and fails wherever it is replayed.

#![no_main]

#[path = "../../src/streams.rs"]
#[allow(dead_code, reason = "the property tests use more of it")]
mod streams;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;
use porthole_core::domain::ServerKind;
use porthole_core::provider::fuzzing::{Ending, events, reply};

use streams::{KINDS, check_events, check_reply};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a decoder may allocate whatever the input, in bytes.
const MEMORY_AT_LEAST: usize = 64 * 1024;
/// What it may allocate per byte of input. The densest inputs are JSON's nested lists and events of one line break:
/// their values are a hundred times as large as their text.
const MEMORY_FOR_A_BYTE: usize = 256;

#[derive(Clone, Copy)]
enum Target {
    Events,
    Reply(ServerKind),
}

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("PORTHOLE_FUZZ_TARGET").unwrap_or_default();
        let kind = KINDS.into_iter().find(|kind| kind.name() == name);
        let target = match kind {
            Some(kind) => Target::Reply(kind),
            None if name == "sse" => Target::Events,
            None => panic!("PORTHOLE_FUZZ_TARGET says {name:?}, which is neither sse nor a dialect"),
        };
        let _ = TARGET.set(target);
    },
    |bytes: &[u8]| {
        let mut dice = Dice::of(bytes);
        let places: Vec<usize> = (0..1 + dice.upto(8)).map(|_| dice.upto(bytes.len())).collect();
        let end = dice.upto(bytes.len());
        match TARGET.get() {
            Some(Target::Events) => {
                within_bounds(bytes, || drop(events([bytes])));
                check_events(bytes, &places, end);
            }
            Some(Target::Reply(kind)) => {
                within_bounds(bytes, || drop(reply(*kind, [bytes], Ending::Closed)));
                check_reply(*kind, bytes, &places, end);
            }
            None => unreachable!("set before the first input"),
        }
    }
);

/// Checks that reading `bytes` uses no more memory than their length allows.
fn within_bounds(bytes: &[u8], read: impl FnOnce()) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    read();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let bound = MEMORY_AT_LEAST + MEMORY_FOR_A_BYTE * bytes.len();
    assert!(taken <= bound, "{taken} bytes of memory for {} bytes of input", bytes.len());
    assert!(MEMORY.current_usage() <= before, "nothing is kept");
}

/// Numbers derived from the input: FNV-1a for the start, SplitMix64 from there.
struct Dice(u64);

impl Dice {
    fn of(bytes: &[u8]) -> Self {
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    /// A number from 0 to `most`.
    fn upto(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((number ^ (number >> 31)) % (most as u64 + 1)) as usize
    }
}
