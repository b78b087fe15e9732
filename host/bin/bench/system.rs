//! What the system says about the load and about this process. Linux only; elsewhere nothing is known.

use std::fs;

/// The system's load over the last minute, in runnable threads.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Time that CPUs have worked, in the system's ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ticks {
    /// For anybody, or withheld by the machine's host.
    busy: u64,
    /// For anybody or nobody.
    all: u64,
    /// For this process and the programs that it started: peers work in processes of their own.
    own: u64,
}

impl Ticks {
    pub fn now() -> Option<Self> {
        let machine = fs::read_to_string("/proc/stat").ok()?;
        let process = fs::read_to_string("/proc/self/stat").ok()?;
        // One that ends meanwhile counts from then on with what this process saw end.
        let children =
            children().filter_map(|id| fs::read_to_string(format!("/proc/{id}/stat")).ok());
        Self::parse(&machine, [process].into_iter().chain(children))
    }

    /// From the texts of `/proc/stat` and of `/proc/ID/stat` for each process of ours: proc(5).
    fn parse(machine: &str, processes: impl IntoIterator<Item = String>) -> Option<Self> {
        let line = machine.lines().next()?.strip_prefix("cpu ")?;
        // user nice system idle iowait irq softirq steal; what guests use is part of user and nice.
        let times: Vec<u64> =
            line.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
        let all: u64 = times.iter().sum();
        let idle = times.get(3)? + times.get(4)?;
        let own = processes.into_iter().map(|process| time_of(&process)).sum::<Option<u64>>()?;
        Some(Self { busy: all - idle, all, own })
    }

    /// The share of the machine that others have used since `earlier`.
    pub fn others_since(self, earlier: Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        let busy = self.busy.saturating_sub(earlier.busy);
        let own = self.own.saturating_sub(earlier.own);
        Some(busy.saturating_sub(own) as f64 / all as f64)
    }
}

/// The processes that threads of this one have started and not seen end.
fn children() -> impl Iterator<Item = String> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(String::from).collect::<Vec<_>>())
}

/// The time that a process has worked, and those that it saw end.
fn time_of(process: &str) -> Option<u64> {
    // The name, in parentheses, may hold anything; utime to cstime are fields 14 to 17.
    let (_, rest) = process.rsplit_once(')')?;
    let times = rest.split_whitespace().skip(11).take(4);
    Some(times.map_while(|field| field.parse::<u64>().ok()).sum())
}

/// Memory of this process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub now: u64,
    pub high_water: u64,
}

impl Memory {
    pub fn read() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
            Some(kilobytes * 1024)
        };
        Some(Self { now: field("VmRSS:")?, high_water: field("VmHWM:")? })
    }

    /// Lets the high-water mark begin anew; what there is at the moment, if that is possible.
    pub fn begin() -> Option<Self> {
        fs::write("/proc/self/clear_refs", "5").ok()?;
        Self::read()
    }

    /// How far memory has risen at most over what there was at the `beginning`.
    pub fn risen_since(beginning: Self) -> Option<u64> {
        Some(Self::read()?.high_water.saturating_sub(beginning.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_use_is_what_is_busy_but_not_ones_own() {
        let process = |user| format!("7 (a (b) c) R 1 1 1 0 -1 0 0 0 0 0 {user} 10 0 0 20 0");
        let machine = "cpu  100 0 0 1000 0 0 0 0 0 0\n";
        let earlier = Ticks::parse(machine, [process(50), process(7)]).unwrap();
        let machine = "cpu  250 0 0 1040 0 0 0 10 0 0\n";
        let later = Ticks::parse(machine, [process(90), process(67)]).unwrap();
        // 160 of 200 ticks were busy, 40 of them by this process and 60 by one that it started.
        assert_eq!(later.others_since(earlier), Some(0.3));
        assert_eq!(later.others_since(later), None);
        assert_eq!(Ticks::parse("intr 5", [process(1)]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_at_work_is_ones_own_before_it_has_ended() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("cat starts");
        assert!(children().any(|id| id == child.id().to_string()));
        drop(child.stdin.take());
        child.wait().expect("cat ends with its input");
        assert!(children().all(|id| id != child.id().to_string()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_about_load_and_memory() {
        assert!(load().is_some() && Ticks::now().is_some());
        let memory = Memory::read().unwrap();
        assert!(memory.now > 0 && memory.high_water >= memory.now);
    }
}
