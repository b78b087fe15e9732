//! One step of a recording.

use crate::decision::Action;
use crate::episode::StepRecord;
use crate::settings::ActionKind;

/// One step, as a line of a recording has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Counted from 0.
    pub step: u32,
    /// The state before the action, in the model's units.
    pub state: Vec<f64>,
    /// The index of a choice, or the numbers of a control in the model's units.
    pub action: Vec<f64>,
    /// What the environment gave for it.
    pub reward: f64,
    /// How long the decision took, in microseconds.
    pub decision_us: f64,
    /// The lowest cost of a future.
    pub best: f64,
    /// The mean cost.
    pub mean: f64,
    /// How many futures effectively had a say.
    pub ess: f64,
    /// The standard deviation of the costs.
    pub spread: f64,
    /// The share of futures that ended before the horizon, 0 to 1.
    pub dead_share: f64,
}

impl From<&StepRecord<'_>> for Row {
    fn from(record: &StepRecord<'_>) -> Self {
        let diagnostics = record.diagnostics;
        Self {
            step: record.step,
            state: record.state.to_vec(),
            action: numbers_of(record.action),
            reward: record.reward,
            decision_us: record.decision_time.as_nanos() as f64 / 1e3,
            best: diagnostics.best,
            mean: diagnostics.mean,
            ess: diagnostics.effective_samples,
            spread: diagnostics.spread,
            dead_share: diagnostics.dead_share,
        }
    }
}

fn numbers_of(action: Action) -> Vec<f64> {
    match action {
        Action::Discrete(index) => vec![index.into()],
        Action::Continuous(control) => control.to_vec(),
    }
}

impl Row {
    /// The action, if it is one of that kind: a whole number from 0 to `u32::MAX`, or 1 to 8 numbers that are finite.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::recording::Recording;
    /// use particle_pilot::{Action, ActionKind};
    /// let text = "# particle-pilot trace 2\n\
    ///     step,state_0,action,reward,decision_us,best,mean,ess,spread,dead_share\n\
    ///     0,0.5,2,-1.0,8.5,1.0,2.0,64.0,0.1,0.0\n";
    /// let row = Recording::read(text.as_bytes())?.row()?.unwrap();
    /// assert_eq!(row.action(ActionKind::Discrete), Some(Action::Discrete(2)));
    /// assert_eq!(row.action(ActionKind::Continuous), Some(Action::Continuous([2.0].into())));
    /// # Ok::<(), particle_pilot::recording::RecordingError>(())
    /// ```
    #[must_use]
    pub fn action(&self, kind: ActionKind) -> Option<Action> {
        match (kind, &self.action[..]) {
            (ActionKind::Discrete, [number]) => {
                let index = *number as u32;
                (f64::from(index) == *number).then_some(Action::Discrete(index))
            }
            (ActionKind::Continuous, numbers)
                if numbers.iter().all(|number| number.is_finite()) =>
            {
                Some(Action::Continuous(numbers.to_vec().try_into().ok()?))
            }
            _ => None,
        }
    }

    /// What the planner said about its futures, by column.
    pub(super) fn statistics(&self) -> [(&'static str, f64); 5] {
        [
            ("best", self.best),
            ("mean", self.mean),
            ("ess", self.ess),
            ("spread", self.spread),
            ("dead_share", self.dead_share),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Diagnostics;
    use std::time::Duration;

    #[test]
    fn what_is_no_action_of_a_kind_is_none() {
        let (decision_time, diagnostics) = (Duration::ZERO, Diagnostics::default());
        let (step, state, action) = (0, &[0.0][..], Action::Discrete(0));
        let record = StepRecord { step, state, action, reward: 0.0, decision_time, diagnostics };
        let of = |numbers: &[f64]| Row { action: numbers.to_vec(), ..Row::from(&record) };
        let index = |number: f64| of(&[number]).action(ActionKind::Discrete);
        assert_eq!(index(4_294_967_295.0), Some(Action::Discrete(u32::MAX)));
        for other in [-1.0, 0.5, 4_294_967_296.0, f64::NAN, f64::INFINITY] {
            assert_eq!(index(other), None, "{other}");
        }
        assert_eq!(of(&[0.0, 1.0]).action(ActionKind::Discrete), None);
        let control = |numbers: &[f64]| of(numbers).action(ActionKind::Continuous);
        assert_eq!(control(&[0.5, -2.0]), Some(Action::Continuous([0.5, -2.0].into())));
        for other in [&[][..], &[0.0; 9], &[0.0, f64::NAN], &[f64::INFINITY]] {
            assert_eq!(control(other), None, "{other:?}");
        }
    }
}
