use catalog::statistics::Dimension;
use serde_json::json;

use super::*;

fn told() -> Json {
    let work = |name: &str, listings: u64, state: &str| {
        json!({
            "id": "ab".repeat(32), "name": name, "state": state, "listings": listings, "kinds": {}, "withdrawn": 2,
            "received": { "evaluation": 3, "recognition": 1, "certificate": 1, "rejected": 1, "contract": 5 },
            "given": { "passed": 4, "match": 2 },
        })
    };
    json!({
        "network": { "id": "n", "name_zh": "湖北联合技术市场", "name_en": "Hubei Joined Technology Market" },
        "node": { "name": "省大市场" }, "made": "2026-11-30T00:00:00Z", "rules": 2,
        "asked": { "region": "420000", "month": "2026-11" },
        "digest": "d1".repeat(32),
        "entries": { "digest": "e5".repeat(32), "logs": 128, "count": 13020 },
        "figures": {
            "listings": 1234, "standing": 12408, "withdrawn": 17,
            "by": {
                "kind": { "achievement": 1000, "demand": 234 },
                "region": { "420106": 1034, "429004": 200 },
                "field": { "energy": 700, "none": 534 }, "readiness": { "6": 1234 }, "cooperation": { "none": 1234 },
                "month": { "2026-10": 11174, "2026-11": 1234 },
            },
            "institutions": [work("武汉大学", 1000, "active"), work("某某研究院", 234, "suspended")],
            "demands": { "listed": 234, "looked_at": 40, "matched": 21, "contracted": 8 },
        },
        "this_node_alone": { "received": 9, "answered": 7, "in_time": 6, "median_ms": 5_400_000 },
    })
}

#[test]
fn a_bulletin_says_every_figure_in_both_languages() {
    for (lang, step, contract) in [(Lang::Zh, "已答复", "登记合同"), (Lang::En, "answered", "contract")]
    {
        let steps = funnel(&told(), lang);
        assert!(steps.iter().any(|found| found.name.contains(step) && found.said == "7"), "{steps:?}");
        assert!(steps.iter().any(|found| found.name.contains(contract) && found.said == "8"), "{steps:?}");
        assert!(steps.iter().any(|found| found.said == "21"), "matched: {steps:?}");
        assert!(
            steps.iter().any(|found| found.said.starts_with("1.5")),
            "half waited no longer than an hour and a half"
        );
        let pdf = paper(&told(), lang, 1_795_795_200_000).unwrap();
        assert_eq!(crate::office::claim_in(&pdf), Some(told()), "the figures lie in it");
        assert_eq!(crate::office::claim_in(&claim(&told())), Some(told()));
        let bytes = workbook(&told(), lang).unwrap();
        assert_eq!(bytes.get(..2), Some(b"PK".as_slice()));
    }
    assert!(crate::office::claim_in(b"%PDF-1.7").is_none() && crate::office::claim_in(b"{}").is_none());
}

#[test]
fn rows_stand_below_the_divisions_that_they_lie_in() {
    let rows = counted(&told(), Dimension::Region, Lang::Zh);
    let rows: Vec<(usize, &str, u64)> =
        rows.iter().map(|line| (line.depth, line.name.as_str(), line.count)).collect();
    assert_eq!(rows, [(0, "湖北省", 1234), (1, "武汉市", 1034), (2, "武昌区", 1034), (1, "仙桃市", 200)]);
    let (_, cells) = work(&told(), Lang::En).remove(1);
    assert_eq!(cells, ["某某研究院 (suspended)", "234", "2", "3", "2", "5", "1", "2", "6"]);
    assert_eq!(
        (rate(2, 3), rate(0, 0), thousands(1_234_567)),
        ("66.7%".into(), String::new(), "1,234,567".into())
    );
    assert_eq!(
        command(&told()),
        format!("lianshi stats --month 2026-11 --region 420000 --verify {}", "d1".repeat(32))
    );
}
