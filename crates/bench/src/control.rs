//! The control of W2 and W3: two nodes of our network crate on loopback that connect, prove their keys, agree on the protocol, and
//! say nothing. What a meeting costs beyond it is Lianshi's own.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use network::{Config, Event, Events};

use crate::machine;

/// Meetings; the medians count.
const MEETINGS: usize = 5;
/// A meeting is over when nothing has moved for this long.
const QUIET: Duration = Duration::from_millis(1_000);
const PATIENCE: Duration = Duration::from_secs(10);

/// What a meeting takes over one kind of transport.
#[derive(Clone, Copy, Debug, Default)]
pub struct Control {
    /// From the dial until both ends have a session, seconds.
    pub seconds: f64,
    /// The same of the first meeting alone: what a process pays once is in it.
    pub first: f64,
    /// On `lo`, until nothing moves any more.
    pub bytes: u64,
}

/// The control over TCP with Noise and Yamux, and over QUIC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Controls {
    /// Over TCP, Noise and Yamux.
    pub tcp: Control,
    /// Over QUIC.
    pub quic: Control,
}

/// Measures both.
///
/// # Errors
/// When the two cannot connect.
pub fn measure() -> anyhow::Result<Controls> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        Ok(Controls {
            tcp: over("/ip4/127.0.0.1/tcp/0").await?,
            quic: over("/ip4/127.0.0.1/udp/0/quic-v1").await?,
        })
    })
}

async fn over(listen: &str) -> anyhow::Result<Control> {
    let mut seconds = Vec::new();
    let mut bytes = Vec::new();
    for n in 0..MEETINGS {
        let (took, moved) = meet(listen, n as u8).await?;
        seconds.push(took);
        bytes.push(moved as f64);
    }
    let first = seconds.first().copied().unwrap_or_default();
    Ok(Control { seconds: crate::report::median(seconds), first, bytes: crate::report::median(bytes) as u64 })
}

/// Seconds and bytes of one meeting.
async fn meet(listen: &str, n: u8) -> anyhow::Result<(f64, u64)> {
    let start = |secret: u8, listen: &[&str]| {
        network::start(Config {
            listen: listen.iter().map(|text| (*text).to_owned()).collect(),
            ..Config::new([secret + 2 * n; 32])
        })
    };
    let (server, mut theirs) = start(1, &[listen])?;
    let (client, mut ours) = start(2, &[])?;
    let address = loop {
        match next(&mut theirs).await? {
            Event::Listening { address } => break address,
            Event::ListenFailed { why, .. } => bail!("the control cannot listen: {why}"),
            _ => {}
        }
    };
    let (begun, before) = (Instant::now(), machine::loopback_bytes());
    client.dial(&address, None)?;
    for side in [&mut ours, &mut theirs] {
        while !matches!(next(side).await?, Event::Connected { .. }) {}
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (mut last, mut since) = (machine::loopback_bytes(), Instant::now());
    while since.elapsed() < QUIET {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = machine::loopback_bytes();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    client.shutdown().await;
    server.shutdown().await;
    Ok((seconds, last - before))
}

async fn next(events: &mut Events) -> anyhow::Result<Event> {
    let event = tokio::time::timeout(PATIENCE, events.recv()).await.context("the control hears nothing")?;
    event.context("the control's network stopped")
}
