//! The targets.

mod backup;
mod bundle;
mod bytes;
mod document;
mod oai;
mod roster;
mod session;
mod tables;

/// Bytes of an input: the bound of promise 19.
pub const MAX_INPUT: usize = 64 * 1024;

/// A decoder that sees foreign bytes.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Takes an input. It panics when something is wrong, and only then.
    pub run: fn(&[u8]),
    /// Inputs made from real objects.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

impl Target {
    /// All inputs to begin with: the seeds, and the shared hostile files where they are.
    pub fn corpus(&self) -> Vec<Vec<u8>> {
        let mut corpus = (self.seeds)();
        corpus.extend(crate::seeds::shared().unwrap_or_default());
        corpus
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "frame", run: bytes::frame, seeds: bytes::frames },
    Target { name: "run", run: bytes::run, seeds: bytes::runs },
    Target { name: "texts", run: bytes::texts, seeds: bytes::texts_of_runs },
    Target { name: "entry", run: bytes::entry, seeds: bytes::entries },
    Target { name: "patch", run: bytes::patch, seeds: bytes::patches },
    Target { name: "identity", run: bytes::identity, seeds: bytes::identities },
    Target { name: "file", run: bytes::file, seeds: bytes::files },
    Target { name: "certificate", run: bytes::paper, seeds: bytes::papers },
    Target { name: "backup", run: backup::run, seeds: backup::seeds },
    Target { name: "bundle", run: bundle::run, seeds: bundle::seeds },
    Target { name: "document", run: document::run, seeds: document::seeds },
    Target { name: "roster", run: roster::run, seeds: roster::seeds },
    Target { name: "session", run: session::run, seeds: session::seeds },
    Target { name: "table", run: tables::table, seeds: tables::tables },
    Target { name: "json", run: tables::json, seeds: tables::objects },
    Target { name: "workbook", run: tables::workbook, seeds: tables::workbooks },
    Target { name: "sheet", run: tables::sheet, seeds: tables::sheets },
    Target { name: "helper", run: tables::helper, seeds: tables::said },
    Target { name: "oai-answer", run: oai::answer, seeds: oai::answers },
    Target { name: "oai-request", run: oai::request, seeds: oai::requests },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
