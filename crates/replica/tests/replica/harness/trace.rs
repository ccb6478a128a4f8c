//! One line per frame, for people.

use protocol::{CheckedRun, Credential, Frame, LogHead, LogId};

fn log_name(log: &LogId) -> String {
    format!("{}/{}", log.node.short(), log.shelf.kind.0)
}

fn heads_line(heads: &[LogHead]) -> String {
    let shown: Vec<String> =
        heads.iter().take(4).map(|h| format!("{}@{}", log_name(&h.log), h.head.seq)).collect();
    let more = if heads.len() > 4 { format!(" +{}", heads.len() - 4) } else { String::new() };
    format!("{}{more}", shown.join(" "))
}

/// What a frame says, in a line.
pub fn describe(bytes: &[u8]) -> String {
    match Frame::from_bytes(bytes) {
        Err(fault) => format!("? {fault}"),
        Ok(Frame::Hello(hello)) => match &hello.credential {
            Credential::Certificate(_) => "hello (certificate)".to_owned(),
            Credential::Redemption(_) => "hello (redemption)".to_owned(),
        },
        Ok(Frame::Refused(why)) => format!("refused: {why}"),
        Ok(Frame::Digest(digest)) => format!("digest {}", digest.short()),
        Ok(Frame::Buckets(buckets)) => format!("buckets ×{}", buckets.len()),
        Ok(Frame::Heads(heads)) => format!("heads {}", heads_line(&heads)),
        Ok(Frame::Durable(heads)) => format!("durable {}", heads_line(&heads)),
        Ok(Frame::Want(wants)) => {
            let shown: Vec<String> =
                wants.iter().take(4).map(|w| format!("{} {}..{}", log_name(&w.log), w.have, w.to)).collect();
            format!("want {} of {}", shown.join(" "), wants.len())
        }
        Ok(Frame::Deliver(told)) => {
            let shown: Vec<String> = told.iter().map(|d| format!("{:?} {:?}", d.word, d.circle)).collect();
            format!("deliver {}", shown.join(", "))
        }
        Ok(Frame::Fork(fork)) => format!("fork {} at {}", log_name(&fork.log()), fork.seq()),
        Ok(Frame::Run(bytes)) => match CheckedRun::peek(&bytes) {
            Ok((log, after, count)) => {
                format!("run {} {}+{count}", log_name(&log), after.seq)
            }
            Err(fault) => format!("run ? {fault}"),
        },
    }
}
