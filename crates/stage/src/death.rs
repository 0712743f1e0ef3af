//! Death at every call: the compiled key-rotation is killed before and after its calls, and two further nights must bring every account
//! to where a night without a fault would have brought it.
//!
//! Each case has an account of its own, all of them alike. What is real: the binary, SIGKILL, the emulator and its state. What is not:
//! Lambda, for which the module `process` stands in, and notification, whose records of sent notices the stage writes itself.

mod call;
mod cases;
mod ground;
mod passage;
mod process;
mod proxy;
mod rules;
mod standing;

use std::time::Instant;

use anyhow::{Context, ensure};

use crate::terminal::Line;
use crate::test_night::Place;
use call::Spot;
use cases::{cases, kinds};
use ground::Ground;
use passage::{FIRST_NIGHT, go_through};
use process::End;

/// Runs every case: `true` when all went well.
///
/// # Errors
/// When the emulator or the function cannot be run.
pub async fn run(place: &Place, every_call: bool) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let (began, mut line) = (Instant::now(), Line::new());
    line.show("death: a night without a fault");
    let calls = calls_of_a_night(place).await?;
    let listed: Vec<_> = calls.iter().map(|call| format!("{call}\n")).collect();
    std::fs::write(place.out.join("calls.txt"), listed.concat())?;
    let cases = cases(&calls, every_call);
    let summary = format!("death: {} calls of {} kinds; {} cases", calls.len(), kinds(&calls).len(), cases.len());
    // Two more accounts: one that is never killed, and one that shows that a difference is noticed.
    let ground = Ground::set(place, cases.len() + 2).await?;
    line.show("death: the first night");
    let failed = go_through(&ground, cases, &mut line).await?;
    let outcome = if failed == 0 { "all well".to_owned() } else { format!("{failed} FAILED") };
    line.tell(&format!("{summary}; {outcome}, in {:.1} s", began.elapsed().as_secs_f64()));
    Ok(failed == 0)
}

/// The calls of a night without a fault, on a ground of its own: how many accounts are needed is not known before.
async fn calls_of_a_night(place: &Place) -> anyhow::Result<Vec<Spot>> {
    let ground = Ground::set(place, 1).await?;
    let account = ground.accounts().into_iter().next().context("there is no account")?;
    let flight = ground.night(&account, FIRST_NIGHT, None).await?;
    ensure!(matches!(flight.end, End::Answered(_)), "a night without a fault: {:?}\n{}", flight.end, flight.output);
    Ok(flight.seen.into_iter().map(|call| call.spot).collect())
}
