//! What is stored of accounts that left the organization.

use std::collections::BTreeSet;

use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::ledger::AccountLedger;
use keywheel_engine::ports::{Departures, LedgerStore, PortError, ReadFailed, RunHistory};

use crate::acknowledgements::AwsAcknowledgements;
use crate::state::S3State;

/// The state bucket, and the one in which hosts acknowledge.
#[derive(Clone, Debug)]
pub struct AwsDepartures {
    /// Ledgers and notices.
    pub state: S3State,
    /// What hosts acknowledged.
    pub acknowledgements: AwsAcknowledgements,
}

impl Departures for AwsDepartures {
    async fn departed(&self) -> Result<Option<DepartedAccounts>, PortError> {
        self.state.read_departed().await
    }

    async fn put_departed(&self, departed: &DepartedAccounts) -> Result<(), PortError> {
        self.state.put_departed(departed).await
    }

    async fn manifest(&self, run: &RunId) -> Result<Option<Manifest>, PortError> {
        RunHistory::manifest(&self.state, run).await
    }

    async fn with_ledger(&self) -> Result<BTreeSet<AccountId>, PortError> {
        self.state.with_ledger().await
    }

    async fn ledger(&self, account: &AccountId) -> Result<AccountLedger, ReadFailed> {
        Ok(self.state.load(account).await?.ledger)
    }

    async fn forget(&self, account: &AccountId) -> Result<(), PortError> {
        self.acknowledgements.forget_account(account).await?;
        self.state.forget_account(account).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Sent, Wire, bucket_page};

    const ACCOUNT: &str = "111122223333";

    fn over(wire: &Wire) -> AwsDepartures {
        let acknowledgements = AwsAcknowledgements::new(&wire.config(), Some("acks-bucket".to_owned()));
        AwsDepartures { state: S3State::new(&wire.config(), "state", "keywheel/"), acknowledgements }
    }

    fn listing(keys: &[&str], next: Option<&str>) -> Answer {
        bucket_page(keys, "2026-11-20T02:00:00.000Z", next)
    }

    #[tokio::test]
    async fn whoever_has_a_ledger_is_known_from_every_page() {
        let wire = Wire::new(|nth, _: &Sent| match nth {
            0 => listing(&["keywheel/ledger/111122223333.json", "keywheel/ledger/notes.txt"], Some("t")),
            _ => listing(&["keywheel/ledger/222233334444.json"], None),
        });
        let known: Vec<_> = over(&wire).with_ledger().await.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(known, [ACCOUNT, "222233334444"]);
        assert!(wire.sent().iter().all(|sent| sent.uri.contains("prefix=keywheel%2Fledger%2F")));
    }

    #[tokio::test]
    async fn the_ledger_goes_last_and_nothing_of_another_account() {
        let wire = Wire::new(|_, sent: &Sent| {
            if !sent.uri.contains("list-type=2") {
                Answer::Status(204, String::new())
            } else if sent.uri.contains("acks") {
                listing(&["acks/111122223333/alice/web-1.json"], None)
            } else {
                listing(&["keywheel/notices/111122223333/n-1.json", "keywheel/notices/1/n-2.json"], None)
            }
        });
        over(&wire).forget(&ACCOUNT.parse().unwrap()).await.unwrap();
        let gone = wire.deleted();
        let ends = ["/alice/web-1.json", "notices/111122223333/n-1.json", "ledger/111122223333.json"];
        assert!(gone.len() == 3 && gone.iter().zip(ends).all(|(gone, end)| gone.ends_with(end)), "{gone:?}");
    }

    #[tokio::test]
    async fn what_has_no_end_is_left_over_and_keeps_the_ledger() {
        let endless = Wire::new(|nth, sent: &Sent| {
            if sent.uri.contains("list-type=2") {
                listing(&["acks/111122223333/alice/web-1.json"], Some(&format!("t-{nth}")))
            } else {
                Answer::Status(204, String::new())
            }
        });
        let error = over(&endless).forget(&ACCOUNT.parse().unwrap()).await.unwrap_err();
        assert_eq!((endless.deleted().len(), error.message.contains("the rest waits")), (20, true), "{error}");
    }

    #[tokio::test]
    async fn what_is_refused_keeps_the_ledger() {
        for refused in ["list-type=2", "x-id=DeleteObject"] {
            let wire = Wire::new(move |_, sent: &Sent| {
                if sent.uri.contains(refused) {
                    Answer::Status(403, "<Error><Code>AccessDenied</Code></Error>".to_owned())
                } else {
                    listing(&["acks/111122223333/alice/web-1.json"], None)
                }
            });
            assert!(over(&wire).forget(&ACCOUNT.parse().unwrap()).await.is_err());
            assert!(!wire.deleted().iter().any(|key| key.contains("ledger")), "{:?}", wire.deleted());
        }
    }
}
