//! How much memory work takes, told before it begins: a process that runs out of memory is ended without a word.

use crate::bytes::Bytes;
use crate::error::PilotError;

/// Refuses what would take `needed` bytes where there are fewer. `what` is who needs them, `remedy` what would need less.
///
/// Where the system does not tell how much there is, nothing is refused.
pub(crate) fn require(
    needed: u64,
    what: impl FnOnce() -> String,
    remedy: &'static str,
) -> Result<(), PilotError> {
    // Nothing worth asking the system for, whose answer takes longer than some decisions.
    const SMALL: u64 = 16 << 20;
    if needed <= SMALL {
        return Ok(());
    }
    match available() {
        Some(available) if available < needed => Err(PilotError::Memory {
            what: what(),
            needed: Bytes(needed),
            available: Bytes(available),
            remedy,
        }),
        _ => Ok(()),
    }
}

/// How many bytes this process can still have: what is free on the machine, in its control groups and within its resource
/// limits, whichever is least. `None` where the system does not tell.
#[must_use]
pub fn available() -> Option<u64> {
    system::bounds().into_iter().flatten().min()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::read_to_string;
    use std::path::{Path, PathBuf};

    use rustix::process::{Resource, getrlimit};

    pub fn bounds() -> [Option<u64>; 3] {
        [of_machine(), of_groups(), of_limits()]
    }

    /// What the kernel says could be had without swapping.
    fn of_machine() -> Option<u64> {
        Some(1024 * number_after(&read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?)
    }

    /// The number that follows `name` in a text of a name and a number on each line.
    pub(super) fn number_after(text: &str, name: &str) -> Option<u64> {
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse().ok()
    }

    /// What is left of the address space and of the data segment that `ulimit` allows.
    fn of_limits() -> Option<u64> {
        let statm = read_to_string("/proc/self/statm").ok()?;
        let pages = |place: usize| statm.split_whitespace().nth(place)?.parse::<u64>().ok();
        let page = rustix::param::page_size() as u64;
        let left = |resource, used: Option<u64>| {
            Some(getrlimit(resource).current?.saturating_sub(used? * page))
        };
        [left(Resource::As, pages(0)), left(Resource::Data, pages(5))].into_iter().flatten().min()
    }

    /// What is left in the control group of this process and in all that it is part of.
    fn of_groups() -> Option<u64> {
        let groups = read_to_string("/proc/self/cgroup").ok()?;
        groups.lines().filter_map(left_in_hierarchy).min()
    }

    /// For a line `number:controllers:/path`, the least that is left in a group along the path.
    fn left_in_hierarchy(line: &str) -> Option<u64> {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let names = Names::of(controllers)?;
        let groups = Path::new(path).ancestors().map(|group| {
            let group = group.strip_prefix("/").unwrap_or(group);
            names.left(&PathBuf::from(names.root).join(group))
        });
        groups.flatten().min()
    }

    /// Where a version of control groups keeps what.
    struct Names {
        root: &'static str,
        limit: &'static str,
        usage: &'static str,
        /// Of what is in use, files that can be dropped.
        files: [&'static str; 2],
    }

    impl Names {
        fn of(controllers: &str) -> Option<Self> {
            if controllers.is_empty() {
                let (limit, usage) = ("memory.max", "memory.current");
                return Some(Self {
                    root: "/sys/fs/cgroup",
                    limit,
                    usage,
                    files: ["inactive_file ", "active_file "],
                });
            }
            controllers.split(',').any(|name| name == "memory").then_some(Self {
                root: "/sys/fs/cgroup/memory",
                limit: "memory.limit_in_bytes",
                usage: "memory.usage_in_bytes",
                files: ["total_inactive_file ", "total_active_file "],
            })
        }

        fn left(&self, group: &Path) -> Option<u64> {
            let number = |name| read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
            let limit = number(self.limit)?; // "max" is no number: no limit
            let stat = read_to_string(group.join("memory.stat")).unwrap_or_default();
            let files: u64 = self.files.iter().filter_map(|name| number_after(&stat, name)).sum();
            Some(limit.saturating_sub(number(self.usage)?.saturating_sub(files)))
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn bounds() -> [Option<u64>; 1] {
        [None]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_refused_with_both_numbers() {
        if available().is_none() {
            return; // a system that does not tell
        }
        let error = require(1 << 60, || "a moon needs".into(), "take a smaller one").unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("a moon needs about 1152.9 PB of memory, and there are "),
            "{text}"
        );
        assert!(text.ends_with(": take a smaller one"), "{text}");
        assert_eq!(require(1 << 20, || "a pebble".into(), ""), Ok(()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn numbers_are_found_by_their_names() {
        let text = "MemTotal:  100 kB\nMemAvailable:    7 kB\n";
        assert_eq!(system::number_after(text, "MemAvailable:"), Some(7));
        assert_eq!(system::number_after(text, "SwapFree:"), None);
    }
}
