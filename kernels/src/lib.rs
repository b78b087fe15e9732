//! Everything a particle executes, written once for CPU lanes and GPU threads.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod env;
