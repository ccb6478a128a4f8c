//! The facets beside a list, and the filters that are set.

use super::Choice;
use crate::labels;
use crate::limits::{BUCKETS_LISTED, BUCKETS_SHOWN, NAME_CHARS};
use crate::request::{SearchRequest, parse_trl};
use crate::text::{short_id, tidy_line};
use crate::view::{Bucket, SearchView};
use catalog::words::{fill, say};
use catalog::{Hall, Lang, facets as catalogued};

/// One way of dividing the results.
pub(super) struct Facet {
    pub(super) name: &'static str,
    /// Of regions, the way back up from the chosen one.
    pub(super) path: Vec<Choice>,
    pub(super) links: Vec<Choice>,
    /// What unfolds below, and the words that it unfolds by.
    pub(super) rest: Vec<Choice>,
    pub(super) rest_label: String,
}

/// A filter that a link sets, or takes off where it is set to just that.
type Set = fn(&mut SearchRequest) -> &mut Option<String>;

/// What a filter's value is called.
type Words<'a> = &'a dyn Fn(&str) -> String;

/// The facets of a list, each with its most frequent values; one that divides nothing is left out.
pub(super) fn facets(lang: Lang, request: &SearchRequest, view: &SearchView) -> Vec<Facet> {
    let several_kinds = request.hall.is_none_or(|hall| hall.kinds().len() != 1);
    let kinds = if several_kinds { view.kinds.as_slice() } else { &[] };
    let by = |set: Set, label: fn(Lang, &str) -> String, buckets: &[Bucket]| -> Vec<Choice> {
        buckets.iter().map(|b| choice(request, set, &b.value, label(lang, &b.value), b.listings)).collect()
    };
    let institutions = view.institutions.iter().map(|bucket| {
        let name = named(&bucket.name, &bucket.value);
        choice(request, |r| &mut r.institution, &bucket.value, name, bucket.listings)
    });
    let price = |lang: Lang, id: &str| labels::price_band(lang, id).unwrap_or_default();
    let all = [
        ("facet.kind", Vec::new(), by(|r| &mut r.kind, labels::kinds, kinds)),
        (
            "facet.region",
            region_path(lang, request),
            by(|r| &mut r.region, |_, code| labels::region_name(code), &view.regions),
        ),
        ("facet.field", Vec::new(), by(|r| &mut r.field, labels::technology, &view.fields)),
        ("facet.trl", Vec::new(), readiness(lang, request, &view.trl)),
        ("facet.cooperation", Vec::new(), by(|r| &mut r.cooperation, labels::cooperation, &view.cooperation)),
        ("facet.price", Vec::new(), by(|r| &mut r.price, price, &in_order(&view.prices))),
        ("facet.institution", Vec::new(), institutions.collect()),
    ];
    all.into_iter().filter_map(|(key, path, links)| Facet::new(lang, key, path, links)).collect()
}

impl Facet {
    fn new(lang: Lang, key: &'static str, path: Vec<Choice>, links: Vec<Choice>) -> Option<Self> {
        let shown = |choice: &Choice| choice.current || (!choice.label.is_empty() && choice.count != "0");
        let mut links: Vec<Choice> = links.into_iter().filter(shown).take(BUCKETS_LISTED).collect();
        if links.is_empty() && path.is_empty() {
            return None;
        }
        // One more link takes no more room than the words that would hide it.
        let cut = if links.len() <= BUCKETS_SHOWN + 1 { links.len() } else { BUCKETS_SHOWN };
        let mut rest = links.split_off(cut);
        // What is chosen stays in sight.
        if let Some(at) = rest.iter().position(|choice| choice.current) {
            links.push(rest.remove(at));
        }
        let rest_label = fill(lang, "facet.more", &[("n", &rest.len().to_string())]);
        Some(Facet { name: say(lang, key), path, links, rest, rest_label })
    }
}

fn choice(request: &SearchRequest, set: Set, value: &str, label: String, listings: u64) -> Choice {
    let current = set(&mut request.clone()).as_deref() == Some(value);
    let to = request.with(|r| *set(r) = (!current).then(|| value.to_owned()));
    Choice::new(&to, label, current).counted(listings)
}

/// The way from everywhere down to the chosen region: each step leads back to it.
fn region_path(lang: Lang, request: &SearchRequest) -> Vec<Choice> {
    let Some(chosen) = request.region.as_deref() else { return Vec::new() };
    let mut path =
        vec![Choice::new(&request.with(|r| r.region = None), say(lang, "facet.region.all"), false)];
    let mut chain = labels::region_chain(chosen);
    if chain.is_empty() {
        chain.push((chosen.to_owned(), labels::region_name(chosen)));
    }
    let last = chain.len() - 1;
    for (at, (code, name)) in chain.into_iter().enumerate() {
        path.push(Choice::new(&request.with(|r| r.region = Some(code)), name, at == last));
    }
    path
}

