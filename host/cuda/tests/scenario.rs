//! Runs the body of a test in a process of its own, with a driver of its own.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, Output, Stdio};

/// Tells a process of which scenario it is to run the body.
const INSIDE: &str = "PILOT_CUDA_SCENARIO";

/// Variables, and with them the driver and how it fails.
pub struct Scenario {
    variables: Vec<(&'static str, OsString)>,
    must_leave_nothing: bool,
}

impl Scenario {
    /// With the stand-in as driver.
    pub fn new() -> Self {
        let driver =
            if is_inside() { OsString::new() } else { test_support::virtual_driver().into() };
        Self { variables: vec![("PILOT_CUDA_DRIVER", driver)], must_leave_nothing: true }
    }

    /// With this as driver. Nobody tells what it leaves behind.
    pub fn with_driver(path: &str) -> Self {
        let variables = vec![("PILOT_CUDA_DRIVER", path.into())];
        Self { variables, must_leave_nothing: false }
    }

    /// Sets a variable.
    pub fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// With calls that fail: `cuMemAlloc_v2:3=2`.
    pub fn fail(self, calls: &str) -> Self {
        self.set("PTX_VM_FAIL", calls)
    }

    /// What the driver did not take back is not this test's business.
    pub fn may_leave(mut self) -> Self {
        self.must_leave_nothing = false;
        self
    }

    /// Runs the calling test again in a process of its own, where this runs `body`, and checks that
    /// it passes there and leaves nothing behind. Returns what the process printed.
    #[track_caller]
    pub fn run(self, body: impl FnOnce()) -> String {
        if let Some(chosen) = env::var_os(INSIDE) {
            // A test may have several.
            if chosen == self.name().as_str() {
                body();
            }
            return String::new();
        }
        let report = tempfile::NamedTempFile::new().unwrap();
        let output = self.start(report.path().into());
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        let text = text.concat();
        assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", self.name());
        if self.must_leave_nothing {
            let left = fs::read_to_string(report.path()).unwrap();
            let work = |line: &str| line.starts_with("launches ") || line.starts_with("copies ");
            let lines: Vec<&str> = left.lines().filter(|line| !work(line)).collect();
            assert_eq!(lines.len(), 6, "{left}");
            assert!(lines.iter().all(|line| line.ends_with(" 0")), "left behind:\n{left}");
        }
        text
    }

    /// Tells it from the others of the same test.
    fn name(&self) -> String {
        format!("{:?}", &self.variables[1..])
    }

    fn start(&self, report: OsString) -> Output {
        let name = std::thread::current().name().unwrap().to_owned();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", &name, "--include-ignored", "--nocapture"]).stdin(Stdio::null());
        for name in ["MEMORY_BYTES", "DRIVER_VERSION", "DEVICES", "FAIL"] {
            command.env_remove(format!("PTX_VM_{name}"));
        }
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command
            .envs(variables)
            .env("PTX_VM_REPORT", report)
            .env(INSIDE, self.name())
            .output()
            .unwrap()
    }
}

/// Whether this is the process in which the body runs.
fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}
