//! Planners' arithmetic that CPU and GPU share: from sums over futures to plans and actions.

pub mod cem;
pub mod fmc;
pub mod icem;
pub mod islands;
pub mod mppi;
pub mod noise;
pub mod shooting;
pub mod smc;
