//! Where the files are.

use std::path::{Path, PathBuf};

use keywheel_core::id::HostName;

use crate::disk::Disk;
use crate::failure::Failure;
use crate::file::{self, Broken, Kind};

/// The two files of AWS's SDKs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `~/.aws/credentials`, or what `AWS_SHARED_CREDENTIALS_FILE` names.
    pub credentials: PathBuf,
    /// `~/.aws/config`, or what `AWS_CONFIG_FILE` names.
    pub config: PathBuf,
}

/// A profile in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Which of the two it is.
    pub kind: Kind,
    /// The profile.
    pub profile: String,
}

/// This machine's name, where it is one to acknowledge by.
#[must_use]
pub fn host_name() -> Option<HostName> {
    rustix::system::uname().nodename().to_str().ok()?.parse().ok()
}

impl Home {
    /// As the SDKs find them. None where there is no home folder.
    #[must_use]
    pub fn of(home: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| variable(name).filter(|text| !text.is_empty()).map(PathBuf::from);
        let usual = |name: &str| home.map(|home| home.join(".aws").join(name));
        Some(Self {
            credentials: set("AWS_SHARED_CREDENTIALS_FILE").or_else(|| usual("credentials"))?,
            config: set("AWS_CONFIG_FILE").or_else(|| usual("config"))?,
        })
    }

    /// The file that holds the profile's key: `credentials` before `config`, as the SDKs have it.
    ///
    /// # Errors
    /// Where neither has one, or the first cannot be read.
    pub fn place(&self, disk: &impl Disk, profile: &str) -> Result<Place, Failure> {
        let in_file = |file: &PathBuf, kind| Place { file: file.clone(), kind, profile: profile.to_owned() };
        let place = in_file(&self.credentials, Kind::Credentials);
        match place.holds_a_key(disk) {
            Ok(true) => return Ok(place),
            Ok(false) => {}
            Err(failure) => return Err(failure),
        }
        let other = in_file(&self.config, Kind::Config);
        if other.holds_a_key(disk)? {
            return Ok(other);
        }
        let why = format!("it has no access key for profile {profile:?}, and neither has {}", self.config.display());
        Err(Failure::Profile { file: self.credentials.clone(), why })
    }
}

impl Place {
    /// The profile in this very file, which is taken for a `config` where it is called so.
    #[must_use]
    pub fn of_file(file: PathBuf, profile: &str) -> Self {
        let kind = if file.file_name().is_some_and(|name| name == "config") { Kind::Config } else { Kind::Credentials };
        Self { file, kind, profile: profile.to_owned() }
    }

    /// The same profile in the file behind all symbolic links, so that one file has one lock and one memory by whatever name it is reached.
    pub(crate) fn resolved(&self, disk: &impl Disk) -> Result<Self, Failure> {
        let file = disk.resolve(&self.file).map_err(Failure::not_read(&self.file))?;
        Ok(Self { file, ..self.clone() })
    }

    /// The folder beside the file in which the agent keeps what it must remember. Of a symbolic link it is beside the file behind it.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        self.file.parent().unwrap_or(Path::new(".")).join("keywheel")
    }

    fn holds_a_key(&self, disk: &impl Disk) -> Result<bool, Failure> {
        let bytes = match disk.read(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            read => read.map_err(Failure::not_read(&self.file))?,
        };
        match file::key(&self.text(bytes)?, self.kind, &self.profile) {
            Ok(_) => Ok(true),
            Err(Broken::NoProfile(_) | Broken::NoKey(_)) => Ok(false),
            Err(broken) => Err(self.broken(&broken)),
        }
    }

    pub(crate) fn text(&self, bytes: Vec<u8>) -> Result<String, Failure> {
        let odd = |_| Failure::Profile { file: self.file.clone(), why: "it is not text in UTF-8".to_owned() };
        String::from_utf8(bytes).map_err(odd)
    }

    pub(crate) fn broken(&self, broken: &Broken) -> Failure {
        Failure::Profile { file: self.file.clone(), why: broken.to_string() }
    }
}
