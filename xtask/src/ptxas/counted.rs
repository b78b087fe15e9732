//! Where counts are written to, so that nobody has to type them: what `bench` holds GPUs against, and the tables of docs/gpu.md.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};

use super::budgets::Budgets;
use super::{Assembled, limits};
use crate::command::root;

/// The files that have counts in them, from the root.
const CLOCKS: &str = "host/bin/bench/gpu_clocks.rs";
const DOCS: &str = "docs/gpu.md";

/// The columns of docs/gpu.md.
const COLUMNS: [&str; 3] = ["sm_75", "sm_80", "sm_90"];

/// Kernels in docs/gpu.md, who uses them, and by what names they are assembled here.
const ROWS: [(&str, &str, &[&str]); 16] = [
    ("`roll_out_coin`", "`random-shooting`, left or right", &["roll_out_coin"]),
    ("`roll_out_biased`", "`cem`, left or right", &["roll_out_biased"]),
    ("`roll_out_knots`", "`mppi`, `predictive-sampling`, and any force", &["roll_out_knots"]),
    ("`roll_out_followed`", "`icem`", &["roll_out_followed"]),
    (
        "`roll_out_knots`",
        "the same for pilots of a batch, each with its own seed",
        &["roll_out_knots_rows"],
    ),
    (
        "`roll_out_coin`",
        "alone, with all angles and the other integrator",
        &["roll_out_coin_general"],
    ),
    ("`roll_out_biased`", "", &["roll_out_biased_general"]),
    ("`roll_out_knots`", "", &["roll_out_knots_general"]),
    ("`roll_out_knots`", "the pendulum of `kernels::problems`", &["roll_out_knots_pendulum"]),
    (
        "`roll_out_many_knots`",
        "the robot of `kernels::problems`, which samples a map",
        &["roll_out_many_knots_robot"],
    ),
    (
        "`roll_out_many_knots`",
        "the acrobot of `kernels::problems`, four Runge-Kutta stages and three choices",
        &["roll_out_many_knots_acrobot"],
    ),
    (
        "`roll_out_many_knots`",
        "a model of 16 numbers of state and 2 of control",
        &["roll_out_many_knots_chain"],
    ),
    (
        "`run_smc_islands`, `run_fmc_islands`",
        "`smc`, `fmc`",
        &["run_smc_islands", "run_fmc_islands"],
    ),
    (
        "`run_many_smc_islands`, `run_many_fmc_islands`",
        "the robot",
        &["run_many_smc_islands_robot", "run_many_fmc_islands_robot"],
    ),
    (
        "`run_many_smc_islands`, `run_many_fmc_islands`",
        "the acrobot",
        &["run_many_smc_islands_acrobot", "run_many_fmc_islands_acrobot"],
    ),
    (
        "`run_many_smc_islands`, `run_many_fmc_islands`",
        "the model of 16 numbers of state",
        &["run_many_smc_islands_chain", "run_many_fmc_islands_chain"],
    ),
];

/// Kernels whose limits `bench` goes by.
const BENCHED: [&str; 3] = ["roll_out_coin", "roll_out_biased", "roll_out_knots"];

/// Kernels whose limits are in docs/gpu.md.
const LIMITS: [(&str, &str); 6] = [
    ("`roll_out_coin`", "roll_out_coin"),
    ("`roll_out_biased`", "roll_out_biased"),
    ("`roll_out_knots`", "roll_out_knots"),
    ("`roll_out_coin`, all angles", "roll_out_coin_general"),
    ("`roll_out_biased`, all angles", "roll_out_biased_general"),
    ("`roll_out_knots`, all angles", "roll_out_knots_general"),
];

/// What was counted, by kernel and GPU.
pub struct Counted<'a> {
    pub all: &'a [Assembled],
    pub budgets: &'a Budgets,
}

