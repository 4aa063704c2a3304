//! Any bytes as an IPv4 packet: no panic, and a header without options is written back alike
//! but for its checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::ipv4::{HEADER_LEN, Repr};

fuzz_target!(|packet: &[u8]| {
    let Ok((repr, payload)) = Repr::parse(packet) else { return };
    assert_eq!(repr.payload_len, payload.len());
    if packet[0] == 0x45 {
        let written = repr.emit().expect("a length that was read fits");
        assert_eq!(written[..10], packet[..10]);
        assert_eq!(written[12..], packet[12..HEADER_LEN]);
    }
});
