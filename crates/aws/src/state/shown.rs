//! What tools show of runs; no function asks for it.

use std::collections::BTreeSet;

use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::id::RunId;
use keywheel_engine::ports::PortError;

use super::S3State;
use crate::listing::Listing;

impl S3State {
    /// What became of every account of a run, where that was accounted for.
    ///
    /// # Errors
    /// When S3 refuses or does not answer, and when the object cannot be read or a newer release wrote it.
    pub async fn finish(&self, run: &RunId) -> Result<Option<FinishRecord>, PortError> {
        self.read(&self.run_key(run, "finish.json")).await
    }

    /// Every run of which something is stored, explicit actions among them, from every page.
    ///
    /// # Errors
    /// When S3 refuses or does not answer: half a list would look like a whole one.
    pub async fn runs(&self) -> Result<BTreeSet<RunId>, PortError> {
        let prefix = self.key("runs/");
        let mut listing = Listing::of_folders(&self.client, &self.bucket, &prefix);
        let mut runs = BTreeSet::new();
        while let Some(page) = listing.next().await? {
            let folders = page.common_prefixes.into_iter().flatten().filter_map(|folder| folder.prefix);
            runs.extend(folders.filter_map(|folder| folder.strip_prefix(&prefix)?.trim_end_matches('/').parse().ok()));
        }
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Wire};

    fn page(runs: &[&str], rest: &str) -> Answer {
        let folders = runs.iter().map(|run| format!("<CommonPrefixes><Prefix>k/runs/{run}/</Prefix></CommonPrefixes>"));
        Answer::Status(200, format!("<ListBucketResult>{}{rest}</ListBucketResult>", folders.collect::<String>()))
    }

    async fn runs_of(answers: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Result<Vec<String>, PortError> {
        let wire = Wire::new(move |number, _| answers(number));
        let runs = S3State::new(&wire.config(), "bucket", "k/").runs().await?;
        assert!(wire.sent()[0].uri.contains("delimiter=%2F"), "{:?}", wire.sent());
        Ok(runs.iter().map(ToString::to_string).collect())
    }

    #[tokio::test]
    async fn runs_are_listed_from_every_page_and_half_a_list_is_an_error() {
        let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>two</NextContinuationToken>";
        let runs = runs_of(move |number| match number {
            0 => page(&["r-2", "action-1"], more),
            _ => page(&["r-1"], "<IsTruncated>false</IsTruncated>"),
        });
        assert_eq!(runs.await.unwrap(), ["action-1", "r-1", "r-2"]);
        runs_of(|_| page(&["r-1"], "<IsTruncated>true</IsTruncated>")).await.unwrap_err();
    }
}
