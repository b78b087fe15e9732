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
    // MinGW's C library, which std would ask where there is no instruction, rounds twice.
    #[cfg(not(any(
        target_arch = "nvptx64",
        all(feature = "std", not(all(windows, target_env = "gnu")))
    )))]
    return libm::fmaf(a, b, c);
    #[cfg(all(
        feature = "std",
        not(any(target_arch = "nvptx64", all(windows, target_env = "gnu")))
    ))]
    return a.mul_add(b, c);
}
