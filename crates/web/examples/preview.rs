//! Serves the pages over fixed data, to look at them: `cargo run -p web --example preview [port] [empty]`.

#[path = "../tests/pages/fake.rs"]
mod fake;

use std::sync::Arc;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(8080);
    let fake = fake::Fake { empty: arguments.next().is_some(), ..fake::Fake::default() };
    let options = web::Options {
        desk_anywhere: false,
        metrics_anywhere: false,
        network: web::view::Names::new("湖北联合技术市场", "Hubei Joined Technology Market"),
        node: web::view::Names::new("武汉市东湖节点", "Wuhan East Lake node"),
        version: "0.1.0".to_owned(),
        address: None,
        hosts: Vec::new(),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("http://{}", listener.local_addr()?);
    let stop = async {
        // Without a signal handler the preview runs until it is killed, which is as good.
        let _ = tokio::signal::ctrl_c().await;
    };
    web::serve(listener, web::router(Arc::new(fake), options), stop).await
}
