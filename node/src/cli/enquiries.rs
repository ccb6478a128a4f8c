//! What can be typed about enquiries.

use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub enum EnquiryAction {
    List {
        #[arg(long)]
        all: bool,
        #[arg(long, conflicts_with = "all")]
        sent: bool,
    },
    Show {
        id: String,
    },
    Make {
        listing: String,
        #[arg(long, value_name = "TEXT")]
        name: String,
        #[arg(long, value_name = "TEXT", default_value = "")]
        organisation: String,
        #[arg(long, value_name = "TEXT")]
        contact: String,
        #[arg(long, value_name = "TEXT")]
        message: String,
    },
    Answer {
        id: String,
        #[arg(long, value_name = "TEXT")]
        message: String,
    },
    Close {
        id: String,
    },
}
