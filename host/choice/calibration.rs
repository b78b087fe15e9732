//! How fast a machine is: constants that predictions are made with, and the file that has them.

use std::env;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The version of the file's format.
const VERSION: f64 = 1.0;

/// More than any such file has.
const MOST_BYTES: u64 = 1 << 16;

/// Why a calibration file is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// The file cannot be read.
    #[error("cannot read the calibration file {path}: {reason}")]
    Unreadable {
        /// Which.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A line of it is none of a calibration's.
    #[error("line {line} of the calibration file {path}: {problem}")]
    Line {
        /// Which file.
        path: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// It does not say of which version it is.
    #[error(
        "the calibration file {path} lacks its first line, `version = 1`; `bench --calibrate` writes it anew"
    )]
    NoVersion {
        /// Which file.
        path: String,
    },
}

macro_rules! constants {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)*) => {
        /// How fast a machine is, as far as that was measured: for predictions of how long work takes. Where a constant was
        /// not, an estimate takes its place.
        ///
        /// # Examples
        /// ```
        /// use particle_pilot::choice::Calibration;
        /// let measured = Calibration { gpu_launch_s: Some(4e-6), ..Calibration::default() };
        /// assert_eq!(Calibration::parse(&measured.to_text("of some machine"), "a file")?, measured);
        /// # Ok::<(), particle_pilot::choice::CalibrationError>(())
        /// ```
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Calibration {
            $($(#[$doc])* pub $name: Option<f64>,)*
        }

        impl Calibration {
            /// All constants by name, in the order of the file.
            fn all(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> {
                [$((stringify!($name), self.$name)),*].into_iter()
            }

            /// The place of a constant, and what it may be.
            fn place(&mut self, name: &str) -> Option<(&mut Option<f64>, Kind)> {
                match name {
                    $(stringify!($name) => Some((&mut self.$name, Kind::$kind)),)*
                    _ => None,
                }
            }
        }
    };
}

constants! {
    /// Operations of a model's step that a core carries out in a second, without vector instructions.
    cpu_scalar_operations_per_s: Rate;
    /// The same with AVX2.
    cpu_avx2_operations_per_s: Rate;
    /// The same with AVX-512.
    cpu_avx512_operations_per_s: Rate;
    /// The same with NEON.
    cpu_neon_operations_per_s: Rate;
    /// What each further thread adds, as a share of what the first does.
    cpu_thread_share: Amount;
    /// What a decision takes on one thread besides its steps, in s.
    cpu_decision_s: Amount;
    /// What it takes to have several threads work on a decision, in s.
    cpu_wake_s: Amount;
    /// What a step of one of many environments takes on one thread, in s.
    cpu_environment_step_s: Amount;
    /// Operations of `random-shooting` in each step of a future, besides those of the model and of noise.
    random_shooting_operations: Amount;
    /// The same of `cem`.
    cem_operations: Amount;
    /// The same of `mppi`.
    mppi_operations: Amount;
    /// The same of `smc`.
    smc_operations: Amount;
    /// The same of `fmc`.
    fmc_operations: Amount;
    /// The same of `predictive-sampling`.
    predictive_sampling_operations: Amount;
    /// The same of `icem`.
    icem_operations: Amount;
    /// What a launch or a copy takes, in s, one after the other.
    gpu_launch_s: Amount;
    /// What the copy of an answer and the wait for it take, in s.
    gpu_wait_s: Amount;
    /// What opening a GPU and loading kernels takes, in s.
    gpu_open_s: Amount;
    /// The share of a GPU's operations (multiprocessors, times lanes, times clock) that work gets done.
    gpu_peak_share: Rate;
    /// Bytes that are copied to or from a GPU in a second.
    gpu_copy_bytes_per_s: Rate;
}

/// What a constant may be.
#[derive(Clone, Copy)]
enum Kind {
    /// Divided by: above 0.
    Rate,
    /// At least 0.
    Amount,
}

impl Kind {
    /// The number, or what it should be.
    fn check(self, number: f64) -> Result<f64, &'static str> {
        match self {
            Self::Rate if number > 0.0 && number.is_finite() => Ok(number),
            Self::Rate => Err("a number above 0"),
            Self::Amount if number >= 0.0 && number.is_finite() => Ok(number),
            Self::Amount => Err("a number of at least 0"),
        }
    }
}

impl Calibration {
    /// The environment variable that names another file.
    pub const VARIABLE: &'static str = "PILOT_CALIBRATION";

    /// Where the file is: where `PILOT_CALIBRATION` says, or else `particle-pilot/calibration.toml` in the folder that the
    /// variable `XDG_CACHE_HOME` names, or else on Linux and its like in `~/.cache`. `None` where there is no such folder.
    #[must_use]
    pub fn path() -> Option<PathBuf> {
        let named = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        if let Some(path) = named(Self::VARIABLE) {
            return Some(path);
        }
        // That of a relative name is ignored, as the specification of that variable has it.
        let cache = named("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| {
            let keeps_it_there = cfg!(unix) && !cfg!(target_os = "macos");
            named("HOME").filter(|_| keeps_it_there).map(|home| home.join(".cache"))
        });
        cache.map(|cache| cache.join("particle-pilot").join("calibration.toml"))
    }

    /// What the file says and which it is; `None` if there is none, unless `PILOT_CALIBRATION` names it.
    ///
    /// # Errors
    /// [`CalibrationError`] if the file is damaged or cannot be read.
    pub fn load() -> Result<Option<(Self, PathBuf)>, CalibrationError> {
        let Some(path) = Self::path() else { return Ok(None) };
        let is_named = env::var_os(Self::VARIABLE).is_some_and(|path| !path.is_empty());
        match Self::read(&path)? {
            Some(calibration) => Ok(Some((calibration, path))),
            None if is_named => Err(CalibrationError::Unreadable {
                path: path.display().to_string(),
                reason: "there is no such file; `bench --calibrate` writes it".into(),
            }),
            None => Ok(None),
        }
    }

    /// What the file `path` says; `None` if there is no such file.
    ///
    /// # Errors
    /// As [`Calibration::load`].
    pub fn read(path: &Path) -> Result<Option<Self>, CalibrationError> {
        let name = path.display().to_string();
        let failed = |reason: String| CalibrationError::Unreadable { path: name.clone(), reason };
        let mut text = String::new();
        let read =
            File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
            Ok(read) if read as u64 > MOST_BYTES => Err(failed("it is too long to be one".into())),
            Ok(_) => Self::parse(&text, &name).map(Some),
        }
    }

    /// What the text of a file says: after `version = 1`, constants by name, such as `gpu_launch_s = 4e-6`, each on a line of its own.
    ///
    /// # Errors
    /// [`CalibrationError`] about the first line that is wrong; it goes by `path`.
    pub fn parse(text: &str, path: &str) -> Result<Self, CalibrationError> {
        let mut calibration = Self::default();
        let mut has_version = false;
        for (index, line) in text.lines().enumerate() {
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let wrong = |problem: String| CalibrationError::Line {
                path: path.into(),
                line: index + 1,
                problem,
            };
            let (name, number) = content
                .split_once('=')
                .map(|(name, number)| (name.trim(), number.trim()))
                .ok_or_else(|| wrong("it must be `name = number`".into()))?;
            let number: f64 = number
                .parse()
                .map_err(|_| wrong(format!("{name} is `{number}`; it must be a number")))?;
            if !has_version {
                if name != "version" {
                    return Err(CalibrationError::NoVersion { path: path.into() });
                }
                if number != VERSION {
                    let other = format!("its version is {number}, this program reads {VERSION}");
                    return Err(wrong(other + "; `bench --calibrate` writes it anew"));
                }
                has_version = true;
                continue;
            }
            let Some((place, kind)) = calibration.place(name) else {
                return Err(wrong(format!("there is no constant `{name}`")));
            };
            let number = kind
                .check(number)
                .map_err(|required| wrong(format!("{name} is {number}; it must be {required}")))?;
            if place.replace(number).is_some() {
                return Err(wrong(format!("{name} was said before; once is enough")));
            }
        }
        match has_version {
            true => Ok(calibration),
            false => Err(CalibrationError::NoVersion { path: path.into() }),
        }
    }

    /// The text of a file that says so; `about`, on one line, says of what machine.
    #[must_use]
    pub fn to_text(&self, about: &str) -> String {
        let about: String = about.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut text = format!("version = {VERSION}\n# {about}\n");
        for (name, number) in self.all() {
            if let Some(number) = number {
                let _ = writeln!(text, "{name} = {number:e}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about a text that is none of a calibration's.
    fn refused(text: &str) -> String {
        Calibration::parse(text, "FILE").unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut calibration = Calibration::default();
        for (i, (name, _)) in Calibration::default().all().enumerate() {
            *calibration.place(name).unwrap().0 = Some((i as f64 + 1.0) / 3.0 * 1e-7);
        }
        let text = calibration.to_text("two\nlines = of machine");
        assert_eq!(Calibration::parse(&text, "FILE"), Ok(calibration));
        assert_eq!(Calibration::parse("version = 1", "FILE"), Ok(Calibration::default()));
    }

    #[test]
    fn comments_and_space_say_nothing() {
        let text = "# mine\n\nversion=1 # the first\n  gpu_wait_s =  1e-5 # about\r\n";
        let expected = Calibration { gpu_wait_s: Some(1e-5), ..Calibration::default() };
        assert_eq!(Calibration::parse(text, "FILE"), Ok(expected));
    }

    #[test]
    fn what_is_damaged_says_where_and_how() {
        for (text, needles) in [
            ("", &["FILE", "version = 1", "bench --calibrate"][..]),
            ("gpu_wait_s = 1", &["lacks its first line"]),
            ("version = 2", &["line 1 of the calibration file FILE", "its version is 2"]),
            ("version = 1\ngpu_wait_s", &["line 2", "name = number"]),
            ("version = 1\ngpu_wait_s = 1 us", &["gpu_wait_s is `1 us`", "must be a number"]),
            ("version = 1\ngpu_wait_s = -1", &["at least 0"]),
            ("version = 1\ngpu_wait_s = nan", &["at least 0"]),
            ("version = 1\ngpu_peak_share = 0", &["above 0"]),
            ("version = 1\ngpu_peak_share = inf", &["above 0"]),
            ("version = 1\ngpu = 0", &["no constant `gpu`"]),
            ("version = 1\ngpu_wait_s = 1\ngpu_wait_s = 1", &["line 3", "once"]),
        ] {
            let said = refused(text);
            assert!(needles.iter().all(|needle| said.contains(needle)), "{text:?}: {said}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_none_and_one_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Calibration::read(&folder.path().join("a/b")), Ok(None));
        let unreadable = |path: &Path| Calibration::read(path).unwrap_err().to_string();
        assert!(unreadable(folder.path()).contains("cannot read the calibration file"));
        let bytes = folder.path().join("bytes");
        std::fs::write(&bytes, b"version = 1\n\xff").unwrap();
        assert!(unreadable(&bytes).contains("cannot read"));
        std::fs::write(&bytes, "#".repeat(1 << 17)).unwrap();
        assert!(unreadable(&bytes).contains("too long"));
    }
}
