//! Instruction sets, chosen at run time.

use std::sync::OnceLock;

/// An instruction set kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// What every machine of the architecture has.
    Base,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Tier {
    /// The best of this machine, or what `ONDOL_SIMD`, read once, says; see [`simd_tier`].
    pub(super) fn best() -> Tier {
        static BEST: OnceLock<Tier> = OnceLock::new();
        *BEST.get_or_init(|| {
            if forced_base() {
                Tier::Base
            } else {
                Tier::detect()
            }
        })
    }

    /// The best of this machine, whatever the environment says.
    pub(super) fn detect() -> Tier {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Tier::Avx2;
        }
        Tier::Base
    }

    /// Whether `mul_add` is one instruction.
    #[inline(always)]
    pub(super) fn has_fma(self) -> bool {
        self != Tier::Base || cfg!(target_arch = "aarch64")
    }

    /// Runs `f` compiled for this tier. `f` must be `#[inline(always)]`, and so must what it calls:
    /// only what is inlined here is compiled with the tier's instructions.
    #[inline(always)]
    pub(super) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        match self {
            Tier::Base => f(),
            // SAFETY: `detect` is the only maker of this value and checked both features.
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => unsafe { avx2(f) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<R>(f: impl FnOnce() -> R) -> R {
    f()
}

fn forced_base() -> bool {
    std::env::var("ONDOL_SIMD").is_ok_and(|v| names_base(&v))
}

fn names_base(name: &str) -> bool {
    ["base", "scalar"]
        .iter()
        .any(|n| name.eq_ignore_ascii_case(n))
}

/// The instruction set the kernels run on: `"avx2"`, `"neon"` or `"base"`.
///
/// Chosen at run time. `ONDOL_SIMD=base` (or `scalar`) forces the base; any other value, such as
/// `avx2`, leaves what the machine has.
pub fn simd_tier() -> &'static str {
    match Tier::best() {
        #[cfg(target_arch = "x86_64")]
        Tier::Avx2 => "avx2",
        // NEON belongs to the base of 64-bit ARM.
        Tier::Base if cfg!(target_arch = "aarch64") && !forced_base() => "neon",
        Tier::Base => "base",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_run_the_same_closure() {
        for tier in [Tier::Base, Tier::detect()] {
            assert_eq!(
                tier.run(
                    #[inline(always)]
                    || 40 + 2
                ),
                42
            );
        }
        assert!(["avx2", "neon", "base"].contains(&simd_tier()));
    }

    #[test]
    fn the_variable_forces_the_base() {
        assert!(names_base("base") && names_base("Scalar"));
        assert!(!names_base("avx2") && !names_base("") && !names_base("avx512"));
        if let Ok(name) = std::env::var("ONDOL_SIMD") {
            assert_eq!(
                simd_tier() == "base",
                names_base(&name) || Tier::detect() == Tier::Base
            );
        }
    }
}
