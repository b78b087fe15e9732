//! What there is to measure: suites of cases.

use std::path::PathBuf;

use clap::ValueEnum;
use particle_pilot::{ActionKind, PilotConfig, PlannerKind, Simd, Tuning};
use serde::{Deserialize, Serialize};

use crate::contender::Contender;
use crate::models::{DRIVE_NOISE, Model};
use crate::peers::Peers;
use crate::sampling::Sampling;
use crate::work::{Work, noise};

/// A question, and the cases that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Suite {
    /// Particle-steps a second, over particles and horizons
    Throughput,
    /// How long one decision takes, for each planner
    Latency,
    /// How long one decision takes for other models than the cart-pole
    Models,
    /// Closed loops: one, and thousands
    Episodes,
    /// From the start of the program `pilot` to its first decision
    Startup,
    /// What more threads, particles, episodes and GPUs bring
    Scaling,
    /// Other software that does the same; only with --peers
    Peers,
}

impl Suite {
    /// All of our own, in the order in which they run.
    pub const ALL: [Self; 6] = [
        Self::Throughput,
        Self::Latency,
        Self::Models,
        Self::Episodes,
        Self::Startup,
        Self::Scaling,
    ];

    /// Whether single runs are timed as well.
    pub fn times_each(self) -> bool {
        matches!(self, Self::Latency | Self::Models)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Models => "models",
            Self::Episodes => "episodes",
            Self::Startup => "startup",
            Self::Scaling => "scaling",
            Self::Peers => "peers",
        }
    }
}

/// The same work for all contenders.
#[derive(Clone, Debug)]
pub struct Case {
    pub suite: Suite,
    /// Unique within its suite.
    pub name: String,
    pub work: Work,
    pub contenders: Vec<Contender>,
}

/// How much work the cases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// For a record.
    Full,
    /// For a first impression.
    Quick,
    /// For a look at the program itself.
    Tiny,
}

impl Extent {
    pub fn sampling(self) -> Sampling {
        match self {
            Self::Full => Sampling::FULL,
            Self::Quick => Sampling::QUICK,
            Self::Tiny => Sampling::TINY,
        }
    }

    pub fn pick<T>(self, full: T, quick: T, tiny: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
            Self::Tiny => tiny,
        }
    }
}

/// What takes part.
pub struct Setup {
    pub extent: Extent,
    /// All sets of vector instructions of this CPU, slowest first.
    pub available: Vec<Simd>,
    /// The one that pilots use.
    pub simd: Simd,
    /// The CPU's threads.
    pub threads: usize,
    /// The numbers of the GPUs.
    pub gpus: Vec<u32>,
    /// The program `pilot`.
    pub pilot: Option<PathBuf>,
    /// Other software.
    pub peers: Peers,
}

impl Setup {
    /// The cases of a suite.
    pub fn cases(&self, suite: Suite) -> Vec<Case> {
        match suite {
            Suite::Throughput => self.throughput(),
            Suite::Latency => self.latency(),
            Suite::Models => self.models(),
            Suite::Episodes => self.episodes(),
            Suite::Startup => self.startup(),
            Suite::Scaling => self.scaling(),
            Suite::Peers => self.peers.cases(self),
        }
    }

    /// All threads, with the instructions that pilots use: what others are compared with.
    pub fn whole_cpu(&self) -> Contender {
        Contender::Cpu { simd: self.simd, threads: self.threads }
    }

    fn one_thread(&self, simd: Simd) -> Contender {
        Contender::Cpu { simd, threads: 1 }
    }

    fn each_gpu(&self) -> impl Iterator<Item = Contender> {
        self.gpus.iter().copied().map(Contender::gpu)
    }

    /// All threads and each GPU.
    fn devices(&self) -> Vec<Contender> {
        std::iter::once(self.whole_cpu()).chain(self.each_gpu()).collect()
    }

    /// One thread, all threads, each GPU.
    pub fn few(&self) -> Vec<Contender> {
        distinct(std::iter::once(self.one_thread(self.simd)).chain(self.devices()))
    }

    fn throughput(&self) -> Vec<Case> {
        let horizons = self.extent.pick(vec![30, 100], vec![100], vec![10]);
        let exponents = self.extent.pick(vec![2, 3, 4, 5, 6, 7, 8], vec![2, 4, 6], vec![2, 3]);
        let single = self.available.iter().map(|simd| self.one_thread(*simd));
        let contenders = distinct(single.chain(self.devices()));
        let sizes =
            horizons.iter().flat_map(|h| exponents.iter().map(move |e| (10u32.pow(*e), *h)));
        let case = |(particles, horizon)| Case {
            suite: Suite::Throughput,
            name: format!("{} x {horizon}", power_of_ten(particles)),
            work: Work::Decision(shooting(particles, horizon)),
            contenders: contenders.clone(),
        };
        sizes.map(case).collect()
    }

