//! Zip archives: the list at their end, members stored or deflated, each with its checksum.
//!
//! The list is believed as far as the file can back it. What the sets need is read, and the rest is
//! refused by name: archives above 4 GiB, encryption, other ways to compress.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;
use ondol_tensor::{Error, Result};

use super::{damaged, place, write};

const END: &[u8; 4] = b"PK\x05\x06";
const MEMBER: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// Bytes of the record at the end, without its comment of at most 64 KiB.
const END_BYTES: usize = 22;

/// One member as the list has it.
#[derive(Clone, Debug)]
struct Member {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
}

/// A zip archive whose list was read.
pub(in crate::datasets) struct ZipArchive {
    path: PathBuf,
    file: BufReader<File>,
    members: Vec<Member>,
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

impl ZipArchive {
    /// Reads the list of an archive.
    pub(in crate::datasets) fn open(path: &Path) -> Result<ZipArchive> {
        let mut file = super::open(path)?;
        let cut = |e: io::Error| damaged(path, "its list of members", &e);
        let length = file.seek(SeekFrom::End(0)).map_err(cut)?;
        let tail_bytes = length.min((END_BYTES + 0xffff) as u64);
        file.seek(SeekFrom::Start(length - tail_bytes))
            .map_err(cut)?;
        let mut tail = vec![0; tail_bytes as usize];
        file.read_exact(&mut tail).map_err(cut)?;
        let end = tail
            .windows(END_BYTES)
            .rposition(|window| window.starts_with(END));
        let Some(end) = end.map(|at| &tail[at..]) else {
            return Err(Error::file(
                path,
                "no list of members at its end: truncated, or no zip archive",
            ));
        };
        let (count, bytes, at) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
        if at == u32::MAX || count == u16::MAX {
            return Err(Error::file(path, "a zip64 archive, which is not read"));
        }
        if u64::from(at) + u64::from(bytes) > length {
            return Err(Error::file(
                path,
                format!("its list of members is said to end after its {length} bytes"),
            ));
        }
        file.seek(SeekFrom::Start(u64::from(at))).map_err(cut)?;
        let mut list = vec![0; bytes as usize];
        file.read_exact(&mut list).map_err(cut)?;
        let members = members(&list, usize::from(count), length)
            .ok_or_else(|| Error::file(path, "its list of members is damaged"))?;
        Ok(ZipArchive {
            path: path.to_owned(),
            file,
            members,
        })
    }

    /// The member whose name ends in this file name.
    pub(in crate::datasets) fn find(&self, file_name: &str) -> Option<usize> {
        self.members
            .iter()
            .position(|m| m.name.rsplit('/').next() == Some(file_name))
    }

    /// A reader of one member; it compares size and checksum at its end.
    pub(in crate::datasets) fn reader(&mut self, index: usize) -> Result<impl Read + '_> {
        let member = self.members[index].clone();
        let refuse = |what: String| Err(Error::file(&self.path, what));
        if member.flags & 1 != 0 {
            return refuse(format!("its member {} is encrypted", member.name));
        }
        if !matches!(member.method, 0 | 8) {
            let (name, method) = (&member.name, member.method);
            return refuse(format!(
                "its member {name} is packed with method {method}; stored and deflated ones are read"
            ));
        }
        let cut = |e: io::Error| damaged(&self.path, &member.name, &e);
        self.file.seek(SeekFrom::Start(member.at)).map_err(cut)?;
        let mut head = [0; 30];
        self.file.read_exact(&mut head).map_err(cut)?;
        if !head.starts_with(LOCAL) {
            return refuse(format!("no member where {} should be", member.name));
        }
        let skip = i64::from(u16_at(&head, 26)) + i64::from(u16_at(&head, 28));
        self.file.seek_relative(skip).map_err(cut)?;
        let packed = (&mut self.file).take(member.packed);
        let source = match member.method {
            0 => Packed::Stored(packed),
            _ => Packed::Deflated(DeflateDecoder::new(packed)),
        };
        Ok(Checked {
            source,
            hasher: Hasher::new(),
            left: member.size,
            crc: member.crc,
        })
    }

    /// Unpacks all files.
    pub(super) fn extract(mut self, to: &Path) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for index in 0..self.members.len() {
            let name = self.members[index].name.clone();
            // Both are separators on some system or other.
            let path = place(&self.path, to, Path::new(&name.replace('\\', "/")))?;
            if name.ends_with('/') {
                continue;
            }
            let archive = self.path.clone();
            write(&archive, self.reader(index)?, &path)?;
            files.push(path);
        }
        Ok(files)
    }
}

fn members(list: &[u8], count: usize, length: u64) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    let mut at = 0;
    for _ in 0..count {
        let head = list.get(at..at + 46)?;
        if !head.starts_with(MEMBER) {
            return None;
        }
        let name_bytes = usize::from(u16_at(head, 28));
        let name = list.get(at + 46..at + 46 + name_bytes)?;
        let member = Member {
            name: String::from_utf8(name.to_vec()).ok()?,
            flags: u16_at(head, 8),
            method: u16_at(head, 10),
            crc: u32_at(head, 16),
            packed: u64::from(u32_at(head, 20)),
            size: u64::from(u32_at(head, 24)),
            at: u64::from(u32_at(head, 42)),
        };
        if member.at.checked_add(member.packed)? > length {
            return None;
        }
        members.push(member);
        at += 46 + name_bytes + usize::from(u16_at(head, 30)) + usize::from(u16_at(head, 32));
    }
    Some(members)
}

enum Packed<R: io::BufRead> {
    Stored(R),
    Deflated(DeflateDecoder<R>),
}

/// A member's bytes, counted and hashed on the way.
struct Checked<R: io::BufRead> {
    source: Packed<R>,
    hasher: Hasher,
    left: u64,
    crc: u32,
}

impl<R: io::BufRead> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = match &mut self.source {
            Packed::Stored(source) => source.read(buffer)?,
            Packed::Deflated(source) => source.read(buffer)?,
        };
        let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        if n == 0 {
            if self.left > 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if self.hasher.clone().finalize() != self.crc {
                return wrong("its checksum differs");
            }
            return Ok(0);
        }
        if n as u64 > self.left {
            return wrong("it is longer than it says");
        }
        self.left -= n as u64;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}
