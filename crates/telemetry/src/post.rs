//! One HTTP request over plain TCP: all that an export needs. It runs on the exporter's own thread, and may wait there.

use std::future::Future;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::pin::Pin;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

/// A collector that does not answer at all is given up after so long.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Longest silence of one that has.
const SILENCE: Duration = Duration::from_secs(5);
/// Longest answer that is read, bytes: a collector says which spans it refused, in a line.
const MAX_ANSWER: u64 = 64 * 1024;

/// The collector, by host and port.
#[derive(Debug)]
pub struct Post {
    host: String,
}

impl Post {
    /// The collector at `http://HOST:PORT`; `None` when the address is not so.
    pub fn to(address: &str) -> Option<Self> {
        let host = address.strip_prefix("http://")?.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        let (name, port) = host.rsplit_once(':')?;
        let good = !name.is_empty() && host.chars().all(plain) && port.parse::<u16>().is_ok();
        good.then(|| Self { host: host.to_owned() })
    }

    fn send(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let address = self.host.to_socket_addrs()?.next().ok_or("the collector has no address")?;
        let mut stream = TcpStream::connect_timeout(&address, CONNECT_WITHIN)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        let path = request.uri().path();
        let mut head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.host);
        for (name, value) in request.headers() {
            if let Ok(value) = value.to_str() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", request.body().len()));
        stream.write_all(head.as_bytes())?;
        stream.write_all(request.body())?;
        let mut answer = Vec::new();
        // Its first line is what counts; who cuts off behind that has still answered.
        let read = stream.take(MAX_ANSWER).read_to_end(&mut answer);
        let line = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let code = line.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok());
        let Some(code) = code else {
            read?;
            return Err("the collector's answer is not HTTP".into());
        };
        Ok(Response::builder().status(code).body(Bytes::new())?)
    }
}

impl HttpClient for Post {
    fn send_bytes<'life, 'sent>(
        &'life self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'sent>>
    where
        'life: 'sent,
        Self: 'sent,
    {
        Box::pin(std::future::ready(self.send(&request)))
    }
}
