//! The middle one of several runs.

/// The median; of an even number the larger of the two in the middle. None of nothing.
pub(super) fn median<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort();
    let middle = values.len() / 2;
    values.into_iter().nth(middle)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median([5, 1, 3].into_iter()), Some(3));
        assert_eq!(median([4, 1, 3, 2].into_iter()), Some(3));
        assert_eq!(median([0; 0].into_iter()), None);
    }
}
