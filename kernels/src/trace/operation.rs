//! Operations: what each means, on 32 bits, and which instruction of PTX does it.

use crate::fma::fma;

/// What an operation does. Numbers are `f32` unless it says otherwise; a mask is one truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The number that is put in at this place.
    Input,
    /// The mask that is put in at this place.
    InputMask,
    /// These bits.
    Literal,
    /// The model's number of this index.
    Parameter,
    Add,
    Sub,
    Mul,
    Div,
    /// `args[0] * args[1] + args[2]`, rounded once.
    Fma,
    Neg,
    Magnitude,
    Sqrt,
    Floor,
    Lt,
    Le,
    /// `args[2] && args[0] <= args[1]`.
    LeAnd,
    /// `args[1]` where the mask `args[0]` holds, `args[2]` elsewhere.
    Select,
    /// `args[1] + args[2]` where the mask `args[0]` holds, `args[1]` elsewhere.
    AddWhere,
    /// `args[1] * args[2] + args[3]` where the mask `args[0]` holds, `args[3]` elsewhere.
    FmaWhere,
    BothMasks,
    EitherMask,
    NotMask,
    And,
    Or,
    Xor,
    Not,
    /// Of `u32`, modulo 2^32.
    Plus,
    /// By as many bits as the literal `args[1]` says.
    ShiftLeft,
    ShiftRight,
    /// The high half of the product of two `u32`.
    MulHigh,
    MulLow,
    /// An `i32` converted.
    SignedToFloat,
    /// The grid's cell of this index, a whole number.
    Cell,
}

/// An operation and what it takes: the numbers of others, or for the first few codes a number that says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    pub code: Code,
    pub args: [u32; 4],
}

impl Code {
    /// How many of the arguments are operations.
    pub fn arity(self) -> usize {
        match self {
            Self::Input | Self::InputMask | Self::Literal | Self::Parameter => 0,
            Self::Neg | Self::Magnitude | Self::Sqrt | Self::Floor => 1,
            Self::NotMask | Self::Not | Self::SignedToFloat | Self::Cell => 1,
            Self::Fma | Self::LeAnd | Self::Select | Self::AddWhere => 3,
            Self::FmaWhere => 4,
            _ => 2,
        }
    }

    /// Whether the result is a mask.
    pub fn is_mask(self) -> bool {
        matches!(
            self,
            Self::InputMask
                | Self::Lt
                | Self::Le
                | Self::LeAnd
                | Self::BothMasks
                | Self::EitherMask
                | Self::NotMask
        )
    }

    /// Whether numbers among the arguments are bits to it, not `f32`.
    pub fn is_of_bits(self) -> bool {
        matches!(
            self,
            Self::And
                | Self::Or
                | Self::Xor
                | Self::Not
                | Self::Plus
                | Self::ShiftLeft
                | Self::ShiftRight
                | Self::MulHigh
                | Self::MulLow
                | Self::SignedToFloat
        )
    }

    /// The result for these arguments; masks are 0 and 1.
    pub fn evaluate(self, [a, b, c, d]: [u32; 4]) -> u32 {
        let f = f32::from_bits;
        match self {
            // What it is looked up in is for the caller to know.
            Self::Input | Self::InputMask | Self::Literal | Self::Parameter | Self::Cell => a,
            Self::Add => (f(a) + f(b)).to_bits(),
            Self::Sub => (f(a) - f(b)).to_bits(),
            Self::Mul => (f(a) * f(b)).to_bits(),
            Self::Div => (f(a) / f(b)).to_bits(),
            Self::Fma => fma(f(a), f(b), f(c)).to_bits(),
            Self::Neg => a ^ 0x8000_0000,
            Self::Magnitude => a & 0x7fff_ffff,
            Self::Sqrt => f(a).sqrt().to_bits(),
            Self::Floor => f(a).floor().to_bits(),
            Self::Lt => (f(a) < f(b)).into(),
            Self::Le => (f(a) <= f(b)).into(),
            Self::LeAnd => u32::from(f(a) <= f(b)) & c,
            Self::Select => [c, b][a as usize],
            Self::AddWhere => [b, (f(b) + f(c)).to_bits()][a as usize],
            Self::FmaWhere => [d, fma(f(b), f(c), f(d)).to_bits()][a as usize],
            Self::BothMasks | Self::And => a & b,
            Self::EitherMask | Self::Or => a | b,
            Self::NotMask => a ^ 1,
            Self::Xor => a ^ b,
            Self::Not => !a,
            Self::Plus => a.wrapping_add(b),
            Self::ShiftLeft => a << b,
            Self::ShiftRight => a >> b,
            Self::MulHigh => ((u64::from(a) * u64::from(b)) >> 32) as u32,
            Self::MulLow => a.wrapping_mul(b),
            Self::SignedToFloat => (a as i32 as f32).to_bits(),
        }
    }

    /// The instruction that writes the result for `args` to `to`.
    pub fn instruction(self, to: &str, args: &[String]) -> String {
        let name = match self {
            Self::Input | Self::InputMask | Self::Literal | Self::Parameter | Self::Cell => {
                "mov.b32"
            }
            Self::Add => "add.rn.f32",
            Self::Sub => "sub.rn.f32",
            Self::Mul => "mul.rn.f32",
            Self::Div => "div.rn.f32",
            Self::Fma => "fma.rn.f32",
            Self::Neg => "neg.f32",
            Self::Magnitude => "abs.f32",
            Self::Sqrt => "sqrt.rn.f32",
            Self::Floor => "cvt.rmi.f32.f32",
            Self::Lt => "setp.lt.f32",
            Self::Le => "setp.le.f32",
            Self::LeAnd => "setp.le.and.f32",
            Self::Select => {
                return format!("selp.f32 {to}, {}, {}, {};", args[1], args[2], args[0]);
            }
            // Two instructions, of which the assembler makes one.
            Self::AddWhere => {
                let [mask, a, b] = [&args[0], &args[1], &args[2]];
                return format!("mov.f32 {to}, {a}; @{mask} add.rn.f32 {to}, {to}, {b};");
            }
            Self::FmaWhere => {
                let [mask, a, b, c] = [&args[0], &args[1], &args[2], &args[3]];
                return format!("mov.f32 {to}, {c}; @{mask} fma.rn.f32 {to}, {a}, {b}, {to};");
            }
            Self::BothMasks => "and.pred",
            Self::EitherMask => "or.pred",
            Self::NotMask => "not.pred",
            Self::And => "and.b32",
            Self::Or => "or.b32",
            Self::Xor => "xor.b32",
            Self::Not => "not.b32",
            Self::Plus => "add.u32",
            Self::ShiftLeft => "shl.b32",
            Self::ShiftRight => "shr.u32",
            Self::MulHigh => "mul.hi.u32",
            Self::MulLow => "mul.lo.u32",
            Self::SignedToFloat => "cvt.rn.f32.s32",
        };
        format!("{name} {to}, {};", args.join(", "))
    }
}
