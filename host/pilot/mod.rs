//! The pilot: planner, model and backend in a closed loop.

mod given;
mod joint;
mod own_model;

pub(crate) use joint::{Joint, act_together};
pub(crate) use own_model::require_controls;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use particle_pilot_kernels::rng::Stream;

use crate::backend::BackendError;
use crate::choice::DeviceChoice;
use crate::decision::{Action, Decision};
use crate::engine::{Engine, Made, MakeEngine, Plan, Question};
use crate::error::PilotError;
use crate::given::Given;
use crate::gpu::ForeignStream;
use crate::problem::Problem;
use crate::settings::{ActionKind, Device, PilotConfig, SettingError};
use crate::simd::Simd;
use crate::state::{Carried, PilotState};
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// States that may be recorded at once: 2 GB of the cart-pole's, with the actions.
const MOST_RECORDED: u64 = 100_000_000;

/// Plans before every action: give it the state, it answers with what to do.
///
/// A pilot remembers its last plan and starts the next one from it, so use one pilot for one
/// episode at a time, and [`Pilot::reset`] between episodes.
///
/// # Examples
/// ```
/// use particle_pilot::{Action, CartPoleProblem, Pilot, PilotConfig};
/// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
/// let leaning_right = pilot.act(&[0.0, 0.0, 0.1, 0.3])?;
/// assert_eq!(leaning_right.action, Action::Discrete(1));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
pub struct Pilot {
    config: PilotConfig,
    /// `None` for a model of one's own.
    problem: Option<Problem>,
    simd: Simd,
    engine: Box<dyn Engine>,
    decision: u32,
    /// The state as particles start from it.
    state: Vec<f32>,
    /// How many numbers an action of a box has.
    action_len: usize,
    given: Given,
    interrupt: Option<Arc<AtomicBool>>,
    choice: DeviceChoice,
}

impl Pilot {
    /// A pilot for a problem that is known by name.
    ///
    /// # Errors
    /// [`PilotError`] if a setting or a number of the problem is out of range or the device cannot be used.
    pub fn new(config: PilotConfig, problem: impl Into<Problem>) -> Result<Self, PilotError> {
        Self::checked(config, problem.into(), Simd::select()?, None)
    }

    /// As [`Pilot::new`], with these vector instructions, whatever the environment variable `PILOT_SIMD` says.
    /// They change no decision, only how fast the CPU arrives at it.
    ///
    /// # Errors
    /// As [`Pilot::new`], and [`SimdError::Lacking`](crate::backend::SimdError::Lacking) if this CPU lacks them.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig, Simd};
    /// let state = [0.0, 0.0, 0.1, 0.3];
    /// let expected = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?.act(&state)?;
    /// for simd in Simd::available() {
    ///     assert_eq!(Pilot::with_simd(PilotConfig::default(), CartPoleProblem::default(), simd)?.act(&state)?, expected);
    /// }
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn with_simd(
        config: PilotConfig,
        problem: impl Into<Problem>,
        simd: Simd,
    ) -> Result<Self, PilotError> {
        simd.require()?;
        Self::checked(config, problem.into(), simd, None)
    }

    /// A pilot with vector instructions that this CPU has; on a GPU its work goes to `stream`, if there is one given.
    pub(crate) fn checked(
        config: PilotConfig,
        problem: Problem,
        simd: Simd,
        stream: Option<ForeignStream>,
    ) -> Result<Self, PilotError> {
        config.validate()?;
        let problem = problem.settled(config.planner);
        let make = MakeEngine { config: &config, simd, stream };
        let made = problem.visit(config.planner, make)??;
        Ok(Self::with_engine(config, Some(problem), simd, made))
    }

    /// A pilot before its first decision.
    fn with_engine(
        config: PilotConfig,
        problem: Option<Problem>,
        simd: Simd,
        Made { engine, state, action_len, given, choice }: Made,
    ) -> Self {
        let (decision, interrupt) = (0, None);
        Self {
            config,
            problem,
            simd,
            engine,
            decision,
            state,
            action_len,
            given,
            interrupt,
            choice,
        }
    }

