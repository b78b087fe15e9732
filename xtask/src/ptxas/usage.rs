//! What `ptxas -v` says about each function.

use std::collections::BTreeMap;

/// What a function takes of a GPU.
#[derive(Debug, Default, PartialEq)]
pub struct Usage {
    /// Of each thread; 0 where ptxas names none, as for functions that are no kernels.
    pub registers: u32,
    /// Static shared memory of each block in bytes.
    pub shared_bytes: u32,
    /// Memory of each thread in bytes, that of called functions included: arrays that are indexed
    /// at run time, and what found no register.
    pub stack_bytes: u32,
    /// Bytes stored and loaded because there were too few registers.
    pub spill_bytes: u32,
}

/// By function, from the standard error of `ptxas -v`.
pub fn parse(log: &str) -> BTreeMap<String, Usage> {
    let mut usages = BTreeMap::<String, Usage>::new();
    let mut name = "";
    for line in log.lines() {
        if let Some((_, function)) = line.split_once("Function properties for ") {
            name = function.trim();
            usages.entry(name.to_owned()).or_default();
        }
        let Some(usage) = usages.get_mut(name) else { continue };
        let said = line.split_once(" : ").map_or(line, |(_, said)| said);
        for part in said.split(',') {
            let mut words = part.trim().trim_start_matches("Used ").splitn(2, ' ');
            let Some(Ok(count)) = words.next().map(str::parse::<u32>) else { continue };
            match words.next().unwrap_or_default() {
                "registers" => usage.registers = count,
                "bytes smem" => usage.shared_bytes = count,
                "bytes stack frame" | "bytes cumulative stack size" => {
                    usage.stack_bytes = usage.stack_bytes.max(count);
                }
                "bytes spill stores" | "bytes spill loads" => usage.spill_bytes += count,
                _ => {}
            }
        }
    }
    usages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_gets_its_own_numbers() {
        let log = "\
ptxas info    : 2824 bytes gmem, 16 bytes cmem[4]
ptxas info    : Compiling entry function 'rollout' for 'sm_75'
ptxas info    : Function properties for rollout
    120 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 72 registers, used 1 barriers, 584 bytes cumulative stack size, 4096 bytes smem, 392 bytes cmem[0]
ptxas info    : Compile time = 52.867 ms
ptxas info    : Function properties for helper
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Compiling entry function 'copy' for 'sm_75'
ptxas info    : Function properties for copy
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 8 registers, used 0 barriers, 376 bytes cmem[0]
";
        let usages = parse(log);
        let rollout =
            Usage { registers: 72, shared_bytes: 4096, stack_bytes: 584, spill_bytes: 20 };
        assert_eq!(usages["rollout"], rollout);
        assert_eq!(usages["helper"], Usage::default());
        assert_eq!(usages["copy"], Usage { registers: 8, ..Usage::default() });
        assert_eq!(usages.len(), 3);
    }
}
