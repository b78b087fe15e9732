//! What a reset is about.

use particle_pilot_kernels::simulate::order;

use super::VectorError;

/// Which random numbers environments draw their next states from: Gymnasium's argument `seed`.
///
/// # Examples
/// ```
/// use particle_pilot::vector::Seeds;
///
/// assert_eq!(Seeds::from(7), Seeds::From(7));
/// assert_eq!(Seeds::from(None), Seeds::Keep);
/// assert_eq!(Seeds::from(&[Some(1), None]), Seeds::Each(&[Some(1), None]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seeds<'a> {
    /// Those at hand, which for environment `i` begin as if seeded with `i`. (Gymnasium's begin with the
    /// machine's entropy.)
    #[default]
    Keep,
    /// Environment `i` is seeded with this plus `i`, modulo 2^64.
    From(u64),
    /// `[N]`: each environment's own, or `None` to draw on as with [`Seeds::Keep`].
    Each(&'a [Option<u64>]),
}

impl From<u64> for Seeds<'_> {
    fn from(seed: u64) -> Self {
        Self::From(seed)
    }
}

impl From<Option<u64>> for Seeds<'_> {
    fn from(seed: Option<u64>) -> Self {
        seed.map_or(Self::Keep, Self::From)
    }
}

impl<'a> From<&'a [Option<u64>]> for Seeds<'a> {
    fn from(seeds: &'a [Option<u64>]) -> Self {
        Self::Each(seeds)
    }
}

impl<'a, const N: usize> From<&'a [Option<u64>; N]> for Seeds<'a> {
    fn from(seeds: &'a [Option<u64>; N]) -> Self {
        Self::Each(seeds)
    }
}

/// Which environments begin anew, and how.
///
/// # Examples
/// ```
/// use particle_pilot::vector::{CartPoleVector, Reset, VectorError, VectorOptions};
///
/// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
/// envs.reset(1)?;
/// let before = envs.states()?;
/// let mask = [false, true];
/// envs.reset_with(&Reset { mask: Some(&mask), bounds: Some([0.1, 0.2]), ..Reset::default() })?;
/// let after = envs.states()?;
/// assert_eq!(after[0], before[0]);
/// assert!(after[1].iter().all(|value| (0.1..0.2).contains(value)));
/// # Ok::<(), VectorError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reset<'a> {
    /// Which random numbers are drawn; default [`Seeds::Keep`].
    pub seeds: Seeds<'a>,
    /// `[N]`: true for those that begin anew; default `None`, for all. Gymnasium's option `reset_mask`, but for an
    /// empty choice, which Gymnasium refuses and which changes nothing here.
    pub mask: Option<&'a [bool]>,
    /// Bounds `[low, high)` of each component of the states drawn, in their units; default `None`, for -0.05 and
    /// 0.05. As in Gymnasium, where they are the options `low` and `high`, this reset alone goes by them: those that
    /// come with an episode's end do not.
    pub bounds: Option<[f64; 2]>,
}

/// A reset, said for each environment.
pub(crate) struct Orders {
    /// `[N]` of [`order`].
    pub orders: Vec<u8>,
    /// `[N]` seeds, where one is asked for.
    pub seeds: Vec<u64>,
    /// As in [`Reset`].
    pub bounds: [f64; 2],
}

impl Reset<'_> {
    /// What it means for each of `count` environments.
    ///
    /// * `is_first`: none has random numbers yet.
    /// * `bounds`: those to draw from unless the reset has its own.
    pub(super) fn orders(
        &self,
        count: usize,
        is_first: bool,
        bounds: [f64; 2],
    ) -> Result<Orders, VectorError> {
        let check = |what, given| match given == count {
            true => Ok(()),
            false => Err(VectorError::Length { what, given, required: count }),
        };
        if let Some(mask) = self.mask {
            check("mask entries", mask.len())?;
            if is_first && !mask.iter().all(|asked| *asked) {
                return Err(VectorError::NotReset);
            }
        }
        if let Seeds::Each(seeds) = self.seeds {
            check("seeds", seeds.len())?;
        }
        let unseeded = |i: usize| is_first.then_some(i as u64);
        let (mut orders, mut seeds) = (vec![order::NONE; count], vec![0; count]);
        for i in 0..count {
            if self.mask.is_some_and(|mask| !mask[i]) {
                continue;
            }
            let seed = match self.seeds {
                Seeds::Keep => unseeded(i),
                Seeds::From(seed) => Some(seed.wrapping_add(i as u64)),
                Seeds::Each(seeds) => seeds[i].or(unseeded(i)),
            };
            orders[i] = if seed.is_some() { order::SEED } else { order::DRAW };
            seeds[i] = seed.unwrap_or(0);
        }
        Ok(Orders { orders, seeds, bounds: self.bounds.unwrap_or(bounds) })
    }
}
