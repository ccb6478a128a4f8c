//! Damage that repeats: from one seed always the same.

/// A generator of numbers that look random (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
}

/// Numbers at the ends of their types, as the protocol writes them.
const EXTREMES: [&[u8]; 7] = [
    &[0],
    &[1],
    &[0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
];

/// Changes bytes in one to four places, with pieces of `other` among them. The result is at most `limit` bytes.
pub fn damage(bytes: &[u8], other: &[u8], limit: usize, dice: &mut Dice) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let place = dice.below(out.len() + 1);
        let end = place + dice.below(out.len() - place + 1).min(64);
        match dice.below(8) {
            0 => out.truncate(place),
            1 => drop(out.drain(place..end)),
            2 => {
                let piece = out[place..end].to_vec();
                out.splice(place..place, piece);
            }
            3 => {
                let from = dice.below(other.len() + 1);
                let to = from + dice.below(other.len() - from + 1).min(256);
                out.splice(place..end, other[from..to].iter().copied());
            }
            4 => {
                let extreme = EXTREMES[dice.below(EXTREMES.len())];
                let end = (place + dice.below(3)).min(out.len());
                out.splice(place..end, extreme.iter().copied());
            }
            _ => {
                let roll = dice.roll();
                if let Some(byte) = out.get_mut(place) {
                    *byte = if roll & 0x100 == 0 { *byte ^ (1 << (roll % 8)) } else { roll as u8 };
                }
            }
        }
    }
    out.truncate(limit);
    out
}
