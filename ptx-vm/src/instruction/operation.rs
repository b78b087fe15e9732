//! The names of arithmetic operations.

use crate::syntax::types::Class;

/// Width of an integer operation in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    W16,
    W32,
    W64,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    Unsigned(Width),
    Signed(Width),
    Single,
    Double,
}

impl Width {
    /// The width of registers of a class.
    pub fn of(class: Class) -> Self {
        match class {
            Class::B16 => Self::W16,
            Class::B64 => Self::W64,
            Class::B32 | Class::Predicate => Self::W32,
        }
    }

    pub fn bits(self) -> u32 {
        match self {
            Self::W16 => 16,
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }
}
