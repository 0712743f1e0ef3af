//! Forty-five days: the whole life of a key, from the first warning to its deletion, shown and held against timelines written by hand.
#![expect(clippy::print_stdout, reason = "progress and outcome are told to people")]

mod acts;
mod assumed;
pub mod data;
mod diary;
mod foretold;
mod hosts;
mod keyring;
mod night;
mod page;
mod people;
pub(crate) mod rules;
pub(crate) mod season;
mod timeline;

use std::path::{Path, PathBuf};

use crate::leaks::{Searched, everything_written};
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use data::Season;
use foretold::Seer;
pub use page::life_cycle;
use season::{Running, Told, set};

/// Shows so many days of the forty-five: `true` when nothing happened but what was expected.
///
/// # Errors
/// When the stage cannot be set, or a night does not end.
pub async fn show(place: &Place, days: u32) -> anyhow::Result<bool> {
    let mut season = Season::forty_five_days()?;
    season.nights = days;
    println!("{} days: {}\n", days, season.about);
    let mut checks = Checks::new();
    live(&season, place, None, &place.out, &mut checks).await?;
    println!("\n{}", std::fs::read_to_string(place.out.join(timeline::TEXT))?);
    println!("the timelines are in {} ({} and {})", place.out.display(), timeline::TEXT, timeline::JSON);
    Ok(checks.conclude())
}

/// Runs every season and holds it against its timelines, and forecasts of the compiled `keywheel` against the nights: `true` when nothing
/// happened but what was expected.
///
/// # Errors
/// When a stage cannot be set, or a night does not end.
pub async fn test(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    let mut checks = Checks::new();
    for season in Season::read("days.json")?.into_iter().chain(Season::read("periods.json")?) {
        println!("\n{}: {}", season.title, season.about);
        let out = place.out.join(&season.name);
        // A forecast is of a night each day.
        let keywheel = Some(keywheel).filter(|_| season.every == 1);
        live(&season, place, keywheel, &out, &mut checks).await?;
    }
    Ok(checks.conclude())
}

/// Runs a season, writes its timelines, and holds them against what is expected.
async fn live(
    season: &Season,
    place: &Place,
    keywheel: Option<&Path>,
    out: &Path,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    prepare(out)?;
    let stage = set(season, &place.python, &place.functions, out).await?;
    let mut running = Running::new(season, &stage, out)?;
    if let Some(keywheel) = keywheel {
        running.seer = Some(Seer::new(season, &stage, keywheel).await?);
    }
    let mut last = None;
    for day in season.days() {
        tell(&running.day(day, last.map_or(0, |last| day - last)).await?);
        last = Some(day);
    }
    timeline::write(season, &running, out)?;
    for (user, kind) in season.users()? {
        let name = &stage.user(user.as_str())?.case;
        checks.none(
            &format!("{}: {name} ({user})", season.title),
            timeline::differences(season, kind, &running.diary, &user),
        );
    }
    if let Some(seer) = &running.seer {
        seer.check(season, &running, out, checks)?;
    }
    checks.none(&format!("{}: no rule is broken on any day", season.title), std::mem::take(&mut running.broken));
    let searched = Searched::new(&stage.admin.credentials().await?);
    let written = everything_written(&stage, out).await?;
    let name = format!("{}: {} secrets are in none of {} texts", season.title, searched.len(), written.len());
    checks.none(&name, searched.find(&written));
    Ok(())
}

/// Makes the folder, without the log of an earlier time, to which lines would be added.
fn prepare(out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out)?;
    let log: PathBuf = out.join("functions.log");
    if log.exists() {
        std::fs::remove_file(log)?;
    }
    Ok(())
}

fn tell(told: &Told) {
    let counts: Vec<_> = told.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let counts = if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") };
    let seconds = told.took.as_secs_f64();
    println!("day {:2}  {} accounts  {counts}; {} mails  ({seconds:.1} s)", told.day, told.accounts, told.mails);
}
