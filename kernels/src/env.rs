//! The reference environment.
