//! The certificate of a listing: a PDF that carries the proof and follows from it (decision 0035).
//!
//! ```text
//! make: proof file ─▶ proven::read ─▶ words ─▶ paper::Certificate ─▶ PDF, with the proof and a note of who made it inside
//! open: PDF ─▶ the two files inside ─▶ make them into a PDF again ─▶ the same bytes?
//! ```
//!
//! So the page says what the proof shows, or is found out. Absent: any reading of the page itself.

mod words;

use paper::certificate::{File, PaperFault, attached};
use protocol::Charter;
use protocol::limits::MAX_FILE;

use crate::proven::{self, Shown, Unproven};

/// How a PDF begins (ISO 32000-2, 7.5.2).
const PDF: &[u8] = b"%PDF-";
/// How the files inside begin.
const PROOF: &[u8] = b"lianshi proof 1\n";
const MADE: &[u8] = b"lianshi certificate 1\n";
/// Longest note of who made a certificate, bytes.
const MAX_MADE: usize = 512;

/// Whether a file is a PDF.
pub fn is_pdf(file: &[u8]) -> bool {
    file.starts_with(PDF)
}

/// What is on a certificate beside what is proven. Nobody signs it: it says by which program, when and with which address the page was
/// made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Version of the program.
    pub program: String,
    /// When, by the maker's clock, milliseconds since 1970.
    pub at_ms: i64,
    /// Where the code leads: `https://market.example.cn`, or nothing.
    pub address: Option<web::Address>,
}

impl Made {
    /// By this program.
    pub fn now(at_ms: i64, address: Option<web::Address>) -> Self {
        Self { program: env!("CARGO_PKG_VERSION").to_owned(), at_ms, address }
    }

    /// What the code of a listing carries.
    pub fn code(&self, shown: &Shown) -> String {
        web::paper_address(self.address.as_ref(), &shown.id.to_string(), &shown.mark)
    }

    fn to_file(&self) -> Vec<u8> {
        let address = self.address.as_ref().map(web::Address::as_str).unwrap_or_default();
        let lines = format!("program {}\nmade {}\naddress {address}\n", self.program, self.at_ms);
        [MADE, lines.as_bytes()].concat()
    }

    fn from_file(file: &[u8]) -> Option<Self> {
        let text = file.strip_prefix(MADE).filter(|_| file.len() <= MAX_MADE)?;
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        let mut line = |name: &str| lines.next()?.strip_prefix(name);
        let program = line("program ")?.to_owned();
        let at_ms = line("made ")?.parse().ok()?;
        let address = match line("address ")? {
            "" => None,
            given => Some(web::Address::parse(given)?),
        };
        Some(Self { program, at_ms, address })
    }
}

/// Why there is no certificate.
#[derive(Debug)]
pub enum Unmade {
    /// The proof shows nothing.
    Unproven(Unproven),
    /// The listing is withdrawn: no paper says that it stands.
    Withdrawn,
    /// It is more than goes on paper.
    Paper(PaperFault),
}

impl From<Unproven> for Unmade {
    fn from(why: Unproven) -> Self {
        Self::Unproven(why)
    }
}

/// Makes the certificate of a proof. The same three make the same bytes.
///
/// # Errors
/// When the proof does not hold, the listing is withdrawn, or it is too much for a file.
pub fn make(proof: &[u8], charter: &Charter, made: &Made) -> Result<Vec<u8>, Unmade> {
    let shown = proven::read(proof, charter)?;
    draw(&shown, proof, charter, made)
}

fn draw(shown: &Shown, proof: &[u8], charter: &Charter, made: &Made) -> Result<Vec<u8>, Unmade> {
    if shown.state.is_withdrawn() {
        return Err(Unmade::Withdrawn);
    }
    let mut certificate = words::of(shown, charter, made);
    certificate.files = vec![
        File {
            name: "proof.lianshi".to_owned(),
            description: "证明文件 Proof (lianshi verify)".to_owned(),
            bytes: proof.to_vec(),
        },
        File {
            name: "certificate.txt".to_owned(),
            description: "制作记录 How this page was made".to_owned(),
            bytes: made.to_file(),
        },
    ];
    let pdf = certificate.to_pdf().map_err(Unmade::Paper)?;
    if pdf.len() > MAX_FILE {
        return Err(Unmade::Paper(PaperFault::Long));
    }
    Ok(pdf)
}

