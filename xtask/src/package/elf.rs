//! What an executable needs of the system that runs it, read from its ELF headers.

use std::fmt;

use anyhow::{Result, bail};
use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::FileHeader;

/// The glibc of Amazon Linux 2023, which `provided.al2023` is made of.
const LAMBDA_GLIBC: Version = Version(2, 34);

/// A glibc symbol version, such as 2.34 for `GLIBC_2.34`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Version {
    /// `None` for versions of other libraries and for private ones.
    fn parse(name: &[u8]) -> Option<Self> {
        let numbers = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
        let mut numbers = numbers.split('.').map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GLIBC_{}.{}", self.0, self.1)
    }
}

/// Refuses an executable that Lambda's `provided.al2023` could not start.
pub(super) fn check_runs_on_lambda(executable: &[u8]) -> Result<()> {
    check(executable, LAMBDA_GLIBC)
}

fn check(executable: &[u8], limit: Version) -> Result<()> {
    let Ok(header) = FileHeader64::<Endianness>::parse(executable) else {
        bail!("the executable is not a 64-bit ELF file\nhint: Lambda runs Linux; build the package on Linux");
    };
    let endian = header.endian()?;
    if ![EM_X86_64, EM_AARCH64].contains(&header.e_machine(endian)) {
        bail!("the executable is for a processor that Lambda does not have\nhint: build for x86_64 or aarch64");
    }
    match newest_glibc(header, endian, executable)? {
        Some(needed) if needed > limit => bail!(
            "the executable needs {needed}, and Lambda's provided.al2023 has {limit}\n\
             hint: build on a system with an older glibc (Amazon Linux 2023 or Debian 12), or with `cargo lambda build`"
        ),
        _ => Ok(()),
    }
}

/// The newest glibc symbol version that the executable asks for; `None` when it asks for none, as a static one.
fn newest_glibc(header: &FileHeader64<Endianness>, endian: Endianness, executable: &[u8]) -> Result<Option<Version>> {
    let sections = header.sections(endian, executable)?;
    let Some((mut libraries, strings)) = sections.gnu_verneed(endian, executable)? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, executable, strings)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            newest = newest.max(Version::parse(version.name(endian, strings)?));
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::{Version, check};

    #[test]
    fn versions_compare_as_numbers_and_only_glibcs_own_count() {
        assert!(Version::parse(b"GLIBC_2.4") < Version::parse(b"GLIBC_2.34"));
        assert_eq!(Version::parse(b"GLIBC_2.2.5"), Some(Version(2, 2)));
        assert_eq!(Version::parse(b"GCC_3.0"), None);
        assert_eq!(Version::parse(b"GLIBC_PRIVATE"), None);
    }

    #[test]
    fn what_is_no_elf_file_is_refused() {
        let error = check(b"#!/bin/sh\n", Version(2, 34)).unwrap_err().to_string();
        assert!(error.contains("not a 64-bit ELF"), "{error}");
    }

    /// This test's own executable stands for a function's.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn an_executable_that_needs_a_newer_glibc_is_refused_and_others_pass() {
        let executable = std::fs::read(std::env::current_exe().unwrap()).unwrap();

        let error = check(&executable, Version(2, 1)).unwrap_err().to_string();

        assert!(error.contains("needs GLIBC_2.") && error.contains("has GLIBC_2.1"), "{error}");
        assert!(error.contains("hint: "), "{error}");
        check(&executable, Version(2, 999)).unwrap();
    }
}