impl Counted<'_> {
    /// Writes the counts to where they belong, if `write`.
    ///
    /// # Errors
    /// If not, and they are others there.
    pub fn are_written(&self, write: bool) -> Result<()> {
        for (name, text) in [(CLOCKS, self.clocks()?), (DOCS, self.docs()?)] {
            let path = root().join(name);
            if fs::read_to_string(&path).is_ok_and(|before| before == text) {
                continue;
            }
            if !write {
                bail!("{name} has other counts; `cargo xtask ptxas --write` puts these there");
            }
            fs::write(&path, text).with_context(|| format!("cannot write {name}"))?;
            println!("wrote {name}");
        }
        Ok(())
    }

    /// The source of `gpu_clocks.rs`.
    fn clocks(&self) -> Result<String> {
        let mut text = "//! Clocks for which a scheduler is busy with one step of 32 particles, at least: by the kernel, and the GPU's compute\n\
             //! capability. Written by `cargo xtask ptxas --write`.\n\n\
             /// A kernel's name, a compute capability, clocks.\n\
             pub const CLOCKS: &[(&str, (u32, u32), f64)] = &[\n"
            .to_owned();
        for kernel in BENCHED {
            for on in self.all {
                let (major, minor) = capability(on.arch)?;
                let (clocks, _) = self.limit(kernel, on.arch)?;
                writeln!(text, "    (\"{kernel}\", ({major}, {minor}), {clocks:.2}),")?;
            }
        }
        Ok(text + "];\n")
    }

    /// docs/gpu.md with these counts in its tables.
    fn docs(&self) -> Result<String> {
        let mut text = fs::read_to_string(root().join(DOCS))?;
        for (name, table) in [("counts", self.counts()?), ("limits", self.limits()?)] {
            let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
            let from = text.find(&begin).map(|place| place + begin.len());
            let parts = from.and_then(|from| Some((from, text[from..].find(&end)? + from)));
            let (from, to) = parts.with_context(|| format!("{DOCS} has no place for {name}"))?;
            text.replace_range(from..to, &table);
        }
        Ok(text)
    }

    /// Registers, and instructions of a step where those are counted.
    fn counts(&self) -> Result<String> {
        let mut table =
            "| kernel | used by | registers T4, A100, H200 | instructions T4, A100, H200 |\n\
                         |---|---|---|---|\n"
                .to_owned();
        for (label, user, kernels) in ROWS {
            let registers = kernels.iter().map(|kernel| {
                let of = |arch: &&str| Ok(self.on(arch)?.of(kernel)?.0.registers.to_string());
                Ok(COLUMNS.iter().map(of).collect::<Result<Vec<_>>>()?.join(", "))
            });
            let registers = registers.collect::<Result<Vec<String>>>()?.join("; ");
            let hot = kernels.first().and_then(|kernel| self.budgets.of(kernel)?.hot_loop.as_ref());
            let instructions = match hot.filter(|_| kernels.len() == 1) {
                Some(hot) => {
                    let of = |arch: &&str| {
                        let function = self.on(arch)?.of(kernels[0])?.1;
                        // Of other models than the cart-pole, whose loops have no markers, nothing.
                        Ok(hot.instructions_in(function).ok().map(|count| format!("{count:.1}")))
                    };
                    let counts = COLUMNS.iter().map(of).collect::<Result<Option<Vec<_>>>>()?;
                    counts.map_or(String::new(), |counts| format!("{} ", counts.join(", ")))
                }
                None => String::new(),
            };
            writeln!(table, "| {label} | {user} | {registers} | {instructions}|")?;
        }
        Ok(table.replace("|  |", "| |"))
    }

    /// Particle-steps in a second, at most.
    fn limits(&self) -> Result<String> {
        let mut table = "| kernel | T4 | A100 | H200 |\n|---|---|---|---|\n".to_owned();
        for (label, kernel) in LIMITS {
            let of = |gpu: &limits::Gpu| {
                let (clocks, _) = self.limit(kernel, gpu.arch)?;
                Ok(format!("{:.2e}", limits::steps_per_second(gpu, clocks)))
            };
            let steps = limits::GPUS.iter().map(of).collect::<Result<Vec<_>>>()?;
            writeln!(table, "| {label} | {} |", steps.join(" | "))?;
        }
        Ok(table)
    }

    /// Clocks of a scheduler for one step of 32 particles, and what takes them.
    pub fn limit(&self, kernel: &str, arch: &str) -> Result<(f64, &'static str)> {
        let none = || format!("nothing is counted of {kernel} on {arch}");
        let hot = self.budgets.of(kernel).and_then(|budget| budget.hot_loop.as_ref());
        let hot = hot.with_context(none)?;
        let pass = self.on(arch)?.of(kernel)?.1.hot_loop(&hot.marker).with_context(none)?;
        let (clocks, what) = limits::clocks(arch, pass);
        Ok((clocks / hot.particle_steps(pass.markers)?, what))
    }

    fn on(&self, arch: &str) -> Result<&Assembled> {
        let on = self.all.iter().find(|on| on.arch == arch);
        on.with_context(|| format!("nothing is assembled for {arch}"))
    }
}

/// Major and minor number.
fn capability(arch: &str) -> Result<(u32, u32)> {
    let digits = arch.strip_prefix("sm_").and_then(|digits| digits.parse::<u32>().ok());
    let number = digits.with_context(|| format!("`{arch}` is no `sm_` and a number"))?;
    Ok((number / 10, number % 10))
}
