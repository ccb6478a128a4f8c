//! Every bound of the pages and of the server, with its unit and its reason.

use std::time::Duration;

/// Listings on a page of results: two screens.
pub const PAGE_SIZE: u32 = 20;
/// Last page that can be asked for: offset + size stay within the 10,000 hits that the index ranks.
pub const LAST_PAGE: u32 = 500;
/// Newest listings on the first page.
pub const NEWEST_ON_HOME: usize = 8;
/// Related listings on a listing's page: a glance, not a list.
pub const RELATED: usize = 6;
/// Newest listings on an institution's page; its lists have the rest.
pub const NEWEST_OF_ORG: usize = 8;
/// Rows of a table of the statistics: a province with its counties, and some more.
pub const STATISTICS_ROWS: usize = 160;
/// Institutions named under the statistics.
pub const WORK_ON_PAGE: usize = 10;
/// Institutions named on their own page: more than a province admits.
pub const WORK_LISTED: usize = 1_000;
/// Monthly bulletins that are linked: two years.
pub const BULLETINS_LISTED: usize = 24;
/// Enquiries below this number are told as fewer: of one or two the number alone may tell a rival that someone asked.
pub const LEAST_TOLD: u64 = 5;
/// Statements of an institution listed on its page.
pub const SAID_BY_ORG: usize = 20;
/// Nodes of an institution listed on its page.
pub const NODES_OF_ORG: usize = 50;
/// Versions listed on a listing's page; the count tells of the rest.
pub const VERSIONS_SHOWN: usize = 50;
/// Steps on a page of a listing's history.
pub const STEPS_SHOWN: usize = 50;
/// Statements of third parties listed on a listing's page.
pub const STATEMENTS_SHOWN: usize = 50;
/// Peers listed on the status page.
pub const PEERS_SHOWN: usize = 500;
/// Values of one facet that are in sight: what fits beside the first results.
pub const BUCKETS_SHOWN: usize = 8;
/// Values of one facet drawn as links, those that unfold included: a province has some hundred counties, a network more
/// institutions than anybody reads through.
pub const BUCKETS_LISTED: usize = 100;
/// Suggestions under a search box: what fits above the keyboard of a telephone.
pub const SUGGESTIONS: usize = 8;
/// Values of one field drawn: a set may hold many keywords, a page should not.
pub const VALUES_SHOWN: usize = 64;
/// Files of a listing that are drawn: all that it may have.
pub const FILES_SHOWN: usize = protocol::limits::MAX_ATTACHMENTS;
/// Longest picture that stands on a page, bytes; a longer one is a link, or a page would take minutes on a poor line.
pub const INLINE_BYTES: u64 = 2 * 1024 * 1024;
/// Seconds after which a browser that waits for a file looks again.
pub const FILE_AGAIN_SECONDS: &str = "4";
/// Characters of a summary on a card.
pub const SUMMARY_CHARS: usize = 160;
/// Characters of a reason, a name or an id shown from the network.
pub const NAME_CHARS: usize = 160;
/// Characters of one field value drawn: above the 64 KiB that a whole record may hold.
pub const VALUE_CHARS: usize = 65_536;

/// Characters of the search text.
pub const QUERY_CHARS: usize = 256;
/// Characters of a filter value.
pub const FILTER_CHARS: usize = 64;
/// Parameters read from a query string; the rest is ignored.
pub const QUERY_PAIRS: usize = 32;
/// Bytes of a request target: a query of 256 CJK characters takes 2,304 once percent-encoded.
pub const URI_BYTES: usize = 4096;
/// Bytes of a request body that is tolerated and never read: pages take none.
pub const BODY_BYTES: u64 = 4096;
/// Bytes of a request's whole header.
pub const HEADER_BYTES: usize = 16 * 1024;
/// Header lines of a request.
pub const HEADER_LINES: usize = 64;
/// Hex digits of a document id, and the fewest that may stand for it.
pub const ID_DIGITS: std::ops::RangeInclusive<usize> = 8..=64;

