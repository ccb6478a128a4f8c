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

/// A value, where it stands.
#[derive(Clone, Copy)]
pub(crate) enum Scalar<'a> {
    /// See [`Value::Text`].
    Text(&'a str),
    /// See [`Value::Int`].
    Int(i64),
    /// See [`Value::Bool`].
    Bool(bool),
    /// See [`Value::Time`].
    Time(i64),
}

impl<'a> Scalar<'a> {
    /// That of a value.
    pub fn of(value: &'a Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Int(n) => Self::Int(*n),
            Value::Bool(b) => Self::Bool(*b),
            Value::Time(ms) => Self::Time(*ms),
        }
    }

    /// That value, by itself.
    pub fn to_value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Int(n) => Value::Int(n),
            Self::Bool(b) => Value::Bool(b),
            Self::Time(ms) => Value::Time(ms),
        }
    }

    /// Bytes of a text; of others more than they take.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 10,
            _ => 11,
        }
    }
}
