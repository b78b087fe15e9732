//! What the program reads from files, for whoever has their content and no file: a fuzzer, or a test.

use std::io::Cursor;

use anyhow::{Result, anyhow};

use crate::config_file;
use crate::settings::Settings;
use crate::trace::Trace;

/// Reads `text` as a configuration file; all options that determine an episode, as such a file again.
///
/// # Errors
/// If it is none, or an option has a value that it cannot have.
pub fn configuration(text: &str) -> Result<String> {
    let options = config_file::parse(text);
    let options = options.map_err(|(line, reason)| anyhow!("line {line}: {reason}"))?;
    Settings::new(options)?.problem_toml()
}

/// Reads `bytes` as a trace, to its end; how many steps it has.
///
/// # Errors
/// If it is none.
pub fn trace(bytes: Vec<u8>) -> Result<usize> {
    Trace::read("the trace".into(), Cursor::new(bytes))?.count_rows()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "# particle-pilot trace 2\n# planner = \"cem\"\n# particles = 64\n# push = \"5:5:50\"\n\
        step,x,x_dot,theta,theta_dot,action,reward,decision_us,best,mean,ess,spread,dead_share\n\
        0,0.0136,-0.023,-0.0459,-0.0483,0,1.0,12.5,0.1,0.2,64,0.01,0.0\n\
        1,0.0131,-0.218,-0.0469,0.2294,1,1.0,11.0,0.1,0.3,64,0.02,0.5\n\
        2,0.0088,-0.022,-0.0423,-0.0781,,,,,,,,\n\
        # outcome: survived\n# digest: 0123456789abcdef\n# lines: 0123456789abcdef\n";

    const CONFIGURATION: &str = "planner = \"mppi\"\nparticles = 2048\nhorizon = 40\nseed = 7\ndevice = \"auto\"\npush = \"-5:5:50\"\n\
        theta-limit-deg = 15.0\ncost-position = 0.5\nnoise = \"halton\"\nsmoothing = 0.1\n";

    #[test]
    fn texts_that_are_nearly_traces_are_read_or_refused() {
        let steps = |text: &str| trace(text.into()).unwrap_or(0);
        assert_eq!(steps(TRACE), 2);
        let all: Vec<usize> =
            test_support::mutations(TRACE, 2000).map(|text| steps(&text)).collect();
        assert!([0, 1, 2].iter().all(|count| all.contains(count)), "the texts are too far off");
    }

    #[test]
    fn texts_that_are_nearly_configurations_are_read_or_refused() {
        let is_read = |text: &String| configuration(text).is_ok();
        assert!(is_read(&CONFIGURATION.into()));
        let count = test_support::mutations(CONFIGURATION, 3000).filter(is_read).count();
        assert!((100..2900).contains(&count), "{count} of 3000: too far off, or too near");
    }

    #[test]
    fn what_is_read_is_written_so_that_it_reads_as_the_same() {
        let all = configuration(CONFIGURATION).unwrap();
        assert_eq!(configuration(&all).unwrap(), all);
    }
}
