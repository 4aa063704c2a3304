//! The one layer of types, lengths and values under all netlink families.
//!
//! Integers are in the byte order of the machine, attributes are padded to four octets
//! (`linux/netlink.h`).
use core::iter::FusedIterator;

const HEADER: usize = 16;
const NLA_TYPE_MASK: u16 = 0x3fff;

/// A request under construction: netlink header, family header, attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// Starts a message of type `kind` with the family's fixed header. `NLM_F_REQUEST` is added
    /// to `flags`; length and sequence number are filled in when it is sent.
    pub fn new(kind: u16, flags: u16, header: &[u8]) -> Self {
        let flags = flags | super::uapi::NLM_F_REQUEST;
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend(header);
        let mut message = Message(bytes);
        message.pad();
        message
    }

    /// Appends an attribute.
    #[must_use]
    pub fn attr(mut self, kind: u16, payload: &[u8]) -> Self {
        let length = u16::try_from(payload.len() + 4).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(payload);
        self.pad();
        self
    }

    /// Appends an attribute when there is a value for it.
    #[must_use]
    pub fn attr_if<P: AsRef<[u8]>>(self, kind: u16, payload: Option<P>) -> Self {
        match payload {
            Some(payload) => self.attr(kind, payload.as_ref()),
            None => self,
        }
    }

    /// Appends a 32-bit number.
    #[must_use]
    pub fn attr_u32(self, kind: u16, value: u32) -> Self {
        self.attr(kind, &value.to_ne_bytes())
    }

    /// Appends a text with the NUL that ends it.
    #[must_use]
    pub fn attr_text(self, kind: u16, text: &str) -> Self {
        let mut payload = text.as_bytes().to_vec();
        payload.push(0);
        self.attr(kind, &payload)
    }

    /// Appends an attribute that holds attributes: those which `fill` appends.
    #[must_use]
    pub fn nest(self, kind: u16, fill: impl FnOnce(Self) -> Self) -> Self {
        self.nest_with(kind, &[], fill)
    }

    /// Like [`nest`](Self::nest), with a fixed header before the inner attributes.
    #[must_use]
    pub fn nest_with(mut self, kind: u16, header: &[u8], fill: impl FnOnce(Self) -> Self) -> Self {
        let start = self.0.len();
        self = fill(self.attr(kind, header));
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.put(start, length.to_ne_bytes());
        self
    }

    /// The finished octets.
    pub(crate) fn finish(&mut self, sequence: u32) -> &[u8] {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.put(0, length.to_ne_bytes());
        self.put(8, sequence.to_ne_bytes());
        &self.0
    }

    /// Adds to the flags.
    pub(crate) fn flag(&mut self, more: u16) {
        if let Some(flags) = number(&self.0, 6).map(u16::from_ne_bytes) {
            self.put(6, (flags | more).to_ne_bytes());
        }
    }

    fn put<const N: usize>(&mut self, at: usize, value: [u8; N]) {
        if let Some(place) = self.0.get_mut(at..at + N) {
            place.copy_from_slice(&value);
        }
    }

    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}

/// Octets `at..at + N`, when there are so many.
pub(crate) fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// One message out of a received buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
}

/// Takes the first message off `bytes`; `None` at the end or where a length makes no sense.
pub(crate) fn take<'a>(bytes: &mut &'a [u8]) -> Option<Received<'a>> {
    let length = usize::try_from(u32::from_ne_bytes(number(bytes, 0)?)).ok()?;
    let whole = bytes.get(..length)?;
    let received = Received {
        kind: u16::from_ne_bytes(number(whole, 4)?),
        flags: u16::from_ne_bytes(number(whole, 6)?),
        sequence: u32::from_ne_bytes(number(whole, 8)?),
        payload: whole.get(HEADER..)?,
    };
    *bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some(received)
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attr<'a> {
    /// Its type, without the nesting and byte order bits.
    pub kind: u16,
    /// Its value.
    pub payload: &'a [u8],
}

impl<'a> Attr<'a> {
    /// As a 32-bit number; `None` when it is shorter.
    pub fn u32(self) -> Option<u32> {
        number(self.payload, 0).map(u32::from_ne_bytes)
    }

