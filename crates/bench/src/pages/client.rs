//! A reader: HTTP/1.1 over one connection that stays open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::flood::Times;

/// No page takes longer.
const LONGEST: Duration = Duration::from_secs(60);
/// Most bytes of a page.
const MOST_BYTES: u64 = 16 << 20;
/// A connection is opened anew after so many requests or so long, before the server closes it.
const REQUESTS_PER_CONNECTION: usize = 500;
const CONNECTION_LIFE: Duration = Duration::from_secs(60);

/// One connection after the other.
pub struct Client {
    host: String,
    stream: BufReader<TcpStream>,
    opened: Instant,
    requests: usize,
}

impl Client {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).with_context(|| host.to_owned())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LONGEST))?;
        let (host, stream) = (host.to_owned(), BufReader::new(stream));
        Ok(Self { host, stream, opened: Instant::now(), requests: 0 })
    }

    /// Opens the connection anew when it is old. To be called between two measures.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn renew(&mut self) -> anyhow::Result<()> {
        if self.requests >= REQUESTS_PER_CONNECTION || self.opened.elapsed() > CONNECTION_LIFE {
            *self = Self::open(&self.host)?;
        }
        Ok(())
    }

    /// Gets a page; its body.
    ///
    /// # Errors
    /// When it is not there, or not whole.
    pub fn get(&mut self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.requests += 1;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n\r\n", self.host);
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?;
        ensure!(status.starts_with("HTTP/1.1 200 "), "{path}: {status}");
        let mut length = None;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse::<u64>().ok();
            }
        }
        match length {
            Some(length) if length <= MOST_BYTES => {
                let mut body = Vec::with_capacity(usize::try_from(length)?);
                self.stream.by_ref().take(length).read_to_end(&mut body)?;
                ensure!(body.len() as u64 == length, "{path} was cut short");
                Ok(body)
            }
            other => bail!("{path} has no length that can be read: {other:?}"),
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.stream.by_ref().take(MOST_BYTES).read_line(&mut line)?;
        ensure!(line.ends_with('\n'), "the server ended the connection");
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

/// So many readers ask for these pages in turn, each `requests` times; how long each answer took, to its last byte.
///
/// # Errors
/// When a page is not there.
pub fn read(host: &str, paths: &[String], readers: usize, requests: usize) -> anyhow::Result<Times> {
    let one = |reader: usize| -> anyhow::Result<Times> {
        let mut times = Times::default();
        let mut client = Client::open(host)?;
        for path in paths.iter().cycle().skip(reader).take(requests) {
            client.renew()?;
            let begun = Instant::now();
            client.get(path)?;
            times.take(begun.elapsed());
        }
        Ok(times)
    };
    let all: Vec<anyhow::Result<Times>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..readers).map(|reader| scope.spawn(move || one(reader))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a reader broke"))).collect()
    });
    let mut times = Times::default();
    for read in all {
        times.add(read?);
    }
    Ok(times)
}
