//! The IDX format of MNIST and its family: a magic number, big-endian sizes, raw bytes.
//!
//! A header is only believed as far as the file can back it: no size is allocated that the bytes on
//! disk cannot fill, and what does not end exactly where its header says is refused.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ondol_tensor::{Error, Result};

/// What `u8` data starts with; the last byte is the number of dimensions.
const MAGIC_U8: u32 = 0x0800;
/// Deflate cannot shrink further than this: 258 bytes from 2 bits.
const DEFLATE_LIMIT: u64 = 1032;

/// The content of an IDX file: unsigned bytes in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The size of each dimension, outermost first: `[60000, 28, 28]` for images, `[60000]` for labels.
    pub dims: Vec<usize>,
    /// The bytes, as many as the product of `dims`.
    pub data: Vec<u8>,
}

/// Reads an IDX file of unsigned bytes with `rank` dimensions: 3 for images, 1 for labels.
///
/// A gzip file is known by its content (`1f 8b`), not by its name, and its checksum is verified.
///
/// # Errors
/// A file that cannot be read, whose magic number is another (expected `0x0803` for images, `0x0801`
/// for labels), whose header asks for more than the file can hold, or that is shorter or longer than
/// its header says. Every error names the path and what would be right.
///
/// # Example
/// ```
/// # fn main() -> ondol_tensor::Result<()> {
/// # let path = std::env::temp_dir().join(format!("ondol-idx-doc-{}", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]).unwrap();
/// let labels = ondol_vision::datasets::idx::read(&path, 1)?;
/// assert_eq!((labels.dims, labels.data), (vec![3], vec![7, 8, 9]));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn read(path: impl AsRef<Path>, rank: u8) -> Result<Idx> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|e| Error::io(path, "open", e))?;
    let meta = file.metadata().map_err(|e| Error::io(path, "read", e))?;
    if !meta.is_file() {
        return Err(Error::file(
            path,
            "not a file; expected an IDX file, plain or gzip",
        ));
    }
    let on_disk = meta.len();
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let start = reader.fill_buf().map_err(|e| Error::io(path, "read", e))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let room = on_disk.saturating_mul(DEFLATE_LIMIT);
        parse(
            path,
            MultiGzDecoder::new(reader),
            rank,
            on_disk,
            Room::AtMost(room),
        )
    } else {
        parse(path, reader, rank, on_disk, Room::Exactly(on_disk))
    }
}

/// How many bytes, header included, the file can unpack to.
#[derive(Clone, Copy)]
enum Room {
    Exactly(u64),
    AtMost(u64),
}

fn parse(path: &Path, mut reader: impl Read, rank: u8, on_disk: u64, room: Room) -> Result<Idx> {
    let header_len = 4 + 4 * usize::from(rank);
    let mut header = Vec::with_capacity(header_len);
    let result = reader
        .by_ref()
        .take(header_len as u64)
        .read_to_end(&mut header);
    if let Some(magic) = header.first_chunk::<4>() {
        check_magic(path, u32::from_be_bytes(*magic), rank)?;
    }
    if let Err(e) = result {
        return Err(unpack_error(
            path,
            e,
            "the header",
            header_len as u64,
            header.len(),
        ));
    }
    if header.len() < header_len {
        return Err(Error::file(
            path,
            format!(
                "truncated: expected a header of {header_len} bytes, found {} ({on_disk} bytes on disk)",
                header.len()
            ),
        ));
    }

    let dims: Vec<u32> = header[4..]
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    let absurd = |limit: String| {
        Error::file(
            path,
            format!(
                "the header says {dims:?} bytes of data, {limit}; the file is damaged or no IDX file"
            ),
        )
    };
    let total = dims
        .iter()
        .try_fold(1u64, |n, &d| n.checked_mul(u64::from(d)))
        .ok_or_else(|| absurd("more than any file can hold".into()))?;
    let whole = total.saturating_add(header_len as u64);
    match room {
        Room::Exactly(found) if found != whole => {
            let what = if found < whole {
                "truncated"
            } else {
                "too long"
            };
            return Err(Error::file(
                path,
                format!(
                    "{what}: the header says {dims:?}, so {whole} bytes with the header were expected, found {found}"
                ),
            ));
        }
        Room::AtMost(limit) if whole > limit => {
            return Err(absurd(format!(
                "but its {on_disk} compressed bytes cannot unpack to more than {limit}"
            )));
        }
        _ => {}
    }

    let size =
        usize::try_from(total).map_err(|_| absurd("more than this machine can address".into()))?;
    let mut data = Vec::new();
    data.try_reserve_exact(size)
        .map_err(|_| absurd("more than there is memory for".into()))?;
    let result = reader.by_ref().take(total).read_to_end(&mut data);
    if let Err(e) = result {
        return Err(unpack_error(path, e, "data", total, data.len()));
    }
    if data.len() < size {
        return Err(Error::file(
            path,
            format!(
                "truncated: the header says {dims:?}, so {total} bytes of data were expected, found {}",
                data.len()
            ),
        ));
    }
    // Reading past the end is what makes the gzip reader compare its checksum.
    match reader.read(&mut [0u8]) {
        Ok(0) => {}
        Ok(_) => {
            return Err(Error::file(
                path,
                format!(
                    "too long: the header says {dims:?}, but there is more after {total} bytes of data"
                ),
            ));
        }
        Err(e) => {
            return Err(Error::file(
                path,
                format!("damaged at the end of the gzip stream ({e}); delete it and get it again"),
            ));
        }
    }
    Ok(Idx {
        dims: dims.iter().map(|&d| d as usize).collect(),
        data,
    })
}

fn check_magic(path: &Path, found: u32, rank: u8) -> Result<()> {
    let expected = MAGIC_U8 | u32::from(rank);
    if found == expected {
        return Ok(());
    }
    let hint = match found {
        0x0801 => " (that is a file of labels)",
        0x0803 => " (that is a file of images)",
        _ if found >> 16 == 0 && matches!((found >> 8) as u8, 0x09 | 0x0b | 0x0c | 0x0d | 0x0e) => {
            " (an IDX file of another number type; only unsigned bytes are read)"
        }
        _ => " (not an IDX file)",
    };
    let what = match rank {
        1 => "labels",
        3 => "images",
        _ => "bytes",
    };
    Err(Error::file(
        path,
        format!(
            "magic number 0x{found:08x}{hint}, expected 0x{expected:08x} ({what}, {rank} dimensions)"
        ),
    ))
}

/// A gzip stream that breaks off or does not decode.
fn unpack_error(path: &Path, e: std::io::Error, what: &str, expected: u64, found: usize) -> Error {
    let broken = match e.kind() {
        std::io::ErrorKind::UnexpectedEof => "truncated gzip stream".to_string(),
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
            format!("damaged gzip stream ({e})")
        }
        _ => return Error::io(path, "read", e),
    };
    Error::file(
        path,
        format!("{broken}: expected {expected} bytes of {what}, found {found}"),
    )
}
