//! FNV-1a, the hash by which runs are compared.

/// FNV-1a over little-endian bytes (G. Fowler, L. C. Noll, K.-P. Vo), 64 bits.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::digest::Fnv;
/// let mut hash = Fnv::default();
/// hash.bytes(b"a");
/// assert_eq!(hash.0, 0xaf63_dc4c_8601_ec8c);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fnv(pub u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds bytes.
    #[inline(always)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.number((*byte).into(), 1));
    }

    /// Adds the bits of a value. All that are no number are alike: which bits they have, devices do not agree on.
    #[inline(always)]
    pub fn value(&mut self, value: f64) {
        self.number(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }, 8);
    }

    /// Adds the low `count` bytes of a number, least significant first.
    #[inline(always)]
    pub fn number(&mut self, number: u64, count: u32) {
        for place in 0..count {
            self.0 = (self.0 ^ (number >> (8 * place) & 0xff)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
