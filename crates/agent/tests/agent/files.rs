//! The files around the key: owners, links, locks, and disks that take nothing.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use keywheel_agent::{Disk, Home as Files, Outcome, RealDisk};

use crate::support::{Dies, FaultyDisk, Home, World, id, pair, pass, pass_with, text};

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn permissions_are_kept_and_what_the_agent_remembers_is_for_its_user_alone() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    std::fs::set_permissions(&home.place.file, std::fs::Permissions::from_mode(0o640)).unwrap();
    pass(&world, &home).unwrap();
    assert_eq!((mode(&home.place.file), mode(&home.place.state_folder())), (0o640, 0o700));
    let remembered = home.files().into_keys().filter(|path| path.extension().is_some_and(|it| it == "json"));
    assert_eq!(remembered.map(|path| mode(&path)).collect::<Vec<_>>(), [0o600]);
}

#[test]
fn a_link_stays_a_link_and_the_file_behind_it_is_written() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    let behind = home.folder.path().join("elsewhere");
    std::fs::create_dir(&behind).unwrap();
    std::fs::rename(&home.place.file, behind.join("real")).unwrap();
    symlink("elsewhere/real", &home.place.file).unwrap();
    pass(&world, &home).unwrap();
    assert!(std::fs::symlink_metadata(&home.place.file).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(behind.join("real")).unwrap(), text(2));
    let beside = std::fs::read_dir(&behind).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut beside: Vec<String> = beside.collect();
    beside.sort();
    assert_eq!(beside, ["keywheel", "real"], "nothing else is left there");
}

#[test]
fn one_file_has_one_lock_and_one_memory_by_whatever_name_it_is_reached() {
    let (world, mut home) = (World::with_keys(&[1, 2]), Home::with(1));
    let behind = home.place.clone();
    let other = home.folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    symlink(&behind.file, other.join("link")).unwrap();
    home.place = keywheel_agent::Place::of_file(other.join("link"), "work");
    RealDisk.make_folder(&behind.state_folder()).unwrap();
    let held = RealDisk.lock(&behind.state_folder().join("lock")).unwrap().unwrap();
    assert_eq!(pass(&world, &home).unwrap_err().code(), 15);
    drop(held);
    assert!(pass(&world, &home).unwrap().acknowledged);
    assert!(keywheel_agent::held(&RealDisk, &home.place).unwrap().looked.is_some());
    home.place = behind;
    assert!(!pass(&world, &home).unwrap().acknowledged, "the other name's pass is remembered");
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1, "nothing lies beside the link");
}

#[test]
fn a_file_with_an_access_control_list_is_left_as_it_is() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    assert!(!RealDisk.has_acl(&home.place.file));
    let failure = pass_with(&world, &home, FaultyDisk::with_acl()).unwrap_err();
    assert_eq!((failure.code(), home.written()), (13, text(1)));
    assert!(failure.to_string().contains("access control list"), "{failure}");
}

/// Version 2 of the list, little-endian: owner, user 1, group, mask and others, each with tag, permissions and id.
#[cfg(target_os = "linux")]
const LIST: [(u16, u16, u32); 5] =
    [(0x01, 6, u32::MAX), (0x02, 4, 1), (0x04, 4, u32::MAX), (0x10, 4, u32::MAX), (0x20, 0, u32::MAX)];

#[cfg(target_os = "linux")]
#[test]
fn a_real_access_control_list_is_seen() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in LIST {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    let name = "system.posix_acl_access";
    let given = rustix::fs::setxattr(&home.place.file, name, &list, rustix::fs::XattrFlags::empty());
    if given == Err(rustix::io::Errno::OPNOTSUPP) {
        // This file system knows no such lists: then no file has one.
        assert!(!RealDisk.has_acl(&home.place.file));
        return;
    }
    given.unwrap();
    let failure = pass(&world, &home).unwrap_err();
    assert_eq!((failure.code(), home.written()), (13, text(1)), "{failure}");
}

