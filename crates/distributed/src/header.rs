//! What ranks tell each other before each collective, so that they do the same one.

use ondol_tensor::{DType, Error, Result};

use crate::transport::ReduceOp;

/// Bytes of a header on its way.
pub(crate) const BYTES: usize = 256;

const MAGIC: u32 = 0x6f6e_646c;
/// How much of a label travels.
const LABEL: usize = BYTES - 48;

/// What a rank wants to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    AllReduce = 1,
    Broadcast,
    AllGather,
    GatherBytes,
    Barrier,
    Native,
    /// Its data is used up: it takes part in what the others do.
    Join,
    /// Its communicator is gone.
    Leave,
}

const KINDS: [Kind; 8] = [
    Kind::AllReduce,
    Kind::Broadcast,
    Kind::AllGather,
    Kind::GatherBytes,
    Kind::Barrier,
    Kind::Native,
    Kind::Join,
    Kind::Leave,
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) op: ReduceOp,
    pub(crate) dtype: DType,
    pub(crate) root: u32,
    /// Elements; of bytes that are gathered each rank has its own number.
    pub(crate) count: u64,
    /// Whose it is, for who follows.
    pub(crate) tag: u64,
    /// How many collectives the rank has done before.
    pub(crate) done: u64,
    pub(crate) label: String,
}

impl Header {
    pub(crate) fn plain(kind: Kind, done: u64) -> Header {
        Header {
            kind,
            op: ReduceOp::Sum,
            dtype: DType::U8,
            root: 0,
            count: 0,
            tag: 0,
            done,
            label: String::new(),
        }
    }

    pub(crate) fn encode(&self) -> [u8; BYTES] {
        let mut out = [0u8; BYTES];
        out[0..4].copy_from_slice(&MAGIC.to_le_bytes());
        out[4] = self.kind as u8;
        out[5] = self.op.code();
        out[6] = DType::ALL
            .iter()
            .position(|&d| d == self.dtype)
            .unwrap_or_default() as u8;
        out[8..12].copy_from_slice(&self.root.to_le_bytes());
        out[16..24].copy_from_slice(&self.count.to_le_bytes());
        out[24..32].copy_from_slice(&self.tag.to_le_bytes());
        out[32..40].copy_from_slice(&self.done.to_le_bytes());
        let mut length = self.label.len().min(LABEL);
        while !self.label.is_char_boundary(length) {
            length -= 1;
        }
        out[40] = length as u8;
        out[48..48 + length].copy_from_slice(&self.label.as_bytes()[..length]);
        out
    }

    /// The header of another rank's message, whose sender may be another program.
    pub(crate) fn decode(from: usize, bytes: &[u8; BYTES]) -> Result<Header> {
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let kind = KINDS.into_iter().find(|&k| k as u8 == bytes[4]);
        let op = ReduceOp::of_code(bytes[5]);
        let dtype = DType::ALL.get(usize::from(bytes[6]));
        let label = bytes[48..]
            .get(..usize::from(bytes[40]))
            .and_then(|label| std::str::from_utf8(label).ok());
        match (kind, op, dtype, label) {
            (Some(kind), Some(op), Some(&dtype), Some(label)) if word(0) == MAGIC => Ok(Header {
                kind,
                op,
                dtype,
                root: word(8),
                count: number(16),
                tag: number(24),
                done: number(32),
                label: label.to_owned(),
            }),
            _ => Err(trouble(
                vec![from],
                format!(
                    "rank {from} sent no header of this version; do all ranks run the same program?"
                ),
            )),
        }
    }

    /// What it is, for errors.
    pub(crate) fn describe(&self) -> String {
        let Header {
            count,
            dtype,
            label,
            ..
        } = self;
        let of = match label.is_empty() {
            true => String::new(),
            false => format!(" of {label}"),
        };
        match self.kind {
            Kind::AllReduce => format!("all_reduce ({:?}){of}, {dtype} [{count}]", self.op),
            Kind::Broadcast => format!("broadcast from rank {}{of}, {dtype} [{count}]", self.root),
            Kind::AllGather => format!("all_gather{of}, {dtype} [{count}]"),
            Kind::GatherBytes => format!("all_gather of bytes{of}"),
            Kind::Barrier => format!("barrier{of}"),
            Kind::Native => format!("MPI's own all_reduce, {dtype} [{count}]"),
            Kind::Join => "join".to_owned(),
            Kind::Leave => "the end of its program".to_owned(),
        }
    }

