//! The client against servers of all manners, over loopback.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the test's answer")]

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use courier::{Client, Error, Kind, Limits, Request, Settings, Special};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// Bytes that a test reads at most.
const LIMIT: usize = 1 << 20;

/// What a server was asked, one head after another.
type Asked = Arc<Mutex<Vec<String>>>;

/// Reads a request's head, and its body when it has a length.
async fn heard(line: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match line.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    line.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}

async fn say(line: &mut (impl AsyncWrite + Unpin), bytes: impl AsRef<[u8]>) {
    // Whoever hung up has heard enough.
    let _ = line.write_all(bytes.as_ref()).await;
    let _ = line.flush().await;
}

/// A server that answers every request by the same bytes, and then does not close by itself.
async fn server(answer: impl Into<Vec<u8>>) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, answer, asked) = (listener.local_addr().unwrap(), answer.into(), Asked::default());
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let (answer, asked) = (answer.clone(), Arc::clone(&kept));
            tokio::spawn(async move {
                let head = heard(&mut line).await;
                asked.lock().unwrap().push(head);
                say(&mut line, answer).await;
                tokio::time::sleep(Duration::from_secs(60)).await;
            });
        }
    });
    (address, asked)
}

fn answer(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn settings(allow: &[SocketAddr]) -> Settings {
    let limits = Limits {
        connect: Duration::from_secs(5),
        silence: Duration::from_millis(600),
        whole: Duration::from_secs(4),
        ..Limits::default()
    };
    let allow = allow.iter().map(|address| address.to_string().parse().unwrap()).collect();
    Settings { allow, limits, ..Settings::default() }
}

fn client(allow: &[SocketAddr]) -> Client {
    Client::new(settings(allow))
}

async fn read(client: &Client, url: &str) -> Result<Vec<u8>, Error> {
    client.get(url, &[]).await?.read(LIMIT).await
}

#[tokio::test]
async fn an_answer_is_read_with_its_status_and_headers() {
    let (at, asked) = server(answer("503 Busy\r\nRetry-After: 120\r\nX-Y: z", "wait")).await;
    let got = client(&[at])
        .get(&format!("http://{at}/oai?verb=Identify#x"), &[("accept", "text/xml")])
        .await
        .unwrap();
    assert_eq!((got.status(), got.header("x-y"), got.is_success()), (503, Some("z"), false));
    assert_eq!(got.retry_after(SystemTime::now()), Some(Duration::from_secs(120)));
    assert_eq!(got.read(LIMIT).await.unwrap(), b"wait");
    let asked = asked.lock().unwrap().concat();
    assert!(asked.starts_with("GET /oai?verb=Identify HTTP/1.1\r\n"), "{asked}");
    for header in [format!("host: {at}"), "accept: text/xml".to_owned(), "user-agent: lianshi/".to_owned()] {
        assert!(asked.contains(&header), "{asked}");
    }
}

#[tokio::test]
async fn what_is_told_arrives_once_and_follows_no_redirect() {
    let (at, asked) = server(answer("200 OK", "thanks")).await;
    let client = client(&[at]);
    let told =
        client.post(&format!("http://{at}/hook"), &[("content-type", "text/plain")], b"hello".to_vec()).await;
    assert_eq!(told.unwrap().read(LIMIT).await.unwrap(), b"thanks");
    let told = asked.lock().unwrap().concat();
    assert!(told.starts_with("POST /hook ") && told.ends_with("\r\n\r\nhello"), "{told}");
    let (moved, _) = server(answer(&format!("307 Moved\r\nLocation: http://{at}/hook"), "")).await;
    let error = self::client(&[at, moved])
        .post(&format!("http://{moved}/"), &[], b"hello".to_vec())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Moved { to: format!("http://{at}/hook") });
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn no_address_leads_into_the_network_a_node_stands_in() {
    let (at, asked) = server(answer("200 OK", "secret")).await;
    for url in [
        format!("http://{at}/"),
        format!("http://localhost:{}/", at.port()),
        format!("http://[::ffff:127.0.0.1]:{}/", at.port()),
        format!("http://2130706433:{}/", at.port()),
    ] {
        let error = client(&[]).get(&url, &[]).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Forbidden { why: Special::Loopback, .. }), "{error}");
    }
    // Nor does a redirect of a server that may be gone to.
    let (open, _) = server(answer(&format!("302 Found\r\nLocation: http://{at}/"), "")).await;
    let error = read(&client(&[open]), &format!("http://{open}/")).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("[web-out]") && error.zh().contains("[web-out]"), "{error}");
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(read(&client(&[open, at]), &format!("http://{open}/")).await.unwrap(), b"secret");
}