#[test]
fn a_second_agent_does_nothing_while_the_first_is_at_work() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    RealDisk.make_folder(&home.place.state_folder()).unwrap();
    let held = RealDisk.lock(&home.place.state_folder().join("lock")).unwrap().unwrap();
    let failure = pass(&world, &home).unwrap_err();
    assert_eq!((failure.code(), home.written(), world.0.borrow().calls.len()), (15, text(1), 0));
    drop(held);
    assert_eq!(pass(&world, &home).unwrap().outcome, Outcome::Installed { old: id(1), new: id(2) });
}

#[test]
fn a_disk_that_takes_nothing_leaves_the_old_key_and_says_so() {
    let calm = FaultyDisk::new(Dies::Never);
    pass_with(&World::with_keys(&[1, 2]), &Home::with(1), calm.clone()).unwrap();
    assert!(calm.steps() > 8);
    for step in 0..calm.steps() {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        let ended = pass_with(&world, &home, FaultyDisk::new(Dies::Fails(step)));
        let failure = ended.unwrap_err();
        assert_eq!(failure.code(), 13, "step {step}: {failure}");
        assert!(world.works(&home.pair()), "step {step}");
        let is_changed = matches!(failure, keywheel_agent::Failure::NotRemembered { .. });
        assert_eq!(is_changed, home.written() == text(2), "step {step}: {failure}");
        assert!(!failure.hint().contains("nothing was changed"), "step {step}: {}", failure.hint());
        assert!([text(1), text(2)].contains(&home.written()), "step {step}");
        pass(&world, &home).unwrap();
        assert_eq!((home.written(), home.copies(1), home.copies(2)), (text(2), 0, 0), "step {step}");
    }
}

#[test]
fn a_file_that_is_broken_or_missing_is_left_as_it_is() {
    let broken = ["", "[work]\n", "[work]\naws_access_key_id = AKIA0000000000000001\n", "nonsense", "[work]\n[work]\n"];
    for content in broken {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        std::fs::write(&home.place.file, content).unwrap();
        let failure = pass(&world, &home).unwrap_err();
        assert_eq!((failure.code(), home.written().as_str()), (14, content), "{failure}");
    }
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    std::fs::write(&home.place.file, [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(pass(&world, &home).unwrap_err().code(), 14);
    std::fs::remove_file(&home.place.file).unwrap();
    assert_eq!(pass(&world, &home).unwrap_err().code(), 14);
}

#[test]
fn what_is_remembered_may_be_lost_or_nonsense() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    pass(&world, &home).unwrap();
    let state = home.files().into_keys().find(|path| path.extension().is_some_and(|it| it == "json")).unwrap();
    for nonsense in ["", "{}", r#"{"schema_version":9}"#, "[1]"] {
        std::fs::write(&state, nonsense).unwrap();
        assert!(pass(&world, &home).unwrap().acknowledged, "{nonsense}");
    }
}

#[test]
fn the_profile_is_looked_for_in_credentials_first_and_then_in_config() {
    let home = Home::with(1);
    let folder = home.folder.path();
    let files = Files::of(Some(folder), |_| None).unwrap();
    assert_eq!(files.credentials, folder.join(".aws/credentials"));
    let named = |name: &str| {
        Some(folder.join(if name == "AWS_CONFIG_FILE" { "config" } else { "credentials" }).display().to_string())
    };
    let files = Files::of(None, named).unwrap();
    assert_eq!(files.place(&RealDisk, "work").unwrap(), home.place);
    let failure = files.place(&RealDisk, "absent").unwrap_err();
    assert!(failure.code() == 14 && failure.to_string().contains("neither has"), "{failure}");
    let key = pair(1);
    let config = format!("[profile far]\naws_access_key_id={}\naws_secret_access_key=0123456789abcdef\n", key.id);
    std::fs::write(folder.join("config"), config).unwrap();
    assert_eq!(files.place(&RealDisk, "far").unwrap().file, folder.join("config"));
    assert_eq!(Files::of(None, |_| None), None);
}
