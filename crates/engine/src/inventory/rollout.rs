//! Which accounts take part while a deployment is rolled out.

use keywheel_core::id::AccountId;
use sha2::{Digest, Sha256};

/// The account's rank from 0 to 99: the first four bytes of the SHA-256 of its id, as a big-endian number, modulo 100.
///
/// An account takes part when its rank is below `ROLLOUT_PERCENT`. The rank depends on nothing but the id, so raising the percentage only
/// adds accounts. This way of computing it is a promise: changing it would move accounts in and out.
#[must_use]
pub fn rollout_rank(account: &AccountId) -> u32 {
    let digest = Sha256::digest(account.as_str());
    let first = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    first % 100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u64) -> AccountId {
        format!("{number:012}").parse().unwrap()
    }

    #[test]
    fn ranks_stay_what_they_are() {
        // printf 111122223333 | sha256sum | cut -c1-8, as a number modulo 100.
        let ranks = ["111122223333", "000000000000", "999999999999"].map(|id| rollout_rank(&id.parse().unwrap()));
        assert_eq!(ranks, [42, 9, 26]);
    }

    #[test]
    fn ranks_are_spread_evenly_even_over_consecutive_ids() {
        let mut accounts_of_rank = [0_u32; 100];
        for number in 0..20_000 {
            accounts_of_rank[rollout_rank(&account(111_122_220_000 + number)) as usize] += 1;
        }
        // 200 are expected of each; five standard deviations are 70.
        assert!(accounts_of_rank.iter().all(|count| (130..=270).contains(count)), "{accounts_of_rank:?}");
    }
}
