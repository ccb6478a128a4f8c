//! Numbers of bytes, as people read them.

/// Bytes for people: 1.5 KiB.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let (mut value, mut unit) = (count as f64 / 1024.0, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_its_unit() {
        assert_eq!([bytes(1023), bytes(1536), bytes(5 << 20)], ["1023 B", "1.5 KiB", "5.0 MiB"]);
    }
}
