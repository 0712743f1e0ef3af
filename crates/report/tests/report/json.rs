//! The JSON form is a promise.

use keywheel_report::{Report, json};
use serde_json::Value;

use crate::sample::twelve;
use crate::stored::stored;

const SCHEMA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/report.v1.json");

fn value(report: &Report) -> Value {
    serde_json::from_str(&json::render(report).unwrap()).unwrap()
}

#[test]
fn every_report_fits_the_published_schema() {
    let schema = serde_json::from_str(&std::fs::read_to_string(SCHEMA_FILE).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [twelve(), stored()] {
        let whole = value(&report);
        let faults: Vec<_> =
            validator.iter_errors(&whole).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert_eq!(faults, [""; 0]);
        for without in whole.as_object().unwrap().keys() {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(without);
            assert!(!validator.is_valid(&part), "{without} may be missing");
        }
        for (of, more) in [("/accounts/0", "secret"), ("/accounts/0/keys/0", "secret"), ("/totals/keys", "lost")] {
            let mut part = whole.clone();
            part.pointer_mut(of).unwrap().as_object_mut().unwrap().insert(more.to_owned(), 1.into());
            assert!(!validator.is_valid(&part), "{of} may have {more}");
        }
    }
}

#[test]
fn a_report_can_be_read_again() {
    for report in [twelve(), stored()] {
        assert_eq!(serde_json::from_value::<Report>(value(&report)).unwrap(), report);
    }
}
