//! A disk that fails at fsync, for a program that is started with this library in `LD_PRELOAD`.
//!
//! The file that `FAILING_SYNC` names says how often: `SEED ONE_IN`, two numbers. Of that many calls one fails with EIO,
//! and the same seed chooses the same ones; with 1 every call fails. While the file is not there, none does.

#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "the C library's functions are replaced by ones of the same name")]

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many calls there were.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// Replaces the C library's function of this name.
#[unsafe(no_mangle)]
pub extern "C" fn fsync(file: libc::c_int) -> libc::c_int {
    sync(libc::SYS_fsync, file)
}

/// Replaces the C library's function of this name.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(file: libc::c_int) -> libc::c_int {
    sync(libc::SYS_fdatasync, file)
}

fn sync(call: libc::c_long, file: libc::c_int) -> libc::c_int {
    if fails() {
        // SAFETY: the C library gives each thread a place for its error number, which is always there.
        unsafe { *libc::__errno_location() = libc::EIO };
        return -1;
    }
    // SAFETY: both calls take a file's number and nothing else, and refuse one that is not open.
    let result = unsafe { libc::syscall(call, file) };
    if result == 0 { 0 } else { -1 }
}

fn fails() -> bool {
    let count = CALLS.fetch_add(1, Ordering::Relaxed);
    let Some((seed, one_in)) =
        std::env::var_os("FAILING_SYNC").and_then(|file| told(&fs::read_to_string(file).ok()?))
    else {
        return false;
    };
    mixed(seed.wrapping_add(count)).is_multiple_of(one_in)
}

fn told(text: &str) -> Option<(u64, u64)> {
    let (seed, one_in) = text.trim().split_once(' ')?;
    Some((seed.parse().ok()?, one_in.parse().ok()?))
}

/// `SplitMix64`: neighbours become numbers that have nothing to do with each other.
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
