//! Writing an archive.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::{CENTRAL, DEFLATED, ELSEWHERE, END, END_64, EXTRA_64, LOCAL, LOCATOR_64, STORED};

/// 1980-01-01, so that the same content makes the same file.
const DATE: u16 = 0x21;

/// Writes entries one after the other, then the directory.
pub(crate) struct Writer<W: Write> {
    to: W,
    at: u64,
    directory: Vec<u8>,
    count: u64,
    /// Numbers from here on are written with 64 bits.
    wide: u64,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(to: W) -> Self {
        Writer {
            to,
            at: 0,
            directory: Vec::new(),
            count: 0,
            wide: ELSEWHERE,
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.to.write_all(bytes)
    }

    /// Adds an entry of these bytes, in parts.
    pub(crate) fn entry(&mut self, name: &str, parts: &[&[u8]], deflate: bool) -> io::Result<()> {
        let name_length = u16::try_from(name.len())
            .map_err(|_| io::Error::other("the name of an entry is longer than 65535 bytes"))?;
        let mut crc = crc32fast::Hasher::new();
        parts.iter().for_each(|part| crc.update(part));
        let crc = crc.finalize();
        let size: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let packed = match deflate {
            true => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                for part in parts {
                    encoder.write_all(part)?;
                }
                Some(encoder.finish()?)
            }
            false => None,
        };
        let method = if deflate { DEFLATED } else { STORED };
        let packed_size = packed.as_ref().map_or(size, |p| p.len() as u64);
        let offset = self.at;
        let short = |n: u64| {
            if n >= self.wide {
                ELSEWHERE as u32
            } else {
                n as u32
            }
        };
        let long = |numbers: &[u64]| -> Vec<u8> {
            let wide: Vec<u8> = numbers
                .iter()
                .filter(|&&n| n >= self.wide)
                .flat_map(|n| n.to_le_bytes())
                .collect();
            if wide.is_empty() {
                return wide;
            }
            let length = (wide.len() as u16).to_le_bytes();
            [&EXTRA_64.to_le_bytes()[..], &length, &wide].concat()
        };
        // A local header has both sizes as 64-bit numbers or none.
        let sizes = if size >= self.wide || packed_size >= self.wide {
            [size.max(self.wide), packed_size.max(self.wide)]
        } else {
            [size, packed_size]
        };
        let local_extra = if sizes[0] >= self.wide {
            let numbers = [size.to_le_bytes(), packed_size.to_le_bytes()].concat();
            [&EXTRA_64.to_le_bytes()[..], &16u16.to_le_bytes(), &numbers].concat()
        } else {
            Vec::new()
        };
        let version: u16 = if sizes[0] >= self.wide || offset >= self.wide {
            45
        } else {
            20
        };
        // UTF-8 names say so.
        let flags: u16 = if name.is_ascii() { 0 } else { 1 << 11 };
        let mut common = Vec::new();
        for number in [version, flags, method, 0, DATE] {
            common.extend(number.to_le_bytes());
        }
        common.extend(crc.to_le_bytes());

        let mut local = LOCAL.to_le_bytes().to_vec();
        local.extend(&common);
        local.extend(short(sizes[1]).to_le_bytes());
        local.extend(short(sizes[0]).to_le_bytes());
        local.extend(name_length.to_le_bytes());
        local.extend((local_extra.len() as u16).to_le_bytes());
        local.extend(name.as_bytes());
        local.extend(&local_extra);

        let extra = long(&[size, packed_size, offset]);
        let mut central = CENTRAL.to_le_bytes().to_vec();
        central.extend(version.to_le_bytes());
        central.extend(&common);
        central.extend(short(packed_size).to_le_bytes());
        central.extend(short(size).to_le_bytes());
        central.extend(name_length.to_le_bytes());
        central.extend((extra.len() as u16).to_le_bytes());
        // No comment, first disk, no attributes.
        central.extend([0; 10]);
        central.extend(short(offset).to_le_bytes());
        central.extend(name.as_bytes());
        central.extend(&extra);

        self.directory.extend(central);
        self.count += 1;
        self.put(&local)?;
        match packed {
            Some(packed) => self.put(&packed),
            None => parts.iter().try_for_each(|part| self.put(part)),
        }
    }

    /// Writes the directory.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let (start, size) = (self.at, self.directory.len() as u64);
        let directory = std::mem::take(&mut self.directory);
        self.put(&directory)?;
        if self.count >= 0xffff || size >= self.wide || start >= self.wide {
            let at = self.at;
            let mut end = END_64.to_le_bytes().to_vec();
            end.extend(44u64.to_le_bytes());
            end.extend([45, 0, 45, 0]);
            end.extend([0; 8]);
            for number in [self.count, self.count, size, start] {
                end.extend(number.to_le_bytes());
            }
            end.extend(LOCATOR_64.to_le_bytes());
            end.extend(0u32.to_le_bytes());
            end.extend(at.to_le_bytes());
            end.extend(1u32.to_le_bytes());
            self.put(&end)?;
        }
        let count = self.count.min(0xffff) as u16;
        let short = |n: u64| {
            if n >= self.wide {
                ELSEWHERE as u32
            } else {
                n as u32
            }
        };
        let mut end = END.to_le_bytes().to_vec();
        end.extend([0; 4]);
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(short(size).to_le_bytes());
        end.extend(short(start).to_le_bytes());
        end.extend([0; 2]);
        self.put(&end)?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Archive;
    use super::*;

    fn written(wide: u64, deflate: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer {
            wide,
            ..Writer::new(&mut out)
        };
        writer.entry("a", &[b"first", b" part"], deflate).unwrap();
        writer.entry("b/\u{e9}", &[&[7; 5000]], deflate).unwrap();
        writer.entry("empty", &[], deflate).unwrap();
        writer.finish().unwrap();
        out
    }

    #[test]
    fn entries_come_back_with_short_and_long_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        for wide in [ELSEWHERE, 20, 1] {
            for deflate in [false, true] {
                std::fs::write(&path, written(wide, deflate)).unwrap();
                let mut archive = Archive::open(&path).unwrap();
                let entries = archive.entries.clone();
                let names: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
                assert_eq!(names, ["a", "b/\u{e9}", "empty"]);
                let want: [&[u8]; 3] = [b"first part", &[7; 5000], b""];
                for (entry, want) in entries.iter().zip(want) {
                    let got = archive.read(&path, entry, true, |from| {
                        let mut bytes = Vec::new();
                        from.read_to_end(&mut bytes).unwrap();
                        Ok(bytes)
                    });
                    assert_eq!(got.unwrap(), want);
                    assert_eq!(entry.size, want.len() as u64);
                }
            }
        }
    }
}
