//! Frames about files of listings, and about the line that they pass on.

use protocol::{DocumentId, FileAsk, FilePiece, Frame, file_hash};

/// Of each kind one.
pub fn golden() -> [(&'static str, Frame); 4] {
    let (file, bytes) = (file_hash(b"%PDF-1.7\n"), b"%PDF-1.7\n".to_vec());
    let ask = FileAsk { document: DocumentId([7; 32]), file, offset: 65_536 };
    [
        ("line", Frame::Line(false)),
        ("ask for a file", Frame::AskFile(ask)),
        ("piece of a file", Frame::FilePiece(FilePiece { file, size: 65_545, offset: 65_536, bytes })),
        ("no file", Frame::FilePiece(FilePiece::none(file))),
    ]
}
