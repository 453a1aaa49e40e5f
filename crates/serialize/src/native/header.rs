//! What stands before the data: the preamble and the header. The only place that names bincode.

use super::tables::Tables;
use super::tree::Node;
use crate::{Checked, sniff};

/// The first byte is not ASCII and the line ends would not survive a text-mode transfer.
const MAGIC: [u8; 8] = *b"\x89OND\r\n\x1a\n";
const VERSION: u32 = 1;
/// Storages start on multiples of this, from the start of the file.
pub(super) const ALIGN: u64 = 64;
pub(super) const PREAMBLE: usize = 64;
const MAX_HEADER: u64 = 64 << 20;
/// Bounds the memory that a small file of many small values can ask for.
pub(super) const MAX_VALUES: usize = 1 << 20;

/// The first 64 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preamble {
    pub(super) header_length: u64,
    pub(super) data_start: u64,
    header_crc32: u32,
}

impl Preamble {
    /// The preamble that goes before these header bytes.
    pub(super) fn of(header: &[u8]) -> Checked<Self> {
        let header_length = header.len() as u64;
        if header_length > MAX_HEADER {
            return Err(format!(
                "the structure takes {header_length} bytes, more than the {MAX_HEADER} a header may have; \
                 keep long texts and lists in files or arrays of their own"
            ));
        }
        let data_start = (PREAMBLE as u64 + header_length).next_multiple_of(ALIGN);
        Ok(Preamble {
            header_length,
            data_start,
            header_crc32: crc32fast::hash(header),
        })
    }

    pub(super) fn encode(&self) -> [u8; PREAMBLE] {
        let mut out = [0; PREAMBLE];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..20].copy_from_slice(&self.header_length.to_le_bytes());
        out[20..28].copy_from_slice(&self.data_start.to_le_bytes());
        out[28..32].copy_from_slice(&self.header_crc32.to_le_bytes());
        // 32..36 are the flags, of which there are none yet; the rest is spare.
        out
    }

    /// Reads the first bytes of a file of this length; fewer than 64 are given where it is shorter.
    pub(super) fn decode(bytes: &[u8], file_length: u64) -> Checked<Self> {
        if bytes.is_empty() {
            return Err("the file is empty".to_owned());
        }
        if !bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) {
            return Err(sniff::foreign("an Ondol file", bytes));
        }
        let Ok(bytes) = <&[u8; PREAMBLE]>::try_from(bytes) else {
            return Err(format!(
                "the file is cut short: {file_length} bytes are too few for any Ondol file"
            ));
        };
        let u32_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let version = u32_at(8);
        if version != VERSION {
            return Err(format!(
                "the file has format version {version}; this Ondol reads version {VERSION}"
            ));
        }
        if bytes[32..].iter().any(|&b| b != 0) {
            return Err(
                "the preamble is damaged, or has flags this version does not know".to_owned(),
            );
        }
        let preamble = Preamble {
            header_length: u64_at(12),
            data_start: u64_at(20),
            header_crc32: u32_at(28),
        };
        let Preamble {
            header_length,
            data_start,
            ..
        } = preamble;
        if header_length > MAX_HEADER {
            return Err(format!(
                "the preamble is damaged: a header of {header_length} bytes, where {MAX_HEADER} is the most"
            ));
        }
        let start = (PREAMBLE as u64 + header_length).next_multiple_of(ALIGN);
        if data_start != start {
            return Err(format!(
                "the preamble is damaged: data from byte {data_start} on, where {start} is right"
            ));
        }
        if data_start > file_length {
            return Err(format!(
                "the file is cut short: {file_length} bytes, but the header alone ends at {data_start}"
            ));
        }
        Ok(preamble)
    }

    /// Holds the header's bytes against their checksum.
    pub(super) fn verify(&self, header: &[u8]) -> Checked<()> {
        if crc32fast::hash(header) == self.header_crc32 {
            Ok(())
        } else {
            Err("the header is damaged: its checksum does not agree".to_owned())
        }
    }
}

/// What the data holds and how the values are made of it.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) tables: Tables,
    /// The values, in order, containers before what is in them.
    pub(super) tree: Vec<Node>,
}

/// Limits what decoding may take, as the lengths in a header are not to be believed.
fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ MAX_HEADER as usize }>()
}

impl Header {
    pub(super) fn encode(&self) -> Checked<Vec<u8>> {
        let failed = |e: bincode::error::EncodeError| format!("the header cannot be encoded: {e}");
        let mut out = bincode::serde::encode_to_vec(&self.tables, config()).map_err(failed)?;
        for node in &self.tree {
            bincode::serde::encode_into_std_write(node, &mut out, config()).map_err(failed)?;
        }
        Ok(out)
    }

    /// Decodes exactly these bytes, one node at a time, so that their number stays bounded.
    pub(super) fn decode(bytes: &[u8]) -> Checked<Self> {
        let failed = |e: bincode::error::DecodeError| format!("the header is damaged: {e}");
        let (tables, mut at) =
            bincode::serde::decode_from_slice(bytes, config()).map_err(failed)?;
        let mut tree = Vec::new();
        while at < bytes.len() {
            if tree.len() == 2 * MAX_VALUES {
                return Err(too_many_values());
            }
            let (node, used) =
                bincode::serde::decode_from_slice(&bytes[at..], config()).map_err(failed)?;
            tree.push(node);
            at += used;
        }
        Ok(Header { tables, tree })
    }
}

pub(super) fn too_many_values() -> String {
    format!("more than {MAX_VALUES} values; keep long lists of numbers as arrays")
}
