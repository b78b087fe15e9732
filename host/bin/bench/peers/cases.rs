//! The suite `peers`: what peers do, by them and by us.

use particle_pilot::PlannerKind;

use super::{Kind, Peers};
use crate::models::Model;
use crate::suites::{Case, DRIVE_SIZES, Setup, Suite, driving, shooting, usual};
use crate::work::Work;

impl Peers {
    /// The cases of the suite: each work class that a peer at hand knows.
    pub fn cases(&self, setup: &Setup) -> Vec<Case> {
        let sizes = setup.extent.pick(
            vec![(1024, 50), (16_384, 50), (1_000_000, 100)],
            vec![(1024, 50), (16_384, 50)],
            vec![(128, 10)],
        );
        let rollout = |(particles, horizon): (u32, u32)| {
            let work = Work::Decision(shooting(particles, horizon));
            (format!("rollouts {particles} x {horizon}"), work)
        };
        let counts = setup.extent.pick(vec![1024, 65_536], vec![1024, 65_536], vec![16]);
        let steps = setup.extent.pick(20, 20, 3);
        let step = |environments| {
            let name = format!("steps {environments} x {steps}");
            (name, Work::Steps { environments, steps })
        };
        let (particles, horizon) = setup.extent.pick((1024, 30), (1024, 30), (128, 10));
        let decision = Work::Decision(usual(PlannerKind::Mppi, particles, horizon));
        let mppi = (format!("mppi {particles} x {horizon}"), decision);
        let drives = setup.extent.pick(&DRIVE_SIZES[..], &DRIVE_SIZES[..1], &[(128, 10)]);
        let drive = |(particles, horizon): (u32, u32)| {
            // Noise at every step, as peers draw it.
            let config = driving(particles, horizon, 1);
            let work = Work::ModelDecision { model: Model::DiffDrive, config };
            (format!("{} mppi {particles} x {horizon}", Model::DiffDrive), work)
        };
        let rollouts_and_steps = sizes.into_iter().map(rollout).chain(counts.into_iter().map(step));
        let all = rollouts_and_steps.chain([mppi]).chain(drives.iter().copied().map(drive));
        all.filter_map(|(name, work)| {
            let peers = self.that_know(Kind::of(&work)?);
            let contenders = setup.few().into_iter().chain(peers).collect();
            let suite = Suite::Peers;
            (!self.that_know(Kind::of(&work)?).is_empty()).then_some(Case {
                suite,
                name,
                work,
                contenders,
            })
        })
        .collect()
    }
}
