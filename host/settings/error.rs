//! What can be wrong with settings.

/// A setting is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {given}; it must be {required}")]
pub struct SettingError {
    /// Which setting.
    pub name: &'static str,
    /// What was given.
    pub given: String,
    /// What would be right.
    pub required: &'static str,
}
