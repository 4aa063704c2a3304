//! Classic BPF programs: what the kernel drops for us.
use socket2::SockFilter;

const LOAD_WORD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
/// Ancillary "address" of the packet's type (`SKF_AD_OFF + SKF_AD_PKTTYPE`).
const PACKET_TYPE: u32 = 0xffff_f004;
/// `PACKET_LOOPBACK`: a multicast copy of what this machine sent.
const LOOPED: u32 = 5;

/// Nothing passes.
pub(crate) const NOTHING: [SockFilter; 1] = [SockFilter::new(RETURN, 0, 0, 0)];

/// Everything passes but the copies of our own multicasts. Packets with a wrong VRID, TTL or
/// checksum have to pass: they are counted.
pub(crate) const NOT_OUR_OWN: [SockFilter; 4] = [
    SockFilter::new(LOAD_WORD, 0, 0, PACKET_TYPE),
    SockFilter::new(JUMP_EQUAL, 0, 1, LOOPED),
    SockFilter::new(RETURN, 0, 0, 0),
    SockFilter::new(RETURN, 0, 0, u32::MAX),
];