    /// As a 16-bit number; `None` when it is shorter.
    pub fn u16(self) -> Option<u16> {
        number(self.payload, 0).map(u16::from_ne_bytes)
    }

    /// As a 16-bit number in network order; `None` when it is shorter.
    pub fn be16(self) -> Option<u16> {
        number(self.payload, 0).map(u16::from_be_bytes)
    }

    /// As an octet.
    pub fn u8(self) -> Option<u8> {
        self.payload.first().copied()
    }

    /// As a text up to its NUL; octets that are not UTF-8 are replaced.
    pub fn text(self) -> String {
        let end = self.payload.iter().position(|octet| *octet == 0);
        let text = self
            .payload
            .get(..end.unwrap_or(self.payload.len()))
            .unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// As attributes.
    pub fn nested(self) -> Attrs<'a> {
        Attrs(self.payload)
    }
}

/// The attributes in a buffer. Ends early where a length makes no sense.
#[derive(Debug, Clone)]
pub struct Attrs<'a>(&'a [u8]);

impl<'a> Attrs<'a> {
    /// The attributes in `bytes` from octet `start` on (the size of the family's header).
    pub fn after(bytes: &'a [u8], start: usize) -> Self {
        Attrs(bytes.get(start..).unwrap_or_default())
    }

    /// The first of type `kind`.
    pub fn find_kind(&self, kind: u16) -> Option<Attr<'a>> {
        self.clone().find(|attr| attr.kind == kind)
    }
}

impl<'a> Iterator for Attrs<'a> {
    type Item = Attr<'a>;

    fn next(&mut self) -> Option<Attr<'a>> {
        let length = usize::from(u16::from_ne_bytes(number(self.0, 0)?));
        let kind = u16::from_ne_bytes(number(self.0, 2)?) & NLA_TYPE_MASK;
        let payload = self.0.get(4..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Attr { kind, payload })
    }
}

impl FusedIterator for Attrs<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_built_is_read_back() {
        let mut message = Message::new(16, 4, &[9; 4])
            .attr_text(3, "eth0")
            .attr_if(7, None::<[u8; 1]>)
            .nest(18, |inner| {
                inner
                    .attr_text(1, "veth")
                    .nest_with(2, &[8; 4], |m| m.attr(5, &[1]))
            })
            .attr_u32(4, 1500);
        let mut bytes = message.finish(77);
        let received = take(&mut bytes).unwrap();
        assert!(bytes.is_empty());
        assert_eq!(
            (received.kind, received.flags, received.sequence),
            (16, 5, 77)
        );
        let attrs = Attrs::after(received.payload, 4);
        assert_eq!(
            attrs.clone().map(|a| a.kind).collect::<Vec<_>>(),
            [3, 18, 4]
        );
        assert_eq!(attrs.find_kind(3).unwrap().text(), "eth0");
        assert_eq!(attrs.find_kind(4).unwrap().u32(), Some(1500));
        let info = attrs.find_kind(18).unwrap().nested();
        assert_eq!(info.find_kind(1).unwrap().text(), "veth");
        let data = info.find_kind(2).unwrap().payload;
        assert_eq!(Attrs::after(data, 4).find_kind(5).unwrap().u8(), Some(1));
    }

    #[test]
    fn a_damaged_attribute_does_not_lose_the_ones_before() {
        let mut message = Message::new(16, 0, &[]).attr_u32(1, 5).attr_u32(2, 6);
        let length = message.finish(0).len();
        message.put(length - 8, 3u16.to_ne_bytes());
        let attrs = Attrs::after(&message.0, HEADER);
        assert_eq!(attrs.map(|a| a.kind).collect::<Vec<_>>(), [1]);
    }

    proptest! {
        #[test]
        fn foreign_octets_never_panic_and_always_end(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            while let Some(received) = take(&mut rest) {
                for attr in Attrs::after(received.payload, 0) {
                    let _ = (attr.u32(), attr.u8(), attr.text(), attr.nested().count());
                }
            }
            prop_assert!(Attrs::after(&bytes, 1).count() <= bytes.len() / 4);
        }
    }
}
