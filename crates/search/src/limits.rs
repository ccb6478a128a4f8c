//! Every bound of the search index, with its unit and its reason.

/// Characters of a query that are looked at; the rest is ignored. A long title has about 60.
pub const MAX_QUERY_CHARS: usize = 256;
/// Words of a query that are looked up, after cutting. Bounds the work of one search.
pub const MAX_QUERY_WORDS: usize = 48;
/// Hits on one page of results.
pub const MAX_PAGE: usize = 100;
/// `offset + limit` at most: ranking keeps that many candidates in memory. Nobody reads on; a crawler uses OAI-PMH.
pub const MAX_DEPTH: usize = 10_000;
/// Below this many documents that hold every word of the query, those that hold some of its words are shown after them.
pub const FEW_HITS: usize = 5;

/// From this many matches on, those that hold a word in a title, keyword or number, or a rare one anywhere, are ranked before the
/// others are looked at.
pub const MANY_MATCHES: usize = 10_000;

/// Characters of a document id (a hash in hex has 64).
pub const MAX_ID_CHARS: usize = 128;
/// Characters of a code (kind, region, field, institution …) or identifier. Longer ones are not indexed.
pub const MAX_CODE_CHARS: usize = 128;
/// Values indexed of one list (fields, keywords, identifiers …) of one document.
pub const MAX_VALUES: usize = 64;
/// Characters of a title that are indexed.
pub const MAX_TITLE_CHARS: usize = 1_024;
/// Characters of a summary that are indexed, and of all keywords together.
pub const MAX_SUMMARY_CHARS: usize = 16_384;
/// Characters of the other texts together that are indexed.
pub const MAX_BODY_CHARS: usize = 65_536;
/// Characters of one word; the tail of a longer one is ignored, in the index and in the query alike.
pub const MAX_WORD_CHARS: usize = 64;
/// Characters of a folded title that count when a query is compared with the whole title.
pub const MAX_TITLE_KEY_CHARS: usize = 128;
/// Characters of the longest word, keyword or name that is spelt in pinyin: a name such as 中国科学院武汉物理与数学研究所 has 15.
pub const MAX_SPELT_CHARS: usize = 20;

/// English words of a query for which other spellings are looked for when it finds little, and as many Chinese ones. Each English
/// one walks through three dictionaries of the index, a fraction of a millisecond apiece.
pub const MAX_GUESSED_WORDS: usize = 4;
/// Words of the index that one word of a query is taken for, the most frequent first: other spellings, or how it may go on.
pub const MAX_GUESSES: usize = 16;
/// Words of one dictionary that are looked at for one beginning; a single letter begins thousands.
pub const MAX_GUESSES_SCANNED: usize = 4_096;

/// Bytes of the writer's arena: what is indexed in memory before a segment goes to disk.
pub const WRITER_MEMORY: usize = 48 << 20;
/// Bytes of text that may wait in the writer's queue. Past it the writer commits by itself (keeping the old cursor), since the
/// queue beneath is bounded by a count of documents (10,000) and not by their size.
pub const MAX_PENDING_BYTES: usize = 32 << 20;
/// Documents of the largest segment that still takes part in merging, so that one merge stays a matter of minutes.
pub const MAX_MERGED_DOCS: usize = 2_000_000;
/// Documents up to which segments count as equally small. What is published in ordinary use comes a document or two at a time,
/// and each commit makes a segment: with tantivy's 10,000 every eighth of them was merged with all that there was before.
pub const SMALL_SEGMENT_DOCS: u32 = 64;
/// Segments are merged with those of up to so many times (two to this power) fewer documents.
pub const MERGED_SIZES_LOG2: f64 = 2.0;
/// Share of deleted documents at which a segment is rewritten.
pub const MAX_DELETED_SHARE: f32 = 0.3;
/// Up to this many bytes on disk, opening checks every checksum (about 0.1 s); larger indexes only on [`verify`].
///
/// [`verify`]: crate::Index::verify
pub const CHECK_ON_OPEN_BYTES: u64 = 64 << 20;

/// Distinct values of one facet that are counted per segment (8 bytes each while a search runs). What comes after, in the
/// order of codes, is not counted.
pub const MAX_FACET_ORDINALS: usize = 1 << 18;
/// Values of one facet that are returned, the most frequent first.
pub const MAX_FACET_VALUES: usize = 500;
/// Codes of a facet up to which its carriers are kept as sets; a facet with more (institutions) is counted from its column.
pub const MAX_SET_CODES: usize = 512;
/// Words of 64 documents that are compared in the time in which the values of one document are looked up.
pub const WORDS_A_LOOKUP: usize = 8;
/// Bytes of the sets of one facet in one segment: of a million documents 33 codes. With more it is counted from its column.
pub const MAX_FACET_SET_BYTES: usize = 4 << 20;
/// Bytes of sets that are kept: the seven facets, and filters.
pub const MAX_SET_BYTES: usize = 48 << 20;
/// Bytes of sets of those that hold what was asked for; of a million documents a question takes an eighth of a MiB.
pub const MAX_WORDS_BYTES: usize = 8 << 20;
/// Bytes of sets of the words that one search keeps in a segment, so as to read them once; what is beyond is read again.
pub const MAX_READ_BYTES: usize = 8 << 20;
