//! Clocks for which a scheduler is busy with one step of 32 particles, at least: by the kernel, and the GPU's compute
//! capability. Written by `cargo xtask ptxas --write`.

/// A kernel's name, a compute capability, clocks.
pub const CLOCKS: &[(&str, (u32, u32), f64)] = &[
    ("roll_out_coin", (7, 5), 42.00),
    ("roll_out_coin", (8, 0), 42.00),
    ("roll_out_coin", (9, 0), 24.38),
    ("roll_out_coin", (12, 0), 25.00),
    ("roll_out_biased", (7, 5), 42.38),
    ("roll_out_biased", (8, 0), 42.25),
    ("roll_out_biased", (9, 0), 25.38),
    ("roll_out_biased", (12, 0), 25.50),
    ("roll_out_knots", (7, 5), 55.00),
    ("roll_out_knots", (8, 0), 56.00),
    ("roll_out_knots", (9, 0), 48.50),
    ("roll_out_knots", (12, 0), 42.50),
];
