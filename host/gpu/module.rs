//! The kernels' text, and the part of it that a planner needs: the driver compiles what it is given, and
//! compiling all takes seconds.

use particle_pilot_kernels::trace::{
    Asks, EnvironmentTrace, Trace, fill, fill_environment, head_len, parts,
};

use crate::cuda::{self, ForeignStream, Gpu, GpuError};

/// The text that `cargo xtask kernels` made of `kernels/`.
const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/particle_pilot.ptx"));

/// Opens GPU `index` with the kernels that are named, and what they may call; work goes to `stream`, if there is one given.
///
/// # Errors
/// Those of [`cuda::device`] and [`Gpu::open`].
pub fn open(index: u32, names: &[&str], stream: Option<ForeignStream>) -> Result<Gpu, GpuError> {
    // First: putting the text together takes milliseconds, in vain where there is no GPU.
    cuda::device(index)?;
    Gpu::open_on(index, &keep(PTX, names), stream)
}

/// As [`open`], with kernels for a model and decisions that learn `asks` what they are about, and for an environment if there is one; and the numbers that they take, of which [the first](head_len) and the start, the
/// last, are zeros.
///
/// # Errors
/// As [`open`].
pub fn open_for(
    index: u32,
    names: &[&str],
    trace: &Trace,
    asks: Asks,
    environment: Option<&EnvironmentTrace>,
    stream: Option<ForeignStream>,
) -> Result<(Gpu, Vec<f32>), GpuError> {
    cuda::device(index)?;
    let text = fill(&keep(PTX, names), trace, asks);
    let mut numbers = vec![0.0; head_len(&trace.structure)];
    if text.takes_numbers {
        numbers.extend(&trace.parameters);
    }
    numbers.resize(numbers.len() + trace.structure.state_len() as usize, 0.0);
    let ptx = match environment {
        Some(environment) => fill_environment(&text.ptx, environment).ptx,
        None => text.ptx,
    };
    Ok((Gpu::open_on(index, &ptx, stream)?, numbers))
}

/// `ptx` without the kernels that are not named; everything else is kept.
fn keep(ptx: &str, names: &[&str]) -> String {
    let kept = parts(ptx).filter(|part| part.name.is_none_or(|name| names.contains(&name)));
    kept.map(|part| part.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_kernels_are_kept() {
        let ptx = "head\n.visible .entry a(\n)\n{\n  {\n  }\n}\n.func f\n{\n}\n.visible .entry ab()\n{\n}\n";
        assert_eq!(keep(ptx, &["ab"]), "head\n.func f\n{\n}\n.visible .entry ab()\n{\n}\n");
        assert_eq!(keep(ptx, &["a", "ab"]), ptx);
    }
}
