//! Traces for a collector, by OTLP over HTTP: what a node does, and how long it takes, as spans.
//!
//! Only where a collector is configured. Spans are kept in a bounded queue and sent in batches by a thread of their own; a collector
//! that is away costs spans and nothing else. What spans say is decided where they are made: names and figures, never texts of
//! listings, words that people search for, or anything that is private.
//!
//! Absent here: metrics (the node serves them at `/metrics`), logs, gRPC, and encryption: a collector stands on this computer or in
//! the same network, and passes on what it gets as it likes.

mod post;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use post::Post;

/// How long the last spans may take when the node ends.
const CLOSED_WITHIN: Duration = Duration::from_secs(3);
/// How long one batch may take.
const SENT_WITHIN: Duration = Duration::from_secs(10);
/// Where collectors take traces, behind their address.
const TRACES: &str = "/v1/traces";

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none of a collector.
    #[error("{0:?} is not like http://127.0.0.1:4318")]
    Address(String),
    /// The exporter cannot be made.
    #[error("{0}")]
    Exporter(String),
}

/// Who sends the spans; [`Traces::end`] sends the last ones.
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// To the collector at an address such as `http://127.0.0.1:4318`, as a node of a program's version.
    ///
    /// # Errors
    /// When the address is none.
    pub fn to(address: &str, version: &'static str, node: &str) -> Result<Self, Error> {
        let post = Post::to(address).ok_or_else(|| Error::Address(address.to_owned()))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(post)
            .with_endpoint(format!("{}{TRACES}", address.trim_end_matches('/')))
            .with_timeout(SENT_WITHIN)
            .build()
            .map_err(|error| Error::Exporter(error.to_string()))?;
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", "lianshi"),
                KeyValue::new("service.version", version),
                KeyValue::new("service.instance.id", node.to_owned()),
            ])
            .build();
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self { provider })
    }

    /// The layer that makes spans of what `tracing` hears.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("lianshi"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
    }

    /// Sends what is left, in a few seconds at most.
    pub fn end(&self) {
        // Who collects them is away, or there were none.
        let _ = self.provider.shutdown_with_timeout(CLOSED_WITHIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use tracing_subscriber::layer::SubscriberExt;

    /// Takes one request and answers; returns all that came.
    fn collector() -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
            loop {
                let read = stream.read(&mut piece).unwrap();
                bytes.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
                let length =
                    head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
                let head = head.len() + 4;
                if read == 0 || bytes.len() >= head + length.unwrap() {
                    break;
                }
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        });
        (address, heard)
    }

    #[test]
    fn spans_reach_a_collector_with_their_names() {
        let (address, heard) = collector();
        let traces = Traces::to(&address, "9.9.9", "node-of-a-test").unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
            let outer = tracing::info_span!("outer-span", answer = 42);
            let _outer = outer.enter();
            tracing::info_span!("inner-span").in_scope(|| ());
        });
        traces.end();
        let request = heard.join().unwrap();
        assert!(request.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{request}");
        for part in [
            "application/x-protobuf",
            "outer-span",
            "inner-span",
            "answer",
            "lianshi",
            "9.9.9",
            "node-of-a-test",
        ] {
            assert!(request.contains(part), "{part}: {request}");
        }
    }

    #[test]
    fn a_collector_that_is_away_costs_nothing_but_spans() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let traces = Traces::to(&format!("http://{closed}"), "1", "n").unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
            tracing::info_span!("lost").in_scope(|| ());
        });
        let begun = std::time::Instant::now();
        traces.end();
        assert!(begun.elapsed() < CLOSED_WITHIN * 2);
        for address in ["", "127.0.0.1:4318", "https://collector.example", "http://", "http://a b/"] {
            assert!(Traces::to(address, "1", "n").is_err(), "{address}");
        }
    }
}
