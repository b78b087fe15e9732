//! Names that people type: parsed with a suggestion when misspelt.

/// Why a name was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{given}`{suggestion} {all}")]
pub struct UnknownName {
    what: &'static str,
    given: String,
    suggestion: String,
    all: String,
}

/// The one of `all` whose name is `given`.
///
/// # Errors
/// [`UnknownName`] with the most similar name, if one is near.
pub(crate) fn parse<T: Copy>(
    what: &'static str,
    all: &[(T, &'static str)],
    given: &str,
) -> Result<T, UnknownName> {
    if let Some((value, _)) = all.iter().find(|(_, name)| *name == given) {
        return Ok(*value);
    }
    let names: Vec<&str> = all.iter().map(|(_, name)| *name).collect();
    let similarity = |name: &&&str| strsim::jaro_winkler(name, given);
    let nearest = names.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    let suggestion = nearest
        .filter(|name| similarity(name) > 0.7)
        .map(|name| format!(", did you mean `{name}`? There are:"))
        .unwrap_or_else(|| "; there are:".into());
    Err(UnknownName { what, given: given.into(), suggestion, all: names.join(", ") })
}

/// Implements `Display`, `FromStr` and serde for an enum by its table of names.
macro_rules! named {
    ($type:ty, $what:literal, $all:expr) => {
        impl $type {
            /// Every value with the name that people type, in the order of listings.
            pub const ALL: &'static [(Self, &'static str)] = &$all;

            /// The name that people type.
            #[must_use]
            pub fn name(self) -> &'static str {
                let entry = Self::ALL.iter().find(|(value, _)| *value == self);
                entry.expect("every value is listed").1
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::settings::names::UnknownName;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                crate::settings::names::parse($what, Self::ALL, text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = crate::settings::names::UnknownName;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.name().into()
            }
        }
    };
}
pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::PlannerKind;

    #[test]
    fn misspelt_names_get_a_suggestion_and_the_list() {
        let error = "mmpi".parse::<PlannerKind>().unwrap_err().to_string();
        assert!(error.starts_with("there is no planner `mmpi`, did you mean `mppi`?"), "{error}");
        assert!(
            error.ends_with("random-shooting, cem, mppi, smc, fmc, predictive-sampling, icem"),
            "{error}"
        );
    }

    #[test]
    fn names_round_trip() {
        for (kind, name) in PlannerKind::ALL {
            assert_eq!(name.parse(), Ok(*kind));
            assert_eq!(kind.to_string(), *name);
        }
    }
}