    fn fits(&self, other: &Header) -> bool {
        self.kind == other.kind
            && self.op == other.op
            && self.dtype == other.dtype
            && self.root == other.root
            && (self.count == other.count || self.kind == Kind::GatherBytes)
            && self.tag == other.tag
            && self.label == other.label
    }
}

/// What the ranks agreed on.
pub(crate) struct Agreed {
    /// The collective; `Join` and `Leave` where all say so.
    pub(crate) header: Header,
    /// Which ranks take part with numbers of their own.
    pub(crate) active: Vec<bool>,
}

/// Finds what all ranks do, or says who does something else.
pub(crate) fn agree(headers: &[Header]) -> Result<Agreed> {
    let active: Vec<bool> = headers.iter().map(|h| h.kind != Kind::Join).collect();
    let first = active.iter().position(|&a| a).unwrap_or(0);
    let header = headers[first].clone();
    let left: Vec<usize> = (0..headers.len())
        .filter(|&rank| headers[rank].kind == Kind::Leave)
        .collect();
    if !left.is_empty() && left.len() < headers.len() {
        let (rank, asks) = headers
            .iter()
            .enumerate()
            .find(|(_, h)| h.kind != Kind::Leave)
            .expect("not all have left");
        let done = headers[left[0]].done;
        return Err(trouble(
            left.clone(),
            format!(
                "{} has ended after {done} collectives while rank {rank} asks for one more, {}; the ranks have not \
                 taken equally many steps. Give each the same number of batches (DistributedSampler does) or call \
                 join() where one runs out",
                name(&left),
                asks.describe()
            ),
        ));
    }
    let odd: Vec<usize> = (first..headers.len())
        .filter(|&r| active[r] && !headers[r].fits(&header))
        .collect();
    if !odd.is_empty() {
        let lines: Vec<String> = std::iter::once(first)
            .chain(odd.iter().copied())
            .map(|r| format!("rank {r}: {}", headers[r].describe()))
            .collect();
        return Err(trouble(
            odd.clone(),
            format!(
                "{} does not do what rank {first} does, as collective {}:\n  {}",
                name(&odd),
                header.done,
                lines.join("\n  ")
            ),
        ));
    }
    Ok(Agreed { header, active })
}

/// `rank 1`, `ranks 1, 2`.
pub(crate) fn name(ranks: &[usize]) -> String {
    let list: Vec<String> = ranks.iter().map(usize::to_string).collect();
    match ranks.len() {
        1 => format!("rank {}", list[0]),
        _ => format!("ranks {}", list.join(", ")),
    }
}

pub(crate) fn trouble(ranks: Vec<usize>, message: String) -> Error {
    Error::Ranks { ranks, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(count: u64) -> Header {
        Header {
            kind: Kind::AllReduce,
            op: ReduceOp::Avg,
            dtype: DType::F32,
            root: 0,
            count,
            tag: 5,
            done: 9,
            label: "bucket 0".to_owned(),
        }
    }

    #[test]
    fn headers_travel_whole_and_long_labels_are_cut_between_letters() {
        assert_eq!(Header::decode(1, &bucket(7).encode()).unwrap(), bucket(7));
        let long = Header {
            label: "온".repeat(200),
            ..bucket(1)
        };
        let label = Header::decode(1, &long.encode()).unwrap().label;
        assert!(label.len() > LABEL - 3 && label.chars().all(|c| c == '온'));
        let error = Header::decode(3, &[0; BYTES]).unwrap_err();
        assert!(error.to_string().contains("rank 3"), "{error}");
    }

    #[test]
    fn who_differs_is_named() {
        let error = agree(&[bucket(7), bucket(7), bucket(8)]).err().unwrap();
        assert!(matches!(&error, Error::Ranks { ranks, .. } if ranks == &[2]));
        let text = error.to_string();
        assert!(
            text.contains("rank 2: all_reduce (Avg) of bucket 0, f32 [8]"),
            "{text}"
        );
        let leave = Header::plain(Kind::Leave, 12);
        let error = agree(&[bucket(7), leave.clone()])
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("rank 1 has ended after 12 collectives"),
            "{error}"
        );
        assert!(agree(&[leave.clone(), leave]).is_ok());
    }

    #[test]
    fn who_has_joined_follows() {
        let join = Header::plain(Kind::Join, 1);
        let agreed = agree(&[join.clone(), bucket(7), join.clone()]).unwrap();
        assert_eq!(agreed.active, [false, true, false]);
        assert_eq!(agreed.header, bucket(7));
        assert_eq!(
            agree(&[join.clone(), join]).unwrap().header.kind,
            Kind::Join
        );
    }
}
