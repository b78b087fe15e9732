//! What planners do with the sums over their futures: the arithmetic that CPU and GPU share.

pub mod cem;
pub mod fmc;
pub mod islands;
pub mod mppi;
pub mod noise;
pub mod shooting;
pub mod smc;
