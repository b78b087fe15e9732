//! Comparisons, and operations on predicates.

use super::lanes::{mask_of, operations};
use super::registers::{LANES, Registers};
use crate::instruction::{Compare, Compared, Slot, Width};

/// A table of comparisons, each with its own name and, on the right, that of its negation, which
/// is true for NaN; and the functions that compare.
macro_rules! comparisons {
    ($($variant:ident: $named:pat, not $negation:pat => |$x:ident, $y:ident| $e:expr;)+) => {
        operations! {
            /// Comparisons, which are false for NaN. The last key says whether floats are compared.
            Comparison(name: &str, float: bool) { $($variant: $named,)+ }
        }

        impl Comparison {
            /// The comparison whose negation is called so.
            pub fn negated(name: &str, float: bool) -> Option<Self> {
                match (name, float) {
                    $($negation => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        /// For which lanes a comparison holds.
        #[inline(always)]
        #[allow(clippy::double_comparisons)] // They are what `!=` is not: false for NaN.
        fn held(r: &Registers, f: Comparison, compared: Compared, a: Slot, b: Slot) -> u32 {
            macro_rules! integers {
                ($bank:ident $of:ty) => {
                    match f {
                        $(Comparison::$variant => mask_of!(r, |$x = a $bank as $of, $y = b $bank as $of| $e),)+
                    }
                };
            }
            macro_rules! floats {
                ($bank:ident $bits:ty, $of:ty) => {
                    match f {
                        $(Comparison::$variant => mask_of!(r, |$x = a $bank as $bits, $y = b $bank as $bits| {
                            let ($x, $y) = (<$of>::from_bits($x), <$of>::from_bits($y));
                            $e
                        }),)+
                    }
                };
            }
            match compared {
                Compared::Unsigned(Width::W64) => integers!(double u64),
                Compared::Unsigned(_) => integers!(word u32),
                Compared::Signed(Width::W64) => integers!(double i64),
                Compared::Signed(Width::W32) => integers!(word i32),
                Compared::Signed(Width::W16) => integers!(word i16),
                Compared::Single => floats!(word u32, f32),
                Compared::Double => floats!(double u64, f64),
            }
        }
    };
}

// On unsigned integers: lower, lower or same, higher, higher or same.
comparisons! {
    Equal: ("eq", _), not ("neu", true) => |x, y| x == y;
    NotEqual: ("ne", _), not ("equ", true) => |x, y| x < y || x > y;
    Less: ("lt", _) | ("lo", false), not ("geu", true) => |x, y| x < y;
    LessEqual: ("le", _) | ("ls", false), not ("gtu", true) => |x, y| x <= y;
    Greater: ("gt", _) | ("hi", false), not ("leu", true) => |x, y| x > y;
    GreaterEqual: ("ge", _) | ("hs", false), not ("ltu", true) => |x, y| x >= y;
    Numbers: ("num", true), not ("nan", true) => |x, y| x == x && y == y;
}

/// `setp`.
#[inline(always)]
pub(super) fn compare(r: &mut Registers, compare: &Compare, mask: u32) {
    let held = held(r, compare.comparison, compare.compared, compare.a, compare.b);
    let held = if compare.negated { !held } else { held };
    let (first, second) = match compare.with {
        None => (held, !held),
        Some((logic, slot, negated)) => {
            let other = r.predicate(slot);
            let other = if negated { !other } else { other };
            (combine(logic, held, other), combine(logic, !held, other))
        }
    };
    if let Some(slot) = compare.first {
        r.set_predicate(slot, first, mask);
    }
    if let Some(slot) = compare.second {
        r.set_predicate(slot, second, mask);
    }
}

/// A table of operations on predicates, and the function that applies them to masks.
macro_rules! logic {
    ($($variant:ident: $named:pat => |$x:ident, $y:ident| $e:expr;)+) => {
        operations! {
            /// Operations on predicates.
            Logic(name: &str) { $($variant: $named,)+ }
        }

        #[inline(always)]
        fn combine(logic: Logic, a: u32, b: u32) -> u32 {
            match logic {
                $(Logic::$variant => {
                    let ($x, $y) = (a, b);
                    $e
                })+
            }
        }
    };
}

logic! {
    And: "and" => |x, y| x & y;
    Or: "or" => |x, y| x | y;
    Xor: "xor" => |x, y| x ^ y;
}

/// `and.pred` and its like.
#[inline(always)]
pub(super) fn predicates(r: &mut Registers, f: Logic, d: Slot, a: Slot, b: Slot, mask: u32) {
    let value = combine(f, r.predicate(a), r.predicate(b));
    r.set_predicate(d, value, mask);
}

/// The result of `set` from a predicate.
#[inline(never)]
pub(super) fn spread(r: &mut Registers, float: bool, d: Slot, p: Slot, mask: u32) {
    let yes = if float { 1f32.to_bits() } else { u32::MAX };
    let by = r.predicate(p);
    let mut out = [0; LANES];
    for (lane, out) in out.iter_mut().enumerate() {
        *out = if by >> lane & 1 != 0 { yes } else { 0 };
    }
    r.set_word(d, &out, mask);
}
