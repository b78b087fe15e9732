//! The futures of a decision, step by step: for people to look at, and for tests to add up.

use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::task::MOST_DIMENSIONS;

/// The futures from which a decision follows: those of its first iteration. `K` particles of `H` steps.
///
/// They are the particles that the planner itself simulates, with their random numbers and controls: not a sample
/// of the like. See [`Pilot::trajectories`](crate::Pilot::trajectories).
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    /// `K`.
    pub particles: usize,
    /// `H`.
    pub horizon: usize,
    /// The numbers of a state.
    pub state_len: usize,
    /// The numbers of an action.
    pub action_len: usize,
    /// `[K][H][state_len]`: the states after each step, in the caller's units; for cart-pole
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`. Particles that have ended move on, but what they do no longer counts.
    pub states: Vec<f32>,
    /// `[K][H][action_len]`: the action of each step, in the caller's units; for cart-pole the force in N.
    pub actions: Vec<f32>,
    /// `[K]`: what each future costs; 1e30 where that is no finite number.
    pub costs: Vec<f32>,
    /// `[K]`: how many steps each future lives, at most `H`.
    pub lifetimes: Vec<u32>,
}

impl Trajectories {
    /// Room for `particles` futures of `horizon` steps.
    pub(crate) fn new<M: LaneModel>(particles: u32, horizon: u32) -> Self {
        let [particles, horizon] = [particles, horizon].map(|count| count as usize);
        let (state_len, action_len) = (M::DIM, M::ACTION_DIM);
        Self {
            particles,
            horizon,
            state_len,
            action_len,
            states: vec![0.0; particles * horizon * state_len],
            actions: vec![0.0; particles * horizon * action_len],
            costs: vec![0.0; particles],
            lifetimes: vec![0; particles],
        }
    }

    /// The states of one future, `[H][N]`.
    ///
    /// # Panics
    /// If there is no such particle, or states have not `N` numbers.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// let futures = pilot.trajectories(&[0.0, 0.0, 0.1, 0.3])?;
    /// assert_eq!(futures.future::<4>(1023).len(), 30);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn future<const N: usize>(&self, particle: usize) -> &[[f32; N]] {
        assert_eq!(N, self.state_len, "the numbers of a state");
        let length = self.horizon * N;
        self.states[particle * length..][..length].as_chunks().0
    }

    /// Writes down a step of `model`: the state that it led to and the control, in the model's units.
    pub(crate) fn note<M: LaneModel>(
        &mut self,
        model: &M,
        [particle, step]: [usize; 2],
        state: &[f32],
        control: &[f32],
    ) {
        let row = particle * self.horizon + step;
        let states = &mut self.states[row * M::DIM..][..M::DIM];
        for (number, (to, value)) in states.iter_mut().zip(state).enumerate() {
            *to = (f64::from(*value) * model.unit(number)) as f32;
        }
        let full = f64::from(model.full_control());
        let mut shares = [0.0; MOST_DIMENSIONS];
        shares.iter_mut().zip(control).for_each(|(share, value)| *share = f64::from(*value) / full);
        let mut action = [0.0; MOST_DIMENSIONS];
        model.action(&shares[..control.len()], &mut action[..M::ACTION_DIM]);
        let actions = &mut self.actions[row * M::ACTION_DIM..][..M::ACTION_DIM];
        actions.iter_mut().zip(action).for_each(|(to, number)| *to = number as f32);
    }
}
