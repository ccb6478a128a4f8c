//! Plain HTTP/1.1, one request a connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::PATIENCE;

/// An answer of a node's pages.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub code: u16,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The same as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Gets `http://HOST:PORT/PATH` over one connection that the server is asked to close.
///
/// # Panics
/// When there is no answer, or one that is not HTTP.
pub fn get(origin: &str, path: &str) -> Answer {
    send(origin, "GET", path, &[("Accept", "text/html")], "")
}

/// Sends one request with these headers and this body, over one connection that the server is asked to close. `Host` is
/// the origin's unless stated.
///
/// # Panics
/// When there is no answer, or one that is not HTTP.
pub fn send(origin: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send_bytes(origin, method, path, headers, body.as_bytes())
}

/// The same with a body of any bytes.
///
/// # Panics
/// As [`send`].
pub fn send_bytes(origin: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = origin.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(host).expect("the pages are served");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let stated = headers.iter().any(|(name, _)| *name == "Host");
    let own = [("Host", host)];
    let all = own.iter().filter(|_| !stated).chain(headers);
    let lines: String = all.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request can be sent");
    // Who refuses by the length alone need not read the rest.
    let _ = stream.write_all(body);
    let bytes = whole(&mut stream);
    let end = header_end(&bytes).expect("a header");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let code =
        lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|c| c.parse().ok()).expect("a status line");
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunk(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
    Answer { code, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body }
}

/// Reads an answer: to its stated length, else until the server closes. Not every server closes when it is asked to.
fn whole(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = stream.read(&mut piece).expect("an answer comes whole");
        bytes.extend_from_slice(&piece[..read]);
        let is_whole = header_end(&bytes).is_some_and(|end| {
            stated_length(&bytes[..end]).is_some_and(|length| bytes.len() >= end + 4 + length)
        });
        if read == 0 || is_whole {
            return bytes;
        }
    }
}

fn header_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|w| w == b"\r\n\r\n")
}

fn stated_length(head: &[u8]) -> Option<usize> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let (Some(size), Some(after)) = (size, rest.get(end + 2..)) else { break };
        if size == 0 || after.len() < size {
            break;
        }
        body.extend_from_slice(&after[..size]);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    body
}

/// A browser before the desk of a node: it keeps the cookie of its session and the key that forms carry.
pub struct Visitor {
    origin: String,
    cookie: String,
}

impl Visitor {
    /// Before the pages at `http://HOST:PORT`.
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.trim_end_matches('/').to_owned(), cookie: String::new() }
    }

    /// Gets a page.
    pub fn get(&self, path: &str) -> Answer {
        send(&self.origin, "GET", path, &[("Cookie", &self.cookie)], "")
    }

    /// Sends a form as a page of the node's own does, with the key that the desk gave.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let key = self.form_key();
        let origin = self.origin.clone();
        self.post_with(path, fields, &[("Origin", &origin)], &key)
    }

    /// The key of this session's forms; empty without one.
    pub fn form_key(&self) -> String {
        let page = self.get("/desk").body;
        let key = page.split_once("name=\"form_key\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        key.map(|(key, _)| key.to_owned()).unwrap_or_default()
    }

    /// Sends a form with other headers, or another key.
    pub fn post_with(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
        key: &str,
    ) -> Answer {
        let pairs = fields.iter().copied().chain([("form_key", key)]);
        let body: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
        let own = [("Cookie", self.cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let all: Vec<(&str, &str)> = own.into_iter().chain(headers.iter().copied()).collect();
        let answer = send(&self.origin, "POST", path, &all, &body.join("&"));
        if let Some(cookie) = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()) {
            self.cookie = cookie.to_owned();
        }
        answer
    }
}

impl Visitor {
    /// Sends a file by a form, as a browser does.
    pub fn upload(&mut self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        self.upload_with(path, &[], name, bytes)
    }

    /// Sends a file with fields beside it.
    pub fn upload_with(&mut self, path: &str, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Answer {
        let (key, origin) = (self.form_key(), self.origin.clone());
        let part = |head: &str| format!("--lianshi-test\r\nContent-Disposition: form-data; {head}\r\n");
        let own = [("form_key", key.as_str())];
        let field =
            |(name, value): &(&str, &str)| format!("{}\r\n{value}\r\n", part(&format!("name=\"{name}\"")));
        let mut body: Vec<u8> = own.iter().chain(fields).map(field).collect::<String>().into_bytes();
        let head = part(&format!("name=\"file\"; filename=\"{name}\""));
        body.extend_from_slice(format!("{head}Content-Type: application/octet-stream\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--lianshi-test--\r\n");
        let kind = "multipart/form-data; boundary=lianshi-test";
        let headers = [("Cookie", self.cookie.as_str()), ("Content-Type", kind), ("Origin", &origin)];
        send_bytes(&self.origin, "POST", path, &headers, &body)
    }
}

/// A text in a form or an address (RFC 3986).
pub fn percent(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}
