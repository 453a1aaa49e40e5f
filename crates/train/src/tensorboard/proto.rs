//! As much of protobuf's encoding as TensorBoard's messages need.

/// A message as it is put together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn new() -> Self {
        Message::default()
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn tag(&mut self, field: u32, wire: u32) {
        self.varint(u64::from(field << 3 | wire));
    }

    /// An integer or an enum; 0 is what a missing field means, and is left out.
    pub(super) fn int(mut self, field: u32, value: i64) -> Self {
        if value != 0 {
            self.tag(field, 0);
            self.varint(value as u64);
        }
        self
    }

    /// A truth value that says by being there which of several fields was chosen.
    pub(super) fn choice(mut self, field: u32, value: bool) -> Self {
        self.tag(field, 0);
        self.varint(value.into());
        self
    }

    /// A number; 0 is left out.
    pub(super) fn double(self, field: u32, value: f64) -> Self {
        if value.to_bits() == 0 {
            return self;
        }
        self.chosen(field, value)
    }

    /// A number that says by being there which of several fields was chosen.
    pub(super) fn chosen(mut self, field: u32, value: f64) -> Self {
        self.tag(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// As [`chosen`](Self::chosen), of 32 bits.
    pub(super) fn float(mut self, field: u32, value: f32) -> Self {
        self.tag(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.tag(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(super) fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    pub(super) fn message(self, field: u32, value: &Message) -> Self {
        self.bytes(field, &value.0)
    }

    /// Numbers one after another in one field.
    pub(super) fn doubles(self, field: u32, values: &[f64]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.bytes(field, &bytes)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_protobufs_documentation() {
        assert_eq!(Message::new().int(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        let text = Message::new().text(2, "testing").into_bytes();
        assert_eq!(text, [0x12, 0x07, b't', b'e', b's', b't', b'i', b'n', b'g']);
        let inner = Message::new().int(1, 150);
        let outer = Message::new().message(3, &inner).into_bytes();
        assert_eq!(outer, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let minus = Message::new().int(1, -2).into_bytes();
        assert_eq!(
            minus,
            [
                0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
            ]
        );
        assert_eq!(Message::new().choice(1, false).into_bytes(), [0x08, 0x00]);
        assert!(Message::new().int(7, 0).into_bytes().is_empty());
    }
}
