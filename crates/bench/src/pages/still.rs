//! A server that sends what it was handed, from memory, and does nothing else: what a page costs at the least on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use anyhow::Context;

/// Longest line of a request, bytes.
const LINE: u64 = 8_192;

/// The server; its threads end with the process.
pub struct Still {
    address: String,
}

impl Still {
    /// Serves these pages by their paths.
    ///
    /// # Errors
    /// When no port is free.
    pub fn serve(pages: BTreeMap<String, Vec<u8>>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("a port")?;
        let address = listener.local_addr()?.to_string();
        let pages = Arc::new(pages);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let pages = Arc::clone(&pages);
                std::thread::spawn(move || drop(answer(stream, &pages)));
            }
        });
        Ok(Self { address })
    }

    /// Where it listens, `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn answer(stream: TcpStream, pages: &BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.by_ref().take(LINE).read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut line = String::new();
        while stream.by_ref().take(LINE).read_line(&mut line)? > 0 && !line.trim_end().is_empty() {
            line.clear();
        }
        let page = first.split(' ').nth(1).and_then(|path| pages.get(path));
        let (status, body) = page.map_or(("404 Not Found", &[][..]), |page| ("200 OK", page.as_slice()));
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::client::{Client, read};

    #[test]
    fn it_sends_what_it_was_handed_and_the_readers_read_it() {
        let pages = BTreeMap::from([("/a".to_owned(), b"one".to_vec()), ("/b".to_owned(), vec![7; 100_000])]);
        let still = Still::serve(pages).unwrap();
        let mut client = Client::open(still.address()).unwrap();
        assert_eq!(client.get("/a").unwrap(), b"one");
        assert_eq!(client.get("/b").unwrap().len(), 100_000);
        let paths = ["/a".to_owned(), "/b".to_owned()];
        assert_eq!(read(still.address(), &paths, 3, 10).unwrap().count(), 30);
        assert!(client.get("/c").is_err());
    }
}
