//! QR codes (ISO/IEC 18004): made here, drawn as SVG, as letters on a terminal, or as rectangles by whoever asks for [`Code::runs`].

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around a code, as the standard wants them.
pub const QUIET: usize = 4;
/// Bytes in one code of medium correction that a telephone still reads well from a postage stamp of paper: 65 modules a side.
pub const TELEPHONE_BYTES: usize = 250;

/// What does not go into one code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are more than one QR code holds")]
pub struct QrFault {
    bytes: usize,
}

/// A code: a square of dark and light modules.
#[derive(Clone)]
pub struct Code(QrCode);

impl Code {
    /// A code for paper, which is folded and soiled: readable with 15 % of it gone.
    ///
    /// # Errors
    /// When the text is longer than a code holds.
    pub fn for_paper(text: &str) -> Result<Self, QrFault> {
        Self::with(text, QrCodeEcc::Medium)
    }

    /// A code for a screen: as much as fits, readable with 7 % of it gone.
    ///
    /// # Errors
    /// When the text is longer than a code holds.
    pub fn for_screen(text: &str) -> Result<Self, QrFault> {
        Self::with(text, QrCodeEcc::Low)
    }

    fn with(text: &str, correction: QrCodeEcc) -> Result<Self, QrFault> {
        let made = QrCode::encode_text(text, correction);
        made.map(Self).map_err(|_| QrFault { bytes: text.len() })
    }

    /// Modules a side, without the quiet zone.
    pub fn side(&self) -> usize {
        usize::try_from(self.0.size()).unwrap_or_default()
    }

    /// Whether a module is dark, counted from the upper left; outside all are light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        match (i32::try_from(x), i32::try_from(y)) {
            (Ok(x), Ok(y)) => self.0.get_module(x, y),
            _ => false,
        }
    }

    /// Dark modules that stand side by side: column, row, how many.
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for y in 0..self.side() {
            let mut x = 0;
            while x < self.side() {
                let long = (x..self.side()).take_while(|x| self.is_dark(*x, y)).count();
                if long > 0 {
                    runs.push((x, y, long));
                }
                x += long.max(1);
            }
        }
        runs
    }

    /// The `d` of an SVG path, one unit a module, moved right and down by so many.
    pub fn path(&self, right: usize, down: usize) -> String {
        let run =
            |(x, y, long): (usize, usize, usize)| format!("M{} {}h{long}v1h-{long}z", x + right, y + down);
        self.runs().into_iter().map(run).collect()
    }

    /// For a terminal with light letters on dark: two modules in the height of a letter.
    pub fn terminal(&self) -> String {
        let across = self.side() + 2 * QUIET;
        let light = |x: usize, y: usize| match (x.checked_sub(QUIET), y.checked_sub(QUIET)) {
            (Some(x), Some(y)) => !self.is_dark(x, y),
            _ => true,
        };
        let row = |y: usize| -> String {
            let letter = |x: usize| match (light(x, y), light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            };
            (0..across).map(letter).collect()
        };
        let rows: Vec<String> = (0..across).step_by(2).map(row).collect();
        rows.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_the_code() {
        let code = Code::for_paper("https://market.example.cn/v/0123").expect("it is short");
        let mut drawn = vec![vec![false; code.side()]; code.side()];
        for (x, y, long) in code.runs() {
            drawn[y][x..x + long].fill(true);
            assert!(!code.is_dark(x + long, y), "a run goes on as far as it can");
        }
        for (y, row) in drawn.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                assert_eq!(*dark, code.is_dark(x, y), "{x} {y}");
            }
        }
        assert!(code.path(4, 4).starts_with("M4 4h7v1h-7z"), "the upper left eye");
        assert_eq!(code.terminal().lines().count(), (code.side() + 2 * QUIET).div_ceil(2));
    }

    #[test]
    fn an_address_of_a_telephone_fits_and_too_much_is_said() {
        let code = Code::for_paper(&"a".repeat(TELEPHONE_BYTES)).expect("it fits");
        assert!(code.side() <= 65, "{}", code.side());
        assert!(Code::for_paper(&"a".repeat(3_000)).is_err());
    }
}
