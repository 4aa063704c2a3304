//! Any bytes as an Ethernet frame: no panic, and what parses is written back alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::arp::{FRAME_LEN, Repr};

fuzz_target!(|frame: &[u8]| {
    if let Ok(repr) = Repr::parse(frame) {
        assert_eq!(repr.emit(), frame[..FRAME_LEN]);
    }
});
