//! The machine's vectors, as a tile of a product needs them.

/// A few numbers side by side in one register.
///
/// # Safety
/// All functions: the processor has the features of the type; pointers are valid for [`Vector::LANES`] values.
pub(super) trait Vector: Copy {
    /// Numbers side by side.
    const LANES: usize;
    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn plus(self, other: Self) -> Self;
    /// `self * factor + sum`
    unsafe fn times_plus(self, factor: Self, sum: Self) -> Self;
    /// 0 where it is negative; nan stays nan.
    unsafe fn relu(self) -> Self;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    macro_rules! vector {
        ($type:ty, $lanes:literal, $set:ident, $zero:ident, $load:ident, $store:ident, $add:ident, $fma:ident, $max:ident) => {
            impl Vector for $type {
                const LANES: usize = $lanes;
                #[inline(always)]
                unsafe fn splat(value: f32) -> Self {
                    // SAFETY: the caller vouches for the features.
                    unsafe { $set(value) }
                }
                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    // SAFETY: the caller vouches for the features and the place.
                    unsafe { $load(from) }
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    // SAFETY: the caller vouches for the features and the place.
                    unsafe { $store(to, self) }
                }
                #[inline(always)]
                unsafe fn plus(self, other: Self) -> Self {
                    // SAFETY: the caller vouches for the features.
                    unsafe { $add(self, other) }
                }
                #[inline(always)]
                unsafe fn times_plus(self, factor: Self, sum: Self) -> Self {
                    // SAFETY: the caller vouches for the features.
                    unsafe { $fma(self, factor, sum) }
                }
                #[inline(always)]
                unsafe fn relu(self) -> Self {
                    // The second operand wins where one is nan.
                    // SAFETY: the caller vouches for the features.
                    unsafe { $max($zero(), self) }
                }
            }
        };
    }

    vector!(
        __m512,
        16,
        _mm512_set1_ps,
        _mm512_setzero_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_add_ps,
        _mm512_fmadd_ps,
        _mm512_max_ps
    );
    vector!(
        __m256,
        8,
        _mm256_set1_ps,
        _mm256_setzero_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_add_ps,
        _mm256_fmadd_ps,
        _mm256_max_ps
    );
}

/// What every machine has: the compiler finds the vectors.
#[derive(Clone, Copy)]
pub(super) struct Four([f32; 4]);

impl Vector for Four {
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Four([value; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for four values; arrays of f32 need no more than their alignment.
        Four(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        Four(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn times_plus(self, factor: Self, sum: Self) -> Self {
        // Fused where every machine of the kind can; elsewhere `mul_add` would be a call for each number.
        #[cfg(target_arch = "aarch64")]
        return Four(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], sum.0[i])));
        #[cfg(not(target_arch = "aarch64"))]
        Four(std::array::from_fn(|i| self.0[i] * factor.0[i] + sum.0[i]))
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Four(std::array::from_fn(|i| if self.0[i] <= 0.0 { 0.0 } else { self.0[i] }))
    }
}
