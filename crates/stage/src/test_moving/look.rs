//! "Look first" of `docs/migrate/README.md`: plan and forecast before anything is deployed, and then a night in audit.

use std::collections::BTreeSet;

use anyhow::ensure;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::plan::StepKind;
use serde_json::Value;

use super::ground::Ground;

/// The forecast, as this test reads it.
const FORECAST: [&str; 4] = ["--days", "135", "--output", "csv"];

impl Ground<'_> {
    /// "Look first" of the README of these pages: the plan by these settings, before anything is deployed, and then the first night, in `audit`.
    ///
    /// # Errors
    /// When the command line or the night ends otherwise than it should.
    pub(super) async fn look(&mut self, flags: &[&str], settings: &[(&str, &str)]) -> anyhow::Result<AccountResult> {
        let settings_of: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let settings_of: Vec<_> = settings_of.iter().flat_map(|setting| ["--set", setting]).collect();
        self.before = self.world().await?;
        let plan = self.of_page(&[&["plan"], flags, &settings_of].concat(), &["--output", "jsonl"])?;
        let shown = self.differs_from_page(&[&["plan"], flags, &settings_of].concat());
        self.tried("the page shows what plan says", shown);
        let forecast = self.of_page(&[&["forecast"], flags, &settings_of].concat(), &FORECAST)?;
        ensure!([plan.code, forecast.code] == [Some(0); 2], "{}{}", plan.err, forecast.err);
        self.deploy("audit", settings).await?;
        let audit = self.night(0).await?;
        let name = "plan, forecast and the night in audit change nothing";
        let changed = self.world().await?.differences(&self.before);
        self.none(name, changed);
        let name = "plan says what the night in audit then says";
        let planned: BTreeSet<_> = plan.out.lines().filter_map(step_of_line).collect();
        let audited = audit.steps.iter();
        let audited: BTreeSet<_> =
            audited.map(|row| [row.user.as_str(), row.step.as_str(), row.reason.code()].map(str::to_owned)).collect();
        self.holds(name, !planned.is_empty() && planned == audited, || format!("{planned:?}\n{audited:?}"));
        let name = "forecast names every key that is going to be replaced";
        let missing = audit.steps.iter().filter(|row| {
            let is_told = |line: &str| line.contains(",create,") && line.contains(row.user.as_str());
            row.step == StepKind::Create && !forecast.out.lines().any(is_told)
        });
        let missing = missing.map(|row| format!("{}: {}", row.user, forecast.err)).collect();
        self.none(name, missing);
        Ok(audit)
    }
}

/// User, step and reason of a line of `plan --output jsonl`.
fn step_of_line(line: &str) -> Option<[String; 3]> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    Some([text("user")?, text("step")?, text("reason")?])
}