    fn latency(&self) -> Vec<Case> {
        let sizes =
            self.extent.pick(vec![(1024, 30), (16_384, 50)], vec![(1024, 30)], vec![(128, 10)]);
        let planners = PlannerKind::ALL.iter().map(|(planner, _)| *planner);
        let all =
            sizes.iter().flat_map(|size| planners.clone().map(move |planner| (planner, size)));
        let case = |(planner, &(particles, horizon)): (PlannerKind, &(u32, u32))| Case {
            suite: Suite::Latency,
            name: format!("{planner} {particles} x {horizon}"),
            work: Work::Decision(usual(planner, particles, horizon)),
            contenders: self.few(),
        };
        all.map(case).collect()
    }

    fn models(&self) -> Vec<Case> {
        let sizes =
            self.extent.pick(vec![(1024, 50), (16_384, 50)], vec![(1024, 50)], vec![(128, 10)]);
        let mut works = Vec::new();
        for (particles, horizon) in sizes {
            for planner in [PlannerKind::RandomShooting, PlannerKind::Mppi] {
                let config = model_config(planner, particles, horizon, None);
                works.push((Model::Pendulum, config));
            }
        }
        let sizes =
            self.extent.pick(DRIVE_SIZES.to_vec(), DRIVE_SIZES[..1].to_vec(), vec![(128, 10)]);
        for (particles, horizon) in sizes {
            let shooting = model_config(PlannerKind::RandomShooting, particles, horizon, None);
            works.push((Model::DiffDrive, shooting));
            for spacing in [1, 20] {
                works.push((Model::DiffDrive, driving(particles, horizon, spacing)));
            }
        }
        let case = |(model, config): (Model, PilotConfig)| {
            let PilotConfig { planner, particles, horizon, .. } = config;
            let noise = noise(config.tuning.knot_spacing);
            Case {
                suite: Suite::Models,
                name: format!("{model}, {planner} {particles} x {horizon}, {noise}"),
                work: Work::ModelDecision { model, config },
                contenders: self.few(),
            }
        };
        works.into_iter().map(case).collect()
    }

    fn episodes(&self) -> Vec<Case> {
        let steps = self.extent.pick(500, 500, 5);
        let (many, short) = self.extent.pick((2000, 20), (1000, 5), (3, 5));
        let particles = self.extent.pick(1024, 1024, 128);
        let planners = [PlannerKind::Cem, PlannerKind::RandomShooting];
        let one = planners.map(|planner| Case {
            suite: Suite::Episodes,
            name: format!("1 of {steps} steps, {planner}"),
            work: Work::Episode { config: usual(planner, particles, 30), steps },
            contenders: self.few(),
        });
        let thousands = planners.map(|planner| Case {
            suite: Suite::Episodes,
            name: format!("{many} of {short} steps, {planner}"),
            work: Work::Episodes { config: usual(planner, 128, 32), episodes: many, steps: short },
            contenders: self.few(),
        });
        one.into_iter().chain(thousands).collect()
    }

    fn startup(&self) -> Vec<Case> {
        let case = |pilot: &PathBuf| Case {
            suite: Suite::Startup,
            name: "pilot".into(),
            work: Work::Start(Some(pilot.clone())),
            contenders: self.devices(),
        };
        self.pilot.iter().map(case).collect()
    }

    fn scaling(&self) -> Vec<Case> {
        let case =
            |name: String, work, contenders| Case { suite: Suite::Scaling, name, work, contenders };
        let particles = self.extent.pick(100_000, 20_000, 1000);
        let doubled = std::iter::successors(Some(1), |threads| Some(threads * 2));
        let counts = doubled.take_while(|threads| *threads < self.threads).chain([self.threads]);
        let by_threads = counts.map(|threads| Contender::Cpu { simd: self.simd, threads });
        let mut cases = vec![case(
            "threads".into(),
            Work::Decision(shooting(particles, 100)),
            by_threads.collect(),
        )];
        let exponents = self.extent.pick(vec![3, 4, 5, 6], vec![3, 5], vec![2]);
        cases.extend(exponents.into_iter().map(|exponent| {
            let particles = 10u32.pow(exponent);
            let work = Work::Decision(usual(PlannerKind::Cem, particles, 30));
            case(format!("particles {}", power_of_ten(particles)), work, self.devices())
        }));
        let counts = self.extent.pick(vec![1, 10, 100, 1000], vec![1, 100], vec![2]);
        cases.extend(counts.into_iter().map(|episodes| {
            let config = usual(PlannerKind::RandomShooting, 256, 32);
            let steps = self.extent.pick(50, 20, 3);
            let work = Work::Episodes { config, episodes, steps };
            case(format!("episodes {episodes}"), work, self.devices())
        }));
        if self.gpus.len() > 1 {
            let particles = self.extent.pick(10_000_000, 1_000_000, 1000);
            let groups = (1..=self.gpus.len()).map(|n| Contender::Gpus(self.gpus[..n].to_vec()));
            let work = Work::Decision(shooting(particles, self.extent.pick(100, 100, 10)));
            cases.push(case("gpus".into(), work, groups.collect()));
        }
        cases
    }
}

