//! Records of an event file: TensorFlow's frame with checksums.

/// CRC-32C (Castagnoli), of the reflected polynomial.
const fn table() -> [u32; 256] {
    let mut table = [0u32; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0x82F6_3B78
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

static TABLE: [u32; 256] = table();

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, &byte: &u8| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8;
    !bytes.iter().fold(!0, step)
}

/// As it stands in the file: a checksum of data that holds checksums would be weak otherwise.
fn masked(bytes: &[u8]) -> [u8; 4] {
    let crc = crc32c(bytes);
    crc.rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes()
}

/// Length, its checksum, the data, its checksum.
pub(super) fn frame(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked(&length));
    record.extend(data);
    record.extend(masked(data));
    record
}

/// The data of the records of a file.
#[cfg(test)]
pub(super) fn unframe(mut file: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut records = Vec::new();
    while !file.is_empty() {
        let head: [u8; 8] = file
            .get(..8)
            .and_then(|h| h.try_into().ok())
            .ok_or("no length")?;
        let length = u64::from_le_bytes(head) as usize;
        if file.get(8..12) != Some(&masked(&head)) {
            return Err("the checksum of a length is wrong".into());
        }
        let data = file.get(12..12 + length).ok_or("cut short")?;
        if file.get(12 + length..16 + length) != Some(&masked(data)) {
            return Err("the checksum of the data is wrong".into());
        }
        records.push(data.to_vec());
        file = &file[16 + length..];
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksums() {
        // RFC 3720, B.4.
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(crc32c(b""), 0);
    }

    #[test]
    fn a_changed_bit_is_seen() {
        let file = [frame(b"one"), frame(b""), frame(&[7; 300])].concat();
        let records = unframe(&file).unwrap();
        assert_eq!(records, [b"one".to_vec(), Vec::new(), vec![7; 300]]);
        for place in [0, 9, 13, 16, 40, file.len() - 1] {
            let mut broken = file.clone();
            broken[place] ^= 4;
            assert!(unframe(&broken).is_err(), "byte {place}");
        }
        assert!(unframe(&file[..file.len() - 1]).is_err());
    }
}
