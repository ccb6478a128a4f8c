//! What people filter and sort by, the same for every kind.

use crate::kinds::{FieldType, Kind};
use crate::record::Record;

/// How the country field says that something is not from abroad.
const AT_HOME: [&str; 10] = [
    "中国",
    "中国大陆",
    "中国内地",
    "大陆",
    "中华人民共和国",
    "china",
    "cn",
    "chn",
    "prc",
    "people's republic of china",
];

/// Yuan in a 万元, in which prices are talked about.
const WAN: i64 = 10_000;

/// A span of prices; what costs exactly its end belongs to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBand {
    /// The word in addresses, its ends in 万元: `10-50`, `1000-`.
    pub id: &'static str,
    /// The least, whole yuan.
    pub from: i64,
    /// The first that is too much, whole yuan; `None` where there is no end.
    pub below: Option<i64>,
}

/// The bands, cheapest first.
pub const PRICE_BANDS: [PriceBand; 6] = [
    band("0-10", 0, Some(10)),
    band("10-50", 10, Some(50)),
    band("50-100", 50, Some(100)),
    band("100-500", 100, Some(500)),
    band("500-1000", 500, Some(1_000)),
    band("1000-", 1_000, None),
];

/// What stands beside the bands for a price that is to be agreed.
pub const NEGOTIABLE: &str = "negotiable";

const fn band(id: &'static str, from: i64, below: Option<i64>) -> PriceBand {
    let below = match below {
        Some(below) => Some(below * WAN),
        None => None,
    };
    PriceBand { id, from: from * WAN, below }
}

/// The band of this id.
pub fn price_band(id: &str) -> Option<PriceBand> {
    PRICE_BANDS.into_iter().find(|band| band.id == id)
}

/// What is asked for something, or offered for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The least, whole yuan.
    pub low: Option<i64>,
    /// The most, whole yuan.
    pub high: Option<i64>,
    /// Whether it is to be agreed.
    pub negotiable: bool,
}

/// Values of a record that lists filter, count and sort by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Term ids of the technical field.
    pub fields: Vec<String>,
    /// The division, six digits; filters use its prefix.
    pub region: Option<String>,
    /// The country or territory as written, when it is abroad.
    pub country: Option<String>,
    /// The range of readiness levels, 1–9.
    pub trl: Option<(u8, u8)>,
    /// Term ids of the modes of cooperation.
    pub cooperation: Vec<String>,
    /// Its price, budget or fee.
    pub price: Price,
    /// The language's id (`zh`, `en`).
    pub language: Option<String>,
}

/// The facets of a record of this kind.
pub fn of(kind: Kind, record: &Record) -> Facets {
    let terms = |prefix: &str| record.members(prefix).map(str::to_owned).collect();
    let text = |key: &str| record.text(key).map(str::to_owned);
    let money = kind.fields().iter().find(|field| matches!(field.ty, FieldType::Money));
    let money = money.map_or("price", |field| field.id);
    Facets {
        fields: terms("field"),
        region: text("region"),
        country: text("country").filter(|country| is_abroad(country)),
        trl: record.trl(),
        cooperation: terms("cooperation"),
        price: Price {
            low: record.int(&format!("{money}_min")),
            high: record.int(&format!("{money}_max")),
            negotiable: record.is_true(&format!("{money}_negotiable")),
        },
        language: text("language"),
    }
}

impl Price {
    /// Ids of the bands that it reaches into, and [`NEGOTIABLE`]; empty where it names none. Of one with an open end only the end
    /// that is named counts: "from 1,000 yuan" is no offer of ten million.
    pub fn bands(&self) -> Vec<&'static str> {
        let mut ids = Vec::new();
        if let (Some(low), Some(high)) = (self.low.or(self.high), self.high.or(self.low)) {
            let reaches = |band: &PriceBand| high >= band.from && band.below.is_none_or(|below| low < below);
            ids.extend(PRICE_BANDS.iter().filter(|band| reaches(band)).map(|band| band.id));
        }
        if self.negotiable {
            ids.push(NEGOTIABLE);
        }
        ids
    }

    /// The one number to sort by: the least, whole yuan.
    pub fn amount(&self) -> Option<i64> {
        self.low.or(self.high)
    }
}

fn is_abroad(country: &str) -> bool {
    let country = crate::fold::cell(country).to_lowercase();
    !country.is_empty() && !AT_HOME.contains(&country.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Value;

    fn record(entries: &[(&str, Value)]) -> Record {
        Record::new(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    #[test]
    fn bands_lie_end_to_end() {
        assert_eq!(PRICE_BANDS.first().map(|band| band.from), Some(0));
        for pair in PRICE_BANDS.windows(2) {
            assert_eq!(pair[0].below, Some(pair[1].from));
        }
        assert_eq!(PRICE_BANDS.last().and_then(|band| band.below), None);
    }

    #[test]
    fn a_price_stands_in_every_band_that_it_reaches_into() {
        let bands = |low, high| Price { low, high, negotiable: false }.bands();
        assert_eq!(bands(Some(99_999), Some(99_999)), ["0-10"]);
        assert_eq!(bands(Some(100_000), Some(100_000)), ["10-50"]);
        assert_eq!(bands(Some(400_000), Some(1_000_000)), ["10-50", "50-100", "100-500"]);
        assert_eq!(bands(Some(20_000_000), None), ["1000-"]);
        assert_eq!(bands(None, Some(0)), ["0-10"]);
        assert!(bands(None, None).is_empty());
    }

    #[test]
    fn each_kind_is_sorted_by_the_money_it_is_about() {
        let demand = record(&[("budget_min", Value::Int(500_000)), ("budget_negotiable", Value::Bool(true))]);
        let price = of(Kind::Demand, &demand).price;
        assert_eq!((price.bands(), price.amount()), (vec!["50-100", NEGOTIABLE], Some(500_000)));
        assert_eq!(of(Kind::Achievement, &demand).price, Price::default());
        let result = record(&[("price_max", Value::Int(90_000))]);
        assert_eq!(of(Kind::Achievement, &result).price.amount(), Some(90_000));
    }

    #[test]
    fn china_is_not_abroad() {
        let country =
            |text: &str| of(Kind::Demand, &record(&[("country", Value::Text(text.into()))])).country;
        for home in ["中国", " China ", "ＣＮ", ""] {
            assert_eq!(country(home), None, "{home}");
        }
        assert_eq!(country("德国").as_deref(), Some("德国"));
    }
}
