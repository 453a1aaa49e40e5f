//! The line of Python before the elements.

use std::io::Read;

use ondol_tensor::DType;

use super::Checked;
use crate::limits::countable;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// More than any array of numbers needs; NumPy itself stops at 10000 characters.
const LONGEST: u64 = 1 << 20;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Where the elements start.
    pub(super) start: u64,
}

/// The type of the elements in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One that arrays have.
    Own(DType),
    /// One that fits in `i32`: signed or not, of so many bytes.
    Narrow { signed: bool, bytes: usize },
    /// `uint32`, which fits in `i64`.
    U32,
}

impl Kind {
    pub(super) fn size(self) -> usize {
        match self {
            Kind::Own(dtype) => dtype.size(),
            Kind::Narrow { bytes, .. } => bytes,
            Kind::U32 => 4,
        }
    }
}

fn kind(descr: &str) -> Checked<(Kind, bool)> {
    let (order, code) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">" | "=" | "|"), code)) => (order, code),
        _ => ("=", descr),
    };
    let big_endian = order == ">" || (order == "=" && cfg!(target_endian = "big"));
    let kind = match code {
        "b1" | "?" => Kind::Own(DType::Bool),
        "u1" => Kind::Own(DType::U8),
        "i4" => Kind::Own(DType::I32),
        "i8" => Kind::Own(DType::I64),
        "f2" => Kind::Own(DType::F16),
        "f4" => Kind::Own(DType::F32),
        "f8" => Kind::Own(DType::F64),
        "i1" => Kind::Narrow {
            signed: true,
            bytes: 1,
        },
        "i2" => Kind::Narrow {
            signed: true,
            bytes: 2,
        },
        "u2" => Kind::Narrow {
            signed: false,
            bytes: 2,
        },
        "u4" => Kind::U32,
        _ => {
            let what = match code.bytes().next() {
                Some(b'O') => "Python objects, which only running their code could read",
                Some(b'U' | b'S' | b'a') => "text",
                Some(b'c') => "complex numbers",
                Some(b'm' | b'M') => "times",
                Some(b'V') => {
                    "raw bytes (bfloat16 and its like have no dtype in NumPy; save them as float32)"
                }
                _ => "of a dtype that is not known here",
            };
            return Err(format!(
                "the elements are {descr:?}: {what}; bool, int8 to int64, uint8 to uint32 and float16 to float64 can be read"
            ));
        }
    };
    Ok((kind, big_endian))
}

impl Header {
    /// Reads a header from a file, or a part of one, of `length` bytes; says how many elements
    /// follow only if they do.
    pub(super) fn read(from: &mut dyn Read, length: u64) -> Checked<Header> {
        let short = |_| "it is cut short in its header".to_owned();
        let mut first = [0; 8];
        from.read_exact(&mut first).map_err(short)?;
        if &first[..6] != MAGIC {
            return Err("it is not a .npy file: it does not begin with \\x93NUMPY".into());
        }
        let (text_length, start) = match first[6] {
            1 => {
                let mut size = [0; 2];
                from.read_exact(&mut size).map_err(short)?;
                (u64::from(u16::from_le_bytes(size)), 10)
            }
            2 | 3 => {
                let mut size = [0; 4];
                from.read_exact(&mut size).map_err(short)?;
                (u64::from(u32::from_le_bytes(size)), 12)
            }
            version => {
                return Err(format!(
                    "it is of version {version}.{}; 1, 2 and 3 can be read",
                    first[7]
                ));
            }
        };
        if text_length > LONGEST || start + text_length > length {
            return Err(format!("its header cannot be {text_length} bytes long"));
        }
        let mut text = vec![0; text_length as usize];
        from.read_exact(&mut text).map_err(short)?;
        let text = std::str::from_utf8(&text).map_err(|_| "its header is not text")?;
        let mut header = Parser { text }.dictionary()?;
        header.start = start + text_length;
        let size = header
            .shape
            .iter()
            .try_fold(header.kind.size() as u64, |n, &s| n.checked_mul(s as u64));
        if size != Some(length - header.start) {
            return Err(format!(
                "its header says shape {:?} of {} bytes each, but {} bytes follow",
                header.shape,
                header.kind.size(),
                length - header.start
            ));
        }
        if !countable(&header.shape, header.kind.size()) {
            return Err(format!(
                "its header says shape {:?}, which is too large for memory but for the 0 in it",
                header.shape
            ));
        }
        Ok(header)
    }

    /// The bytes before the elements of a row-major array.
    pub(super) fn write(dtype: DType, shape: &[usize]) -> Checked<Vec<u8>> {
        let descr = match dtype {
            DType::Bool => "|b1",
            DType::U8 => "|u1",
            DType::I32 => "<i4",
            DType::I64 => "<i8",
            DType::F16 => "<f2",
            DType::F32 => "<f4",
            DType::F64 => "<f8",
            other => {
                return Err(format!(
                    "NumPy has no dtype for {other}; convert to f32 first"
                ));
            }
        };
        let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
        let shape = match sizes.as_slice() {
            [one] => format!("({one},)"),
            all => format!("({})", all.join(", ")),
        };
        let mut text =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        // The elements start on a multiple of 64 bytes; a line end closes the text.
        let wide = text.len() + 1 + 63 > usize::from(u16::MAX);
        let before = if wide { 12 } else { 10 };
        let padding = (before + text.len() + 1).next_multiple_of(64) - (before + text.len() + 1);
        text.extend(std::iter::repeat_n(' ', padding));
        text.push('\n');
        let mut out = MAGIC.to_vec();
        if wide {
            out.extend([2, 0]);
            out.extend((text.len() as u32).to_le_bytes());
        } else {
            out.extend([1, 0]);
            out.extend((text.len() as u16).to_le_bytes());
        }
        out.extend(text.as_bytes());
        Ok(out)
    }
}

