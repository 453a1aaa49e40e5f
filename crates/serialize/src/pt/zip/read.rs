//! Finding the records of an archive. Its names are only ever compared, never used as paths.

use super::{
    CENTRAL, CENTRAL_LEN, END, END_LEN, END64, END64_LEN, LARGE, LOCAL, LOCAL_LEN, LOCATOR64,
    LOCATOR64_LEN,
};
use crate::Checked;

/// A record: `size` bytes of the file from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) name: &'a str,
    pub(crate) start: usize,
    pub(crate) size: usize,
    /// Writers may leave it 0.
    pub(crate) crc32: u32,
}

impl Record<'_> {
    /// The checksum, where the writer computed one.
    pub(crate) fn checksum(&self) -> Option<u32> {
        (self.crc32 != 0).then_some(self.crc32)
    }
}

/// The records of a file, which lie inside of it and not over one another.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    /// By name.
    records: Vec<Record<'a>>,
}

impl<'a> Archive<'a> {
    /// Reads the directory at the end of the file.
    pub(crate) fn open(bytes: &'a [u8]) -> Checked<Archive<'a>> {
        let end = find_end(bytes).ok_or(
            "the file is cut short: there is no directory at its end, as a zip archive has one",
        )?;
        let Directory {
            start,
            length,
            count,
        } = directory(bytes, end)?;
        let limit = start
            .checked_add(length)
            .filter(|&limit| limit <= end as u64)
            .ok_or_else(|| format!("the directory of {length} bytes at {start} leaves the file"))?;
        let (start, limit) = (start as usize, limit as usize);
        if count > (length / CENTRAL_LEN as u64) {
            return Err(format!(
                "the directory has {length} bytes, too few for {count} records"
            ));
        }
        let mut fields = Fields {
            bytes: &bytes[..limit],
            at: start,
        };
        let mut records = Vec::with_capacity(count as usize);
        let mut spans = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let (record, header) = record(&mut fields, bytes, start)?;
            spans.push((header, record.start + record.size));
            records.push(record);
        }
        spans.sort_unstable();
        if spans.windows(2).any(|pair| pair[0].1 > pair[1].0) {
            return Err("two records lie over one another".to_owned());
        }
        records.sort_unstable_by_key(|record| record.name);
        if let Some(pair) = records.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(format!(
                "the record {:?} is there twice",
                shown(pair[0].name)
            ));
        }
        Ok(Archive { records })
    }

    /// The record of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Record<'a>> {
        let at = self
            .records
            .binary_search_by_key(&name, |record| record.name);
        at.ok().map(|at| self.records[at])
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record<'a>> {
        self.records.iter()
    }
}

/// A name as it may stand in a message.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

/// Where the end record starts: it is followed by a comment that reaches to the file's end.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(0xffff);
    (first..=last).rev().find(|&at| {
        let comment = u16::from_le_bytes([bytes[at + 20], bytes[at + 21]]);
        bytes[at..at + 4] == END.to_le_bytes() && at + END_LEN + usize::from(comment) == bytes.len()
    })
}

struct Directory {
    start: u64,
    length: u64,
    count: u64,
}

fn directory(bytes: &[u8], end: usize) -> Checked<Directory> {
    let mut fields = Fields { bytes, at: end + 4 };
    let disks = (fields.u16()?, fields.u16()?);
    let counts = (fields.u16()?, fields.u16()?);
    let (length, start) = (fields.u32()?, fields.u32()?);
    let large = counts.1 == 0xffff || length as u64 == LARGE || start as u64 == LARGE;
    let locator = end
        .checked_sub(LOCATOR64_LEN)
        .filter(|&at| bytes[at..at + 4] == LOCATOR64.to_le_bytes());
    let Some(locator) = locator.filter(|_| large) else {
        if disks != (0, 0) || counts.0 != counts.1 {
            return Err("the archive is in several parts".to_owned());
        }
        return Ok(Directory {
            start: start.into(),
            length: length.into(),
            count: counts.1.into(),
        });
    };
    let mut fields = Fields {
        bytes: &bytes[..locator],
        at: 0,
    };
    let mut at = Fields {
        bytes,
        at: locator + 8,
    };
    let position = at.u64()?;
    fields.at = usize::try_from(position)
        .ok()
        .filter(|p| p.checked_add(END64_LEN).is_some_and(|end| end <= locator))
        .ok_or_else(|| format!("the zip64 end record at {position} leaves the file"))?;
    if fields.u32()? != END64 {
        return Err("there is no zip64 end record where it should be".to_owned());
    }
    fields.at += 20;
    let counts = (fields.u64()?, fields.u64()?);
    if counts.0 != counts.1 {
        return Err("the archive is in several parts".to_owned());
    }
    Ok(Directory {
        count: counts.1,
        length: fields.u64()?,
        start: fields.u64()?,
    })
}

