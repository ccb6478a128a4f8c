//! Words of statements: labels, their values, and what is wrong with one.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("statement.label.certificate", "证书", "Certificate"),
    ("statement.label.contract", "合同登记", "Contract registered"),
    ("statement.label.evaluation", "评价", "Evaluation"),
    ("statement.label.match", "对接", "Brought together"),
    ("statement.label.recognition", "认定", "Recognition"),
    ("statement.label.screening", "审核", "Screening"),
    ("statement.unfit.contract", "合同登记应写成 --value number=登记编号（14 或 16 位数字），成交额可以公开的再加 ,amount=万元，如 number=2026420100000012,amount=120", "A registered contract is written --value number=(14 or 16 digits), and where the amount is public ,amount=(ten thousand yuan), as in number=2026420100000012,amount=120"),
    ("statement.unfit.empty", "请用 --value 写明认定的名称或证书的编号", "Give the name or number with --value"),
    ("statement.unfit.evaluation", "评价应写成 --value trl=6（成熟度 1 至 9 级）、value=120（价值，万元），或 trl=6,value=120", "An evaluation is written --value trl=6 (readiness 1 to 9), value=120 (worth in ten thousand yuan), or trl=6,value=120"),
    ("statement.unfit.label", "没有“{label}”这种标签；可用：screening 审核、evaluation 评价、recognition 认定、certificate 证书、match 对接、contract 合同登记", "“{label}” is not a label: one of screening, evaluation, recognition, certificate, match, contract"),
    ("statement.unfit.match", "对接要用 --value 写明与哪一条信息：它的编号（lianshi search --json 给出全部 64 位，开头几位也可以）", "A match names the other listing with --value: its id (lianshi search --json gives all 64 digits; the first ones will do)"),
    ("statement.unfit.reason", "审核不通过，要用 --reason 写明理由", "A rejection needs a --reason"),
    ("statement.unfit.screening", "审核的结论应是 --value passed（通过）或 rejected（不通过）", "A screening is --value passed or rejected"),
    ("statement.value.amount", "成交额 {amount}", "{amount}"),
    ("statement.value.number", "登记编号 {number}", "registered as {number}"),
    ("statement.value.passed", "通过", "passed"),
    ("statement.value.rejected", "不通过", "rejected"),
    ("statement.value.trl", "成熟度 {n} 级", "TRL {n}"),
    ("statement.value.with", "与信息 {id}", "with listing {id}"),
    ("statement.value.worth", "价值 {amount}", "worth {amount}"),
];
