//! Files: read, and written so that a death at any moment leaves the old one or the new one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What the name of a file ends with that is being written. It is in the folder of the file, for its user alone, and there is one at most: the next
/// pass takes away what a dead one left.
const TEMPORARY: &str = ".keywheel";

/// Who may do what with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The permissions.
    pub mode: u32,
    /// The owner.
    pub user: u32,
    /// The group.
    pub group: u32,
}

/// Files, one step at a time.
pub trait Disk {
    /// What is in a file.
    fn read(&self, file: &Path) -> io::Result<Vec<u8>>;
    /// Who may do what with it.
    fn stamp(&self, file: &Path) -> io::Result<Stamp>;
    /// Whether it has an access control list, which says more of who may do what than the stamp does.
    fn has_acl(&self, file: &Path) -> bool;
    /// The file itself, behind all symbolic links.
    fn resolve(&self, file: &Path) -> io::Result<PathBuf>;
    /// Makes a file that is not there, for its user alone; gives it the stamp, if there is one, and ends when it is on the disk.
    fn create(&self, file: &Path, bytes: &[u8], stamp: Option<Stamp>) -> io::Result<()>;
    /// Puts a file in the place of another; ends when that is on the disk.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a file away, if it is there.
    fn remove(&self, file: &Path) -> io::Result<()>;
    /// Makes a folder for its user alone, if it is not there. One that is there must be no link and this user's own, and is closed to others.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// Locks, until what comes is dropped; none where somebody else has the lock. A symbolic link is not followed.
    fn lock(&self, file: &Path) -> io::Result<Option<File>>;
}

/// The file that takes a file's place once it is whole.
pub(crate) fn temporary(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}{TEMPORARY}"))
}

/// Writes a file so that it is the old one or the new one at any moment. One that is there keeps owner and permissions.
pub(crate) fn replace(disk: &impl Disk, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let (file, stamp) = match disk.resolve(file) {
        Ok(file) => {
            let stamp = disk.stamp(&file)?;
            (file, Some(stamp))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (file.to_owned(), None),
        Err(error) => return Err(error),
    };
    put(disk, &file, bytes, stamp)
}

/// Writes a file that is the agent's own in the same way, for its user alone. Whatever stands there gives way, a symbolic link too, and lends it
/// neither owner nor permissions: somebody else may have laid it there to read what is written.
pub(crate) fn replace_own(disk: &impl Disk, file: &Path, bytes: &[u8]) -> io::Result<()> {
    put(disk, file, bytes, None)
}

fn put(disk: &impl Disk, file: &Path, bytes: &[u8], stamp: Option<Stamp>) -> io::Result<()> {
    let temporary = temporary(file);
    disk.remove(&temporary)?;
    let written = disk.create(&temporary, bytes, stamp).and_then(|()| disk.rename(&temporary, file));
    written.inspect_err(|_| {
        // What went wrong is said; that it could not be tidied up, too, helps nobody.
        let _ = disk.remove(&temporary);
    })
}

/// Refuses a folder that somebody else laid there, and takes from others what they may do in an own one.
fn keep_to_ourselves(folder: &Path) -> io::Result<()> {
    let refused = |why: String| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    let found = std::fs::symlink_metadata(folder)?;
    let own = rustix::process::geteuid().as_raw();
    if !found.is_dir() {
        return refused("a link or a file stands where the agent's own folder must be".to_owned());
    }
    if found.uid() != own {
        return refused(format!("the folder belongs to user {}, and the agent runs as user {own}", found.uid()));
    }
    if found.mode() & OTHERS == 0 {
        return Ok(());
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// What the group and all others may do.
const OTHERS: u32 = 0o077;

/// Opens no symbolic link.
#[expect(clippy::cast_possible_wrap, reason = "the bits are those of a C int")]
const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// This machine's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(file)
    }

    fn stamp(&self, file: &Path) -> io::Result<Stamp> {
        let found = std::fs::metadata(file)?;
        Ok(Stamp { mode: found.mode() & 0o7777, user: found.uid(), group: found.gid() })
    }

    fn has_acl(&self, file: &Path) -> bool {
        let mut none = [0_u8; 0];
        // Without room for its value the call tells its length. Elsewhere than on Linux the attribute does not exist.
        rustix::fs::getxattr(file, "system.posix_acl_access", &mut none).is_ok()
    }

    fn resolve(&self, file: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(file)
    }

    fn create(&self, file: &Path, bytes: &[u8], stamp: Option<Stamp>) -> io::Result<()> {
        let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        made.write_all(bytes)?;
        if let Some(stamp) = stamp {
            let own = made.metadata()?;
            if (own.uid(), own.gid()) != (stamp.user, stamp.group) {
                std::os::unix::fs::fchown(&made, Some(stamp.user), Some(stamp.group))?;
            }
            made.set_permissions(std::fs::Permissions::from_mode(stamp.mode))?;
        }
        made.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        match to.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        match std::fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => keep_to_ourselves(folder),
            made => made,
        }
    }

    fn lock(&self, file: &Path) -> io::Result<Option<File>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(NO_LINK);
        let lock = options.open(file)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