/// Reads an entry of the directory, and where the record's local header starts.
fn record<'a>(
    fields: &mut Fields<'a>,
    bytes: &'a [u8],
    directory: usize,
) -> Checked<(Record<'a>, usize)> {
    if fields.u32()? != CENTRAL {
        return Err("the directory is damaged".to_owned());
    }
    fields.at += 4;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.at += 4;
    let crc32 = fields.u32()?;
    let (mut packed, mut size) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
    let lengths = (fields.u16()?, fields.u16()?, fields.u16()?);
    fields.at += 8;
    let mut header = u64::from(fields.u32()?);
    let name = fields.take(lengths.0.into())?;
    let name = std::str::from_utf8(name).map_err(|_| "a record's name is not UTF-8")?;
    let extra = fields.take(lengths.1.into())?;
    fields.take(lengths.2.into())?;
    if size == LARGE || packed == LARGE || header == LARGE {
        let mut large = zip64(extra)?;
        for field in [&mut size, &mut packed, &mut header] {
            if *field == LARGE {
                *field = large.u64()?;
            }
        }
    }
    let wrong = |what: &str| format!("the record {:?} {what}", shown(name));
    if flags & 1 != 0 {
        return Err(wrong("is encrypted"));
    }
    if method != 0 || packed != size {
        let hint = if name.contains("/code/") {
            "; this is a TorchScript archive: save its `state_dict()` instead"
        } else {
            ""
        };
        return Err(wrong(&format!(
            "is compressed, which those of state dicts never are{hint}"
        )));
    }
    let outside = || wrong(&format!("of {size} bytes at {header} leaves the file"));
    let header = usize::try_from(header).map_err(|_| outside())?;
    let mut local = Fields {
        bytes: &bytes[..directory],
        at: header,
    };
    if local.u32().map_err(|_| outside())? != LOCAL {
        return Err(wrong("is not where the directory says"));
    }
    local.at += LOCAL_LEN - 8;
    let lengths = (local.u16(), local.u16());
    let (Ok(name_length), Ok(extra_length)) = lengths else {
        return Err(outside());
    };
    if local.take(name_length.into()).map_err(|_| outside())? != name.as_bytes() {
        return Err(wrong("has another name where it lies"));
    }
    local.take(extra_length.into()).map_err(|_| outside())?;
    let start = local.at;
    let size = usize::try_from(size)
        .ok()
        .filter(|&size| size <= directory - start)
        .ok_or_else(outside)?;
    let record = Record {
        name,
        start,
        size,
        crc32,
    };
    Ok((record, header))
}

/// The extra field that holds what 32 bits cannot.
fn zip64(extra: &[u8]) -> Checked<Fields<'_>> {
    let mut fields = Fields {
        bytes: extra,
        at: 0,
    };
    loop {
        let (id, length) = (fields.u16()?, fields.u16()?);
        let content = fields.take(length.into())?;
        if id == 1 {
            return Ok(Fields {
                bytes: content,
                at: 0,
            });
        }
    }
}

/// Reads little-endian numbers one after another.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn take(&mut self, n: usize) -> Checked<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..n).ok_or("the directory is cut short")?;
        self.at += n;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Checked<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|i| bytes[i]))
    }

    fn u16(&mut self) -> Checked<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Checked<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Checked<u64> {
        self.array().map(u64::from_le_bytes)
    }
}
