//! Which gradients travel together.

use ondol_tensor::{DType, Device};

/// A parameter as buckets see it.
pub(super) struct Size {
    pub(super) dtype: DType,
    pub(super) device: Device,
    pub(super) bytes: usize,
}

/// How many bytes a bucket holds at most, where it holds more than one parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    first: usize,
    others: usize,
}

impl Caps {
    /// PyTorch's: the first bucket is small.
    pub(super) fn of(megabytes: f64) -> Caps {
        let bytes = |mb: f64| (mb * 1024.0 * 1024.0) as usize;
        Caps {
            first: bytes(megabytes.min(1.0)),
            others: bytes(megabytes),
        }
    }
}

/// The parameters of each bucket, by index.
///
/// They are taken from the last to the first, as backward comes to the last ones first, and a bucket is
/// closed before it would grow over its cap, so that the same model has the same buckets on all ranks.
/// A bucket is of one dtype and device; their order is that in which they were closed.
pub(super) fn buckets(sizes: &[Size], caps: Caps) -> Vec<Vec<usize>> {
    struct Open {
        dtype: DType,
        device: Device,
        bytes: usize,
        members: Vec<usize>,
    }
    let mut closed: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (index, size) in sizes.iter().enumerate().rev() {
        let place = open
            .iter()
            .position(|o| o.dtype == size.dtype && o.device == size.device);
        let place = place.unwrap_or_else(|| {
            open.push(Open {
                dtype: size.dtype,
                device: size.device.clone(),
                bytes: 0,
                members: Vec::new(),
            });
            open.len() - 1
        });
        let cap = if closed.is_empty() {
            caps.first
        } else {
            caps.others
        };
        let bucket = &mut open[place];
        if !bucket.members.is_empty() && bucket.bytes + size.bytes > cap {
            closed.push(std::mem::take(&mut bucket.members));
            bucket.bytes = 0;
        }
        bucket.members.push(index);
        bucket.bytes += size.bytes;
    }
    closed.extend(
        open.into_iter()
            .map(|o| o.members)
            .filter(|m| !m.is_empty()),
    );
    closed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(bytes: &[usize]) -> Vec<Size> {
        let size = |&bytes| Size {
            dtype: DType::F32,
            device: Device::cpu(),
            bytes,
        };
        bytes.iter().map(size).collect()
    }

    const CAPS: Caps = Caps {
        first: 10,
        others: 20,
    };

    #[test]
    fn the_last_come_first_and_caps_hold() {
        assert_eq!(
            buckets(&sizes(&[6, 6, 6, 6, 6]), CAPS),
            [vec![4], vec![3, 2, 1], vec![0]]
        );
        // One that is over the cap goes alone.
        assert_eq!(
            buckets(&sizes(&[1, 99, 1]), CAPS),
            [vec![2], vec![1], vec![0]]
        );
        assert!(buckets(&[], CAPS).is_empty());
        let caps = Caps::of(25.0);
        assert_eq!((caps.first, caps.others), (1 << 20, 25 << 20));
        assert_eq!(Caps::of(0.5).first, 1 << 19);
    }

    #[test]
    fn each_dtype_has_its_own() {
        let mut sizes = sizes(&[1, 1, 1, 1]);
        sizes[1].dtype = DType::F64;
        sizes[3].dtype = DType::F64;
        assert_eq!(buckets(&sizes, CAPS), [vec![3, 1], vec![2, 0]]);
    }
}
