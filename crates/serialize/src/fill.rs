//! Reading pieces of a file straight into memory, large ones on several threads.

use std::fs::File;
use std::io;

use ondol_tensor::num_threads;
use rayon::prelude::*;

/// Less is not worth a thread.
const PART: usize = 1 << 20;
/// What is read at once, so that it is summed while it is in the cache.
const BLOCK: usize = 128 << 10;

/// Fills `to` with the file's bytes from `start` on; their CRC-32 where `sum` asks for it, else 0.
///
/// New memory is given page by page as it is written to, which takes longer than copying; so threads
/// help even where all of the file is in memory already. The checksums of parts make that of the whole.
pub(crate) fn fill(file: &File, start: u64, to: &mut [u8], sum: bool) -> io::Result<u32> {
    let threads = num_threads().min(to.len() / PART);
    if threads <= 1 {
        return Ok(part(file, start, to, sum)?.finalize());
    }
    let each = to.len().div_ceil(threads);
    let parts: Vec<(usize, &mut [u8])> = to.chunks_mut(each).enumerate().collect();
    let sums: Vec<io::Result<crc32fast::Hasher>> = parts
        .into_par_iter()
        .map(|(i, to)| part(file, start + (i * each) as u64, to, sum))
        .collect();
    let mut whole = crc32fast::Hasher::new();
    for part in sums {
        whole.combine(&part?);
    }
    Ok(whole.finalize())
}

fn part(file: &File, start: u64, to: &mut [u8], sum: bool) -> io::Result<crc32fast::Hasher> {
    let mut hasher = crc32fast::Hasher::new();
    let mut at = start;
    for block in to.chunks_mut(BLOCK) {
        read_at(file, at, block)?;
        at += block.len() as u64;
        if sum {
            hasher.update(block);
        }
    }
    Ok(hasher)
}

#[cfg(unix)]
fn read_at(file: &File, start: u64, to: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, to, start)
}

#[cfg(windows)]
fn read_at(file: &File, mut start: u64, mut to: &mut [u8]) -> io::Result<()> {
    while !to.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, to, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                start += n as u64;
                to = &mut to[n..];
            }
        }
    }
    Ok(())
}

#[test]
fn parts_make_the_whole() {
    use std::io::Write;
    let bytes: Vec<u8> = (0..3 * PART + 4321).map(|i| ((i * i) >> 3) as u8).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    for (start, length) in [(0, bytes.len()), (17, 2 * PART + 5), (PART, 100), (9, 0)] {
        let want = &bytes[start..start + length];
        let mut got = vec![0; length];
        let crc32 = fill(&file, start as u64, &mut got, true).unwrap();
        assert!(got == want && crc32 == crc32fast::hash(want));
        assert_eq!(fill(&file, start as u64, &mut got, false).unwrap(), 0);
    }
    let mut past = vec![0; 3 * PART];
    let error = fill(&file, 9000, &mut past, true).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}
