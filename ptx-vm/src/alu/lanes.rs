//! Loops over the lanes of registers, and the names of what they compute.

/// Sets register `d` to an expression of the lanes of others.
///
/// `words!(r, d, mask, |x = a as u32, y = b as u32| x + y)` reads 32-bit registers and writes one;
/// `doubles!` does the same for 64 bits. In both, `as` is applied to a lane as it is read, and the
/// result is cast to the register's type.
macro_rules! words {
    ($r:ident, $d:expr, $mask:expr, |$($x:ident = $a:ident $bank:ident as $t:ty),+| $e:expr) => {{
        let mut out = [0u32; $crate::alu::registers::LANES];
        {
            $(let $a = $r.$bank($a);)+
            for lane in 0..$crate::alu::registers::LANES {
                $(let $x = $a[lane] as $t;)+
                out[lane] = $e as u32;
            }
        }
        $r.set_word($d, &out, $mask);
    }};
}

macro_rules! doubles {
    ($r:ident, $d:expr, $mask:expr, |$($x:ident = $a:ident $bank:ident as $t:ty),+| $e:expr) => {{
        let mut out = [0u64; $crate::alu::registers::LANES];
        {
            $(let $a = $r.$bank($a);)+
            for lane in 0..$crate::alu::registers::LANES {
                $(let $x = $a[lane] as $t;)+
                out[lane] = $e as u64;
            }
        }
        $r.set_double($d, &out, $mask);
    }};
}

/// A mask of the lanes for which an expression is true.
macro_rules! mask_of {
    ($r:ident, |$($x:ident = $a:ident $bank:ident as $t:ty),+| $e:expr) => {{
        let mut out = 0u32;
        $(let $a = $r.$bank($a);)+
        for lane in 0..$crate::alu::registers::LANES {
            $(let $x = $a[lane] as $t;)+
            out |= u32::from($e) << lane;
        }
        out
    }};
}

/// An enumeration of operations that says how PTX calls each: what `named` is given, as a pattern.
///
/// The tables that use it say in the same line what the operation makes of a lane.
macro_rules! operations {
    ($(#[$doc:meta])* $name:ident($($key:ident: $of:ty),+) { $($variant:ident: $named:pat,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $($variant),+
        }

        impl $name {
            /// The operation that is called so, if there is one.
            pub fn named($($key: $of),+) -> Option<Self> {
                match ($($key),+) {
                    $($named => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(super) use {doubles, mask_of, operations, words};
