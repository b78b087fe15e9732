//! What a kernel can do wrong.

use std::fmt;

/// The state space that a bad access was to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemorySpace {
    /// Global memory, and `.const` variables, which live in it.
    Global,
    /// The shared memory of a block.
    Shared,
    /// A thread's local variables.
    Local,
    /// Parameters of kernels and functions.
    Param,
}

impl fmt::Display for MemorySpace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Global => "global",
            Self::Shared => "shared",
            Self::Local => "local",
            Self::Param => "parameter",
        })
    }
}

/// The kind of a fault: what went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// An access to bytes that belong to nothing.
    #[error("{size} bytes at {space} address {address:#x} are out of bounds")]
    OutOfBounds {
        /// Where the access was to.
        space: MemorySpace,
        /// The first byte.
        address: u64,
        /// The number of bytes.
        size: u32,
    },
    /// An address that is no multiple of the size.
    #[error("{space} address {address:#x} is not aligned to {size} bytes")]
    Misaligned {
        /// Where the access was to.
        space: MemorySpace,
        /// The first byte.
        address: u64,
        /// The alignment that is needed.
        size: u32,
    },
    /// A read of bytes that were never written.
    #[error("some of {size} bytes at {space} address {address:#x} are read but were never written")]
    Uninitialised {
        /// Where the access was to.
        space: MemorySpace,
        /// The first byte.
        address: u64,
        /// The number of bytes.
        size: u32,
    },
    /// Two threads touch a byte of shared memory, one of them writes, and no barrier lies between.
    #[error(
        "shared address {address:#x} is {} here and was {} by thread {other:?} with no barrier between",
        if *.writes { "written" } else { "read" },
        if *.other_wrote { "written" } else { "read" }
    )]
    Race {
        /// The byte, or the first byte of its word.
        address: u64,
        /// Whether this thread writes.
        writes: bool,
        /// The other thread.
        other: [u32; 3],
        /// Whether the other thread wrote.
        other_wrote: bool,
    },
    /// Lanes of a warp pass a block barrier by.
    #[error("only lanes {arrived:#010x} of the warp's live lanes {live:#010x} reach the barrier")]
    DivergentBarrier {
        /// The lanes that wait.
        arrived: u32,
        /// The lanes that have not exited.
        live: u32,
    },
    /// Threads wait at a block barrier that others never reach.
    #[error("threads wait at barrier {barrier} for ever: thread {missing:?} never comes, {reason}")]
    BarrierNotReached {
        /// The number of the barrier.
        barrier: u32,
        /// A thread that is missing.
        missing: [u32; 3],
        /// What that thread does instead.
        reason: String,
    },
    /// A block barrier that cannot be.
    #[error(
        "barrier {barrier}{} cannot be: barriers are numbered 0 to 15, and for whole warps of the block",
        .threads.map_or(String::new(), |threads| format!(" for {threads} threads"))
    )]
    BadBarrier {
        /// The number of the barrier.
        barrier: u32,
        /// How many threads it is for, if that is said.
        threads: Option<u32>,
    },
    /// A lane is named by a warp-wide instruction that it never comes to.
    #[error("lanes {members:#010x} are to take part but only lanes {active:#010x} are here")]
    MissingLanes {
        /// The lanes of the mask that have not exited.
        members: u32,
        /// The lanes that execute the instruction.
        active: u32,
    },
    /// A lane executes a warp-wide instruction whose mask does not name it.
    #[error("the lane is not in the mask {members:#010x} or its mask differs from another lane's")]
    NotMember {
        /// The mask.
        members: u32,
    },
    /// A shuffle reads from a lane that does not take part.
    #[error("the value is read from lane {lane}, which is not active")]
    InactiveLane {
        /// The lane.
        lane: u32,
    },
    /// An integer division by zero.
    #[error("an integer is divided by zero")]
    DivisionByZero,
    /// The kernel gave up.
    #[error("the kernel traps")]
    Trap,
    /// `brx.idx` beyond its table.
    #[error("index {index} is beyond the {targets} targets of the branch")]
    BadBranch {
        /// The index.
        index: u32,
        /// The length of the table.
        targets: usize,
    },
    /// A call through a register that holds no fitting function.
    #[error("the call goes to {address:#x}, where no function with these parameters is")]
    BadCall {
        /// What the register holds.
        address: u64,
    },
    /// Calls are nested too deeply.
    #[error("calls are nested {depth} deep")]
    TooDeep {
        /// The depth.
        depth: u32,
    },
    /// Nested calls need more local memory than a thread has.
    #[error("calls nested {depth} deep need more than {most} bytes of local memory")]
    LocalMemory {
        /// The depth.
        depth: u32,
        /// What a thread has at most, in bytes.
        most: u32,
    },
    /// More instructions than the limit: probably an endless loop.
    #[error("the limit of {limit} warp instructions is exceeded: an endless loop?")]
    InstructionLimit {
        /// The limit.
        limit: u64,
    },
    /// The launch itself is wrong; no thread ran.
    #[error("{0}")]
    BadLaunch(String),
}

/// A fault: what a kernel did wrong, and where. Shown in one line, as in the crate's README.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// The kernel that was launched.
    pub kernel: String,
    /// The block within the grid.
    pub block: [u32; 3],
    /// The thread within the block.
    pub thread: [u32; 3],
    /// The line of the module's text, counted from 1; 0 if no instruction is to blame.
    pub line: usize,
    /// What stands in that line.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, kernel, block, thread, line, text } = self;
        if let FaultKind::BadLaunch(_) = kind {
            return write!(formatter, "kernel `{kernel}`: {kind}");
        }
        write!(
            formatter,
            "kernel `{kernel}`, block {block:?}, thread {thread:?}, PTX line {line} `{text}`: {kind}"
        )
    }
}

impl std::error::Error for Fault {}

/// A fault of one lane, before it is known where that is.
pub(crate) struct LaneFault {
    pub lane: usize,
    pub kind: FaultKind,
}
