//! What steps of many environments led to.

/// What a step of all environments led to.
///
/// # Examples
/// ```
/// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
/// let mut envs = CartPoleVector::new(3, VectorOptions::default())?;
/// envs.reset(5)?;
/// let step = envs.step(&[0, 1, 0])?;
/// assert_eq!(step.rewards, [1.0; 3]);
/// assert!(!step.ended(2));
/// # Ok::<(), VectorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VectorStep<'a> {
    /// `[N][4]` states `[x m, x_dot m/s, theta rad, theta_dot rad/s]`, rounded to `f32`. Where a new episode has
    /// begun, its first.
    pub observations: &'a [[f32; 4]],
    /// `[N]` rewards, as those of [`Step`](crate::env::Step); 0 for a step that was a reset. After
    /// [`CartPoleVector::step_random`](super::CartPoleVector::step_random) the sums over its steps.
    pub rewards: &'a [f64],
    /// `[N]`: the step led to a failure.
    pub terminated: &'a [bool],
    /// `[N]`: the step reached the limit, which is no failure. A step can be both.
    pub truncated: &'a [bool],
    /// With [`Autoreset::SameStep`](super::Autoreset::SameStep) `[N][4]`: the last observation of the episode that ended last in each
    /// environment, which is that of this step where it [ended](Self::ended) one, and 0 where none has ended yet.
    /// Empty in the other modes, whose `observations` are the last ones.
    pub final_observations: &'a [[f32; 4]],
}

impl VectorStep<'_> {
    /// Whether the step ended an episode of environment `index`, for whichever reason; false if there is no such
    /// environment.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(1, VectorOptions::default())?;
    /// envs.reset(5)?;
    /// let mut steps = 1;
    /// while !envs.step(&[1])?.ended(0) {
    ///     steps += 1;
    /// }
    /// assert_eq!(steps, 9);
    /// # Ok::<(), VectorError>(())
    /// ```
    #[must_use]
    pub fn ended(&self, index: usize) -> bool {
        let is = |flags: &[bool]| flags.get(index).copied().unwrap_or(false);
        is(self.terminated) || is(self.truncated)
    }
}

/// What came of [`CartPoleVector::step_random`](super::CartPoleVector::step_random), over all environments.
///
/// # Examples
/// ```
/// use particle_pilot::vector::VectorCounts;
/// assert_eq!(VectorCounts::default().steps, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VectorCounts {
    /// Steps that moved a cart: those that were resets do not count.
    pub steps: u64,
    /// Episodes that ended.
    pub episodes: u64,
    /// The sum of the rewards.
    pub reward: f64,
}

impl VectorCounts {
    /// What `progress`, steps and episodes of each environment, adds up to, without rewards.
    pub(crate) fn of(progress: impl Iterator<Item = (u32, u32)>) -> Self {
        progress.fold(Self::default(), |sum, (steps, episodes)| Self {
            steps: sum.steps + u64::from(steps),
            episodes: sum.episodes + u64::from(episodes),
            ..sum
        })
    }
}
