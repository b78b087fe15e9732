//! What a line of a recording consists of.

use particle_pilot_kernels::task::MOST_DIMENSIONS;

use crate::pilot::Pilot;

/// The columns after the action's.
const LAST: [&str; 7] = ["reward", "decision_us", "best", "mean", "ess", "spread", "dead_share"];
/// What the columns of actions begin with, and no others.
const ACTION: &str = "action";

/// The columns: the step, the state, the action, and the rest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    names: Vec<String>,
    states: usize,
}

impl Columns {
    fn new(states: &[impl AsRef<str>], actions: usize) -> Self {
        let mut names = vec!["step".to_owned()];
        names.extend(states.iter().map(|name| name.as_ref().to_owned()));
        match actions {
            1 => names.push(ACTION.into()),
            _ => names.extend((0..actions).map(|index| format!("{ACTION}_{index}"))),
        }
        names.extend(LAST.map(str::to_owned));
        Self { names, states: states.len() }
    }

    /// Those of a pilot's recordings.
    pub fn of(pilot: &Pilot) -> Self {
        let actions = pilot.action_len();
        match pilot.problem() {
            Some(problem) => Self::new(problem.state_names(), actions),
            None => {
                let names = (0..pilot.state_len()).map(|index| format!("state_{index}"));
                Self::new(&names.collect::<Vec<_>>(), actions)
            }
        }
    }

    /// From the line that names them; `None` if that names others.
    pub fn read(line: &str) -> Option<Self> {
        let names: Vec<&str> = line.split(',').collect();
        let is_action = |name: &&str| name.starts_with(ACTION);
        let first = names.iter().position(is_action)?;
        let actions = names[first..].iter().take_while(|name| is_action(name)).count();
        let states = names[..first].get(1..).filter(|states| !states.is_empty())?;
        if actions > MOST_DIMENSIONS {
            return None;
        }
        let columns = Self::new(states, actions);
        (columns.names == names).then_some(columns)
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn states(&self) -> &[String] {
        &self.names[1..self.first_action()]
    }

    pub fn actions(&self) -> &[String] {
        &self.names[self.first_action()..self.first_of_last()]
    }

    /// Where the columns of the action begin, after the step and the state.
    pub fn first_action(&self) -> usize {
        1 + self.states
    }

    /// Where the columns after the action's begin.
    pub fn first_of_last(&self) -> usize {
        self.names.len() - LAST.len()
    }

    /// As the line that names them.
    pub fn line(&self) -> String {
        self.names.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_if_it_is_one_that_would_be_written() {
        let rest = "reward,decision_us,best,mean,ess,spread,dead_share";
        for (first, counts) in [
            ("step,x,action", Some((1, 1))),
            ("step,state_0,state_1,action_0,action_1", Some((2, 2))),
            ("step,a,b,c,action_0,action_1,action_2", Some((3, 3))),
            ("step,action", None),
            ("step,x", None),
            ("action", None),
            ("x,y,action", None),
            ("step,x,action_0", None),
            ("step,x,action,action", None),
            ("step,x,action_1,action_0", None),
            ("step,x,action,x", None),
        ] {
            let line = format!("{first},{rest}");
            let read = Columns::read(&line);
            let found = read.as_ref().map(|read| (read.states().len(), read.actions().len()));
            assert_eq!(found, counts, "{line}");
            assert!(read.is_none_or(|read| read.line() == line));
        }
        let many: Vec<String> = (0..9).map(|index| format!("action_{index}")).collect();
        assert_eq!(Columns::read(&format!("step,x,{},{rest}", many.join(","))), None);
        assert_eq!(Columns::read("step,x,action,reward"), None);
        assert_eq!(Columns::read(""), None);
    }
}
