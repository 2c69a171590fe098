//! The two sources of bits: MT19937 (`RandomState`) and PCG64 (`default_rng`), with their seeding.

/// A source of bits.
#[derive(Clone)]
pub(super) enum Bits {
    Twister(Box<Twister>),
    Pcg(Pcg),
}

/// Matsumoto and Nishimura, 1998.
#[derive(Clone)]
pub(super) struct Twister {
    key: [u32; 624],
    position: usize,
}

/// O'Neill, 2014: 128-bit state, 64-bit output (XSL-RR).
#[derive(Clone)]
pub(super) struct Pcg {
    state: u128,
    increment: u128,
    /// The upper half of the last draw, if only its lower half was used.
    spare: Option<u32>,
}

const PCG_MULTIPLIER: u128 = (2_549_297_995_355_413_924 << 64) + 4_865_540_595_714_422_341;

impl Twister {
    /// `np.random.seed(42)`
    pub(super) fn new(seed: u32) -> Twister {
        let mut key = [0; 624];
        let mut word = seed;
        for (i, k) in key.iter_mut().enumerate() {
            *k = word;
            word = 1_812_433_253_u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(i as u32 + 1);
        }
        Twister { key, position: 624 }
    }

    /// `np.random.seed([1, 2, 3])`
    pub(super) fn from_words(words: &[u32]) -> Twister {
        let mut mt = Twister::new(19_650_218).key;
        let (mut i, mut j) = (1, 0);
        for _ in 0..words.len().max(624) {
            let before = mt[i - 1];
            mt[i] = (mt[i] ^ (before ^ (before >> 30)).wrapping_mul(1_664_525))
                .wrapping_add(words[j])
                .wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= 624 {
                mt[0] = mt[623];
                i = 1;
            }
            if j >= words.len() {
                j = 0;
            }
        }
        for _ in 0..623 {
            let before = mt[i - 1];
            mt[i] = (mt[i] ^ (before ^ (before >> 30)).wrapping_mul(1_566_083_941))
                .wrapping_sub(i as u32);
            i += 1;
            if i >= 624 {
                mt[0] = mt[623];
                i = 1;
            }
        }
        mt[0] = 0x8000_0000;
        Twister { key: mt, position: 624 }
    }

    fn refill(&mut self) {
        for i in 0..624 {
            let y = (self.key[i] & 0x8000_0000) | (self.key[(i + 1) % 624] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.key[i] = self.key[(i + 397) % 624] ^ (y >> 1) ^ odd;
        }
        self.position = 0;
    }

    fn next(&mut self) -> u32 {
        if self.position >= 624 {
            self.refill();
        }
        let mut y = self.key[self.position];
        self.position += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
}

impl Pcg {
    /// `np.random.PCG64(seed)`, from four words of a seed sequence.
    pub(super) fn new(words: [u64; 4]) -> Pcg {
        let pair = |high: u64, low: u64| (u128::from(high) << 64) | u128::from(low);
        let mut pcg = Pcg { state: 0, increment: (pair(words[2], words[3]) << 1) | 1, spare: None };
        pcg.step();
        pcg.state = pcg.state.wrapping_add(pair(words[0], words[1]));
        pcg.step();
        pcg
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(PCG_MULTIPLIER).wrapping_add(self.increment);
    }

    fn next(&mut self) -> u64 {
        self.step();
        let mixed = (self.state >> 64) as u64 ^ self.state as u64;
        mixed.rotate_right((self.state >> 122) as u32)
    }
}

impl Bits {
    /// PCG64 from a seed of any number of words.
    pub(super) fn pcg(entropy: &[u32]) -> Bits {
        Bits::Pcg(Pcg::new(seed_words(entropy)))
    }

    pub(super) fn next_u32(&mut self) -> u32 {
        match self {
            Bits::Twister(twister) => twister.next(),
            Bits::Pcg(pcg) => match pcg.spare.take() {
                Some(spare) => spare,
                None => {
                    let both = pcg.next();
                    pcg.spare = Some((both >> 32) as u32);
                    both as u32
                }
            },
        }
    }

    pub(super) fn next_u64(&mut self) -> u64 {
        match self {
            Bits::Twister(twister) => {
                let high = u64::from(twister.next());
                (high << 32) | u64::from(twister.next())
            }
            Bits::Pcg(pcg) => pcg.next(),
        }
    }

    /// Uniform in [0, 1).
    pub(super) fn next_f64(&mut self) -> f64 {
        match self {
            Bits::Twister(twister) => {
                let (a, b) = (twister.next() >> 5, twister.next() >> 6);
                (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
            }
            Bits::Pcg(pcg) => (pcg.next() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0),
        }
    }

    /// Uniform in [0, 1), 24 bits.
    pub(super) fn next_f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in `0..=most`, by masks and rejection.
    pub(super) fn interval(&mut self, most: u64) -> u64 {
        if most == 0 {
            return 0;
        }
        let mask = u64::MAX >> most.leading_zeros();
        loop {
            let value = if u32::try_from(most).is_ok() {
                u64::from(self.next_u32()) & mask
            } else {
                self.next_u64() & mask
            };
            if value <= most {
                return value;
            }
        }
    }
}

const XSHIFT: u32 = 16;

fn hash_mix(value: u32, constant: &mut u32) -> u32 {
    let mut value = value ^ *constant;
    *constant = constant.wrapping_mul(0x931e_8875);
    value = value.wrapping_mul(*constant);
    value ^ (value >> XSHIFT)
}

fn mix(x: u32, y: u32) -> u32 {
    let result = 0xca01_f9dd_u32.wrapping_mul(x).wrapping_sub(0x4973_f715_u32.wrapping_mul(y));
    result ^ (result >> XSHIFT)
}

/// numpy's `SeedSequence`: entropy spread over a pool, and as many words as are needed out of it.
fn seed_words(entropy: &[u32]) -> [u64; 4] {
    let mut constant = 0x43b0_d7e5;
    let mut pool = [0_u32; 4];
    for (i, word) in pool.iter_mut().enumerate() {
        *word = hash_mix(entropy.get(i).copied().unwrap_or(0), &mut constant);
    }
    for source in 0..4 {
        for target in 0..4 {
            if source != target {
                pool[target] = mix(pool[target], hash_mix(pool[source], &mut constant));
            }
        }
    }
    for &word in entropy.iter().skip(4) {
        for slot in &mut pool {
            *slot = mix(*slot, hash_mix(word, &mut constant));
        }
    }
    let mut constant = 0x8b51_f9dd_u32;
    let mut words = [0_u32; 8];
    for (i, word) in words.iter_mut().enumerate() {
        let mut value = pool[i % 4] ^ constant;
        constant = constant.wrapping_mul(0x58f3_8ded);
        value = value.wrapping_mul(constant);
        *word = value ^ (value >> XSHIFT);
    }
    let pair = |i: usize| u64::from(words[2 * i]) | (u64::from(words[2 * i + 1]) << 32);
    [pair(0), pair(1), pair(2), pair(3)]
}
