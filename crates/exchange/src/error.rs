//! What can be wrong with a file, with a row of it, and what a reader should tell its user besides.
//!
//! Each carries its sentence in both languages, since the file's owner is seldom the one who chose the terminal's language.

use crate::limits::MAX_QUOTED_CHARS;
use std::fmt;

/// Why a file could not be opened as a table of records at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}; check the path and the permissions")]
    Io {
        /// The file, as the user named it.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder, pipe or device where a file is needed.
    #[error("{path} is not an ordinary file; save the table to a file and name that")]
    NotAFile {
        /// The file, as the user named it.
        path: String,
    },
    /// The file is over a limit.
    #[error(
        "the {what} has {size} bytes, more than the limit of {limit}; split the file, or save it without pictures"
    )]
    TooLarge {
        /// What is too large: the file, or a part of a workbook.
        what: &'static str,
        /// Its bytes, or the least that is known.
        size: u64,
        /// The bytes allowed.
        limit: u64,
    },
    /// The file has no content.
    #[error("the file is empty; nothing was imported: choose the file again")]
    Empty,
    /// A format that is not read.
    #[error("{what} is not read; save it as .xlsx or .csv (UTF-8) and import that")]
    Unsupported {
        /// The format found.
        what: &'static str,
    },
    /// The file is not what its format says.
    #[error(
        "the file is not a sound {format} file: {why}; open it in the program that made it and save it again"
    )]
    Damaged {
        /// The format expected.
        format: &'static str,
        /// What was found.
        why: String,
    },
    /// A workbook without the sheet asked for.
    #[error("there is no sheet \"{sheet}\"; the workbook has: {available}")]
    NoSheet {
        /// The sheet asked for.
        sheet: String,
        /// The sheets there are.
        available: String,
    },
    /// A JSON file in which the array of records was not found.
    #[error(
        "no array of records at \"{path}\"; arrays found at the top: {available}. Name one with --records, or state the format jsonl if each line is a record"
    )]
    NoRecords {
        /// The path asked for, or `.`.
        path: String,
        /// The arrays there are.
        available: String,
    },
}

impl ReadError {
    /// The same sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            ReadError::Io { path, source } => format!("无法读取 {path}：{source}；请检查路径和权限"),
            ReadError::NotAFile { path } => format!("{path} 不是普通文件；请先把表格另存为文件"),
            ReadError::TooLarge { what, size, limit } => {
                let what = if *what == "file" { "文件" } else { "工作簿解压后的内容" };
                format!("{what}有 {size} 字节，超过上限 {limit}；请拆分文件，或去掉图片后另存")
            }
            ReadError::Empty => "文件是空的，没有导入任何内容；请重新选择文件".to_owned(),
            ReadError::Unsupported { what } => {
                format!("不支持 {what}；请另存为 .xlsx 或 .csv（UTF-8）后再导入")
            }
            ReadError::Damaged { format, why } => {
                format!("文件不是完好的 {format} 文件：{why}；请用原来的软件打开并重新保存")
            }
            ReadError::NoSheet { sheet, available } => {
                format!("没有名为“{sheet}”的工作表；现有：{available}")
            }
            ReadError::NoRecords { path, available } => {
                format!(
                    "在“{path}”处没有找到记录数组；顶层的数组有：{available}。请用 --records 指定；若每行一条记录，请把格式指定为 jsonl"
                )
            }
        }
    }
}

/// Why one row was not read. The rows around it are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The row, as a spreadsheet counts it: the header of a csv is row 1. For jsonl the line, for a JSON array the place in it
    /// (from 1). 0 when the file broke off before any row.
    pub number: u64,
    /// A stable word for programs, such as `ragged`.
    pub code: &'static str,
    /// What is wrong, why, and what to do next.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
    /// What of the row could be read, in its order, so that it can be shown beside the reason.
    pub cells: Vec<String>,
}

impl RowProblem {
    pub(crate) fn new(number: u64, code: &'static str, zh: String, en: String) -> RowProblem {
        RowProblem { number, code, reason_zh: zh, reason_en: en, cells: Vec::new() }
    }

    pub(crate) fn with_cells(self, cells: Vec<String>) -> RowProblem {
        RowProblem { cells, ..self }
    }

    pub(crate) fn too_long(number: u64, limit: usize) -> RowProblem {
        RowProblem::new(
            number,
            "row_too_long",
            format!("这一行超过 {limit} 字节；请缩短内容，或检查是否缺少右引号"),
            format!("the row has more than {limit} bytes; shorten it, or look for a missing closing quote"),
        )
    }

    pub(crate) fn too_many_columns(number: u64, limit: usize) -> RowProblem {
        RowProblem::new(
            number,
            "too_many_columns",
            format!("这一行超过 {limit} 列；请删去多余的列"),
            format!("the row has more than {limit} columns; remove those that are not needed"),
        )
    }

    /// The reader cannot go on past this point; whatever follows in the file was not read.
    pub(crate) fn broke_off(number: u64, why: &str) -> RowProblem {
        RowProblem::new(
            number,
            Self::BROKE_OFF,
            format!("读到这里文件中断：{why}；此后的内容没有读取，请重新保存文件后再导入"),
            format!(
                "the file breaks off here: {why}; nothing after it was read, save the file again and repeat"
            ),
        )
    }

    /// The code of the one problem that ends a file.
    pub const BROKE_OFF: &'static str = "broke_off";
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.number, self.reason_en)
    }
}

/// Something the user should know about how a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// A stable word for programs, such as `no_header`.
    pub code: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Note {
    pub(crate) fn new(code: &'static str, zh: String, en: String) -> Note {
        Note { code, zh, en }
    }
}

/// A file's text, short enough to stand in a message.
pub(crate) fn quote(text: &str) -> String {
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = flat.take(MAX_QUOTED_CHARS).collect();
    if text.chars().nth(MAX_QUOTED_CHARS).is_some() {
        short.push('…');
    }
    short
}
