//! Counter-based randomness: the same seed gives the same bits, for any number of threads and on any machine.
//!
//! Philox 4x32-10 (Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3"); uniforms have 24 bits, normals
//! are Box and Muller's.

use std::cell::Cell;

/// A stream of random numbers: a key (the seed and a stream's number) and a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Random {
    key: [u32; 2],
    stream: u64,
    counter: u64,
}

thread_local! {
    static GLOBAL: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    static SEEDED: Cell<bool> = const { Cell::new(false) };
}

/// Keras' `set_random_seed`: everything drawn afterwards is a function of this number.
pub fn set_seed(seed: u64) {
    GLOBAL.set((seed, 0));
    SEEDED.set(true);
}

/// Seed and number of streams drawn so far: with [`set_state`] a run can be resumed at the very same bits.
pub fn state() -> (u64, u64) {
    ensure_seeded();
    GLOBAL.get()
}

/// Restores what [`state`] gave.
pub fn set_state(state: (u64, u64)) {
    GLOBAL.set(state);
    SEEDED.set(true);
}

fn ensure_seeded() {
    if !SEEDED.replace(true) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let nanos = now.map_or(0, |elapsed| {
            u64::try_from(elapsed.as_nanos() & u128::from(u64::MAX)).unwrap_or(0)
        });
        GLOBAL.set((nanos ^ (u64::from(std::process::id()) << 40), 0));
    }
}

/// The next stream of the session.
pub fn next_stream() -> Random {
    ensure_seeded();
    let (seed, stream) = GLOBAL.get();
    GLOBAL.set((seed, stream + 1));
    Random::new(seed, stream + 1)
}

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        Random { key: [low(seed), high(seed)], stream, counter: 0 }
    }

    /// The same stream under another seed: what a layer with a `seed` of its own draws.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Random { key: [low(seed), high(seed)], ..self }
    }

    /// The words of [`Random::block`] at `LANES` places from `place` on: `words[w][lane]`. Side by side, so that the
    /// compiler uses vectors where the caller is compiled for them.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "the lanes go through several arrays")]
    pub fn blocks<const LANES: usize>(&self, place: u64) -> [[u32; LANES]; 4] {
        let mut words = [[0; LANES]; 4];
        for lane in 0..LANES {
            let place = place + lane as u64;
            words[0][lane] = low(place);
            words[1][lane] = high(place);
            words[2][lane] = low(self.stream);
            words[3][lane] = high(self.stream);
        }
        let mut key = self.key;
        for _ in 0..10 {
            let mut next = [[0; LANES]; 4];
            for lane in 0..LANES {
                let first = u64::from(words[0][lane]) * 0xD251_1F53;
                let second = u64::from(words[2][lane]) * 0xCD9E_8D57;
                next[0][lane] = high(second) ^ words[1][lane] ^ key[0];
                next[1][lane] = low(second);
                next[2][lane] = high(first) ^ words[3][lane] ^ key[1];
                next[3][lane] = low(first);
            }
            words = next;
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        words
    }

    /// The four words at a place of this stream; places can be asked for in any order.
    pub fn block(&self, place: u64) -> [u32; 4] {
        philox([low(place), high(place), low(self.stream), high(self.stream)], self.key)
    }

    /// The next four words.
    pub fn next_block(&mut self) -> [u32; 4] {
        let block = self.block(self.counter);
        self.counter += 1;
        block
    }

    /// The next number in `0..1`.
    pub fn uniform(&mut self) -> f32 {
        to_unit(self.next_block()[0])
    }

    /// The next integer below `limit`, without bias (Lemire, 2019).
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit <= 1 {
            return 0;
        }
        loop {
            let block = self.next_block();
            let word = u64::from(block[0]) | (u64::from(block[1]) << 32);
            let product = u128::from(word) * u128::from(limit);
            if (product & u128::from(u64::MAX)) >= u128::from(limit.wrapping_neg() % limit) {
                return u64::try_from(product >> 64).unwrap_or(0);
            }
        }
    }

    /// Fills with numbers in `0..1`.
    pub fn fill_uniform(&mut self, values: &mut [f32]) {
        for chunk in values.chunks_mut(4) {
            for (value, word) in chunk.iter_mut().zip(self.next_block()) {
                *value = to_unit(word);
            }
        }
    }

    /// Fills with normals of mean 0 and deviation 1.
    pub fn fill_normal(&mut self, values: &mut [f32]) {
        for chunk in values.chunks_mut(4) {
            let block = self.next_block();
            let pairs = [normal_pair(block[0], block[1]), normal_pair(block[2], block[3])];
            for (value, normal) in chunk.iter_mut().zip(pairs.into_iter().flatten()) {
                *value = normal;
            }
        }
    }

    /// Fills with normals cut at two deviations (by drawing again), as Keras' truncated normal.
    pub fn fill_truncated_normal(&mut self, values: &mut [f32]) {
        let mut spare: Vec<f32> = Vec::new();
        for value in values {
            *value = loop {
                if spare.is_empty() {
                    let block = self.next_block();
                    spare.extend(normal_pair(block[0], block[1]));
                    spare.extend(normal_pair(block[2], block[3]));
                }
                match spare.pop() {
                    Some(normal) if normal.abs() <= 2.0 => break normal,
                    _ => {}
                }
            };
        }
    }

    /// A permutation of `0..n` (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            let j = usize::try_from(self.below(i as u64 + 1)).unwrap_or(0);
            order.swap(i, j);
        }
        order
    }
}

/// 24 bits as a number in `0..1`.
pub fn to_unit(word: u32) -> f32 {
    (word >> 8) as f32 / 16_777_216.0
}

fn normal_pair(a: u32, b: u32) -> [f32; 2] {
    // 1 - u lies in (0, 1], so the logarithm is finite.
    let radius = (-2.0 * libm::log(1.0 - f64::from(to_unit(a)))).sqrt();
    let angle = std::f64::consts::TAU * f64::from(to_unit(b));
    [(radius * libm::cos(angle)) as f32, (radius * libm::sin(angle)) as f32]
}

#[inline(always)]
fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}

#[inline(always)]
fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let first = u64::from(counter[0]) * 0xD251_1F53;
        let second = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            high(second) ^ counter[1] ^ key[0],
            low(second),
            high(first) ^ counter[3] ^ key[1],
            low(first),
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_random123() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
    }

    #[test]
    #[expect(clippy::needless_range_loop, reason = "the lanes go through several arrays")]
    fn blocks_side_by_side_are_those_one_by_one() {
        let random = Random::new(5, 9);
        let words = random.blocks::<16>(u64::from(u32::MAX) - 3);
        for lane in 0..16 {
            let block = random.block(u64::from(u32::MAX) - 3 + lane as u64);
            assert_eq!(block, [0, 1, 2, 3].map(|word: usize| words[word][lane]));
        }
    }

    #[test]
    fn normals_have_mean_0_and_deviation_1_and_truncated_ones_end_at_2() {
        let mut values = vec![0.0; 40_000];
        Random::new(1, 1).fill_normal(&mut values);
        let mean = values.iter().sum::<f32>() / 40_000.0;
        let variance = values.iter().map(|v| v * v).sum::<f32>() / 40_000.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        Random::new(1, 2).fill_truncated_normal(&mut values);
        assert!(values.iter().all(|v| v.abs() <= 2.0));
    }
}
