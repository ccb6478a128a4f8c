//! Words of the halls: what they are called, how their lists are divided and sorted, suggestions while typing.

use super::Row;

/// Key, Chinese, English; sorted by key.
pub const TABLE: &[Row] = &[
    ("facet.budget.is", "预算 {band}", "Budget {band}"),
    ("facet.cooperation", "合作方式", "Way of cooperation"),
    ("facet.institution", "机构", "Institution"),
    ("facet.kind", "类别", "Kind"),
    ("facet.more", "其余 {n} 项", "{n} more"),
    ("facet.price", "价格与预算", "Price and budget"),
    ("facet.price.is", "价格 {band}", "Price {band}"),
    ("facet.region.all", "全部地区", "All regions"),
    ("hall.achievement", "成果", "Achievements"),
    (
        "hall.achievement.line",
        "高校、院所和企业可转让、许可或合作开发的技术",
        "Technology that universities, institutes and firms offer for transfer, licence or joint development",
    ),
    ("hall.activity", "活动", "Activities"),
    (
        "hall.activity.line",
        "对接会、路演、大赛、培训与发布",
        "Matching days, roadshows, contests, training and launches",
    ),
    ("hall.beyond", "境外/跨区域", "Beyond the region"),
    (
        "hall.beyond.line",
        "来自境外和外省市的成果、需求与服务",
        "Offers and demands from abroad and from other provinces",
    ),
    ("hall.demand", "需求", "Demands"),
    ("hall.demand.line", "企业正在寻找解决办法的难题", "Problems that firms want solved"),
    ("hall.service", "服务", "Services"),
    (
        "hall.service.line",
        "评估、检测、知识产权、金融等服务，以及提供服务的专家和机构",
        "Assessment, testing, intellectual property, finance; and the experts and organizations that give it",
    ),
    ("hall.trade", "交易", "Trade"),
    (
        "hall.trade.line",
        "写明价格的成果和写明预算的需求，含面议",
        "Achievements with a price and demands with a budget, to be agreed included",
    ),
    ("list.by_price", "价格从低到高", "Price, lowest first"),
    ("list.by_price_down", "价格从高到低", "Price, highest first"),
    ("list.by_readiness", "成熟度从高到低", "Readiness, highest first"),
    (
        "list.empty.elsewhere",
        "上方其他大厅里有信息，点开即可查看。",
        "Other halls, above, hold something: open them to see.",
    ),
    (
        "list.empty.hall",
        "这个大厅里还没有信息。发布后会出现在这里；也可以先看看其他大厅。",
        "Nothing stands in this hall yet. What is published will; meanwhile look into the others.",
    ),
    (
        "list.partly.none",
        "没有一条包含全部检索词，以下是相近的结果。",
        "None holds every word; these come near.",
    ),
    (
        "list.partly.some",
        "其中 {n} 条包含全部检索词，排在前面；其余为相近的结果。",
        "{n} hold every word and come first; the others come near.",
    ),
    ("price.below", "{value}以下", "below {value}"),
    ("price.from", "{value}及以上", "{value} and more"),
    ("suggest.list", "检索建议", "Suggestions"),
    ("suggest.none", "没有建议", "No suggestions"),
    ("suggest.some", "{n} 条建议，可用上下键选择", "{n} suggestions; use the arrow keys"),
];
