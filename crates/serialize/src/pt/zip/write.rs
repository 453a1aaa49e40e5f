//! Writing an archive from front to back, byte for byte as PyTorch lays it out: its `mmap=True`
//! and those who compute where a record starts rely on that.

use std::io::{self, Write};

use super::{CENTRAL, DESCRIPTOR, END, END64, END64_LEN, LARGE, LOCAL, LOCAL_LEN, LOCATOR64};

/// Data starts on multiples of this.
pub(crate) const ALIGN: u64 = 64;
/// The name is UTF-8; sizes and checksum follow the data.
const UTF8: u16 = 1 << 11;
const SIZES_FOLLOW: u16 = 1 << 3;

/// An archive in the making.
pub(crate) struct Writer<W> {
    out: W,
    at: u64,
    records: Vec<Entry>,
}

struct Entry {
    name: String,
    header: u64,
    size: u64,
    crc32: u32,
    flags: u16,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(out: W) -> Self {
        Writer {
            out,
            at: 0,
            records: Vec::new(),
        }
    }

    /// As if so many bytes had been written before.
    #[cfg(test)]
    pub(super) fn starting_at(out: W, at: u64) -> Self {
        Writer {
            at,
            ..Writer::new(out)
        }
    }

    /// Adds a record; returns its checksum.
    pub(crate) fn record(&mut self, name: &str, data: &[u8]) -> io::Result<u32> {
        let size = data.len() as u64;
        let header = local(name, size, self.at);
        let entry = Entry {
            name: name.to_owned(),
            header: self.at,
            size,
            crc32: crc32fast::hash(data),
            flags: flags(size),
        };
        let mut end = header;
        self.put(&end)?;
        self.put(data)?;
        end.clear();
        if size > 0 {
            end.extend(DESCRIPTOR.to_le_bytes());
            end.extend(entry.crc32.to_le_bytes());
            // The compressed size, which is the same, and the size.
            for _ in 0..2 {
                if size >= LARGE {
                    end.extend(size.to_le_bytes());
                } else {
                    end.extend((size as u32).to_le_bytes());
                }
            }
        }
        self.put(&end)?;
        let crc32 = entry.crc32;
        self.records.push(entry);
        Ok(crc32)
    }

    /// The names and checksums so far.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&str, u32)> {
        self.records.iter().map(|r| (r.name.as_str(), r.crc32))
    }

    /// Writes the directory.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let start = self.at;
        let mut out = Vec::new();
        for record in &self.records {
            out.extend(central(record));
        }
        let (length, count) = (out.len() as u64, self.records.len() as u64);
        // PyTorch writes these two always.
        let end = start + length;
        out.extend(END64.to_le_bytes());
        out.extend((END64_LEN as u64 - 12).to_le_bytes());
        // Made by and needed: what miniz writes.
        out.extend(0x031eu16.to_le_bytes());
        out.extend(0x002du16.to_le_bytes());
        out.extend([0; 8]);
        for field in [count, count, length, start] {
            out.extend(field.to_le_bytes());
        }
        out.extend(LOCATOR64.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        out.extend(end.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend(END.to_le_bytes());
        out.extend([0; 4]);
        for _ in 0..2 {
            out.extend((count.min(0xffff) as u16).to_le_bytes());
        }
        for field in [length, start] {
            out.extend((field.min(LARGE) as u32).to_le_bytes());
        }
        out.extend([0; 2]);
        self.put(&out)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

fn flags(size: u64) -> u16 {
    if size > 0 { UTF8 | SIZES_FOLLOW } else { UTF8 }
}

/// The local header of a record at byte `at`, with the padding that aligns its data.
fn local(name: &str, size: u64, at: u64) -> Vec<u8> {
    let mut extra = zip64(size, at);
    let before = at + (LOCAL_LEN + name.len() + extra.len() + 4) as u64;
    let padding = before.next_multiple_of(ALIGN) - before;
    extra.extend(*b"FB");
    extra.extend((padding as u16).to_le_bytes());
    extra.extend(std::iter::repeat_n(b'Z', padding as usize));

    let mut out = Vec::with_capacity(LOCAL_LEN + name.len() + extra.len());
    out.extend(LOCAL.to_le_bytes());
    // Version, flags, method, time and date.
    out.extend([0; 2]);
    out.extend(flags(size).to_le_bytes());
    out.extend([0; 6]);
    // Checksum and sizes stand behind the data, where there is any.
    out.extend([0; 4]);
    let small = if size >= LARGE { LARGE as u32 } else { 0 };
    out.extend(small.to_le_bytes());
    out.extend(small.to_le_bytes());
    out.extend((name.len() as u16).to_le_bytes());
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend(name.as_bytes());
    out.extend(extra);
    out
}

/// The extra field with what does not fit 32 bits.
fn zip64(size: u64, at: u64) -> Vec<u8> {
    let mut fields = Vec::new();
    if size >= LARGE {
        fields.extend(size.to_le_bytes());
        fields.extend(size.to_le_bytes());
    }
    if at >= LARGE {
        fields.extend(at.to_le_bytes());
    }
    if fields.is_empty() {
        return fields;
    }
    let mut out = Vec::with_capacity(fields.len() + 4);
    out.extend(1u16.to_le_bytes());
    out.extend((fields.len() as u16).to_le_bytes());
    out.extend(fields);
    out
}

/// The record's entry in the directory.
fn central(record: &Entry) -> Vec<u8> {
    let extra = zip64(record.size, record.header);
    let mut out = Vec::new();
    out.extend(CENTRAL.to_le_bytes());
    out.extend([0; 4]);
    out.extend(record.flags.to_le_bytes());
    out.extend([0; 6]);
    out.extend(record.crc32.to_le_bytes());
    for size in [record.size, record.size] {
        out.extend((size.min(LARGE) as u32).to_le_bytes());
    }
    out.extend((record.name.len() as u16).to_le_bytes());
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend([0; 10]);
    out.extend((record.header.min(LARGE) as u32).to_le_bytes());
    out.extend(record.name.as_bytes());
    out.extend(extra);
    out
}
