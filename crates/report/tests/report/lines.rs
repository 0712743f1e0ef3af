//! Flat lines: CSV and JSON Lines.

use keywheel_core::observed::LastUsed;
use keywheel_report::model::Ended;
use keywheel_report::{Report, csv, json_lines};
use serde_json::Value;

use crate::attacks::attacked;
use crate::organization::{Member, look, policy};
use crate::sample::twelve;
use crate::stored::stored;

fn objects(report: &Report) -> Vec<Value> {
    json_lines::render(report).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rows(report: &Report) -> (Vec<String>, Vec<Vec<String>>) {
    let text = csv::render(report).unwrap();
    let mut reader = ::csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let head = reader.headers().unwrap().iter().map(str::to_owned).collect();
    // A row of another length is an error to this reader.
    (head, reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect())
}

#[test]
fn every_key_has_a_line_and_every_account_at_least_one() {
    for report in [twelve(), stored(), attacked()] {
        let lines = objects(&report);
        let keys: Vec<_> = lines.iter().filter(|line| line["record"] == "key").collect();
        let expected: Vec<_> = report.keys().map(|(_, key)| key.access_key_id.as_str()).collect();
        assert_eq!(keys.iter().map(|key| key["access_key_id"].as_str().unwrap()).collect::<Vec<_>>(), expected);
        for account in &report.accounts {
            let of_account = lines.iter().filter(|line| line["account"] == account.account.as_str());
            assert!(of_account.clone().count() > 0, "{}", account.account);
            assert!(of_account.clone().all(|line| line["account_ended"] == account.ended.as_str()));
            let has_own = of_account.clone().any(|line| line["record"] == "account");
            let is_partly_known = account.ended != Ended::Answered || account.keys_without_details > 0;
            assert_eq!(has_own, is_partly_known || account.keys.is_empty(), "{}", account.account);
            let without: u64 = of_account.filter_map(|line| line["keys_without_details"].as_u64()).sum();
            assert_eq!(without, u64::try_from(account.keys_without_details).unwrap());
        }
    }
}

#[test]
fn csv_says_the_same_as_json_lines() {
    for report in [twelve(), stored()] {
        let (head, rows) = rows(&report);
        let lines = objects(&report);
        assert_eq!(rows.len(), lines.len());
        for (row, line) in rows.iter().zip(lines) {
            for (name, cell) in head.iter().zip(row) {
                let expected = match &line[name] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(*cell, expected, "{name}");
            }
        }
    }
}

#[test]
fn no_cell_is_a_formula() {
    let mut members: Vec<Member> =
        ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "plain, \"quoted\"\r\nnext"]
            .iter()
            .enumerate()
            .map(|(number, name)| Member::new(number, name))
            .collect();
    for member in &mut members {
        for user in ["=user", "+user", "-user", "@user", "user"] {
            member.user(user, 10, LastUsed::Never);
        }
    }
    let (head, rows) = rows(&look(&members, &policy()));
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']), "{cell:?}");
    }
    let place = |name| head.iter().position(|column| column == name).unwrap();
    assert_eq!(rows[0][place("account_name")], "'=1+1");
    assert_eq!(rows[40][place("account_name")], "plain, \"quoted\"\r\nnext");
    let users: Vec<_> = rows[..5].iter().map(|row| row[place("user")].as_str()).collect();
    assert_eq!(users, ["'+user", "'-user", "'=user", "'@user", "user"]);
}

#[test]
fn csv_is_as_the_standard_has_it() {
    let text = csv::render(&twelve()).unwrap();
    assert!(text.starts_with("record,generated,account,account_name,") && text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}
