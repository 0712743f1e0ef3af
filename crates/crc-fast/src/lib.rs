//! What `aws-smithy-checksums` uses of the crate [crc-fast](https://crates.io/crates/crc-fast): the three CRCs of S3, by way of
//! [`crc`]. `Cargo.toml` puts it in that crate's place.
//!
//! crc-fast chooses one of some fifty algorithms at run time, so that the linker keeps the tables of all of them: half a megabyte of
//! numbers that no packer makes smaller, an eighth of a function's package. It is many times faster over megabytes; Keywheel's objects
//! have kilobytes.

use std::fmt;

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc};

static CRC32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
static CRC64NVME: Crc<u64> = Crc::<u64>::new(&CRC_64_NVME);

/// An algorithm that S3 knows (Amazon S3 user guide, "Checking object integrity").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// `CRC32`.
    Crc32IsoHdlc,
    /// `CRC32C`.
    Crc32Iscsi,
    /// `CRC64NVME`.
    Crc64Nvme,
}

/// A checksum of what it has been given so far.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Narrow(crc::Digest<'static, u32>),
    Wide(crc::Digest<'static, u64>),
}

impl Digest {
    /// The checksum of nothing.
    #[must_use]
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Narrow(CRC32.digest()),
            CrcAlgorithm::Crc32Iscsi => State::Narrow(CRC32C.digest()),
            CrcAlgorithm::Crc64Nvme => State::Wide(CRC64NVME.digest()),
        })
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Narrow(digest) => digest.update(bytes),
            State::Wide(digest) => digest.update(bytes),
        }
    }

    /// The checksum; one of 32 bits in the lower half.
    #[must_use]
    pub fn finalize(&self) -> u64 {
        match self.0.clone() {
            State::Narrow(digest) => digest.finalize().into(),
            State::Wide(digest) => digest.finalize(),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Digest").field(&self.finalize()).finish()
    }
}

/// The checksum of these bytes.
#[must_use]
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::{CrcAlgorithm, Digest, checksum};

    /// The catalogue's check values (<https://reveng.sourceforge.io/crc-catalogue/all.htm>): the checksums of `123456789`.
    const CHECKS: [(CrcAlgorithm, u64); 3] = [
        (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
        (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
        (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
    ];

    #[test]
    fn checksums_are_those_of_the_catalogue_in_one_piece_and_in_several() {
        for (algorithm, check) in CHECKS {
            assert_eq!(checksum(algorithm, b"123456789"), check, "{algorithm:?}");
            let mut digest = Digest::new(algorithm);
            for piece in [b"1234".as_slice(), b"", b"56789"] {
                digest.update(piece);
            }
            assert_eq!(digest.finalize(), check, "{algorithm:?}");
        }
    }

    #[test]
    fn the_checksum_of_nothing_is_nought() {
        for (algorithm, _) in CHECKS {
            assert_eq!(checksum(algorithm, b""), 0, "{algorithm:?}");
        }
    }
}
