//! Which instructions a kernel may use.

/// Proof that this CPU can run one family of kernels.
///
/// A value can only be had from a constructor that asked the CPU, so whoever holds one may call the
/// kernels behind it. It is `Copy`, carries nothing else, and is matched once per call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend(pub(crate) Kind);

/// The families. In a [`Backend`] only where the CPU [supports](Kind::is_supported) it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Backend {
    /// The plain form, available everywhere: the definition of what the others compute.
    pub fn scalar() -> Backend {
        Backend(Kind::Scalar)
    }

    /// The fastest backend of this CPU.
    pub fn best() -> Backend {
        Backend::available().pop().unwrap_or(Backend(Kind::Scalar))
    }

    /// All backends of this CPU, slowest first; the first is always [`Backend::scalar`].
    pub fn available() -> Vec<Backend> {
        Kind::ALL.iter().copied().filter(|kind| kind.is_supported()).map(Backend).collect()
    }

    /// The backend called `name` (`scalar`, `avx2`, `avx512`); `None` if there is no such backend or this
    /// CPU lacks it.
    pub fn named(name: &str) -> Option<Backend> {
        Backend::available().into_iter().find(|backend| backend.name() == name)
    }

    /// The name that [`Backend::named`] takes.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }
}

impl Kind {
    /// Slowest first.
    const ALL: &[Kind] = &[
        Kind::Scalar,
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2,
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512,
    ];

    /// Asks the CPU for every feature that the kernels of this family are compiled with.
    fn is_supported(self) -> bool {
        match self {
            Kind::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => {
                Kind::Avx2.is_supported()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_available_backend_is_found_by_its_name() {
        for backend in Backend::available() {
            assert_eq!(Backend::named(backend.name()), Some(backend));
        }
        assert_eq!(Backend::named("neon"), None);
        assert_eq!(Backend::available()[0], Backend::scalar());
        assert_eq!(Backend::available().last(), Some(&Backend::best()));
    }
}
