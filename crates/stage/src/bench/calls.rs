//! Calls by the names of their operations, counted on the wire: a call that is tried again counts again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;

/// How many calls of each operation, such as `iam:ListUsers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Calls(BTreeMap<String, u64>);

impl Calls {
    /// The counts of a table in the code.
    pub(super) fn of(counts: &[(&str, u64)]) -> Self {
        Self(counts.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect())
    }

    pub(super) fn add(&mut self, operation: &Operation) {
        *self.0.entry(operation.to_string()).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (operation, count) in other.0 {
            *self.0.entry(operation).or_default() += count;
        }
    }

    /// All calls.
    pub(super) fn all(&self) -> u64 {
        self.0.values().sum()
    }

    /// All calls of these services, such as `iam`.
    pub(super) fn of_services(&self, services: &[&str]) -> u64 {
        let service = |operation: &str| operation.split(':').next().unwrap_or_default().to_owned();
        self.0.iter().filter(|(operation, _)| services.contains(&&*service(operation))).map(|(_, count)| count).sum()
    }

    /// Where these counts are not the expected ones, a line per operation.
    pub(super) fn differences(&self, expected: &Self) -> Vec<String> {
        let operations: BTreeSet<_> = self.0.keys().chain(expected.0.keys()).collect();
        let count = |of: &Self, operation: &str| of.0.get(operation).copied().unwrap_or_default();
        let differences = operations.into_iter().filter_map(|operation| {
            let (found, expected) = (count(self, operation), count(expected, operation));
            let more = i128::from(found) - i128::from(expected);
            (more != 0).then(|| format!("{operation}: {found} calls where {expected} are allowed ({more:+})"))
        });
        differences.collect()
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let counts: Vec<_> = self.0.iter().map(|(operation, count)| format!("{operation} {count}")).collect();
        f.write_str(&counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(name: &str) -> Operation {
        let (service, name) = name.split_once(':').unwrap();
        Operation { service: service.to_owned(), name: name.to_owned(), signer: String::new() }
    }

    #[test]
    fn calls_are_counted_by_operation_and_summed_by_service() {
        let mut calls = Calls::default();
        assert_eq!(calls.to_string(), "none");
        for name in ["iam:ListUsers", "s3:PutObject", "iam:GetGroup", "iam:ListUsers"] {
            calls.add(&operation(name));
        }
        calls.merge(Calls::of(&[("iam:GetGroup", 2), ("sts:AssumeRole", 1)]));
        assert_eq!(calls.to_string(), "iam:GetGroup 3, iam:ListUsers 2, s3:PutObject 1, sts:AssumeRole 1");
        assert_eq!((calls.of_services(&["iam", "sts"]), calls.of_services(&["s3"])), (6, 1));
    }

    #[test]
    fn one_call_more_and_one_fewer_are_told_by_name() {
        let expected = Calls::of(&[("iam:ListUsers", 1), ("s3:GetObject", 1)]);
        assert_eq!(expected.differences(&expected.clone()), [""; 0]);
        let found = Calls::of(&[("iam:ListUsers", 2), ("sts:AssumeRole", 1)]);
        assert_eq!(
            found.differences(&expected),
            [
                "iam:ListUsers: 2 calls where 1 are allowed (+1)",
                "s3:GetObject: 0 calls where 1 are allowed (-1)",
                "sts:AssumeRole: 1 calls where 0 are allowed (+1)",
            ]
        );
    }
}
