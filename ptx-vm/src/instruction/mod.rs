//! Instructions as they are executed: operands are slots of register banks.

use crate::syntax::tree::Space;
use crate::syntax::types::{Register, Type};

mod operation;

pub(crate) use crate::alu::{
    Comparison, Divide, Float1, Float2, Int1, Int2, Logic, Rounding, Shift, Test,
};
pub(crate) use operation::*;

/// Index into a bank of registers.
pub(crate) type Slot = u16;

/// A conversion between types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Convert {
    pub from: Type,
    pub to: Type,
    pub rounding: Rounding,
    pub saturate: bool,
    pub source: Register,
    pub target: Register,
}

/// `p = (a ? b) logic q` and, for the second predicate, with the comparison negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compare {
    pub comparison: Comparison,
    /// Holds where the comparison does not.
    pub negated: bool,
    pub compared: Compared,
    pub first: Option<Slot>,
    pub second: Option<Slot>,
    pub a: Slot,
    pub b: Slot,
    /// The operation, the predicate and whether it is negated first.
    pub with: Option<(Logic, Slot, bool)>,
}

/// The memory that an instruction names and how its address is made.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub space: Space,
    /// `None`: the offset is the address.
    pub base: Option<Register>,
    pub offset: i64,
}

/// A load or a store of 1, 2 or 4 values of equal size.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub address: Address,
    /// Bytes of one value.
    pub size: u8,
    pub signed: bool,
    /// Ordered accesses (`.relaxed` and stronger) do not race with each other.
    pub strong: bool,
    /// `None` where the value is thrown away.
    pub values: Vec<Option<Register>>,
}

/// What an atomic operation does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtomicKind {
    Add,
    AddSingle,
    AddDouble,
    MinUnsigned,
    MinSigned,
    MaxUnsigned,
    MaxSigned,
    And,
    Or,
    Xor,
    Exchange,
    CompareAndSwap,
    Increment,
    Decrement,
}

/// `atom` and `red`.
#[derive(Clone, Debug)]
pub(crate) struct Atomic {
    pub kind: AtomicKind,
    pub address: Address,
    pub size: u8,
    pub old: Option<Register>,
    pub value: Register,
    /// The new value of `cas`.
    pub other: Option<Register>,
}

/// How `shfl` finds the lane to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShuffleKind {
    Up,
    Down,
    Butterfly,
    Index,
}

/// `shfl.sync`.
#[derive(Clone, Debug)]
pub(crate) struct Shuffle {
    pub kind: ShuffleKind,
    pub target: Option<Slot>,
    pub in_range: Option<Slot>,
    pub source: Slot,
    pub lane: Slot,
    pub clamp: Slot,
    pub members: Slot,
}

/// What `vote.sync` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VoteKind {
    All,
    Any,
    Uniform,
    Ballot,
}

/// Whom a call calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// Index of the function.
    Direct(usize),
    /// A register that holds a function's address.
    Indirect(Slot),
}

