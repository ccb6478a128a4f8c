//! What can be typed about bundles.

use std::path::PathBuf;

use clap::Subcommand;

/// Bytes of the units in which a size may be given.
const UNITS: [(&str, u64); 6] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
];

#[derive(Subcommand, Debug)]
pub enum BundleAction {
    Ask {
        file: PathBuf,
        #[arg(long)]
        qr: bool,
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    Out {
        file: PathBuf,
        #[arg(long = "for", id = "for", value_name = "NODE", num_args = 0..=1, default_missing_value = "")]
        reader: Option<String>,
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
        #[arg(long, value_name = "SIZE", value_parser = size)]
        max_size: Option<u64>,
    },
    In {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Reads a size such as `64MiB`; a number alone counts bytes.
fn size(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?, *bytes)));
    let (number, unit) = unit.unwrap_or((lower.as_str(), 1));
    let size = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    size.filter(|size| *size >= protocol::limits::MIN_VOLUME).ok_or_else(|| "64MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("700 mb"), Ok(700_000_000));
        assert_eq!(size("1048576"), Ok(1 << 20));
        for wrong in ["", "MiB", "-1MiB", "1.5GiB", "4KiB", "99999999999GiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
