//! Real HTTP, spoken by hand so that a test sees every byte.

use crate::fake::Fake;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use web::enquiry::Enquiries;

/// A running server; it stops when dropped.
pub struct Server {
    pub address: SocketAddr,
    pub running: JoinHandle<std::io::Result<()>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Server {
    /// Serves `fake` on a free port of the loopback interface.
    pub async fn start(fake: Fake) -> Server {
        Self::serve(fake, None).await
    }

    /// The same, where visitors may ask.
    pub async fn start_with_enquiries(fake: Fake, enquiries: Arc<dyn Enquiries>) -> Server {
        Self::serve(fake, Some(enquiries)).await
    }

    async fn serve(fake: Fake, enquiries: Option<Arc<dyn Enquiries>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = web::Options {
            desk_anywhere: false,
            metrics_anywhere: false,
            network: web::view::Names::new("湖北联合技术市场", "Hubei Joined Technology Market"),
            node: web::view::Names::new("武汉市东湖节点", "Wuhan East Lake node"),
            version: "0.1.0".into(),
            address: None,
            hosts: vec!["market.example.cn".into()],
        };
        let router = match enquiries {
            Some(enquiries) => web::router_with_enquiries(Arc::new(fake), enquiries, options),
            None => web::router(Arc::new(fake), options),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(web::serve(listener, router, async {
            let _ = stopped.await;
        }));
        Server { address, running, stop: Some(stop) }
    }

    /// Asks the server to stop.
    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// Sends raw bytes and reads until the server closes.
    pub async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        Answer::parse(&answer)
    }

    /// GET with extra header lines, each ended by CRLF.
    pub async fn get_with(&self, target: &str, headers: &str) -> Answer {
        let host = if headers.to_ascii_lowercase().contains("host:") { "" } else { "Host: localhost\r\n" };
        self.raw(format!("GET {target} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n").as_bytes())
            .await
    }

    /// GET.
    pub async fn get(&self, target: &str) -> Answer {
        self.get_with(target, "").await
    }
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
            .unwrap_or("")
    }
}
