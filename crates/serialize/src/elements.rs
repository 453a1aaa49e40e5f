//! The element types that foreign files declare, of which Ondol has some.

use ondol_tensor::DType;

/// An element type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// One of Ondol's own.
    Own(DType),
    /// An integer of another width, which can become `i64`.
    Integer(Integer),
    /// What nothing here can hold: its name and its size in bytes.
    Foreign(&'static str, usize),
}

/// An integer type that Ondol does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Integer {
    I8,
    I16,
    U16,
    U32,
    U64,
}

impl Integer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Integer::I8 => "i8",
            Integer::I16 => "i16",
            Integer::U16 => "u16",
            Integer::U32 => "u32",
            Integer::U64 => "u64",
        }
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Integer::I8 => 1,
            Integer::I16 | Integer::U16 => 2,
            Integer::U32 => 4,
            Integer::U64 => 8,
        }
    }

    /// Little-endian elements as little-endian `i64`s; the position of the first that is too large.
    pub(crate) fn widen(self, from: &[u8], to: &mut [u8]) -> Result<(), usize> {
        let pairs = from.chunks_exact(self.size()).zip(to.chunks_exact_mut(8));
        for (index, (from, to)) in pairs.enumerate() {
            let signed = matches!(self, Integer::I8 | Integer::I16);
            let negative = signed && from.last().is_some_and(|b| b & 0x80 != 0);
            to.fill(if negative { 0xff } else { 0 });
            to[..from.len()].copy_from_slice(from);
            if self == Integer::U64 && to[7] & 0x80 != 0 {
                return Err(index);
            }
        }
        Ok(())
    }
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Own(dtype) => dtype.name(),
            Kind::Integer(integer) => integer.name(),
            Kind::Foreign(name, _) => name,
        }
    }

    /// Bytes per element.
    pub(crate) fn size(self) -> usize {
        match self {
            Kind::Own(dtype) => dtype.size(),
            Kind::Integer(integer) => integer.size(),
            Kind::Foreign(_, size) => size,
        }
    }

    /// By the name of PyTorch's dtype, `float32`.
    pub(crate) fn of_torch(name: &str) -> Option<Kind> {
        Some(match name {
            "bool" => Kind::Own(DType::Bool),
            "uint8" => Kind::Own(DType::U8),
            "int32" => Kind::Own(DType::I32),
            "int64" => Kind::Own(DType::I64),
            "float16" => Kind::Own(DType::F16),
            "bfloat16" => Kind::Own(DType::BF16),
            "float32" => Kind::Own(DType::F32),
            "float64" => Kind::Own(DType::F64),
            "int8" => Kind::Integer(Integer::I8),
            "int16" => Kind::Integer(Integer::I16),
            "uint16" => Kind::Integer(Integer::U16),
            "uint32" => Kind::Integer(Integer::U32),
            "uint64" => Kind::Integer(Integer::U64),
            "complex32" => Kind::Foreign("complex32", 4),
            "complex64" => Kind::Foreign("complex64", 8),
            "complex128" => Kind::Foreign("complex128", 16),
            "float8_e5m2" => Kind::Foreign("float8_e5m2", 1),
            "float8_e4m3fn" => Kind::Foreign("float8_e4m3fn", 1),
            "float8_e5m2fnuz" => Kind::Foreign("float8_e5m2fnuz", 1),
            "float8_e4m3fnuz" => Kind::Foreign("float8_e4m3fnuz", 1),
            "float8_e8m0fnu" => Kind::Foreign("float8_e8m0fnu", 1),
            "float4_e2m1fn_x2" => Kind::Foreign("float4_e2m1fn_x2", 1),
            "qint8" => Kind::Foreign("qint8", 1),
            "quint8" => Kind::Foreign("quint8", 1),
            "qint32" => Kind::Foreign("qint32", 4),
            "quint4x2" => Kind::Foreign("quint4x2", 1),
            "quint2x4" => Kind::Foreign("quint2x4", 1),
            _ => return None,
        })
    }

    /// By the name of PyTorch's storage class without its end, the `Float` of `FloatStorage`.
    pub(crate) fn of_storage(name: &str) -> Option<Kind> {
        Kind::of_torch(match name {
            "Bool" => "bool",
            "Byte" => "uint8",
            "Char" => "int8",
            "Short" => "int16",
            "Int" => "int32",
            "Long" => "int64",
            "Half" => "float16",
            "BFloat16" => "bfloat16",
            "Float" => "float32",
            "Double" => "float64",
            "ComplexFloat" => "complex64",
            "ComplexDouble" => "complex128",
            "QInt8" => "qint8",
            "QUInt8" => "quint8",
            "QInt32" => "qint32",
            "QUInt4x2" => "quint4x2",
            "QUInt2x4" => "quint2x4",
            _ => return None,
        })
    }
}

/// PyTorch's storage class for a dtype.
pub(crate) fn storage_class(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "BoolStorage",
        DType::U8 => "ByteStorage",
        DType::I32 => "IntStorage",
        DType::I64 => "LongStorage",
        DType::F16 => "HalfStorage",
        DType::BF16 => "BFloat16Storage",
        DType::F32 => "FloatStorage",
        DType::F64 => "DoubleStorage",
    }
}

#[test]
fn integers_widen_exactly() {
    let widen = |integer: Integer, from: &[u8]| {
        let mut to = vec![1u8; from.len() / integer.size() * 8];
        integer.widen(from, &mut to).map(|()| {
            to.chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().unwrap()))
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(
        widen(Integer::I8, &[0, 255, 128, 127]),
        Ok(vec![0, -1, -128, 127])
    );
    assert_eq!(
        widen(Integer::I16, &[0, 128, 255, 255]),
        Ok(vec![-32768, -1])
    );
    assert_eq!(widen(Integer::U16, &[255, 255]), Ok(vec![65535]));
    assert_eq!(
        widen(Integer::U32, &[255; 4]),
        Ok(vec![i64::from(u32::MAX)])
    );
    assert_eq!(
        widen(Integer::U64, &i64::MAX.to_le_bytes()),
        Ok(vec![i64::MAX])
    );
    assert_eq!(widen(Integer::U64, &[[0; 8], [255; 8]].concat()), Err(1));
}
