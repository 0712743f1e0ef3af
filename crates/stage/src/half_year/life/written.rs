//! What a night wrote: events and answers, and the mails that owners got.

use std::io::Write;

use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::contract::result::{AccountResult, StepStatus};
use serde_json::{Value, json};

use super::Life;
use crate::admin::FunctionCall;
use crate::functions::{KEY_ROTATION, NOTIFICATION};
use crate::half_year::judged::Judged;

impl Life<'_> {
    /// The night's events and answers, kept in a file, and its steps counted.
    pub(super) fn note(&mut self, calls: &[FunctionCall]) -> anyhow::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.events)?;
        for call in calls {
            writeln!(file, "{}", json!({ "function": call.function, "event": call.event, "answer": call.answer }))?;
            let result = serde_json::from_value::<AccountResult>(answer(call)).ok();
            let steps = result.into_iter().filter(|_| call.function == KEY_ROTATION).flat_map(|result| result.steps);
            for step in steps.filter(|step| step.status == StepStatus::Done) {
                self.count(&format!("{} done", step.step.as_str()), 1);
            }
            if !answer(call)["errorType"].is_null() {
                self.count("invocations that ended with an error", 1);
            }
        }
        self.count("invocations", calls.len() as u64);
        Ok(())
    }

    /// What owners were told: of every digest what is recorded as sent.
    pub(super) async fn mails(&mut self, calls: &[FunctionCall]) -> anyhow::Result<()> {
        for call in calls.iter().filter(|call| call.function == NOTIFICATION) {
            let Ok(digest) = serde_json::from_value::<Digest>(call.event.clone()) else { continue };
            for (nth, entry) in digest.entries.iter().enumerate() {
                self.count("mails with an encrypted pair", u64::from(entry.encrypted_pair.is_some()));
                let key = format!("notices/{}/{}.json", digest.account.id, entry.notice_id);
                let Some(record) = self.stage.state.values(&key).await?.into_values().next() else { continue };
                let record: SentNotice = serde_json::from_value(record)?;
                let Some(judged) = self.accounts.get_mut(&digest.account.id) else { continue };
                if record.state == NoticeState::Sent {
                    judged.told(&digest, nth, self.calendar.of(record.at));
                }
            }
        }
        let mails = self.accounts.values().map(Judged::mails).sum::<usize>() as u64;
        self.sums.insert("mails".to_owned(), mails);
        Ok(())
    }
}

/// What a function answered; the emulator keeps it as text where it was text.
fn answer(call: &FunctionCall) -> Value {
    let parsed = call.answer.as_str().and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| call.answer.clone())
}
