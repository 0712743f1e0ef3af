//! Everything that was listed is accounted for: the sums equal the rows.

use keywheel_core::contract::manifest::SkipReason;
use keywheel_core::planner::QuietUser;
use keywheel_core::policy::ExemptionGroup;
use keywheel_report::Report;
use keywheel_report::live::UnseenUser;
use keywheel_report::model::{Compliance, Ended};
use proptest::prelude::*;

use crate::dice::Dice;
use crate::organization::{Member, Trouble, look, policy, user_id};
use crate::sample::add_user;

/// An organization in which anything may go wrong, and how many users and keys are listed in it.
fn any_organization(seed: u64) -> (Vec<Member>, usize, usize) {
    let mut dice = Dice(seed);
    let (mut users, mut keys) = (0, 0);
    let accounts = 1 + dice.below(6);
    let members = (0..accounts).map(|number| {
        let mut member = Member::new(usize::try_from(number).unwrap(), "any");
        member.trouble = dice.pick(&[
            Trouble::None,
            Trouble::None,
            Trouble::None,
            Trouble::Partly("x".to_owned()),
            Trouble::Unreachable("x".to_owned()),
            Trouble::Failed("x".to_owned()),
            Trouble::Skipped(SkipReason::Rollout),
        ]);
        if matches!(member.trouble, Trouble::None | Trouble::Partly(_)) {
            for user in 0..dice.below(12) {
                add_user(&mut member, &format!("user-{user}"), &mut dice);
            }
            if dice.percent(10) {
                member.exemptions = ExemptionGroup::Unknown { error: "denied".to_owned() };
            }
            for number in 0..dice.below(4) {
                let name = format!("quiet-{number}");
                let quiet = usize::try_from(dice.below(3)).unwrap();
                let user_id = user_id(member.id(), &name);
                member.quiet.push(QuietUser { name: name.parse().unwrap(), user_id, keys: quiet, skip: None });
                keys += quiet;
            }
            for number in 0..dice.below(2) {
                let user = format!("unseen-{number}").parse().unwrap();
                member.unseen.push(UnseenUser { user, error: "denied".to_owned() });
            }
            users += member.users.len() + member.quiet.len() + member.unseen.len();
            keys += member.users.iter().map(|user| user.keys.len()).sum::<usize>();
        }
        member
    });
    (members.collect(), users, keys)
}

/// Holds of every report, whatever it is made of.
pub(crate) fn check_sums(report: &Report) {
    let (accounts, keys) = (&report.totals.accounts, &report.totals.keys);
    assert_eq!(accounts.listed, report.accounts.len());
    for ended in Ended::ALL {
        assert_eq!(accounts.ended(ended), report.accounts.iter().filter(|account| account.ended == ended).count());
    }
    assert_eq!(Ended::ALL.into_iter().map(|ended| accounts.ended(ended)).sum::<usize>(), accounts.listed);
    let without: usize = report.accounts.iter().map(|account| account.keys_without_details).sum();
    assert_eq!(keys.listed, report.keys().count() + without);
    assert_eq!(keys.active + keys.inactive + keys.deleted + keys.status_unknown, keys.listed);
    assert_eq!(Compliance::ALL.into_iter().map(|one| keys.of_compliance(one)).sum::<usize>(), keys.listed);
    for one in Compliance::ALL {
        let rows = report.keys().filter(|(_, key)| key.compliance == one).count();
        let unknown = if one == Compliance::Unknown { without } else { 0 };
        assert_eq!(keys.of_compliance(one), rows + unknown, "{one:?}");
    }
    assert_eq!(report.totals.users, report.accounts.iter().map(|account| account.users).sum::<usize>());
}

proptest! {
    #[test]
    fn the_sums_at_the_top_equal_what_was_listed_and_the_rows(seed in any::<u64>()) {
        let (members, users, keys) = any_organization(seed);
        let report = look(&members, &policy());
        prop_assert_eq!(report.accounts.len(), members.len());
        prop_assert_eq!((report.totals.users, report.totals.keys.listed), (users, keys));
        check_sums(&report);
    }
}
