//! Episodes of one's own models: the CPU's bits, whether a GPU steps them too or only decides.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use particle_pilot::env::{EnvError, Environment, ModelEnvironment, ModelWorld, Outcome};
use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::real::Real;
use particle_pilot::{
    Action, Device, Ending, Evaluation, EvaluationResult, PilotConfig, PilotError, PlannerKind,
};

use crate::models::{BOX, EITHER, EITHER_WAY, Everything, LINE, Line, SIX, Wide};
use crate::{GPU, on_the_virtual_gpu};

const EPISODES: u32 = 3;

/// Steps that [`Watched`] environments took on the CPU.
static STEPS: AtomicU32 = AtomicU32::new(0);

/// An environment that counts the steps it takes, and can be stepped by a GPU if `GPU`.
#[derive(Clone)]
pub struct Watched<E, const GPU: bool>(pub E);

impl<E: Environment, const GPU: bool> Environment for Watched<E, GPU> {
    fn begin(&mut self, seed: u64) {
        self.0.begin(seed);
    }

    fn state(&self) -> &[f64] {
        self.0.state()
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        STEPS.fetch_add(1, Relaxed);
        self.0.apply(action)
    }

    fn at_step_limit(&self) -> Ending {
        self.0.at_step_limit()
    }

    fn world(&self) -> Option<ModelWorld> {
        self.0.world().filter(|_| GPU)
    }
}

fn config(planner: PlannerKind, device: Device) -> PilotConfig {
    PilotConfig { particles: 64, horizon: 5, device, ..PilotConfig::of(planner) }
}

pub fn environment<const N: usize, const M: usize, T: Model<N, M>>(
    model: T,
) -> ModelEnvironment<T, N, M> {
    ModelEnvironment::new(model, [-1.0; N], [1.0; N]).expect("bounds")
}

/// Compares episodes planned with `model` in `env`, which a GPU steps if `whole`; returns how they ended.
fn compare<const N: usize, const M: usize, T, E>(
    planner: PlannerKind,
    model: T,
    env: &E,
    [steps, whole]: [u32; 2],
) -> BTreeSet<Ending>
where
    T: Model<N, M>,
    E: Environment + Clone + Sync + 'static,
{
    let run = |device| {
        let env = Watched::<_, true>(env.clone());
        let evaluation = Evaluation::with_model(config(planner, device), model, env);
        evaluation.episodes(EPISODES).first_seed(8).steps(steps).run()
    };
    let before = STEPS.load(Relaxed);
    let gpu = run(GPU);
    let case = format!("{planner} of {N} and {M}");
    let stepped = STEPS.load(Relaxed) - before;
    match (gpu, run(Device::Cpu)) {
        (Ok(gpu), Ok(cpu)) => {
            assert_eq!(told(&gpu), told(&cpu), "{case}");
            assert_eq!(gpu.devices[0].device, GPU);
            assert_eq!(stepped == 0, whole == WHOLE, "{case}");
            cpu.endings.into_keys().collect()
        }
        // What is no action in the environment.
        (Err(PilotError::Env(gpu)), Err(PilotError::Env(cpu))) => {
            assert_eq!(gpu, cpu, "{case}");
            BTreeSet::new()
        }
        (gpu, cpu) => panic!("{case}: {gpu:?} and {cpu:?}"),
    }
}

const WHOLE: u32 = 1;
const DECIDES: u32 = 0;

/// What devices must agree on.
pub fn told(result: &EvaluationResult) -> impl Debug + PartialEq {
    let EvaluationResult { digest, mean_reward, mean_steps, survived, failures, .. } = result;
    let failures: Vec<_> = failures.iter().map(|failure| (failure.seed, failure.ending)).collect();
    (*digest, mean_reward.to_bits(), mean_steps.to_bits(), *survived, failures)
}

#[test]
fn episodes_of_ones_own_models_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("own_episodes::episodes_of_ones_own_models_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn episodes_of_ones_own_models_are_the_cpus() {
    let mut endings = BTreeSet::new();
    for (planner, _) in PlannerKind::ALL {
        let planner = *planner;
        compare(planner, LINE, &environment(LINE), [6, WHOLE]);
        let on_the_cpu = Watched::<_, false>(environment(LINE));
        compare(planner, LINE, &on_the_cpu, [6, DECIDES]);
        compare(planner, EITHER_WAY, &environment(EITHER_WAY), [6, WHOLE]);
        // Boxes of several numbers and lists of choices; ends that cost something.
        for actions in [BOX, EITHER, SIX] {
            let model = Everything::new(actions);
            endings.extend(compare(planner, model, &environment(model), [12, WHOLE]));
        }
        compare(planner, Wide, &environment(Wide), [4, WHOLE]);
        // To the goal or not in time; over the edge; to where nothing is a number.
        let ends =
            |race: Race| compare(planner, race, &environment(race).must_arrive(), [3, WHOLE]);
        endings.extend(ends(RACE));
        endings.extend(ends(Race { end_cost: 3.0, ..RACE }));
        endings.extend(ends(Race { lost: 3.0, ..RACE }));
    }
    let all = [Ending::Survived, Ending::Arrived, Ending::Failed, Ending::OutOfTime];
    assert_eq!(endings, BTreeSet::from(all));
}

/// To an end of a line, at 1 or -1, which is the goal unless it costs something; states are no numbers `lost - 1` or more behind.
#[derive(Clone, Copy)]
pub struct Race {
    pub end_cost: f32,
    pub lost: f32,
}

pub const RACE: Race = Race { end_cost: 0.0, lost: 0.0 };

impl Model<1, 1> for Race {
    fn actions(&self) -> Actions<1> {
        Actions::within([1.0], [2.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
        [place + speed * 0.2 + (place + 1.0 - self.lost).sqrt() * 0.0]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        (place - 1.5).square()
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, [place]: [R; 1]) -> R::Mask {
        place.abs().lt(1.0)
    }

    fn end_cost(&self) -> f32 {
        self.end_cost
    }
}

#[test]
fn what_happens_on_the_virtual_gpu_need_not_be_what_the_model_says() {
    on_the_virtual_gpu("own_episodes::what_happens_need_not_be_what_the_model_says");
}

/// Another goal, another range, other choices than the planner's model knows; and what is no action there.
#[test]
#[ignore = "requires an NVIDIA GPU"]
fn what_happens_need_not_be_what_the_model_says() {
    let planner = PlannerKind::Cem;
    let narrow = Line::<false> { actions: Actions::within([-0.25], [0.5]), goal: -2.0 };
    compare(planner, LINE, &environment(narrow), [6, WHOLE]);
    let other = Line::<true> { actions: Actions::choices(&[[0.5], [-2.0]]), goal: 0.0 };
    compare(planner, EITHER_WAY, &environment(other), [6, WHOLE]);
    assert!(compare(planner, LINE, &environment(EITHER_WAY), [6, DECIDES]).is_empty());
}