/// A planner as it is most used: `mppi` for any force, the others for left or right.
pub fn usual(planner: PlannerKind, particles: u32, horizon: u32) -> PilotConfig {
    let action = match planner {
        PlannerKind::Mppi => ActionKind::Continuous,
        _ => ActionKind::Discrete,
    };
    PilotConfig { action, particles, horizon, ..PilotConfig::of(planner) }
}

/// The sizes by which B. Vlahov and others, "MPPI-Generic: a CUDA library for stochastic trajectory optimization" (2024),
/// compare libraries.
pub const DRIVE_SIZES: [(u32, u32); 2] = [(2048, 100), (16_384, 100)];

/// A decision of `mppi` for the robot on its map.
pub fn driving(particles: u32, horizon: u32, knot_spacing: u32) -> PilotConfig {
    let config = model_config(PlannerKind::Mppi, particles, horizon, Some(knot_spacing));
    let tuning = Tuning { noise_scale: DRIVE_NOISE.into(), ..config.tuning };
    PilotConfig { tuning, ..config }
}

/// A planner for a model whose actions are numbers, as by default but for its noise.
fn model_config(
    planner: PlannerKind,
    particles: u32,
    horizon: u32,
    knot_spacing: Option<u32>,
) -> PilotConfig {
    let mut tuning = Tuning::of(planner);
    tuning.knot_spacing = knot_spacing.unwrap_or(tuning.knot_spacing);
    let action = ActionKind::Continuous;
    PilotConfig { action, particles, horizon, tuning, ..PilotConfig::of(planner) }
}

/// Hardly anything but rollouts.
pub fn shooting(particles: u32, horizon: u32) -> PilotConfig {
    usual(PlannerKind::RandomShooting, particles, horizon)
}

/// Each once, in the order of their first appearance.
fn distinct(contenders: impl Iterator<Item = Contender>) -> Vec<Contender> {
    let mut all = Vec::new();
    for contender in contenders {
        if !all.contains(&contender) {
            all.push(contender);
        }
    }
    all
}

/// `1000` as `1e3`.
fn power_of_ten(number: u32) -> String {
    format!("1e{}", number.ilog10())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(extent: Extent, gpus: Vec<u32>) -> Setup {
        let available = vec![Simd::Scalar, Simd::Avx2];
        Setup {
            extent,
            available,
            simd: Simd::Avx2,
            threads: 6,
            gpus,
            pilot: None,
            peers: Peers::default(),
        }
    }

    #[test]
    fn no_two_cases_of_a_suite_have_one_name_and_every_case_has_contenders() {
        for extent in [Extent::Full, Extent::Quick, Extent::Tiny] {
            for suite in Suite::ALL {
                let cases = setup(extent, vec![0, 1]).cases(suite);
                let mut names: Vec<&String> = cases.iter().map(|case| &case.name).collect();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), cases.len());
                for case in &cases {
                    assert!(case.contenders.len() > 1, "{}", case.name);
                    let config = case.work.config().expect("no program is known");
                    config.validate().unwrap();
                }
            }
        }
    }

    #[test]
    fn threads_are_doubled_up_to_all_and_gpus_added_one_by_one() {
        let cases = setup(Extent::Full, vec![0, 1, 2]).cases(Suite::Scaling);
        let names = |index: usize| cases[index].contenders.iter().map(Contender::to_string);
        assert_eq!(names(0).collect::<Vec<_>>(), ["avx2 x 1", "avx2 x 2", "avx2 x 4", "avx2 x 6"]);
        let last: Vec<_> = names(cases.len() - 1).collect();
        assert_eq!(last, ["cuda:0", "cuda:0 + cuda:1", "cuda:0 + cuda:1 + cuda:2"]);
    }

    #[test]
    fn without_gpus_there_are_only_cpus() {
        let setup = setup(Extent::Quick, Vec::new());
        let mut all = Suite::ALL.into_iter().flat_map(|suite| setup.cases(suite));
        assert!(all.all(|case| case.contenders.iter().all(|contender| !contender.is_gpu())));
    }
}