#[tokio::test]
async fn redirects_end_and_take_no_secret_along() {
    let (last, asked) = server(answer("200 OK", "here")).await;
    let (first, _) = server(answer(&format!("301 Moved\r\nLocation: http://{last}/x"), "")).await;
    let headers = [("authorization", "Bearer secret"), ("accept", "text/xml")];
    let client = client(&[first, last]);
    let got = client.get(&format!("http://{first}/"), &headers).await.unwrap();
    assert_eq!(got.url(), format!("http://{last}/x"));
    let asked = asked.lock().unwrap().concat();
    assert!(!asked.contains("secret") && asked.contains("accept: text/xml"), "{asked}");
    let (round, turns) = server(answer("302 Found\r\nLocation: /again", "")).await;
    let error = read(&self::client(&[round]), &format!("http://{round}/")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Redirects);
    assert_eq!(turns.lock().unwrap().len(), courier::MAX_REDIRECTS + 1);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn bodies_are_opened_and_bounded_after_that() {
    let text = "挂牌信息".repeat(20_000);
    let (at, _) = server(answer("200 OK\r\nContent-Encoding: gzip", packed(text.as_bytes()))).await;
    assert_eq!(read(&client(&[at]), &format!("http://{at}/")).await.unwrap(), text.as_bytes());
    // A hundred megabytes in a hundred kilobytes.
    let (bomb, _) = server(answer("200 OK\r\nContent-Encoding: gzip", packed(&vec![0; 100 << 20]))).await;
    let error = read(&client(&[bomb]), &format!("http://{bomb}/")).await.unwrap_err();
    assert_eq!(error.kind, Kind::TooLarge { limit: LIMIT });
    let (cut, _) = server(answer("200 OK\r\nContent-Encoding: gzip", &packed(text.as_bytes())[..100])).await;
    let error = read(&client(&[cut]), &format!("http://{cut}/")).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Broken { .. }), "{error}");
    let (other, _) = server(answer("200 OK\r\nContent-Encoding: br", "x")).await;
    assert!(matches!(
        read(&client(&[other]), &format!("http://{other}/")).await.unwrap_err().kind,
        Kind::Broken { .. }
    ));
    // Announced, the body is not even waited for.
    let (announced, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await;
    let error = read(&client(&[announced]), &format!("http://{announced}/")).await.unwrap_err();
    assert_eq!(error.kind, Kind::TooLarge { limit: LIMIT });
}

#[tokio::test]
async fn a_server_that_hangs_drips_or_breaks_off_is_waited_for_in_vain_and_not_for_long() {
    let begun = Instant::now();
    for half in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
        let (at, _) = server(half).await;
        let error = read(&client(&[at]), &format!("http://{at}/")).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Silent { .. }) && error.is_passing(), "{half:?}: {error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut line, _) = listener.accept().await.unwrap();
        heard(&mut line).await;
        say(&mut line, "HTTP/1.1 200 OK\r\n\r\n").await;
        loop {
            say(&mut line, "x").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let brief = Request::get(format!("http://{at}/")).within(Duration::from_secs(2));
    let dripped = client(&[at]).send(brief).await;
    let error = dripped.unwrap().read(LIMIT).await.unwrap_err();
    assert_eq!(error.kind, Kind::TooLong { within: Duration::from_secs(2) });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut line, _) = listener.accept().await.unwrap();
        heard(&mut line).await;
        say(&mut line, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    });
    assert!(matches!(
        read(&client(&[at]), &format!("http://{at}/")).await.unwrap_err().kind,
        Kind::Broken { .. }
    ));
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(100 << 10));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(1_000));
    for head in
        ["220 smtp.example.cn ESMTP\r\n", "SSH-2.0-OpenSSH_9\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n", &long, &many]
    {
        let (at, _) = server(head).await;
        let error = read(&client(&[at]), &format!("http://{at}/")).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Broken { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_leads_to_the_public_and_to_no_place_of_its_own() {
    let (proxy, asked) = server(answer("200 OK", "through")).await;
    let client =
        Client::new(Settings { proxy: Some(format!("http://{proxy}").parse().unwrap()), ..settings(&[]) });
    assert_eq!(read(&client, "http://repository.example.cn/oai?verb=Identify").await.unwrap(), b"through");
    let first = asked.lock().unwrap().concat();
    assert!(first.starts_with("GET http://repository.example.cn/oai?verb=Identify HTTP/1.1\r\n"), "{first}");
    for url in ["http://10.0.0.1/", "http://localhost/", "http://x.internal/"] {
        assert!(matches!(read(&client, url).await.unwrap_err().kind, Kind::Forbidden { .. }), "{url}");
    }
    let (refuses, asked) = server("HTTP/1.1 403 Forbidden\r\n\r\n").await;
    let client =
        Client::new(Settings { proxy: Some(format!("http://{refuses}").parse().unwrap()), ..settings(&[]) });
    assert!(matches!(read(&client, "https://example.cn/").await.unwrap_err().kind, Kind::Proxy { .. }));
    assert!(asked.lock().unwrap().concat().starts_with("CONNECT example.cn:443 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_secure_server_is_believed_by_its_certificate_alone() {
    use tokio_rustls::rustls::crypto::aws_lc_rs;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    let made =
        rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.key_pair.serialize_der()));
    let config =
        tokio_rustls::rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            if let Ok(mut line) = acceptor.accept(line).await {
                heard(&mut line).await;
                say(&mut line, answer("302 Found\r\nLocation: http://127.0.0.1/", "")).await;
            }
        }
    });
    let url = format!("https://{at}/");
    let error = read(&client(&[at]), &url).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Tls { .. } | Kind::NoRoots), "{error}");
    let believed = Client::new(Settings { certificates: made.cert.pem().into_bytes(), ..settings(&[at]) });
    // Believed, it is heard, and may not lead to what is not secure.
    assert_eq!(read(&believed, &url).await.unwrap_err().kind, Kind::Downgrade);
}
