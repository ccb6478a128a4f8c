//! Words of enquiries: on the pages, at the desk, on the command line.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("enquiry.wrong.contact", "请留下联系方式：电话、邮箱或微信号，否则对方无法答复您", "Leave a way to reach you: a telephone number, a mail address. Else nobody can answer"),
    ("enquiry.wrong.control", "含有看不见的控制字符，请删去后重新输入", "There is an invisible control character in it; type it again without"),
    ("enquiry.wrong.id_number", "请不要写身份证号：联系方式足够了", "Leave identity numbers out: a way to reach you is enough"),
    ("enquiry.wrong.long", "太长了，最多 {most} 个字", "This is too long: at most {most} characters"),
    ("enquiry.wrong.message", "请写下想了解什么", "Say what you would like to know"),
    ("enquiry.wrong.name", "请留下称呼", "Say who asks"),
];