/// As much of Python as a header may hold.
struct Parser<'a> {
    text: &'a str,
}

impl<'a> Parser<'a> {
    fn trouble<T>(&self, wanted: &str) -> Checked<T> {
        let rest: String = self.text.chars().take(20).collect();
        Err(format!(
            "its header cannot be read: {wanted} was expected at {rest:?}"
        ))
    }

    fn skip(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Whether the text goes on with `token`, which is then taken.
    fn take(&mut self, token: &str) -> bool {
        self.skip();
        match self.text.strip_prefix(token) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn want(&mut self, token: &str) -> Checked<()> {
        if self.take(token) {
            Ok(())
        } else {
            self.trouble(token)
        }
    }

    fn string(&mut self) -> Checked<&'a str> {
        for quote in ["'", "\""] {
            if self.take(quote) {
                let Some((inside, rest)) = self.text.split_once(quote) else {
                    return self.trouble("the end of a string");
                };
                self.text = rest;
                return Ok(inside);
            }
        }
        self.skip();
        if self.text.starts_with('[') {
            return Err("its elements are records of several fields, which arrays have not".into());
        }
        self.trouble("a string")
    }

    fn truth(&mut self) -> Checked<bool> {
        if self.take("True") {
            Ok(true)
        } else if self.take("False") {
            Ok(false)
        } else {
            self.trouble("True or False")
        }
    }

    fn sizes(&mut self) -> Checked<Vec<usize>> {
        self.want("(")?;
        let mut sizes = Vec::new();
        while !self.take(")") {
            self.skip();
            let end = self
                .text
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.text.len());
            let Ok(size) = self.text[..end].parse() else {
                return self.trouble("a size");
            };
            self.text = &self.text[end..];
            // Python 2 wrote long integers so.
            self.take("L");
            sizes.push(size);
            if !self.take(",") {
                self.want(")")?;
                break;
            }
        }
        if sizes.len() > 64 {
            return Err(format!(
                "it has {} dimensions; 64 are the most that NumPy has",
                sizes.len()
            ));
        }
        Ok(sizes)
    }

    fn dictionary(mut self) -> Checked<Header> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.want("{")?;
        while !self.take("}") {
            let key = self.string()?;
            self.want(":")?;
            let again = match key {
                "descr" => descr.replace(self.string()?).is_some(),
                "fortran_order" => fortran.replace(self.truth()?).is_some(),
                "shape" => shape.replace(self.sizes()?).is_some(),
                other => return Err(format!("its header has an unknown key {other:?}")),
            };
            if again {
                return Err(format!("its header has {key:?} twice"));
            }
            if !self.take(",") {
                self.want("}")?;
                break;
            }
        }
        self.skip();
        if !self.text.is_empty() {
            return self.trouble("the end");
        }
        let (Some(descr), Some(fortran), Some(shape)) = (descr, fortran, shape) else {
            return Err("its header does not say descr, fortran_order and shape".into());
        };
        let (kind, big_endian) = kind(descr)?;
        Ok(Header {
            kind,
            big_endian,
            fortran,
            shape,
            start: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Checked<Header> {
        Parser { text }.dictionary()
    }

    #[test]
    fn headers_as_they_are_found() {
        let header =
            parse("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }   \n").unwrap();
        assert_eq!(
            (header.kind, header.shape),
            (Kind::Own(DType::F64), vec![3, 4])
        );
        let odd = parse("{\"shape\":(2L,),'fortran_order':True,\n'descr':'>i2'}").unwrap();
        assert_eq!(
            odd.kind,
            Kind::Narrow {
                signed: true,
                bytes: 2
            }
        );
        assert!(odd.big_endian && odd.fortran && odd.shape == [2]);
        assert_eq!(
            parse("{'descr':'|b1','fortran_order':False,'shape':()}")
                .unwrap()
                .shape,
            Vec::<usize>::new()
        );
    }

    #[test]
    fn others_are_refused_by_name() {
        let of = |descr: &str| {
            parse(&format!(
                "{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}"
            ))
            .unwrap_err()
        };
        assert!(of("'|O'").contains("Python objects"));
        assert!(of("'<U5'").contains("text"));
        assert!(of("'<c16'").contains("complex"));
        assert!(of("'<V2'").contains("bfloat16"));
        assert!(of("'<u8'").contains("<u8"));
        assert!(of("[('a', '<f4')]").contains("records"));
        for bad in [
            "",
            "{",
            "{}",
            "{'descr'",
            "{'descr': '<f4'}",
            "[]",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': ''}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