/// What a certificate has shown.
pub struct Opened {
    /// What is proven.
    pub shown: Shown,
    /// Who made the page.
    pub made: Made,
    /// Whether the page is exactly what the proof makes. If not, another version of the program made it, and its looks cannot be compared.
    pub same: bool,
}

/// Takes the proof out of a certificate, checks it, and makes the certificate anew to compare it with.
///
/// # Errors
/// When there is no proof in it, it does not hold, or the page is not what this version of the program makes of it and says that it did.
pub fn open(pdf: &[u8], charter: &Charter) -> Result<Opened, Unproven> {
    let inside = |beginning| attached(pdf, beginning).ok_or_else(|| Unproven::new("cli.verify.why.pdf", ""));
    let (proof, made) = (inside(PROOF)?, inside(MADE)?);
    let made = Made::from_file(made).ok_or_else(|| Unproven::new("cli.verify.why.pdf", ""))?;
    let shown = proven::read(proof, charter)?;
    let anew = match draw(&shown, proof, charter, &made) {
        Ok(anew) => Some(anew),
        Err(Unmade::Unproven(why)) => return Err(why),
        Err(Unmade::Withdrawn) => return Err(Unproven::new("cli.verify.why.withdrawn", "")),
        Err(Unmade::Paper(_)) => None,
    };
    let same = anew.is_some_and(|anew| anew == pdf);
    if !same && made.program == env!("CARGO_PKG_VERSION") {
        return Err(Unproven::new("cli.verify.why.looks", ""));
    }
    Ok(Opened { shown, made, same })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_who_made_it_is_read_as_it_was_written_and_nothing_else() {
        for address in ["", "https://market.example.cn", "http://192.0.2.7:7480"] {
            let made = Made::now(1_772_604_300_000, web::Address::parse(address));
            assert_eq!(Made::from_file(&made.to_file()), Some(made.clone()), "{address}");
            assert!(made.to_file().len() <= MAX_MADE);
        }
        for wrong in ["", "lianshi certificate 1\n", "lianshi certificate 1\nprogram 1\nmade x\naddress \n"] {
            assert_eq!(Made::from_file(wrong.as_bytes()), None, "{wrong}");
        }
        let foreign = b"lianshi certificate 1\nprogram 1\nmade 1\naddress https://u@evil.example\n";
        assert_eq!(Made::from_file(foreign), None);
    }
    #[test]
    fn a_page_follows_from_its_proof_and_any_change_is_found() {
        let proof = hostile::seeds::golden("files", "proof file").remove(0);
        let charter = hostile::world::charter(1, 1);
        let made = Made::now(1_772_604_300_000, web::Address::parse("https://market.example.cn"));
        let pdf = make(&proof, &charter, &made).unwrap();
        assert_eq!(make(&proof, &charter, &made).unwrap(), pdf);
        let opened = open(&pdf, &charter).unwrap();
        assert!(opened.same && opened.made == made);
        assert!(
            made.code(&opened.shown)
                .starts_with(&format!("https://market.example.cn/v/{}/", opened.shown.id))
        );
        assert!(open(&pdf, &hostile::world::charter(2, 2)).is_err(), "another network");
        for number in 0..40 {
            let mut changed = pdf.clone();
            let place = number * (pdf.len() - 1) / 39;
            changed[place] ^= 1 << (number % 8);
            assert!(open(&changed, &charter).is_err(), "byte {place} of {}", pdf.len());
        }
        let elsewhere = Made { program: "0.0.9".to_owned(), ..made };
        let mut other = make(&proof, &charter, &elsewhere).unwrap();
        assert!(
            open(&other, &charter).unwrap().same,
            "who made it does not matter while the bytes are equal"
        );
        let last = other.len() - 3;
        other[last] ^= 1;
        assert!(!open(&other, &charter).unwrap().same, "what cannot be compared is not taken for equal");
    }
}
