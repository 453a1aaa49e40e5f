//! Reading an archive that nothing is known of.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::path::Path;

use flate2::read::DeflateDecoder;
use ondol_tensor::{Error, Result};

use super::{
    CENTRAL, Checked, DEFLATED, ELSEWHERE, END, END_64, EXTRA_64, LOCAL, LOCATOR_64, STORED,
};

/// The most that deflate makes of a byte.
const EXPANSION: u64 = 1032;
/// The end record and the longest comment behind it.
const TAIL: u64 = 22 + 0xffff;

/// An archive whose directory has been read and makes sense.
pub(crate) struct Archive {
    file: File,
    pub(crate) entries: Vec<Entry>,
    /// Where the directory starts: no entry reaches over it.
    directory: u64,
}

/// What the directory says of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Its size as it comes out.
    pub(crate) size: u64,
    packed: u64,
    method: u16,
    crc32: u32,
    offset: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Checked<u16> {
    let part = bytes.get(at..at + 2).ok_or("it is cut short")?;
    Ok(u16::from_le_bytes([part[0], part[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Checked<u32> {
    let part = bytes.get(at..at + 4).ok_or("it is cut short")?;
    Ok(u32::from_le_bytes([part[0], part[1], part[2], part[3]]))
}

fn u64_at(bytes: &[u8], at: usize) -> Checked<u64> {
    Ok(u64::from(u32_at(bytes, at)?) | u64::from(u32_at(bytes, at + 4)?) << 32)
}

impl Archive {
    pub(crate) fn open(path: &Path) -> Result<Archive> {
        let bad = |message: String| Error::file(path, message);
        let io = |action| move |e: io::Error| Error::io(path, action, e);
        let mut file = File::open(path).map_err(io("open"))?;
        let metadata = file.metadata().map_err(io("open"))?;
        if !metadata.is_file() {
            return Err(bad("is not a file".into()));
        }
        let length = metadata.len();
        let tail = read_at(&mut file, length.saturating_sub(TAIL), length.min(TAIL))
            .map_err(io("read"))?;
        let tail_start = length - tail.len() as u64;
        let end = find_end(&tail).map_err(bad)?;
        let mut place = Directory::of(&tail[end..]).map_err(bad)?;
        // A record of 64-bit numbers, where there is one, stands before.
        if let Some(locator) = end.checked_sub(20)
            && u32_at(&tail, locator).is_ok_and(|s| s == LOCATOR_64)
        {
            let at = u64_at(&tail, locator + 8).map_err(bad)?;
            if at
                .checked_add(56)
                .is_none_or(|e| e > tail_start + locator as u64)
            {
                return Err(bad("is not an archive: its end points outside of it".into()));
            }
            let record = read_at(&mut file, at, 56).map_err(io("read"))?;
            place = Directory::of_64(&record).map_err(bad)?;
        }
        let Directory { count, size, start } = place;
        if start
            .checked_add(size)
            .is_none_or(|e| e > tail_start + end as u64)
            || count > size / 46
        {
            return Err(bad("is damaged: its directory does not fit in it".into()));
        }
        let directory = read_at(&mut file, start, size).map_err(io("read"))?;
        let entries = entries(&directory, count).map_err(bad)?;
        // Overlapping entries would make much of little.
        let total = entries
            .iter()
            .try_fold(0u64, |n, e| n.checked_add(e.packed));
        if total.is_none_or(|n| n > start) {
            return Err(bad("is damaged: its entries are larger than it is".into()));
        }
        Ok(Archive {
            file,
            entries,
            directory: start,
        })
    }

    /// Lends an entry's content to `take`, which is to read all of it; `verify` compares the
    /// checksum. Errors are named after the entry.
    pub(crate) fn read<T>(
        &mut self,
        path: &Path,
        entry: &Entry,
        verify: bool,
        take: impl FnOnce(&mut dyn Read) -> Result<T>,
    ) -> Result<T> {
        let bad = |message: &str| Error::file(path, format!("{:?}: {message}", entry.name));
        let io = |e: io::Error| Error::io(path, "read", e);
        let last_header = self.directory.checked_sub(30);
        if last_header.is_none_or(|last| entry.offset > last) {
            return Err(bad("its place lies outside of the archive"));
        }
        let header = read_at(&mut self.file, entry.offset, 30).map_err(io)?;
        if u32_at(&header, 0).map_err(|e| bad(&e))? != LOCAL {
            return Err(bad("it is not where the directory says"));
        }
        let names = [26, 28].map(|at| u64::from(u16_at(&header, at).unwrap_or(0)));
        let start = entry.offset + 30 + names[0] + names[1];
        if start
            .checked_add(entry.packed)
            .is_none_or(|e| e > self.directory)
        {
            return Err(bad("it reaches outside of the archive"));
        }
        self.file.seek(SeekFrom::Start(start)).map_err(io)?;
        let packed = (&mut self.file).take(entry.packed);
        let mut content = Content {
            from: match entry.method {
                STORED => Packed::Stored(packed),
                _ => Packed::Deflated(DeflateDecoder::new(packed)),
            },
            crc: crc32fast::Hasher::new(),
            verify,
        };
        let value = take(&mut content)?;
        let mut rest = [0; 1];
        match content.read(&mut rest) {
            Ok(0) => {}
            Ok(_) => return Err(bad("there is more in it than the directory says")),
            Err(e) => return Err(io(e)),
        }
        if verify && content.crc.finalize() != entry.crc32 {
            return Err(bad("the data is damaged: its checksum does not agree"));
        }
        Ok(value)
    }
}

enum Packed<'a> {
    Stored(Take<&'a mut File>),
    Deflated(DeflateDecoder<Take<&'a mut File>>),
}

/// An entry's bytes as they come out, with the checksum of those that have.
struct Content<'a> {
    from: Packed<'a>,
    crc: crc32fast::Hasher,
    verify: bool,
}

impl Read for Content<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.from {
            Packed::Stored(from) => from.read(to)?,
            Packed::Deflated(from) => from.read(to)?,
        };
        if self.verify {
            self.crc.update(&to[..n]);
        }
        Ok(n)
    }
}

fn read_at(file: &mut File, at: u64, n: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(n).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < n {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// The last end record whose comment fills the rest.
fn find_end(tail: &[u8]) -> Checked<usize> {
    let last = tail.len().checked_sub(22);
    let fits = |at: &usize| {
        u32_at(tail, *at).is_ok_and(|s| s == END)
            && u16_at(tail, at + 20).is_ok_and(|n| at + 22 + usize::from(n) == tail.len())
    };
    last.and_then(|last| (0..=last).rev().find(fits))
        .ok_or_else(|| "is not a zip archive, or it is cut short: it has no directory".to_owned())
}

struct Directory {
    count: u64,
    size: u64,
    start: u64,
}

impl Directory {
    fn of(end: &[u8]) -> Checked<Directory> {
        Ok(Directory {
            count: u16_at(end, 10)?.into(),
            size: u32_at(end, 12)?.into(),
            start: u32_at(end, 16)?.into(),
        })
    }

    fn of_64(end: &[u8]) -> Checked<Directory> {
        if u32_at(end, 0)? != END_64 {
            return Err("is damaged: its end points to something else".into());
        }
        Ok(Directory {
            count: u64_at(end, 32)?,
            size: u64_at(end, 40)?,
            start: u64_at(end, 48)?,
        })
    }
}

fn entries(mut bytes: &[u8], count: u64) -> Checked<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut names = std::collections::HashSet::new();
    for _ in 0..count {
        if u32_at(bytes, 0)? != CENTRAL {
            return Err("is damaged: its directory is not one".into());
        }
        let [name, extra, comment] =
            [u16_at(bytes, 28)?, u16_at(bytes, 30)?, u16_at(bytes, 32)?].map(usize::from);
        let fields = bytes
            .get(46..46 + name + extra)
            .ok_or("its directory is cut short")?;
        let (name, extra) = fields.split_at(name);
        let name = std::str::from_utf8(name).map_err(|_| "the name of an entry is not UTF-8")?;
        let flags = u16_at(bytes, 8)?;
        if flags & 1 != 0 {
            return Err(format!("{name:?} is encrypted"));
        }
        let method = u16_at(bytes, 10)?;
        if method != STORED && method != DEFLATED {
            return Err(format!(
                "{name:?} is packed by method {method}; stored and deflated can be read"
            ));
        }
        // Where 32 bits are not enough, the numbers follow in the extra field, in this order.
        let mut numbers =
            [u32_at(bytes, 24)?, u32_at(bytes, 20)?, u32_at(bytes, 42)?].map(u64::from);
        let mut wide = wide_numbers(extra)?;
        for n in numbers.iter_mut().filter(|n| **n == ELSEWHERE) {
            *n = u64_at(wide, 0)?;
            wide = &wide[8..];
        }
        let [size, packed, offset] = numbers;
        let largest = match method {
            STORED => packed,
            _ => packed.saturating_mul(EXPANSION),
        };
        if size > largest || (method == STORED && size != packed) {
            return Err(format!(
                "{name:?}: its sizes, {packed} and {size}, cannot be true"
            ));
        }
        if !names.insert(name.to_owned()) {
            return Err(format!("{name:?} stands in it twice"));
        }
        entries.push(Entry {
            name: name.to_owned(),
            size,
            packed,
            method,
            crc32: u32_at(bytes, 16)?,
            offset,
        });
        bytes = bytes
            .get(46 + fields.len() + comment..)
            .ok_or("its directory is cut short")?;
    }
    Ok(entries)
}

/// The content of the extra field of 64-bit numbers; nothing where there is none.
fn wide_numbers(mut extra: &[u8]) -> Checked<&[u8]> {
    while extra.len() >= 4 {
        let (id, size) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let body = extra
            .get(4..4 + size)
            .ok_or("an extra field is cut short")?;
        if id == EXTRA_64 {
            return Ok(body);
        }
        extra = &extra[4 + size..];
    }
    Ok(&[])
}