/// A call: copies of parameters by place in the frames of caller and callee.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub callee: Callee,
    /// Offset in the caller's parameter area and size, in order.
    pub arguments: Vec<(u32, u32)>,
    pub results: Vec<(u32, u32)>,
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Int2 {
        f: Int2,
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    Divide {
        f: Divide,
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    Shift {
        f: Shift,
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    Int1 {
        f: Int1,
        w: Width,
        d: Slot,
        a: Slot,
    },
    /// The width is that of the factors.
    MulWide {
        signed: bool,
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    MulAdd {
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    /// Sum or difference with the carry flag.
    Carry {
        subtract: bool,
        consume: bool,
        produce: bool,
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    Funnel {
        left: bool,
        wrap: bool,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    Extract {
        signed: bool,
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    Insert {
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
        e: Slot,
    },
    /// The mode is that of `prmt`, 0 for none.
    Permute {
        mode: u8,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    Lookup {
        table: u8,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    Move {
        w: Width,
        d: Slot,
        a: Slot,
    },
    Select {
        w: Width,
        d: Slot,
        a: Slot,
        b: Slot,
        p: Slot,
    },
    /// `a` where `c >= 0`, `float` says how that is read.
    SelectSign {
        w: Width,
        float: bool,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    /// Puts the parts of a vector into one register, or the other way round.
    Join {
        w: Width,
        d: Slot,
        parts: Box<[Register]>,
    },
    Split {
        w: Width,
        a: Slot,
        parts: Box<[Option<Register>]>,
    },
    Compare(Box<Compare>),
    /// `set`: all ones (or 1.0) where the predicate holds.
    Spread {
        float: bool,
        d: Slot,
        p: Slot,
    },
    Float2 {
        f: Float2,
        double: bool,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    Float1 {
        f: Float1,
        double: bool,
        d: Slot,
        a: Slot,
    },
    FusedMulAdd {
        double: bool,
        d: Slot,
        a: Slot,
        b: Slot,
        c: Slot,
    },
    Test {
        f: Test,
        double: bool,
        d: Slot,
        a: Slot,
    },
    /// The common conversions between integers.
    ZeroExtend {
        d: Slot,
        a: Slot,
    },
    SignExtend {
        d: Slot,
        a: Slot,
    },
    Truncate {
        d: Slot,
        a: Slot,
    },
    Convert(Box<Convert>),
    Logic {
        f: Logic,
        d: Slot,
        a: Slot,
        b: Slot,
    },
    MovePredicate {
        negate: bool,
        d: Slot,
        a: Slot,
    },
    SelectPredicate {
        d: Slot,
        a: Slot,
        b: Slot,
        p: Slot,
    },
    Nothing,

    // What follows ends a run of arithmetic.
    Load(Box<Access>),
    Store(Box<Access>),
    Atomic(Box<Atomic>),
    Shuffle(Box<Shuffle>),
    Vote {
        kind: VoteKind,
        d: Slot,
        source: Slot,
        negated: bool,
        members: Slot,
    },
    ActiveMask {
        d: Slot,
    },
    WarpBarrier {
        members: Slot,
    },
    Barrier {
        id: Slot,
        threads: Option<Slot>,
    },
    Clock {
        w: Width,
        d: Slot,
    },
    /// Taken where the guard holds, the following instruction elsewhere.
    Branch {
        target: u32,
    },
    /// The end of a block that runs on into the next; no instruction of the program.
    Enter {
        target: u32,
    },
    Table {
        index: Slot,
        targets: Box<[u32]>,
    },
    Call(Box<Call>),
    Return,
    Exit,
    Trap,
}

/// An operation, where it stands and for which lanes it counts.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub op: Op,
    /// The predicate and whether it is negated.
    pub guard: Option<(Slot, bool)>,
    pub line: u32,
}

/// A value that stands in a register before the first instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Constant {
    Bits(u64),
    /// `%tid`, `%ntid`, `%ctaid`, `%nctaid` by axis.
    Thread(u8),
    Threads(u8),
    Block(u8),
    Blocks(u8),
    Lane,
    LaneMask(LaneMask),
    Warp,
    Warps,
    DynamicSharedBytes,
    TotalSharedBytes,
    /// The address of a variable of the module in its space, by index, plus an offset.
    Variable(u32, i64),
    /// An offset into the local memory of the frame.
    Local(u32),
    Function(u32),
}

/// `%lanemask_eq` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LaneMask {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// Where a function's parameter stands in the parameter area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub offset: u32,
    pub size: u32,
    pub align: u32,
}

/// A decoded function.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub name: String,
    pub entry: bool,
    pub instructions: Vec<Instruction>,
    /// For each instruction that a block begins with, its place in the order of [`crate::order`].
    pub priority: Vec<u32>,
    /// Sizes of the register banks with constants: up to 32 bits, 64 bits, predicates.
    pub banks: [usize; 3],
    pub constants: Vec<(Register, Constant)>,
    pub parameters: Vec<Place>,
    pub results: Vec<Place>,
    /// Bytes of parameters of this function and of those that it calls.
    pub area: u32,
    /// Bytes of local variables, and what their start is a multiple of.
    pub local: u32,
    pub local_align: u32,
    /// Indices of variables of the module that are named here, and of functions that are called.
    pub variables: Vec<u32>,
    pub callees: Vec<u32>,
    /// Whether it calls through a register.
    pub indirect: bool,
}
