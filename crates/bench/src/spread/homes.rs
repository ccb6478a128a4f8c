//! Homes of one network, connected anew for each shape.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use super::shape::Links;
use crate::node::{self, Node, command, done};

/// The first node's port; the others' follow. Not the one that invitations name, so that nobody dials whom it should not.
const FIRST_PORT: usize = 21_000;
/// The store's cache of every node, MiB.
const CACHE_MIB: u64 = 8;

/// The homes: the first one is the hub's.
pub struct Homes {
    bin: PathBuf,
    homes: Vec<PathBuf>,
}

/// An import that runs; ended when it is dropped.
pub struct Import(Child);

impl Drop for Import {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Homes {
    /// Founds a network and lets everyone join it.
    ///
    /// # Errors
    /// When a command fails or a state is not reached.
    pub fn prepare(bin: &Path, dir: &Path, nodes: usize) -> anyhow::Result<Self> {
        let homes: Vec<PathBuf> = (0..nodes).map(|node| dir.join(format!("n{node}"))).collect();
        let config = dir.join("config.toml");
        std::fs::write(&config, format!("{}[storage]\ncache_mib = {CACHE_MIB}\n", node::CONFIG))?;
        let init = |home: &Path, role: &str, region: &str| {
            let mut init = command(bin, home);
            init.args(["init", "--role", role, "--name", "样例机构", "--region", region, "--config"]);
            init.arg(&config);
            init
        };
        let hub = &homes[0];
        done(&mut init(hub, "hub", "420000"))?;
        for home in &homes[1..] {
            let invitation = home.with_extension("invitation");
            let invite = ["invite", "--role", "resource-station", "--region", "420106", "--out"];
            done(command(bin, hub).args(invite).arg(&invitation))?;
            done(init(home, "resource-station", "420106").arg("--join").arg(&invitation))?;
        }
        let mut running = vec![Node::start(bin, hub)?];
        for home in &homes[1..] {
            running.push(Node::start(bin, home)?);
        }
        for node in &mut running[1..] {
            node.await_status("admitted", |s| s["admitted"] == true && s["peers"][0]["state"] == "synced")?;
        }
        running.into_iter().try_for_each(Node::stop)?;
        eprintln!("bench: {nodes} nodes have joined");
        Ok(Self { bin: bin.to_owned(), homes })
    }

    /// Starts them so connected; returns when everyone is in step with all neighbours and holds the same.
    ///
    /// # Errors
    /// When that does not come about.
    pub fn start(&self, links: &Links) -> anyhow::Result<Vec<Node>> {
        let mut running = Vec::new();
        for (node, home) in self.homes.iter().take(links.nodes()).enumerate() {
            let at = |node: usize| format!("\"/ip4/127.0.0.1/tcp/{}\"", FIRST_PORT + node);
            let dialled: Vec<String> = links.dialled_by(node).map(at).collect();
            let config = format!(
                "[network]\nlisten = [{}]\nbootstrap = [{}]\n[web]\nlisten = \"127.0.0.1:0\"\n[storage]\ncache_mib = {CACHE_MIB}\n",
                at(node),
                dialled.join(", ")
            );
            std::fs::write(home.join("config.toml"), config)?;
            running.push(Node::start(&self.bin, home)?);
        }
        for (number, node) in running.iter_mut().enumerate() {
            node.await_status("in step with all neighbours", |status| {
                let peers = status["peers"].as_array().map(Vec::as_slice).unwrap_or_default();
                peers.iter().filter(|peer| peer["state"] == "synced").count() == links.degree(number)
            })?;
        }
        let target = running[0].status()?["view_hash"].take();
        for node in &mut running {
            node.await_status("of one view", |status| status["view_hash"] == target)?;
        }
        Ok(running)
    }

    /// Begins an import of a file at the hub.
    ///
    /// # Errors
    /// When it does not start.
    pub fn import(&self, jsonl: &Path) -> anyhow::Result<Import> {
        let mut import = command(&self.bin, &self.homes[0]);
        import.arg("import").arg(jsonl).args(["--kind", "achievement", "--apply", "--publish"]);
        let begun: &mut Command = import.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Import(begun.spawn().context("the import")?))
    }
}