/// The thirds of the scale, from idea to product. Single levels can be asked for by address and by search alone.
fn readiness(lang: Lang, request: &SearchRequest, buckets: &[Bucket]) -> Vec<Choice> {
    let band = |bucket: &Bucket| {
        let range = parse_trl(&bucket.value).filter(|(low, high)| low < high)?;
        let current = request.trl == Some(range);
        let to = request.with(|r| r.trl = (!current).then_some(range));
        Some((range, Choice::new(&to, labels::readiness_band(lang, range), current).counted(bucket.listings)))
    };
    let mut bands: Vec<_> = buckets.iter().filter_map(band).collect();
    bands.sort_by_key(|(range, _)| *range);
    bands.into_iter().map(|(_, choice)| choice).collect()
}

/// Price bands from the cheapest up, what is to be agreed last.
fn in_order(buckets: &[Bucket]) -> Vec<Bucket> {
    let ids = catalogued::PRICE_BANDS.iter().map(|band| band.id).chain([catalogued::NEGOTIABLE]);
    ids.filter_map(|id| buckets.iter().find(|bucket| bucket.value == id).cloned()).collect()
}

fn named(name: &str, id: &str) -> String {
    match tidy_line(name, NAME_CHARS) {
        name if name.is_empty() => short_id(&tidy_line(id, NAME_CHARS)),
        name => name,
    }
}

/// The filters that are set, each leading to the search without it.
pub(super) fn active(lang: Lang, request: &SearchRequest, view: &SearchView) -> Vec<Choice> {
    let region = |code: &str| match labels::region(lang, code) {
        name if name.is_empty() => code.to_owned(),
        name => name,
    };
    let price = |id: &str| {
        let key = if request.hall == Some(Hall::Demand) { "facet.budget.is" } else { "facet.price.is" };
        labels::price_band(lang, id).map_or_else(|| id.to_owned(), |band| fill(lang, key, &[("band", &band)]))
    };
    let texts: [(Set, Words<'_>); 6] = [
        (|r| &mut r.kind, &|id| labels::kinds(lang, id)),
        (|r| &mut r.region, &region),
        (|r| &mut r.field, &|id| labels::technology(lang, id)),
        (|r| &mut r.cooperation, &|id| labels::cooperation(lang, id)),
        (|r| &mut r.price, &price),
        (|r| &mut r.institution, &|id| named(&view.institution, id)),
    ];
    let text = |(set, label): &(Set, Words<'_>)| {
        let value = set(&mut request.clone()).clone()?;
        Some(Choice::new(&request.with(|r| *set(r) = None), label(&value), true))
    };
    let trl = request
        .trl
        .map(|range| Choice::new(&request.with(|r| r.trl = None), labels::readiness(lang, range), true));
    texts.iter().filter_map(text).chain(trl).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(value: &str, listings: u64) -> Bucket {
        Bucket { value: value.to_owned(), listings }
    }

    fn labels(links: &[Choice]) -> Vec<&str> {
        links.iter().map(|choice| choice.label.as_str()).collect()
    }

    #[test]
    fn a_region_can_be_gone_down_into_and_up_again() {
        let request = SearchRequest { region: Some("4201".into()), ..SearchRequest::of_hall(None) };
        let view =
            SearchView { regions: vec![bucket("420106", 3), bucket("420111", 2)], ..SearchView::default() };
        let facets = facets(Lang::Zh, &request, &view);
        let region = facets.first().unwrap();
        assert_eq!(labels(&region.path), ["全部地区", "湖北省", "武汉市"]);
        assert_eq!(labels(&region.links), ["武昌区", "洪山区"]);
        assert_eq!(region.path[1].href, "/list?region=42");
        assert_eq!(region.links[0].href, "/list?region=420106");
    }

    #[test]
    fn what_is_chosen_stays_in_sight_and_the_rest_unfolds() {
        let view = SearchView {
            regions: (11..60).map(|n| bucket(&n.to_string(), 100 - n)).collect(),
            fields: vec![bucket("agriculture", 0)],
            ..SearchView::default()
        };
        let all = facets(Lang::Zh, &SearchRequest::of_hall(None), &view);
        assert_eq!(
            (all.len(), all[0].links.len(), all[0].rest.len()),
            (1, BUCKETS_SHOWN, 49 - BUCKETS_SHOWN)
        );
        let request = SearchRequest { field: Some("agriculture".into()), ..SearchRequest::of_hall(None) };
        let set = facets(Lang::Zh, &request, &view);
        assert_eq!(labels(&set[1].links).len(), 1, "an empty filter can be taken off where it was set");
        assert!(set[1].links[0].current && set[1].links[0].href == "/list");
    }

    #[test]
    fn prices_and_readiness_stand_in_their_own_order() {
        let view = SearchView {
            prices: vec![bucket("negotiable", 9), bucket("100-500", 5), bucket("0-10", 1)],
            trl: vec![bucket("7-9", 9), bucket("5", 4), bucket("1-3", 2)],
            ..SearchView::default()
        };
        let facets = facets(Lang::Zh, &SearchRequest::of_hall(Some(Hall::Trade)), &view);
        assert_eq!(labels(&facets[0].links), ["1–3 级 · 原理与方案", "7–9 级 · 接近量产"]);
        assert_eq!(labels(&facets[1].links), ["10 万元以下", "100–500 万元", "面议"]);
        assert_eq!(facets[1].links[1].href, "/hall/trade?price=100-500");
    }
}
