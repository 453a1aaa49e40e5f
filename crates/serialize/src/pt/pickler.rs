//! Pickling a value with the few instructions that PyTorch's restricted reader knows.

use std::collections::HashMap;

use ondol_tensor::{Array, Key, Value};

use crate::elements::storage_class;
use crate::pieces::Piece;

/// The pickle of a value, whose arrays look at these pieces of memory; `arrays` are those of the
/// value, in order.
pub(super) fn pickle(value: &Value, arrays: &[Array], pieces: &[Piece<'_>]) -> Vec<u8> {
    let mut looks = vec![None; arrays.len()];
    for (key, piece) in pieces.iter().enumerate() {
        for (index, layout) in &piece.users {
            looks[*index] = Some((key, layout));
        }
    }
    let mut pickler = Pickler {
        out: vec![0x80, 2],
        known: HashMap::new(),
    };
    let mut tensors = looks.into_iter().flatten().zip(arrays);
    pickler.value(value, &mut |pickler| {
        // There are as many as the value has arrays.
        if let Some(((key, layout), array)) = tensors.next() {
            pickler.tensor(array, key, pieces[key].len(), layout);
        }
    });
    pickler.out.push(b'.');
    pickler.out
}

struct Pickler {
    out: Vec<u8>,
    /// The names and fixed texts that were written, and as what they are remembered.
    known: HashMap<&'static str, u32>,
}

impl Pickler {
    /// Values nest no deeper than was checked before.
    fn value(&mut self, value: &Value, tensor: &mut dyn FnMut(&mut Pickler)) {
        match value {
            Value::None => self.out.push(b'N'),
            Value::Bool(v) => self.out.push(if *v { 0x88 } else { 0x89 }),
            Value::Int(v) => self.int(*v),
            Value::Float(v) => {
                self.out.push(b'G');
                self.out.extend(v.to_be_bytes());
            }
            Value::Str(v) => self.text(v),
            Value::Tensor(_) => tensor(self),
            Value::List(items) => {
                self.out.push(b']');
                if !items.is_empty() {
                    self.out.push(b'(');
                    items.iter().for_each(|item| self.value(item, tensor));
                    self.out.push(b'e');
                }
            }
            Value::Tuple(items) => {
                let start = self.start_tuple(items.len());
                items.iter().for_each(|item| self.value(item, tensor));
                self.out.push(start);
            }
            Value::Dict(dict) => {
                self.out.push(b'}');
                if !dict.is_empty() {
                    self.out.push(b'(');
                    for (key, item) in dict.iter() {
                        match key {
                            Key::Str(key) => self.text(key),
                            Key::Int(key) => self.int(*key),
                        }
                        self.value(item, tensor);
                    }
                    self.out.push(b'u');
                }
            }
        }
    }

    /// Puts a mark where a tuple of this length needs one; returns what ends it.
    fn start_tuple(&mut self, length: usize) -> u8 {
        match length {
            0 => b')',
            1..=3 => 0x84 + length as u8,
            _ => {
                self.out.push(b'(');
                b't'
            }
        }
    }

    fn int(&mut self, v: i64) {
        if let Ok(v) = u8::try_from(v) {
            self.out.extend([b'K', v]);
        } else if let Ok(v) = u16::try_from(v) {
            self.out.push(b'M');
            self.out.extend(v.to_le_bytes());
        } else if let Ok(v) = i32::try_from(v) {
            self.out.push(b'J');
            self.out.extend(v.to_le_bytes());
        } else {
            // As many bytes as tell the sign.
            let bytes = v.to_le_bytes();
            let sign = if v < 0 { 0xff } else { 0 };
            let same = |n: &usize| {
                bytes[*n..].iter().all(|&b| b == sign) && bytes[n - 1] & 0x80 == sign & 0x80
            };
            let length = (1..8).find(same).unwrap_or(8);
            self.out.extend([0x8a, length as u8]);
            self.out.extend(&bytes[..length]);
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'X');
        // Texts are far shorter than 4 GiB; that was checked before.
        self.out.extend((text.len() as u32).to_le_bytes());
        self.out.extend(text.as_bytes());
    }

    /// A name or text that comes again and again: written once, remembered after.
    fn fixed(&mut self, what: &'static str, write: impl FnOnce(&mut Pickler)) {
        if let Some(&index) = self.known.get(what) {
            self.out.extend([b'h', index as u8]);
            return;
        }
        write(self);
        let index = self.known.len() as u32;
        self.out.extend([b'q', index as u8]);
        self.known.insert(what, index);
    }

    fn global(&mut self, module: &'static str, name: &'static str) {
        self.fixed(name, |pickler| {
            pickler.out.push(b'c');
            for part in [module, name] {
                pickler.out.extend(part.as_bytes());
                pickler.out.push(b'\n');
            }
        });
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`
    fn tensor(
        &mut self,
        array: &Array,
        key: usize,
        elements: usize,
        layout: &ondol_tensor::Layout,
    ) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.out.extend(*b"((");
        self.fixed("storage", |pickler| pickler.text("storage"));
        self.global("torch", storage_class(array.dtype()));
        self.text(&key.to_string());
        self.fixed("cpu", |pickler| pickler.text("cpu"));
        self.int(elements as i64);
        self.out.extend(*b"tQ");
        self.int(layout.offset() as i64);
        self.sizes(layout.shape().iter().map(|&size| size as i64));
        self.sizes(layout.strides().iter().map(|&stride| stride as i64));
        // requires_grad is false, and there are no hooks.
        self.out.push(0x89);
        self.global("collections", "OrderedDict");
        self.out.extend(*b")RtR");
    }

    fn sizes(&mut self, sizes: impl ExactSizeIterator<Item = i64>) {
        let end = self.start_tuple(sizes.len());
        sizes.for_each(|size| self.int(size));
        self.out.push(end);
    }
}

#[test]
fn integers_are_as_short_as_they_can_be() {
    for (value, length) in [
        (0i64, 2),
        (255, 2),
        (256, 3),
        (65535, 3),
        (65536, 5),
        (-1, 5),
        (i32::MIN.into(), 5),
        (i64::from(i32::MAX) + 1, 7),
        (i64::from(u32::MAX), 7),
        (i64::from(i32::MIN) - 1, 7),
        (1 << 39, 8),
        (-(1 << 39), 7),
        (i64::MAX, 10),
        (i64::MIN, 10),
    ] {
        let pickle = pickle(&Value::Int(value), &[], &[]);
        assert_eq!(pickle.len(), 2 + length + 1, "{value}");
        let back = super::pickle::unpickle(&pickle).unwrap().root;
        assert!(
            matches!(back, super::pickle::Item::Int(v) if v == value),
            "{value} {back:?}"
        );
    }
}
