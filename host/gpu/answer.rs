//! What a GPU has decided, as engines say it.

use particle_pilot_kernels::rollout::Summary;
use particle_pilot_kernels::task::Answer;

use super::schedule::Schedule;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::engine::Plan;
use crate::planners::futures::diagnose_some;

/// The plan that the [`Answer`] at the beginning of `copy` is.
pub fn plan_of(schedule: &Schedule, copy: &[u8]) -> Plan {
    let answer: Answer = bytemuck::pod_read_unaligned(&copy[..size_of::<Answer>()]);
    let shares = &answer.shares[..schedule.params.dimensions as usize];
    let mut control = ControlVector::zeros(shares.len());
    control.copy_from_slice(shares);
    let summary = Summary {
        sums: answer.sums,
        squares: answer.squares,
        best: (answer.lowest, 0),
        dead: answer.dead,
        non_finite: answer.non_finite,
        longest: answer.longest,
    };
    let diagnostics = Diagnostics {
        effective_samples: answer.effective_samples,
        ..diagnose_some(&schedule.counts, schedule.params.horizon, &summary)
    };
    (control, diagnostics)
}
