//! Files of listings: what a node holds of them, reads for others, and keeps.

use protocol::{Attachment, FileAsk, Hash, file_hash};
use replica::{FileOutcome, FoundPiece, Input};

use super::World;

/// Bytes of a piece here: small, so that a small file has many.
const PIECE: usize = 512;

impl World {
    /// Publishes a listing that names a file, which its node holds.
    pub fn publish_with_file(
        &mut self,
        node: usize,
        kind: u16,
        title: &str,
        bytes: &[u8],
    ) -> (protocol::DocumentId, Attachment) {
        let attachment = Attachment::of(bytes, "report").unwrap();
        let mut fields = crate::fields(&[("title", title)]);
        fields.push((attachment.key(), attachment.value()));
        let (id, input) = self.nodes[node].create(crate::shelf(kind), fields);
        self.nodes[node].files.insert(attachment.file, bytes.to_vec());
        self.give(node, input);
        (id, attachment)
    }

    /// A node wants a file that a document names.
    pub fn want_file(&mut self, node: usize, id: &protocol::DocumentId, attachment: &Attachment) {
        let log = self.nodes[node].document(id).unwrap().origin().log;
        let have = self.nodes[node].parts.get(&attachment.file).map_or(0, |part| part.len() as u64);
        let (attachment, document) = (attachment.clone(), *id);
        self.give(node, Input::WantFile { attachment, document, log, have });
    }

    /// What a node finds of a file that a peer asks for.
    pub(super) fn find_piece(&self, node: usize, ask: &FileAsk) -> Option<FoundPiece> {
        let held = &self.nodes[node];
        let document = held.document(&ask.document)?;
        let state = document.state();
        Attachment::all(&state.fields).into_iter().find(|of| of.file == ask.file)?;
        let bytes = held.files.get(&ask.file)?;
        let rest = bytes.get(ask.offset as usize..)?;
        let piece = rest[..rest.len().min(PIECE)].to_vec();
        Some(FoundPiece { log: document.origin().log, size: bytes.len() as u64, bytes: piece })
    }

    /// Keeps a piece; says what all of it is, after the last.
    pub(super) fn keep_piece(
        &mut self,
        node: usize,
        (file, offset): (Hash, u64),
        bytes: &[u8],
        whole: Option<Attachment>,
    ) -> Option<Input> {
        let held = &mut self.nodes[node];
        let part = held.parts.entry(file).or_default();
        assert!(part.len() as u64 >= offset, "{}: a piece follows on those before it", held.name);
        part.truncate(offset as usize);
        part.extend_from_slice(bytes);
        held.pieces += 1;
        let attachment = whole?;
        assert_eq!(part.len() as u64, attachment.size, "{}: the last piece ends the file", held.name);
        let part = held.parts.remove(&file).unwrap_or_default();
        let outcome = if attachment.is_of(&part) { FileOutcome::Whole } else { FileOutcome::Wrong };
        if outcome == FileOutcome::Whole {
            assert_eq!(file_hash(&part), file);
            held.files.insert(file, part);
        }
        Some(Input::FileKept { file, outcome })
    }
}
