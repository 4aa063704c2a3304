//! Any bytes as authentication header, HMAC trailer or neighbour advertisement: no panic, nothing
//! is authentic by accident, and what parses is written back alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::trailer::{Scope, Trailer};
use wire::{ah, ipv4};

fuzz_target!(|octets: &[u8]| {
    let (src, dst) = ([10, 0, 0, 1].into(), [224, 0, 0, 18].into());
    let ip = ipv4::Repr::advert(src, dst, 255, 1, octets.len());
    assert!(ah::verify(b"secret\0\0", &ip, octets).is_err());
    if let Ok(trailer) = Trailer::parse(octets) {
        assert_eq!(trailer.emit(), octets);
        let scope = Scope { version: 3, vrid: 1, source: src.into() };
        assert!(!trailer.verify(&[1; 32], scope, octets));
    }
});
