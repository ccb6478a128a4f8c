//! Servers that a node tells something: one of HTTP, one of SMTP. Each keeps what came, on threads that end with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A client that says nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest body that is read.
const LONGEST: usize = 1 << 20;

/// Something posted.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The path.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Posted {
    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// A server on loopback that keeps what comes.
pub struct Receiver<T> {
    port: u16,
    kept: Arc<Mutex<Vec<T>>>,
}

impl<T: Clone + Send + 'static> Receiver<T> {
    fn start(serve: impl Fn(TcpStream, usize) -> Option<T> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (into, serve) = (Arc::clone(&kept), Arc::new(serve));
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (into, serve) = (Arc::clone(&into), Arc::clone(&serve));
                std::thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(PATIENCE));
                    if let Some(one) = serve(stream, number) {
                        into.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                    }
                });
            }
        });
        Self { port, kept }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What came so far.
    pub fn came(&self) -> Vec<T> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A server of HTTP that answers the first requests with these status lines, such as `500 No` or `302 Found\r\nLocation: /x`, and
/// all others with 204.
pub fn http(answers: &[&str]) -> Receiver<Posted> {
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    Receiver::start(move |mut stream, number| {
        let posted = read(&stream)?;
        let status = answers.get(number).map_or("204 Good", String::as_str);
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes());
        Some(posted)
    })
}

fn read(stream: &TcpStream) -> Option<Posted> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, n)| n.parse().ok());
    let mut body = vec![0; length.unwrap_or(0_usize).min(LONGEST)];
    reader.read_exact(&mut body).ok()?;
    Some(Posted { path, headers, body })
}

/// A server of SMTP (RFC 5321) without encryption: keeps each mail as it came, after the addresses it was for.
pub fn smtp() -> Receiver<String> {
    Receiver::start(|mut stream, _| {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut mail = String::new();
        let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).ok();
        say("220 ready")?;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                break;
            }
            let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match word.as_str() {
                "DATA" => {
                    say("354 go on")?;
                    loop {
                        line.clear();
                        reader.read_line(&mut line).ok()?;
                        if line == ".\r\n" {
                            break;
                        }
                        mail.push_str(&line);
                    }
                    say("250 taken")?;
                }
                "QUIT" => {
                    say("221 bye")?;
                    break;
                }
                "RCPT" => {
                    mail.push_str(&line);
                    say("250 good")?;
                }
                _ => say("250 good").map(drop)?,
            }
        }
        Some(mail).filter(|mail| !mail.is_empty())
    })
}
