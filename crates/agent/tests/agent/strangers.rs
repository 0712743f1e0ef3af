//! Somebody else on the host may write where the file is, and lays things where the agent will look.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use keywheel_agent::{Disk, RealDisk};
use secrecy::ExposeSecret;

use crate::support::{Dies, FaultyDisk, Home, World, pair, pass, pass_with, text};

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o777
}

fn open_to_all(path: &Path) {
    let mode = if path.is_dir() { 0o777 } else { 0o666 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Where the agent remembers, as anybody can work it out.
fn memory(home: &Home) -> PathBuf {
    let twin = Home::with(1);
    pass(&World::with_keys(&[1]), &twin).unwrap();
    let file = twin.files().into_keys().find(|path| path.extension().is_some_and(|it| it == "json")).unwrap();
    home.place.state_folder().join(file.file_name().unwrap())
}

/// A pass dies once the old half is remembered.
fn dies_while_it_changes(home: &Home, memory: &Path) {
    let calm = FaultyDisk::new(Dies::Never);
    pass_with(&World::with_keys(&[1, 2]), &Home::with(1), calm.clone()).unwrap();
    let half = pair(1).secret.expose_secret().to_owned();
    let is_remembered = |step| {
        let _ = pass_with(&World::with_keys(&[1, 2]), home, FaultyDisk::new(Dies::After(step)));
        std::fs::read_to_string(memory).is_ok_and(|text| text.contains(&half))
    };
    assert!((0..calm.steps()).any(is_remembered), "the old half was never remembered");
}

#[test]
fn what_lies_where_the_agent_remembers_lends_it_no_permissions() {
    let home = Home::with(1);
    let (folder, memory) = (home.place.state_folder(), memory(&home));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&memory, "{}").unwrap();
    for path in [&folder, &memory] {
        open_to_all(path);
    }
    dies_while_it_changes(&home, &memory);
    assert_eq!((mode(&memory), mode(&folder)), (0o600, 0o700));
}

#[test]
fn a_link_where_the_agent_remembers_is_replaced_and_what_it_leads_to_stays() {
    let home = Home::with(1);
    let memory = memory(&home);
    let theirs = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(theirs.path(), "theirs").unwrap();
    open_to_all(theirs.path());
    std::fs::create_dir(home.place.state_folder()).unwrap();
    symlink(theirs.path(), &memory).unwrap();
    dies_while_it_changes(&home, &memory);
    assert_eq!(std::fs::read_to_string(theirs.path()).unwrap(), "theirs");
    assert_eq!((memory.is_symlink(), mode(&memory)), (false, 0o600));
}

#[test]
fn a_link_in_the_place_of_the_folder_or_the_lock_is_refused_before_anything_is_written() {
    let theirs = tempfile::tempdir().unwrap();
    for lock in [false, true] {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        let folder = home.place.state_folder();
        if lock {
            std::fs::create_dir(&folder).unwrap();
            symlink(theirs.path().join("new"), folder.join("lock")).unwrap();
        } else {
            symlink(theirs.path(), &folder).unwrap();
        }
        let failure = pass(&world, &home).unwrap_err();
        assert_eq!((failure.code(), home.written()), (13, text(1)), "{failure}");
        assert_eq!(world.0.borrow().calls.len(), 0);
        assert_eq!(std::fs::read_dir(theirs.path()).unwrap().count(), 0, "{failure}");
    }
}

#[test]
fn somebody_elses_folder_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let is_given_away = chown(folder.path(), Some(1), None).is_ok();
    // Only root can give a folder away; for anybody else this one is a stranger's.
    let theirs = if is_given_away { folder.path() } else { Path::new("/usr") };
    let before = mode(theirs);
    let refused = RealDisk.make_folder(theirs).unwrap_err();
    assert_eq!((refused.kind(), mode(theirs)), (std::io::ErrorKind::PermissionDenied, before), "{refused}");
    assert!(refused.to_string().contains("the folder belongs to user"), "{refused}");
}
