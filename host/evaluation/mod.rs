//! Many episodes, and what they say about a pilot.

mod gpu;
mod joint;
mod places;
mod prepared;
mod result;
mod subject;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use particle_pilot_kernels::model::Model;

pub use prepared::PreparedEvaluation;
pub use result::{DeviceShare, EvaluationResult, Failure, WarningSummary};

use self::places::Results;
use self::subject::{OwnSubject, Subject};
use crate::choice::DeviceChoice;
use crate::env::{Ending, Environment, Push};
use crate::episode::{Episode, EpisodeResult};
use crate::error::PilotError;
use crate::problem::Problem;
use crate::settings::{ActionKind, PilotConfig};

/// Episodes of consecutive seeds, all threads at work on different ones, or a GPU.
///
/// # Examples
/// ```
/// use particle_pilot::{CartPoleProblem, Evaluation, PilotConfig};
/// let config = PilotConfig::builder().particles(256).build()?;
/// let result = Evaluation::new(config, CartPoleProblem::default()).episodes(4).steps(50).run()?;
/// assert_eq!((result.episodes, result.survived), (4, 4));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub(crate) config: PilotConfig,
    /// `None` for a model of one's own.
    pub(crate) problem: Option<Problem>,
    pub(crate) episodes: u32,
    /// The first one.
    pub(crate) episode: Episode,
    subject: Arc<dyn Subject>,
    /// Where to begin, if that is not to be predicted.
    choice: Option<DeviceChoice>,
}

impl Evaluation {
    /// 100 episodes of 500 steps, from the configuration's seed on, in the problem's environment.
    #[must_use]
    pub fn new(config: PilotConfig, problem: impl Into<Problem>) -> Self {
        let problem = problem.into().settled(config.planner);
        Self::of(config, Arc::new(problem.clone()), Some(problem))
    }

    /// As [`Evaluation::new`], with a model of one's own, in an environment of one's own: a
    /// [`ModelEnvironment`](crate::env::ModelEnvironment), or another. Each thread has a copy of it.
    ///
    /// A GPU runs many episodes side by side: in a [`ModelEnvironment`](crate::env::ModelEnvironment) whose actions are like the model's
    /// it takes their steps, too; in any other environment it decides for all of them together, and `config.threads` of the CPU take the
    /// steps. The CPU alone has a thread for each of several episodes. Models that take a
    /// [reference](Model::REFERENCE) or a [grid](Model::GRID) are refused: nobody is there to give them.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::ModelEnvironment;
    /// use particle_pilot::kernels::model::{Actions, Model};
    /// use particle_pilot::kernels::real::Real;
    /// use particle_pilot::{Evaluation, PilotConfig};
    ///
    /// /// A cart on a rail, in m and m/s, to be brought to 0 by a force of at most 1 N; it has a mass of 1 kg.
    /// #[derive(Clone, Copy)]
    /// struct Cart;
    ///
    /// impl Model<2, 1> for Cart {
    ///     fn actions(&self) -> Actions<1> {
    ///         Actions::within([-1.0], [1.0])
    ///     }
    ///     #[inline(always)]
    ///     fn advance<R: Real>(&self, [x, speed]: [R; 2], [force]: [R; 1]) -> [R; 2] {
    ///         let speed = speed + force * 0.1;
    ///         [x + speed * 0.1, speed]
    ///     }
    ///     #[inline(always)]
    ///     fn cost<R: Real>(&self, [x, speed]: [R; 2], _: [R; 1]) -> R {
    ///         x.square() + speed.square()
    ///     }
    ///     #[inline(always)]
    ///     fn goes_on<R: Real>(&self, [x, speed]: [R; 2]) -> R::Mask {
    ///         x.abs().gt(0.1) | speed.abs().gt(0.1)
    ///     }
    /// }
    ///
    /// let env = ModelEnvironment::new(Cart, [-2.0, 0.0], [2.0, 0.0])?.must_arrive();
    /// let config = PilotConfig::builder().particles(256).build()?;
    /// let result = Evaluation::with_model(config, Cart, env).episodes(10).steps(100).run()?;
    /// assert_eq!(result.survived, 10);
    /// assert!(result.mean_steps < 60.0 && result.mean_reward < 0.0);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn with_model<const N: usize, const M: usize, T, E>(
        config: PilotConfig,
        model: T,
        env: E,
    ) -> Self
    where
        T: Model<N, M>,
        E: Environment + Clone + Sync + 'static,
    {
        let config = PilotConfig { action: ActionKind::of(&model.actions()), ..config };
        Self::of(config, Arc::new(OwnSubject { model, env }), None)
    }

    fn of(config: PilotConfig, subject: Arc<dyn Subject>, problem: Option<Problem>) -> Self {
        let episode = Episode::new().seed(config.seed);
        Self { config, problem, episodes: 100, episode, subject, choice: None }
    }

    /// How its episodes usually end.
    pub(crate) fn usual_endings(&self) -> &'static [Ending] {
        self.subject.endings()
    }

    /// Sets how many episodes, at least 1.
    #[must_use]
    pub fn episodes(mut self, episodes: u32) -> Self {
        self.episodes = episodes;
        self
    }

    /// Sets the first seed; episode `i` has seed `first + i`.
    #[must_use]
    pub fn first_seed(mut self, seed: u64) -> Self {
        self.episode = self.episode.seed(seed);
        self
    }

    /// Sets after how many steps an episode is over: won, unless there is a goal to arrive at.
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.episode = self.episode.steps(steps);
        self
    }

    /// Sets the pushes that disturb the cart-pole's cart, unknown to the pilot.
    #[must_use]
    pub fn push(mut self, push: Option<Push>) -> Self {
        self.episode = self.episode.push(push);
        self
    }

    /// Has it begin on the device of this choice, where the configuration leaves it open, rather than on what is predicted to
    /// be faster: for several evaluations that are to be compared.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Evaluation, PilotConfig};
    /// let evaluation = Evaluation::new(PilotConfig::default(), CartPoleProblem::default()).steps(20);
    /// let choice = evaluation.clone().episodes(1000).prepare()?.device_choice().clone();
    /// let short = evaluation.episodes(2).begin_on(choice.clone()).prepare()?;
    /// assert_eq!(short.device_choice(), &choice);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn begin_on(mut self, choice: DeviceChoice) -> Self {
        self.choice = Some(choice);
        self
    }

    /// Finds and opens the device, and refuses what cannot be run, without running anything yet: for those who
    /// want to know the device first.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used.
    pub fn prepare(&self) -> Result<PreparedEvaluation, PilotError> {
        PreparedEvaluation::new(self)
    }

    /// Runs all episodes.
    ///
    /// # Errors
    /// As [`Evaluation::prepare`], and [`PilotError::Backend`] if a GPU fails that was asked for by name; where the
    /// device was left open, the CPU goes on, with the same bits, and [`EvaluationResult::fallback_reason`] says why.
    pub fn run(&self) -> Result<EvaluationResult, PilotError> {
        self.run_with(&Arc::default(), |_| ())
    }

    /// Runs all episodes, shows each result to `observe` as it comes, in any order, and begins no more
    /// (and ends those that run) once `stop` is set: the result is then of the finished ones.
    ///
    /// # Errors
    /// As [`Evaluation::run`].
    pub fn run_with(
        &self,
        stop: &Arc<AtomicBool>,
        observe: impl Fn(&EpisodeResult) + Sync,
    ) -> Result<EvaluationResult, PilotError> {
        self.prepare()?.run_with(stop, observe)
    }
}
