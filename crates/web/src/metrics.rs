//! `/metrics`: the node in numbers, for Prometheus (OpenMetrics 1.0); and `/readyz`, whether it answers searches.
//!
//! They tell more than the pages do, so they are served to this computer alone unless the node is told otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::desk::is_here;
use crate::view::Figure;

/// Bounds of the buckets of answering times, seconds.
const SECONDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

type Labels = Vec<(String, String)>;

/// What was answered so far, and how fast.
pub(crate) struct Traffic {
    answers: Family<Labels, Counter>,
    seconds: Histogram,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { answers: Family::default(), seconds: Histogram::new(SECONDS) }
    }
}

impl Traffic {
    /// Counts an answer: by the hundreds of its status alone, of which there are five.
    pub(crate) fn count(&self, status: StatusCode, took: Duration) {
        let class = format!("{}xx", status.as_u16() / 100);
        self.answers.get_or_create(&vec![("status".to_owned(), class)]).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

pub(crate) async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    if !app.options.metrics_anywhere && !is_here(&request) {
        return (StatusCode::FORBIDDEN, "figures are served to this computer alone (web.metrics)\n")
            .into_response();
    }
    match app.ask(|source| source.figures()).await.map(|figures| text(&app.traffic, &figures)) {
        Ok(Ok(text)) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Ok(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(refusal) => (refusal.status(), format!("{refusal}\n")).into_response(),
    }
}

/// Ready is who answers searches from an index that is not far behind.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.ask(|source| source.ready()).await {
        Ok(()) => "ready\n".into_response(),
        Err(refusal) => (StatusCode::SERVICE_UNAVAILABLE, format!("{refusal}\n")).into_response(),
    }
}

fn text(traffic: &Traffic, figures: &[Figure]) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("lianshi");
    let mut gauges: BTreeMap<&str, Family<Labels, Gauge<f64, AtomicU64>>> = BTreeMap::new();
    let mut counters: BTreeMap<&str, Family<Labels, Counter<f64, AtomicU64>>> = BTreeMap::new();
    for Figure { name, help, labels, value, counts } in figures {
        if labels.is_empty() {
            alone(&mut registry, name, help, (*value, *counts));
            continue;
        }
        let labels: Labels = labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        if *counts {
            let family = counters.entry(name).or_insert_with(|| registered(&mut registry, name, help));
            family.get_or_create(&labels).inc_by(value.max(0.0));
        } else {
            let family = gauges.entry(name).or_insert_with(|| registered(&mut registry, name, help));
            family.get_or_create(&labels).set(*value);
        }
    }
    registry.register("http_answers", "Answers of the pages, by status", traffic.answers.clone());
    registry.register("http_seconds", "How long answers of the pages took", traffic.seconds.clone());
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// A figure without labels.
fn alone(registry: &mut Registry, name: &str, help: &str, (value, counts): (f64, bool)) {
    if counts {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value.max(0.0));
        registry.register(name, help, counter);
    } else {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
}

fn registered<M>(registry: &mut Registry, name: &str, help: &str) -> Family<Labels, M>
where
    Family<Labels, M>: prometheus_client::registry::Metric + Default + Clone,
{
    let family = Family::default();
    registry.register(name, help, family.clone());
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_traffic_are_told_in_the_form_that_prometheus_reads() {
        let figure = |name, of: &str, value, counts| Figure {
            name,
            help: "what it is",
            labels: Some(of)
                .filter(|of| !of.is_empty())
                .map(|of| ("of", of.to_owned()))
                .into_iter()
                .collect(),
            value,
            counts,
        };
        let traffic = Traffic::default();
        traffic.count(StatusCode::OK, Duration::from_millis(2));
        traffic.count(StatusCode::NOT_FOUND, Duration::from_millis(2));
        let figures = [
            figure("listings", "all", 7.0, false),
            figure("listings", "own", 3.0, false),
            figure("bytes", "in", 9.0, true),
            figure("logs", "", 5.0, false),
        ];
        let text = text(&traffic, &figures).unwrap();
        for line in [
            "# HELP lianshi_listings what it is.",
            "# TYPE lianshi_listings gauge",
            "lianshi_listings{of=\"all\"} 7.0",
            "lianshi_listings{of=\"own\"} 3.0",
            "lianshi_bytes_total{of=\"in\"} 9.0",
            "lianshi_logs 5.0",
            "lianshi_http_answers_total{status=\"4xx\"} 1",
            "lianshi_http_seconds_bucket{le=\"0.003\"} 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
