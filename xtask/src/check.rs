//! `cargo xtask check`: rules about the repository itself that no compiler knows.

mod adrs;
mod alarms;
mod changelog;
mod commands;
mod consoles;
mod links;
mod log_lines;
mod names;
mod pages;
mod pictures;
mod policies;
mod rules;
mod sizes;
mod sleeps;
mod sources;
mod tree;
mod typed;
mod words;
mod workflows;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use tree::Tree;

/// One broken rule, as `path:line: what is wrong` or `path: what is wrong`.
type Problem = String;

/// Every rule, each a function of the files alone.
const CHECKS: [fn(&Tree) -> Vec<Problem>; 18] = [
    adrs::check,
    alarms::check,
    changelog::check,
    commands::check,
    consoles::check,
    links::check,
    log_lines::check,
    names::check,
    pages::check,
    pictures::check,
    policies::check,
    rules::check,
    sizes::check,
    sleeps::check,
    sources::check,
    typed::check,
    words::check,
    workflows::check,
];

/// Checks every file that git tracks or would track, and names every problem.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(workspace)?;
    let problems: Vec<Problem> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    for problem in &problems {
        eprintln!("{problem}");
    }
    if !problems.is_empty() {
        bail!("the repository breaks its own rules in {} places", problems.len());
    }
    println!("{} rules hold in {} files", CHECKS.len(), tree.len());
    Ok(())
}
