//! The process dies before, within and after every step that changes a file. Whenever that is, the file is the old one or the new one, its key
//! works, and the next pass ends what was begun.

use keywheel_agent::Outcome;

use crate::support::{Dies, FaultyDisk, Home, World, id, pass, pass_with, text};

fn deaths() -> Vec<Dies> {
    let calm = FaultyDisk::new(Dies::Never);
    pass_with(&World::with_keys(&[1, 2]), &Home::with(1), calm.clone()).unwrap();
    assert!(calm.steps() > 8, "{} steps", calm.steps());
    (0..calm.steps()).flat_map(|step| [Dies::Before(step), Dies::Within(step), Dies::After(step)]).collect()
}

#[test]
fn a_death_at_any_step_leaves_a_whole_file_with_a_key_that_works() {
    let (mut old, mut new) = (0, 0);
    for dies in deaths() {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        assert!(pass_with(&world, &home, FaultyDisk::new(dies)).is_err(), "{dies:?}");
        let written = home.written();
        assert!(written == text(1) || written == text(2), "{dies:?}: {written}");
        assert!(world.works(&home.pair()), "{dies:?}");
        *(if written == text(1) { &mut old } else { &mut new }) += 1;
        pass(&world, &home).unwrap();
        assert_eq!((home.written(), home.copies(1), home.copies(2)), (text(2), 0, 0), "{dies:?}");
        assert_eq!(world.0.borrow().acknowledged.last().unwrap().access_key_id, id(2), "{dies:?}");
    }
    assert!(old > 3 && new > 3, "{old} of the old, {new} of the new");
}

#[test]
fn where_the_new_key_turns_out_not_to_work_the_one_before_is_put_back() {
    let mut restored = 0;
    for dies in deaths() {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        assert!(pass_with(&world, &home, FaultyDisk::new(dies)).is_err(), "{dies:?}");
        // A rollback comes in between: the new key does not work any more, the old one is handed out.
        let was_new = home.written() == text(2);
        let was_kept = home.copies(1) > 0;
        {
            let mut cloud = world.0.borrow_mut();
            cloud.works.remove(id(2).as_str());
            cloud.offered = Some(1);
        }
        match pass(&world, &home) {
            Ok(outcomes) => {
                assert_eq!((outcomes.outcome, home.written()), (Outcome::Current { key: id(1) }, text(1)), "{dies:?}");
                assert_eq!(outcomes.restored, was_new, "{dies:?}");
                restored += usize::from(outcomes.restored);
            }
            Err(failure) => {
                assert_eq!((failure.code(), was_new, was_kept), (10, true, false), "{dies:?}: {failure}");
            }
        }
    }
    assert!(restored > 2, "{restored} times");
}

#[test]
fn a_key_that_a_person_put_in_is_never_taken_for_the_new_one() {
    let mut kept = 0;
    for dies in deaths() {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        assert!(pass_with(&world, &home, FaultyDisk::new(dies)).is_err(), "{dies:?}");
        // The third key is a moment old: AWS does not take it yet.
        std::fs::write(&home.place.file, text(3)).unwrap();
        kept += usize::from(home.copies(1) > 0);
        let failure = pass(&world, &home).unwrap_err();
        assert_eq!((failure.code(), home.written()), (10, text(3)), "{dies:?}: {failure}");
        {
            let mut cloud = world.0.borrow_mut();
            cloud.works.insert(id(3).to_string(), "alice".to_owned());
            cloud.offered = Some(3);
        }
        assert_eq!(pass(&world, &home).unwrap().outcome, Outcome::Current { key: id(3) }, "{dies:?}");
        assert_eq!((home.written(), home.copies(1)), (text(3), 0), "{dies:?}");
    }
    assert!(kept > 5, "{kept} times the first key was kept");
}