    /// Decides what to do in `state`, in the model's units; for cart-pole
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    ///
    /// # Errors
    /// [`PilotError::StateLength`] or [`PilotError::StateNotFinite`]; [`PilotError::Given`] if the model takes a
    /// [reference](Pilot::set_reference) or a [grid](Pilot::set_grid) that was not given.
    /// [`PilotError::Backend`] if a GPU fails that was asked for by name; where the device was left open, the CPU
    /// takes over, with the same bits. After these the pilot is as before: asked again, it gives the bits that it would
    /// have given.
    pub fn act(&mut self, state: &[f64]) -> Result<Decision, PilotError> {
        self.observe(state)?;
        let (engine, question) = self.ask();
        let plan = engine.plan(question)?;
        self.decided(plan)
    }

    /// As [`Pilot::act`], with how long a GPU took by its own clock: from before the first launch, or the copy of what was
    /// given since the last decision, to after the answer's copy to the host. `None` where the CPU decided.
    ///
    /// # Errors
    /// As [`Pilot::act`].
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::builder().device(Device::Cpu).build()?, CartPoleProblem::default())?;
    /// let (_decision, gpu_time) = pilot.act_timed(&[0.0, 0.0, 0.1, 0.3])?;
    /// assert_eq!(gpu_time, None);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn act_timed(&mut self, state: &[f64]) -> Result<(Decision, Option<Duration>), PilotError> {
        self.observe(state)?;
        let (engine, question) = self.ask();
        let (plan, time) = engine.plan_timed(question)?;
        Ok((self.decided(plan)?, time))
    }

    /// The futures from which the next decision follows if it is about `state`: the particles that the planner's
    /// first iteration simulates, step by step. The pilot is as before.
    ///
    /// With one iteration, their costs are what the decision's [`Diagnostics`](crate::Diagnostics) are about.
    ///
    /// # Errors
    /// As [`Pilot::act`], and [`PilotError::Unsupported`] for `smc` and `fmc`, whose particles replace each other on
    /// the way.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// let futures = pilot.trajectories(&[0.0, 0.0, 0.1, 0.3])?;
    /// assert_eq!(futures.states.len(), futures.particles * futures.horizon * 4);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn trajectories(&mut self, state: &[f64]) -> Result<Trajectories, PilotError> {
        let size = u64::from(self.config.particles) * u64::from(self.config.horizon);
        if size > MOST_RECORDED {
            let (name, given) = ("particles times horizon", size.to_string());
            let required = "at most 100000000 for trajectories, which are kept in memory";
            return Err(SettingError { name, given, required }.into());
        }
        self.observe(state)?;
        let (engine, question) = self.ask();
        engine.trajectories(question)
    }

    /// The plan that the pilot keeps for its next decision: the action of each step, a mean or the best future's, or of more than two choices the
    /// control of highest score, `[horizon]` times its numbers (for
    /// cart-pole one, the force in N), the next decision's step first. `None` for planners that keep none, and while a GPU has it.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// pilot.act(&[0.0, 0.0, 0.1, 0.3])?;
    /// if let Some(plan) = pilot.plan() {
    ///     assert!(plan[0] > 0.0); // on to the right
    /// }
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn plan(&self) -> Option<Vec<f64>> {
        self.engine.nominal()
    }

    /// The engine, and what to ask it about the state taken over last.
    fn ask(&mut self) -> (&mut dyn Engine, Question<'_>) {
        let question = Question {
            state: &self.state,
            surroundings: self.given.surroundings(),
            revisions: self.given.revisions(),
            seed: self.config.seed,
            decision: self.decision,
            stop: self.interrupt.as_deref(),
        };
        (&mut *self.engine, question)
    }

    /// Takes over a state, checked and rounded.
    pub(crate) fn observe(&mut self, state: &[f64]) -> Result<(), PilotError> {
        self.check_state(state)?;
        for (value, single) in state.iter().zip(&mut self.state) {
            *single = *value as f32;
        }
        Ok(())
    }

    /// Refuses a state that no decision can be about, or any where something is missing.
    pub(crate) fn check_state(&self, state: &[f64]) -> Result<(), PilotError> {
        self.given.check()?;
        let required = self.state.len();
        if state.len() != required {
            return Err(PilotError::StateLength { given: state.len(), required });
        }
        match state.iter().position(|value| !(*value as f32).is_finite()) {
            Some(index) => Err(PilotError::StateNotFinite { index, value: state[index] }),
            None => Ok(()),
        }
    }

    /// How many numbers a state has.
    pub(crate) fn state_len(&self) -> usize {
        self.state.len()
    }

    /// How many numbers say what an action is: an index is one.
    pub(crate) fn action_len(&self) -> usize {
        match self.config.action {
            ActionKind::Discrete => 1,
            ActionKind::Continuous => self.action_len,
        }
    }

    /// Whether `state`, rounded, is what was taken over last, to the last bit.
    pub(crate) fn has_observed(&self, state: &[f64]) -> bool {
        let bits = |value: &f64| (*value as f32).to_bits();
        self.state.iter().map(|value| value.to_bits()).eq(state.iter().map(bits))
    }

    /// The threads on which decisions start soonest.
    pub(crate) fn pool(&self) -> Arc<Pool> {
        self.engine.pool()
    }

    /// Whether a decision can be made in advance and taken back.
    pub(crate) fn can_speculate(&mut self) -> bool {
        self.engine.checkpoint()
    }

    /// What the next decision would be in the state taken over last; it is not counted as one. `None` if planning
    /// fails.
    pub(crate) fn plan_ahead(&mut self) -> Option<Plan> {
        if !self.engine.checkpoint() {
            return None;
        }
        let (engine, question) = self.ask();
        engine.plan(question).ok()
    }

    /// Takes back what [planning ahead](Pilot::plan_ahead) has made the planner remember.
    pub(crate) fn roll_back(&mut self) {
        self.engine.roll_back();
    }

    /// Counts a decision, and puts it as the caller wants it.
    pub(crate) fn decided(&mut self, (shares, diagnostics): Plan) -> Result<Decision, PilotError> {
        let (numbers, action) = match self.config.action {
            ActionKind::Discrete => {
                // Only scores can be equal, of which there are several.
                let from = match shares.len() {
                    1 => 0,
                    _ => Stream::new(self.config.seed, self.decision, 0).tie_breaker(),
                };
                (shares, Action::Discrete(self.engine.choice(&shares, from)))
            }
            ActionKind::Continuous => {
                let control = self.engine.action(&shares);
                (control, Action::Continuous(control))
            }
        };
        if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
            return Err(PilotError::NoControl(*number));
        }
        self.decision = self.decision.wrapping_add(1);
        Ok(Decision { action, diagnostics })
    }

    /// Runs `work`, such as a whole closed loop, while the pilot's other threads spin between decisions instead of sleeping.
    ///
    /// Decisions give the same bits, but start sooner, because nobody has to be woken. From half a millisecond after a
    /// decision on, the threads nap.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// let decision = pilot.with_hot_threads(|pilot| pilot.act(&[0.0, 0.0, 0.1, 0.3]))?;
    /// assert!(decision.diagnostics.dead_share < 1.0);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn with_hot_threads<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        self.pool().with_hot_threads(|| false, || work(self))
    }

    /// Lets whoever sets `flag`, from a signal handler or another thread, interrupt decisions: while it is set, the CPU gives
    /// up a decision within a fraction of 0.1 s (`cem` with 1e8 particles: a second) with [`PilotError::Interrupted`], and the pilot is as before it. A GPU
    /// first finishes the decision in hand.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig, PilotError};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// let flag = Arc::new(AtomicBool::new(true));
    /// pilot.set_interrupt(Arc::clone(&flag));
    /// assert_eq!(pilot.act(&[0.0; 4]), Err(PilotError::Interrupted));
    /// flag.store(false, Ordering::Relaxed);
    /// assert!(pilot.act(&[0.0; 4]).is_ok());
    /// # Ok::<(), PilotError>(())
    /// ```
    pub fn set_interrupt(&mut self, flag: Arc<AtomicBool>) {
        self.interrupt = Some(flag);
    }

    /// Takes back the last decision, which must not have been about a GPU.
    pub(crate) fn undo(&mut self) {
        self.roll_back();
        self.decision = self.decision.wrapping_sub(1);
    }

    /// Forgets the last plan and starts again from the first decision, with this seed.
    pub fn reset(&mut self, seed: u64) {
        self.config.seed = seed;
        self.decision = 0;
        self.engine.reset();
    }

    /// The pilot as it now is, between two decisions, as plain data: whoever [resumes](Pilot::resume) it decides on with
    /// the same bits.
    ///
    /// # Errors
    /// [`PilotError::Backend`] of a device that has to be asked and fails. Today's have not: a GPU's plan comes with its
    /// answer.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// pilot.act(&[0.0, 0.0, 0.1, 0.3])?;
    /// let saved = pilot.save()?;
    /// assert_eq!((saved.carried.decision, saved.carried.plan.len()), (1, 30));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn save(&self) -> Result<PilotState, PilotError> {
        let (version, config) = (PilotState::VERSION, self.config.clone());
        let problem = self.problem.clone();
        Ok(PilotState { version, config, problem, carried: self.carried()? })
    }

    /// The pilot that [`Pilot::save`] has put by. For one with a model of one's own, make it
    /// [so](Pilot::with_model) and have it [load](Pilot::load) the state.
    ///
    /// # Errors
    /// As [`Pilot::new`], and [`PilotError::State`] for a state that no pilot of this version can have, or that is of a
    /// model of one's own.
    pub fn resume(state: &PilotState) -> Result<Self, PilotError> {
        state.check_version()?;
        let mut pilot = Self::new(state.config.clone(), state.known_problem()?)?;
        pilot.load(state)?;
        Ok(pilot)
    }

    /// Goes on from a saved state of a pilot of the same configuration and problem; device, threads and vector instructions may be
    /// others, and the seed becomes the state's.
    ///
    /// # Errors
    /// [`PilotError::State`] for a state of another pilot; the pilot is then as before.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig};
    /// let state = [0.0, 0.0, 0.1, 0.3];
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// pilot.act(&state)?;
    /// let saved = pilot.save()?;
    /// let once = pilot.act(&state)?;
    /// pilot.load(&saved)?;
    /// assert_eq!(pilot.act(&state)?, once);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn load(&mut self, state: &PilotState) -> Result<(), PilotError> {
        state.check(&self.config, self.problem.as_ref())?;
        self.recall(&state.carried)
    }

    /// What the pilot carries to its next decision.
    pub(crate) fn carried(&self) -> Result<Carried, PilotError> {
        let (seed, decision) = (self.config.seed, self.decision);
        Ok(Carried { seed, decision, plan: self.engine.carried()? })
    }

    /// Goes on from what a pilot of the same configuration has carried.
    pub(crate) fn recall(&mut self, carried: &Carried) -> Result<(), PilotError> {
        self.engine.carry_on(&carried.plan)?;
        (self.config.seed, self.decision) = (carried.seed, carried.decision);
        Ok(())
    }

    /// What the pilot was asked to be.
    #[must_use]
    pub fn config(&self) -> &PilotConfig {
        &self.config
    }

    /// What it plans for, if that is known by name, with all its numbers; `None` for a model of one's own.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The device in use.
    #[must_use]
    pub fn device(&self) -> Device {
        self.engine.device()
    }

    /// The device in use and, if it is a GPU, what it is called.
    #[must_use]
    pub fn device_name(&self) -> String {
        self.engine.device_name()
    }

    /// Which device the pilot was given when it was made, and why: where it was left open, the one that was predicted to be faster.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig};
    /// let config = PilotConfig::builder().particles(64).build()?;
    /// let pilot = Pilot::new(config, CartPoleProblem::default())?;
    /// println!("{}", pilot.device_choice());
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn device_choice(&self) -> &DeviceChoice {
        &self.choice
    }

    /// Why the pilot does not, or no longer, use a GPU, where the device was left open and a GPU was, or might have been, faster.
    #[must_use]
    pub fn fallback_reason(&self) -> Option<&BackendError> {
        self.engine.fallback_reason()
    }

    /// The vector instructions in use.
    #[must_use]
    pub fn simd(&self) -> Simd {
        self.simd
    }

    /// The threads in use.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.engine.pool().threads()
    }
}