/// Calls into the source at once: more would only queue in front of the disk.
pub const CALLS_AT_ONCE: usize = 16;
/// Certificates made at once: each takes a processor for a moment, and pages are to go on.
pub const DRAWN_AT_ONCE: usize = 2;
/// How long a request waits for its turn before the page says that the node is busy.
pub const TURN_WAIT: Duration = Duration::from_secs(3);
/// How long a call into the source may take before the page gives up on it.
pub const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// How long a whole request may take.
pub const REQUEST_WAIT: Duration = Duration::from_secs(15);

/// Connections at once.
pub const CONNECTIONS: usize = 512;
/// Connections at once from one address; loopback is exempt, since a reverse proxy comes from there.
pub const CONNECTIONS_PER_ADDRESS: usize = 64;
/// How long a client may take over a request's header, waiting on a kept-alive connection included.
pub const HEADER_WAIT: Duration = Duration::from_secs(10);
/// How long a connection lives before it is asked to close: bounds clients that never read their answer.
pub const CONNECTION_LIFE: Duration = Duration::from_secs(120);
/// How long a closing connection may still finish its answer.
pub const CLOSING_WAIT: Duration = Duration::from_secs(5);
/// Pause after the system refuses to accept a connection, lest a full file table spins the processor.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a form of the desk: a record is at most 64 KiB, which percent-encoding makes three to nine times as long.
pub const FORM_BYTES: usize = 1 << 20;
/// Bytes of a form that carries a file: the longest file, and the draft's own form.
pub const UPLOAD_BYTES: usize = protocol::limits::MAX_ATTACHMENT as usize + FORM_BYTES;
/// Files taken in at once: each is in memory twice for a moment.
pub const UPLOADS_AT_ONCE: usize = 2;
/// How long a form that carries a file may take: 10 MiB on a line of 1 Mbit/s.
pub const UPLOAD_WAIT: Duration = Duration::from_secs(110);
/// Bytes of a table that is sent to the desk: what a workbook may have (`exchange::limits::MAX_XLSX_FILE_BYTES`).
pub const TABLE_BYTES: u64 = 32 << 20;
/// Fields of a form beside such a file; there is one, its key.
pub const IMPORT_FIELDS: usize = 8;
/// Bytes of a file of figures that is sent: it names some ten thousand logs, in a paper around it.
pub const CLAIM_BYTES: u64 = 16 << 20;
/// Rows of a register that are looked up while its sender waits: some tens of seconds.
pub const REGISTER_ROWS: u64 = 20_000;
/// How long that may take; the sender's own request may take a little longer ([`UPLOAD_WAIT`]).
pub const REGISTER_WAIT: Duration = Duration::from_secs(90);
/// Tables received at once.
pub const TABLES_AT_ONCE: usize = 4;
/// Fields of a form.
pub const FORM_FIELDS: usize = 2_000;
/// Bytes of a form that a visitor sends: 4,000 Chinese characters take 36,000 once percent-encoded, and the rest of it.
pub const ENQUIRY_BYTES: usize = 64 * 1024;
/// Characters of an enquiry or an answer shown: all that one holds.
pub const REPEATED_CHARS: usize = 10_000;
/// Enquiries are counted over this long.
pub const ENQUIRY_WINDOW: Duration = Duration::from_secs(600);
/// Enquiries from one address in that time: someone who asks about several listings in a row, not a machine.
pub const ENQUIRIES_FROM_ONE: u32 = 6;
/// Enquiries about one listing in that time, from wherever they come.
pub const ENQUIRIES_ABOUT_ONE: u32 = 20;
/// Addresses and listings that are counted at once.
pub const ENQUIRERS: usize = 4_096;
/// Bytes of an application or of a file of steps: a change of governors that keeps some thousand subjects, in a form beside its key.
pub const GOVERNING_FILE_BYTES: u64 = 512 << 10;
/// Fields and kinds that the form of an agreement names on each side; an agreement holds fewer.
pub const FIELDS_AGREED: usize = 256;
/// Sessions at once; an office has a handful.
pub const SESSIONS: usize = 1_000;
/// Sessions of one account: its computers and browsers.
pub const SESSIONS_PER_ACCOUNT: usize = 10;
/// How long a session lasts without being used: a long lunch, not a night.
pub const SESSION_IDLE: Duration = Duration::from_secs(4 * 3_600);
/// How long it lasts at most: a working day.
pub const SESSION_LIFE: Duration = Duration::from_secs(14 * 3_600);
/// Wrong passwords that cost no wait.
pub const FREE_GUESSES: u32 = 5;
/// The first wait; each further wrong password doubles it.
pub const GUESS_WAIT: Duration = Duration::from_secs(2);
/// The longest: who is guessed at can still sign in the same hour.
pub const LONGEST_GUESS_WAIT: Duration = Duration::from_secs(300);
/// Accounts and addresses whose wrong guesses are remembered.
pub const GUESSERS: usize = 4_096;
/// Passwords checked at once: each takes 19 MiB.
pub const CHECKS_AT_ONCE: usize = 2;
/// Records of the audit log that a table reads at once: a few hundred bytes each.
pub const AUDIT_AT_ONCE: usize = 1_000;
/// Saved searches on their page: all that a node keeps.
pub const WATCHES_SHOWN: usize = 200;
/// Drafts and listings on a page of the desk.
pub const DESK_PAGE: usize = 50;
/// Last page of a list at the desk that can be asked for: a hundred thousand drafts are more than an office has.
pub const LAST_DESK_PAGE: usize = 100_000 / DESK_PAGE;
/// Last page of published listings at the desk: offset + size stay within the 10,000 hits that the index ranks.
pub const LAST_OWN_PAGE: usize = 10_000 / DESK_PAGE;
/// Drafts or listings that one form acts on while the browser waits: two full pages and more.
pub const ACTS_AT_ONCE: usize = 200;
/// Drafts or listings that one job acts on: their ids and titles take a few megabytes.
pub const JOB_ITEMS: usize = 20_000;
/// Jobs that go on at once, and as many that ended and can still be read: a handful of people work at a desk.
pub const JOBS: usize = 8;
/// Refusals that the report of a job tells one by one; the rest is counted.
pub const REFUSALS_TOLD: usize = 500;
/// Entries on a page of the API where nothing is said: a screen of a program that shows them.
pub const API_PAGE: u32 = 20;
/// Most of them: what the index gives at once.
pub const API_PAGE_MOST: u32 = 100;
/// Changes on a page of the API where nothing is said, and most of them.
pub const API_CHANGES: u32 = 100;
/// Most changes on a page: a row is small, and a copy of a catalogue is fetched by thousands of pages.
pub const API_CHANGES_MOST: u32 = 500;
/// Calls of the API over this long are counted together.
pub const API_WINDOW: Duration = Duration::from_secs(60);
/// Calls of one client, or with one token, in that time: ten a second, more than a clerk's program needs.
pub const API_CALLS: u32 = 600;
/// Clients and tokens whose calls are counted at once; of more the oldest is forgotten.
pub const API_CALLERS: usize = 4_096;
/// Bytes of a body that the API takes: a draft's texts are at most 64 KiB, which JSON may write six times as long.
pub const API_BODY_BYTES: usize = 512 << 10;
/// Bytes of an answer that the page for trying shows; the rest is cut off.
pub const TRIED_BYTES: usize = 64 << 10;
/// Characters of a cursor.
pub const CURSOR_CHARS: usize = 200;
/// Characters of a token: prefix, number and secret.
pub const TOKEN_CHARS: usize = 200;
/// Regions below one that are listed: China has about 3,000 counties in all.
pub const REGIONS_LISTED: usize = 1_000;

/// Versions of one of the four unifications in its list.
pub const PROFILE_VERSIONS_SHOWN: usize = 100;
/// Institutions in the table of the network: a province has some hundreds; a page of them is some 200 kilobytes.
pub const MEMBERS_SHOWN: usize = 1_000;
/// Nodes on the desk's page of all, the worst first: each with all that it says, some 2 kilobytes.
pub const NODES_SHOWN: usize = 300;
/// Places on the map of the network: all counties of a province have room.
pub const MAP_ROWS: usize = 240;
/// Institutions that are drawn in one place.
pub const SIGNS_A_ROW: usize = 18;
