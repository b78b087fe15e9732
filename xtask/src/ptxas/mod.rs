//! `cargo xtask ptxas`: assembles the PTX for several GPUs and holds the result against
//! `kernels/budgets.toml`. No GPU is needed.

mod budgets;
mod counted;
mod limits;
mod models;
mod sass;
mod tools;
mod usage;

pub use tools::python_with_pip;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::check::Outcome;
use crate::command::{output, output_and_errors, target_dir};
use crate::kernels;
use budgets::Budgets;
use counted::Counted;
use sass::Function;
use tools::Tools;
use usage::Usage;

/// T4, A100, H100 and H200, and the GeForce of 2025.
const ARCHS: [&str; 4] = ["sm_75", "sm_80", "sm_90", "sm_120"];

/// What became of the PTX on one GPU.
struct Assembled {
    arch: &'static str,
    usages: BTreeMap<String, Usage>,
    functions: BTreeMap<String, Function>,
}

/// As [`assembled`], and writes nothing.
pub fn within_budgets() -> Result<Outcome> {
    assembled(false)
}

/// Assembles, prints the tables, and fails when a kernel is over its budget, or others are written down than are counted; these are
/// replaced if `write`.
pub fn assembled(write: bool) -> Result<Outcome> {
    let budgets = Budgets::read()?;
    let ptx = fs::read_to_string(kernels::path())
        .with_context(|| format!("no {}; run `cargo xtask kernels`", kernels::path().display()))?;
    let ptx = models::filled(&ptx)?;
    let kernels = kernels::entries(&ptx);
    if let Some(key) = budgets.stray(&kernels) {
        bail!("kernels/budgets.toml has limits for {key}, but there is no such kernel");
    }
    let tools = match Tools::get() {
        Ok(tools) => tools,
        Err(error) => return Ok(Outcome::Skipped(format!("no ptxas: {error:#}"))),
    };
    let folder = target_dir().join("nvptx");
    fs::create_dir_all(&folder)?;
    let text = folder.join("filled.ptx");
    fs::write(&text, &ptx)?;
    // All at once: each takes many seconds, on one core.
    let (tools, text) = (&tools, &text);
    let assembled = thread::scope(|scope| {
        let threads = ARCHS.map(|arch| scope.spawn(move || assemble(tools, text, arch, &[])));
        let results = threads.map(|thread| thread.join().expect("assemble() does not panic"));
        results.into_iter().collect::<Result<Vec<_>>>()
    })?;
    print_usage(&kernels, &assembled, &budgets)?;
    let counted = Counted { all: &assembled, budgets: &budgets };
    print_limits(&kernels, &counted)?;
    nothing_is_fused(tools, text, &assembled)?;
    let complaints = complaints(&kernels, &assembled, &budgets)?;
    complaints.iter().for_each(|complaint| eprintln!("over budget: {complaint}"));
    if let Some(first) = complaints.first() {
        bail!("{} times over kernels/budgets.toml, such as {first}", complaints.len());
    }
    counted.are_written(write)?;
    Ok(Outcome::Passed)
}

/// The assembler may make one rounding of a multiplication and an addition unless both say `.rn`; forbidden to, it must
/// write the same. What it may do is decided before it knows the GPU: one is enough.
fn nothing_is_fused(tools: &Tools, text: &Path, all: &[Assembled]) -> Result<()> {
    let Some(on) = all.first() else { return Ok(()) };
    let unfused = assemble(tools, text, on.arch, &["-fmad", "false"])?;
    let mut kernels = on.functions.iter();
    match kernels.find(|(name, function)| unfused.functions.get(*name) != Some(*function)) {
        None => Ok(()),
        Some((name, _)) => bail!("{name} on {} is another with `-fmad false`", on.arch),
    }
}

fn assemble(tools: &Tools, text: &Path, arch: &'static str, options: &[&str]) -> Result<Assembled> {
    let cubin = text.with_file_name(format!("{arch}{}.cubin", options.concat()));
    let mut ptxas = Command::new(&tools.ptxas);
    ptxas.args(["-v", "-arch", arch]).args(options).arg(text).arg("-o").arg(&cubin);
    let usages = usage::parse(&output_and_errors(&mut ptxas)?);
    let functions = sass::parse(&output(Command::new(&tools.nvdisasm).arg("-c").arg(&cubin))?);
    Ok(Assembled { arch, usages, functions })
}

impl Assembled {
    fn of(&self, kernel: &str) -> Result<(&Usage, &Function)> {
        let parts = (self.usages.get(kernel), self.functions.get(kernel));
        let (Some(usage), Some(function)) = parts else {
            bail!("ptxas and nvdisasm say nothing about {kernel} on {}", self.arch);
        };
        Ok((usage, function))
    }
}

fn complaints(kernels: &[&str], all: &[Assembled], budgets: &Budgets) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for on in all {
        for kernel in kernels {
            let (usage, function) = on.of(kernel)?;
            let over = budgets.complaints(kernel, usage, function);
            complaints.extend(over.iter().map(|what| format!("{kernel} on {}: {what}", on.arch)));
        }
        // What a kernel calls has no budget, but must not spill either.
        for (name, usage) in &on.usages {
            if !kernels.contains(&name.as_str()) && usage.spill_bytes > 0 {
                complaints.push(format!("{name} on {}: it spills registers", on.arch));
            }
        }
    }
    Ok(complaints)
}

fn print_usage(kernels: &[&str], all: &[Assembled], budgets: &Budgets) -> Result<()> {
    let width = kernels.iter().map(|name| name.len()).max().unwrap_or(0).max(6);
    println!(
        "{:width$} {:7} {:>9} {:>8} {:>7} {:>7} {:>12} {:>12}",
        "kernel", "GPU", "registers", "shared B", "stack B", "spill B", "instructions", "per step"
    );
    for kernel in kernels {
        for on in all {
            let (usage, function) = on.of(kernel)?;
            let hot = budgets.of(kernel).and_then(|budget| budget.hot_loop.as_ref());
            let per_step = hot.and_then(|hot| hot.instructions_in(function).ok());
            println!(
                "{kernel:width$} {:7} {:9} {:8} {:7} {:7} {:12} {:>12}",
                on.arch,
                usage.registers,
                usage.shared_bytes,
                usage.stack_bytes,
                usage.spill_bytes,
                function.len(),
                per_step.map_or("-".into(), |count| format!("{count:.2}")),
            );
        }
    }
    println!(
        "per step: instructions of the hot loop for one step of one particle, by its markers\n"
    );
    Ok(())
}

fn print_limits(kernels: &[&str], counted: &Counted<'_>) -> Result<()> {
    println!("{}\n", limits::MODEL);
    println!("{:23} {:5} {:>12} {:>7}  taken by", "kernel", "GPU", "steps/s", "clocks");
    for kernel in kernels {
        for gpu in &limits::GPUS {
            let Ok((clocks, what)) = counted.limit(kernel, gpu.arch) else { continue };
            let steps = limits::steps_per_second(gpu, clocks);
            println!("{kernel:23} {:5} {steps:12.3e} {clocks:7.2}  {what}", gpu.name);
        }
    }
    println!();
    Ok(())
}
