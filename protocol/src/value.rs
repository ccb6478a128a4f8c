//! The values a document's field may hold.

/// One scalar in a document's flat root map. Text is a scalar string, never `ObjType::Text`; there are no floats, since
/// money is whole yuan and a float has several encodings of the same number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// UTF-8 text.
    Text(String),
    /// A signed whole number.
    Int(i64),
    /// A yes or no; members of a set are keys whose value is `true`.
    Bool(bool),
    /// A moment: milliseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}
