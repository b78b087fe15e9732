//! The fused multiply-add of one `f32`, from wherever this platform has it.

/// `a * b + c`, rounded once.
///
/// One instruction where the target has it, correctly rounded software elsewhere: always the same
/// bits.
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    #[cfg(all(target_arch = "nvptx64", feature = "rust-cuda"))]
    return cuda_std::GpuFloat::mul_add(a, b, c);
    #[cfg(all(target_arch = "nvptx64", not(feature = "rust-cuda")))]
    return core::intrinsics::fmaf32(a, b, c);
    #[cfg(all(feature = "std", not(target_arch = "nvptx64")))]
    return a.mul_add(b, c);
    #[cfg(not(any(feature = "std", target_arch = "nvptx64")))]
    return libm::fmaf(a, b, c);
}
