//! The types that instructions and variables are written with.

/// How the bits of a value are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bits,
    Unsigned,
    Signed,
    Float,
    Predicate,
}

/// A scalar type such as `.u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub kind: Kind,
    pub bits: u8,
}

impl Type {
    /// The type called `name`, without the dot.
    pub fn named(name: &str) -> Option<Self> {
        let (kind, bits) = match name {
            "pred" => return Some(Self { kind: Kind::Predicate, bits: 1 }),
            _ if name.is_char_boundary(1) => name.split_at(1),
            _ => return None,
        };
        let kind = match kind {
            "b" => Kind::Bits,
            "u" => Kind::Unsigned,
            "s" => Kind::Signed,
            "f" => Kind::Float,
            _ => return None,
        };
        let bits = match bits {
            "8" if kind != Kind::Float => 8,
            "16" => 16,
            "32" => 32,
            "64" => 64,
            _ => return None,
        };
        Some(Self { kind, bits })
    }

    /// Size in memory.
    pub fn bytes(self) -> usize {
        usize::from(self.bits).div_ceil(8)
    }

    pub fn signed(self) -> bool {
        self.kind == Kind::Signed
    }

    pub fn float(self) -> bool {
        self.kind == Kind::Float
    }
}

/// The bank that a register lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// 8 or 16 bits, zero-extended to 32.
    B16,
    B32,
    B64,
    Predicate,
}

impl Class {
    /// Where values of type `of` live.
    pub fn of(of: Type) -> Self {
        match of.bits {
            1 => Self::Predicate,
            8 | 16 => Self::B16,
            32 => Self::B32,
            _ => Self::B64,
        }
    }
}

/// A register, or a constant that stands in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Register {
    pub class: Class,
    /// Index into the bank of the class; 16-bit and 32-bit registers share one.
    pub slot: u16,
}
