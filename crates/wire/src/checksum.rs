//! The Internet checksum (RFC 1071), fed in pieces so that pseudo-headers need no copy.

/// A running ones-complement sum; its value always fits in 16 bits.
///
/// Pieces are padded to 16 bits each, so every piece but the last has to be of even length.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum(u32);

impl Sum {
    /// Adds the octets of one piece.
    #[must_use]
    pub fn with(self, octets: &[u8]) -> Sum {
        let (pairs, rest) = octets.as_chunks::<2>();
        let words = pairs
            .iter()
            .map(|pair| u32::from(u16::from_be_bytes(*pair)));
        let last = rest.first().map_or(0, |&octet| u32::from(octet) << 8);
        words
            .chain([last])
            .fold(self, |sum, word| Sum(fold(sum.0 + word)))
    }

    /// The value for the checksum field; 0 when the summed octets held a right checksum.
    pub fn finish(self) -> u16 {
        !u16::try_from(self.0).unwrap_or_default()
    }
}

/// Brings the carry back in, so that the sum stays within 16 bits.
const fn fold(sum: u32) -> u32 {
    let once = (sum & 0xffff) + (sum >> 16);
    (once & 0xffff) + (once >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_1071_section_3_example() {
        let octets = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(Sum::default().with(&octets).finish(), !0xddf2);
    }

    #[test]
    fn an_odd_octet_counts_as_the_high_half() {
        assert_eq!(Sum::default().with(&[0xab]).finish(), !0xab00);
    }

    proptest! {
        #[test]
        fn a_message_with_its_checksum_sums_to_zero(words in prop::collection::vec(any::<[u8; 2]>(), 1..64)) {
            let mut octets = words.concat();
            let sum = Sum::default().with(&octets).finish();
            octets.extend(sum.to_be_bytes());
            prop_assert_eq!(Sum::default().with(&octets).finish(), 0);
        }
    }
}
