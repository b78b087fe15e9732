//! `kernels/budgets.toml`: what each kernel may cost.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::sass::Function;
use super::usage::Usage;
use crate::command::root;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// For kernels that name no limit of their own.
    pub registers: u32,
    /// By the kernel's name, or by what several names begin with and a star.
    pub kernels: BTreeMap<String, Budget>,
}

/// One kernel's limits.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Of each thread.
    pub registers: Option<u32>,
    /// Memory of each thread in bytes: none, unless said.
    #[serde(default)]
    pub stack_bytes: u32,
    pub hot_loop: Option<HotLoop>,
}

/// How to recognise a kernel's hot loop, and what it may take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotLoop {
    /// The operation that marks steps.
    pub marker: String,
    /// How often it comes in one step of one particle.
    pub markers_per_particle_step: u32,
    /// Instructions in one step of one particle.
    pub instructions: f64,
}

impl Budgets {
    /// Reads the file.
    pub fn read() -> Result<Self> {
        let path = root().join("kernels/budgets.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// The limits of the kernel `name`: of all keys that fit, the longest.
    pub fn of(&self, name: &str) -> Option<&Budget> {
        let fitting = self.kernels.iter().filter(|(key, _)| fits(key, name));
        fitting.max_by_key(|(key, _)| key.len()).map(|(_, budget)| budget)
    }

    /// A key that fits none of `kernels`, which is a mistake.
    pub fn stray<'a>(&'a self, kernels: &[&str]) -> Option<&'a str> {
        let is_stray = |key: &&String| !kernels.iter().any(|name| fits(key, name));
        self.kernels.keys().find(is_stray).map(String::as_str)
    }

    /// What is over the limits of the kernel `name`.
    pub fn complaints(&self, name: &str, usage: &Usage, function: &Function) -> Vec<String> {
        let none = Budget::default();
        let budget = self.of(name).unwrap_or(&none);
        let mut complaints = Vec::new();
        let mut at_most = |what: &str, is: f64, limit: f64| {
            if is > limit {
                complaints.push(format!("{is} {what}, at most {limit} allowed"));
            }
        };
        let registers = budget.registers.unwrap_or(self.registers);
        at_most("registers", usage.registers.into(), registers.into());
        at_most("bytes of stack", usage.stack_bytes.into(), budget.stack_bytes.into());
        at_most("bytes of spills", usage.spill_bytes.into(), 0.0);
        if let Some(wanted) = &budget.hot_loop {
            match wanted.instructions_in(function) {
                Ok(instructions) => {
                    at_most("instructions per particle-step", instructions, wanted.instructions);
                }
                Err(error) => complaints.push(error.to_string()),
            }
        }
        complaints
    }
}

fn fits(key: &str, name: &str) -> bool {
    key.strip_suffix('*').map_or(key == name, |start| name.starts_with(start))
}

impl HotLoop {
    /// Instructions per particle-step of the hot loop of `function`.
    pub fn instructions_in(&self, function: &Function) -> Result<f64> {
        let pass = function.hot_loop(&self.marker);
        let pass = pass.with_context(|| format!("no loop with {}", self.marker))?;
        Ok(f64::from(pass.issued) / self.particle_steps(pass.markers)?)
    }

    /// How many steps of one particle `markers` stand for.
    pub fn particle_steps(&self, markers: u32) -> Result<f64> {
        anyhow::ensure!(
            markers.is_multiple_of(self.markers_per_particle_step),
            "the hot loop has {markers} {}, which is not {} for each particle-step",
            self.marker,
            self.markers_per_particle_step
        );
        Ok(f64::from(markers / self.markers_per_particle_step))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sass;
    use super::*;

    const FILE: &str = "
        registers = 32
        [kernels.rollout]
        registers = 64
        hot_loop = { marker = \"FSETP\", markers_per_particle_step = 2, instructions = 7 }
    ";

    #[test]
    fn each_limit_is_held_against_its_number() {
        let budgets: Budgets = toml::from_str(FILE).unwrap();
        let functions = sass::parse(include_str!("sample.sass"));
        let usage = Usage { registers: 65, shared_bytes: 0, stack_bytes: 8, spill_bytes: 4 };
        let complaints = budgets.complaints("rollout", &usage, &functions["rollout"]);
        let expected = [
            "65 registers, at most 64 allowed",
            "8 bytes of stack, at most 0 allowed",
            "4 bytes of spills, at most 0 allowed",
            "7.5 instructions per particle-step, at most 7 allowed",
        ];
        assert_eq!(complaints, expected);
        let usage = Usage { registers: 32, ..Usage::default() };
        assert!(budgets.complaints("copy", &usage, &functions["copy"]).is_empty());
        let lost = budgets.complaints("rollout", &usage, &functions["copy"]);
        assert_eq!(lost, ["no loop with FSETP"]);
    }

    #[test]
    fn the_longest_key_that_fits_counts() {
        let file = "registers = 1\n[kernels]\n\"a*\" = { registers = 2 }\n\"ab*\" = { registers = 3 }\n\
                    abc = { registers = 4 }";
        let budgets: Budgets = toml::from_str(file).unwrap();
        let registers = |name| budgets.of(name).and_then(|budget| budget.registers);
        let found = ["b", "a", "abb", "abc", "abcd"].map(registers);
        assert_eq!(found, [None, Some(2), Some(3), Some(4), Some(3)]);
        assert_eq!(budgets.stray(&["abc"]), None);
        assert_eq!(budgets.stray(&["abb"]), Some("abc"));
    }

    #[test]
    fn the_file_that_is_checked_in_can_be_read() {
        assert!(Budgets::read().is_ok());
    }
}
