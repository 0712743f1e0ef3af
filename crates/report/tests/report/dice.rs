//! Chance, from a seed: the same seed makes the same organization.

pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.roll() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(i64::try_from(of.len()).unwrap())).unwrap()].clone()
    }
}
