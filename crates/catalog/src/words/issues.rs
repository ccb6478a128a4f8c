//! Why a value was refused or deserves a second look: what, why, and what to do next, in one sentence.

use super::Row;

/// Key, Chinese, English; sorted by key.
pub const TABLE: &[Row] = &[
    (
        "issue.bad_key",
        "列“{label}”不是字段名：请在导入时指定它对应的字段，或不导入这一列",
        "“{label}” is no field id: map the column to a field, or leave it out",
    ),
    (
        "issue.cell_too_large",
        "“{label}”一格有 {count} 字节，最多 {max}：请把长文放进附件或缩短",
        "The cell “{label}” has {count} bytes, at most {max} are read: shorten it or attach the text",
    ),
    (
        "issue.class_form",
        "{label}“{value}”不是该分类的代码：请填代码，如 C3985 或 430",
        "{label} “{value}” is no code of its classification: write a code such as C3985 or 430",
    ),
    (
        "issue.credit_code_character",
        "{label}“{value}”里有信用代码不用的字符（I、O、S、V、Z 或汉字）：请对照证照重填",
        "{label} “{value}” has a character that credit codes never use (I, O, S, V, Z): compare it with the certificate",
    ),
    (
        "issue.credit_code_check",
        "{label}“{value}”校验位不符，多半抄错了一位：请对照证照重填",
        "{label} “{value}” fails its check, most likely one character is wrong: compare it with the certificate",
    ),
    (
        "issue.credit_code_layout",
        "{label}“{value}”第 3 至 8 位应是六位区划数字：请对照证照重填",
        "{label} “{value}” must have the six digits of a division at places 3 to 8: compare it with the certificate",
    ),
    (
        "issue.credit_code_length",
        "{label}“{value}”不是 18 位：请填完整的统一社会信用代码，没有就留空",
        "{label} “{value}” is not 18 characters: write the whole code, or leave it empty",
    ),
    (
        "issue.date_form",
        "{label}“{value}”不是日期：请写成 2013-01-02、2013-01 或 2013",
        "{label} “{value}” is no date: write 2013-01-02, 2013-01 or 2013",
    ),
    (
        "issue.date_kept",
        "{label}“{value}”读不成日期，已按原文保留：请写成 2013-01-02、2013年1月 或 2013",
        "{label} “{value}” does not read as a date and is kept as given: write 2013-01-02, 2013-01 or 2013",
    ),
    (
        "issue.default_region",
        "默认区划“{value}”不在 GB/T 2260 代码表里，没有使用：请在设置里改成六位代码",
        "The default region “{value}” is not in GB/T 2260 and was not used: set a six-digit code",
    ),
    (
        "issue.email_form",
        "{label}“{value}”不是邮箱地址：请写成 name@example.cn",
        "{label} “{value}” is no mail address: write name@example.cn",
    ),
    (
        "issue.email_kept",
        "{label}“{value}”不是一个邮箱地址，已按原文保留：请写成 name@example.cn",
        "{label} “{value}” is not one mail address and is kept as given: write name@example.cn",
    ),
    (
        "issue.flag_kept",
        "{label}“{value}”读不成是或否，已按原文保留：请写 是 或 否",
        "{label} “{value}” is neither yes nor no and is kept as given: write yes or no",
    ),
    (
        "issue.given_twice",
        "“{label}”另有一个不同的值“{value}”，保留了先出现的：请核对",
        "“{label}” was given a second, different value “{value}”; the first was kept: please compare",
    ),
    (
        "issue.id_number",
        "“{label}”里有居民身份证号码，不能进入网络：请删去号码后再提交",
        "“{label}” holds a resident identity number, which must not enter the network: remove the number and submit again",
    ),
    (
        "issue.in_the_future",
        "{label}“{value}”在将来：请核对年份",
        "{label} “{value}” lies in the future: please check the year",
    ),
    (
        "issue.ipc_kept",
        "{label}“{value}”不是 IPC 分类号，已按原文保留：请写成 H01L21/00",
        "{label} “{value}” is no IPC symbol and is kept as given: write H01L21/00",
    ),
    (
        "issue.key_form",
        "字段名“{label}”为空、含控制字符或超过 {max} 字节：请改短",
        "The field key “{label}” is empty, has control characters or more than {max} bytes: shorten it",
    ),
    (
        "issue.member_form",
        "{label}里的“{value}”格式不对：请改正或删去",
        "“{value}” in {label} has the wrong form: correct or remove it",
    ),
    (
        "issue.member_too_long",
        "{label}里的“{value}”超过 {max} 个字，已另作原文保留：请拆成几个词，用分号隔开",
        "“{value}” in {label} has more than {max} characters and is kept as plain text: split it with semicolons",
    ),
    (
        "issue.missing",
        "没有填{label}：有的话请补上，便于检索和对接",
        "{label}: nothing given; add it if you have it, so that others find and match the listing",
    ),
    (
        "issue.money_kept",
        "{label}“{value}”读不成金额，已按原文保留：请写成 50万元、10-20万元 或 面议",
        "{label} “{value}” does not read as an amount and is kept as given: write 50万元, 10-20万元 or negotiable",
    ),
    (
        "issue.money_unitless",
        "{label}“{value}”没有单位，已按元计：若是万元，请写成 {value}万元",
        "{label} “{value}” has no unit and was taken as yuan: write {value}万元 if ten thousands are meant",
    ),
    (
        "issue.more_issues",
        "还有更多问题没有列出：请先改正以上各项",
        "There are more issues than are listed: correct these first",
    ),
    (
        "issue.not_a_flag",
        "“{label}”的值“{value}”读不成是或否：请写 是 或 否",
        "“{value}” under “{label}” is neither yes nor no: write yes or no",
    ),
    (
        "issue.not_a_number",
        "“{label}”的值“{value}”不是整数：请只写数字",
        "“{value}” under “{label}” is no whole number: write digits only",
    ),
    (
        "issue.number_kept",
        "{label}“{value}”读不成整数，已按原文保留：请只写数字",
        "{label} “{value}” does not read as a whole number and is kept as given: write digits only",
    ),
    (
        "issue.out_of_range",
        "{label}“{value}”超出允许范围：请核对",
        "{label} “{value}” is out of range: please check it",
    ),
    (
        "issue.patent_check",
        "{label}“{value}”校验位不符（按前面各位应为 {right}），多半抄错了一位：请对照证书重填",
        "{label} “{value}” fails its check digit ({right} would fit), most likely one digit is wrong: compare it with the certificate",
    ),
    (
        "issue.patent_completed",
        "{label}“{value}”没有校验位，已补成 {normal}：请核对",
        "{label} “{value}” lacks its check digit and was completed to {normal}: please compare",
    ),
    (
        "issue.patent_form",
        "{label}“{value}”不是中国专利的申请号或公开号：请写成 CN201220249767.4 或 CN102345678A",
        "{label} “{value}” is neither an application nor a publication number of a Chinese patent: write CN201220249767.4 or CN102345678A",
    ),
    (
        "issue.patent_kind",
        "{label}“{value}”的种类位不是 1、2、3、8、9：请对照证书重填",
        "{label} “{value}” names no kind of patent (1, 2, 3, 8, 9): compare it with the certificate",
    ),
    (
        "issue.patent_letter",
        "{label}“{value}”的种类位与末尾字母不符：发明为 A、B，实用新型为 U，外观设计为 S，请核对",
        "In {label} “{value}” kind digit and letter disagree (A or B for inventions, U utility models, S designs): please check",
    ),
    (
        "issue.patent_none",
        "{label}“{value}”表示没有号码，已略去：没有专利时请留空",
        "{label} “{value}” means that there is no number and was left out: leave the cell empty instead",
    ),
    (
        "issue.patent_short",
        "{label}“{value}”不像完整的号码，已按原文保留：请补全",
        "{label} “{value}” does not look like a whole number and is kept as given: please complete it",
    ),
    (
        "issue.patent_year",
        "{label}“{value}”的年份不可能：请对照证书重填",
        "{label} “{value}” has an impossible year: compare it with the certificate",
    ),
    (
        "issue.phone_form",
        "{label}“{value}”不是电话号码：请写成 027-87654321 或 13800000000",
        "{label} “{value}” is no telephone number: write 027-87654321 or 13800000000",
    ),
    (
        "issue.phone_in_text",
        "{label}里有手机号，公开后人人可见：请移到“联系电话”，那里默认只给成员看",
        "{label} mentions a mobile number that everyone would see: move it to the phone field, which is for members by default",
    ),
    (
        "issue.phone_kept",
        "{label}“{value}”读不成电话号码，已按原文保留：请写成 027-87654321 或 13800000000",
        "{label} “{value}” does not read as a telephone number and is kept as given: write 027-87654321 or 13800000000",
    ),
    (
        "issue.range_order",
        "{label}“{value}”下限高于上限：请对调",
        "{label} “{value}” has its lower end above the upper: swap them",
    ),
    (
        "issue.region_ambiguous",
        "{label}“{value}”有几处同名：请改用代码，{codes}",
        "{label} “{value}” is the name of several divisions: use a code, {codes}",
    ),
    (
        "issue.region_code",
        "{label}“{value}”不在 GB/T 2260 代码表里：请核对六位代码，或改写名称",
        "{label} “{value}” is not in GB/T 2260: check the six digits, or write the name",
    ),
    (
        "issue.region_former",
        "{label}“{value}”是旧代码，有效至 {year} 年，已按当年保留；现代码：{now}",
        "{label} “{value}” is a former code, valid until {year}, and is kept as of that year; today's code: {now}",
    ),
    (
        "issue.region_name",
        "{label}“{value}”不是行政区划名称：请写省市区全称或六位代码；境外请填“国家或地区”并留空此项",
        "{label} “{value}” is no division of China: write the full name or six digits; for places abroad use the country field and leave this empty",
    ),
    (
        "issue.region_zone",
        "{label}“{value}”是统计用区代码，不在 GB/T 2260 里，已保留：能用国标代码时请改用",
        "{label} “{value}” is a statistical zone outside GB/T 2260 and is kept: use a code of the standard where you can",
    ),
    (
        "issue.required",
        "没有{label}：填上{label}后再提交",
        "{label}: nothing given, and there is no listing without it; fill it in and submit again",
    ),
    (
        "issue.text_bytes",
        "“{label}”有 {count} 字节，最多 {max}：请缩短",
        "“{label}” has {count} bytes, at most {max} are allowed: shorten it",
    ),
    (
        "issue.too_large",
        "全部文字共 {count} 字节，最多 {max}：请缩短详细介绍，长文放进附件",
        "All texts together have {count} bytes, at most {max} fit: shorten the details or attach them",
    ),
    (
        "issue.too_long",
        "{label}“{value}”有 {count} 个字，最多 {max}：请缩短，其余写进详细介绍",
        "{label} “{value}” has {count} characters, at most {max} are allowed: shorten it and move the rest to the details",
    ),
    (
        "issue.too_many_cells",
        "一行有 {count} 格，最多读 {max}：请删去多余的列",
        "The row has {count} cells, at most {max} are read: remove columns that are not needed",
    ),
    (
        "issue.too_many_keys",
        "共有 {count} 个字段和词条，最多 {max}：请减少关键词或分成两条",
        "There are {count} fields and set members, at most {max} fit: use fewer keywords or make two listings",
    ),
    (
        "issue.too_many_members",
        "{label}有 {count} 个，最多 {max}，多出的没有作为词条：请只留最要紧的",
        "{label} has {count} members, at most {max} count: keep the most important ones",
    ),
    (
        "issue.too_many_patents",
        "{label}有 {count} 个，最多 {max}：请分成两条",
        "{label} has {count} numbers, at most {max} fit: make two listings",
    ),
    (
        "issue.trl_scale",
        "{label}“{value}”不在 1–9 级内，属于另一套分级：请按 GB/T 22900 的 1–9 级填写，原说法可写进详细介绍",
        "{label} “{value}” lies outside levels 1 to 9 and belongs to another scale: give a level of GB/T 22900 and keep the wording in the details",
    ),
    (
        "issue.trl_word",
        "{label}“{value}”对不上级别，已按原文保留：请写 1–9，或 正在研发、通过小试、已有样品、通过中试、可以量产",
        "{label} “{value}” matches no level and is kept as given: write 1 to 9, or in development, lab-tested, prototype, pilot-tested, ready for production",
    ),
    (
        "issue.unknown_class",
        "{label}“{value}”不在 {scheme} 里，已按原文保留：请填代码或门类名称",
        "{label} “{value}” is not in {scheme} and is kept as given: write a code or the name of a class",
    ),
    (
        "issue.unknown_field",
        "字段“{label}”本版本不认识，已按原文保留",
        "The field “{label}” is not known to this version and is kept as given",
    ),
    (
        "issue.unknown_scheme",
        "{label}的分类体系“{value}”不认识：请用 GB/T 4754-2017 或 GB/T 13745-2009",
        "The classification “{value}” of {label} is not known: use GB/T 4754-2017 or GB/T 13745-2009",
    ),
    (
        "issue.unknown_term",
        "{label}“{value}”不在词表里，已按原文保留：可选 {terms} 等",
        "{label} “{value}” is not in the list and is kept as given: choose from {terms} and others",
    ),
    (
        "issue.url_completed",
        "{label}“{value}”没有写 http，已补成 {url}：请核对",
        "{label} “{value}” lacks http and was completed to {url}: please compare",
    ),
    (
        "issue.url_form",
        "{label}“{value}”不是 http 或 https 网址：请写完整，如 https://example.cn/",
        "{label} “{value}” is no http or https address: write it in full, such as https://example.cn/",
    ),
    (
        "issue.url_kept",
        "{label}“{value}”不是 http 或 https 网址，已按原文保留、不作链接：请写完整",
        "{label} “{value}” is no http or https address and is kept as plain text: write it in full",
    ),
    (
        "issue.wrong_type",
        "{label}的值类型不对：请用本程序的表单重新填写",
        "The value of {label} has the wrong type: fill it in again with a form of this program",
    ),
    (
        "issue.year_kept",
        "{label}“{value}”读不成年份，已按原文保留：请写成 2013",
        "{label} “{value}” does not read as a year and is kept as given: write 2013",
    ),
];
