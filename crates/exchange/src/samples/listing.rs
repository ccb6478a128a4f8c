//! Putting one sample listing together, by its kind.

use super::domains::{self, Domain, Pair, Topic};
use super::people::{EVENTS, GIVEN, INSTITUTIONS, PLACES, SERVICES, SURNAMES};
use super::{ENGLISH_ONE_IN, Random};
use catalog::Kind;

type Cells = Vec<(String, String)>;

const QUALITIES: &[Pair] = &[
    ("低成本", "low-cost"),
    ("模块化", "modular"),
    ("智能化", "smart"),
    ("高可靠", "high-reliability"),
    ("小型化", "compact"),
    ("长寿命", "long-life"),
    ("节能型", "energy-saving"),
    ("免维护", "maintenance-free"),
];
const STAGES: &[Pair] = &[
    ("正在研发", "in development"),
    ("通过小试", "lab-tested"),
    ("已有样品", "prototype"),
    ("通过中试", "pilot-tested"),
    ("可以量产", "ready for production"),
];
const MODES: &[&str] = &["普通许可", "独占许可", "作价入股", "合作开发", "技术服务", "技术咨询"];
const RANKS: &[Pair] = &[
    ("教授", "professor"),
    ("副教授", "associate professor"),
    ("研究员", "research fellow"),
    ("高级工程师", "senior engineer"),
];
/// Years that samples are dated in.
const YEARS: (u64, u64) = (2019, 2026);

/// What a listing is drawn from.
struct Draw {
    english: bool,
    domain: &'static Domain,
    topic: &'static Topic,
    method: Pair,
    usage: Pair,
    quality: Pair,
    number: u64,
    place: &'static (&'static str, Pair),
    institution: Pair,
    institution_type: &'static str,
    year: u64,
}

impl Draw {
    fn new(random: &mut Random) -> Draw {
        let domain = domains::get(random.below(domains::count()));
        let topic = random.pick(domain.topics);
        let (methods, uses) = topic.fit;
        let (institution, institution_type) = *random.pick(INSTITUTIONS);
        Draw {
            english: random.below(ENGLISH_ONE_IN) == 0,
            domain,
            topic,
            method: domain.methods[*random.pick(methods)],
            usage: domain.uses[*random.pick(uses)],
            quality: *random.pick(QUALITIES),
            number: random.between(topic.range.0, topic.range.1),
            place: random.pick(PLACES),
            institution,
            institution_type,
            year: random.between(YEARS.0, YEARS.1),
        }
    }

    /// The side of a pair in the listing's language.
    fn say(&self, pair: Pair) -> &'static str {
        if self.english { pair.1 } else { pair.0 }
    }

    fn either(&self, zh: String, en: String) -> String {
        if self.english { en } else { zh }
    }

    fn organization(&self) -> String {
        let (place, kind) = (self.place.1, self.institution);
        self.either(format!("{}{}", place.0, kind.0), format!("{} {}", place.1, kind.1))
    }

    fn indicator(&self) -> String {
        self.say(self.topic.indicator).replace("{n}", &self.number.to_string())
    }
}

/// The listing's cells; the title comes first.
pub(super) fn make(random: &mut Random, kind: Kind, place: usize) -> Cells {
    let draw = Draw::new(random);
    let mut cells = match kind {
        Kind::Achievement => achievement(random, &draw),
        Kind::Demand => demand(random, &draw),
        Kind::Expert => expert(random, &draw),
        Kind::Organization => organization(random, &draw),
        Kind::Service => service(random, &draw),
        Kind::Activity => activity(random, &draw),
    };
    put(&mut cells, "field", draw.domain.field);
    put(&mut cells, "region", draw.place.0);
    put(&mut cells, "source_id", format!("{}-{}-{:05}", kind.id().to_uppercase(), draw.year, place + 1));
    put(&mut cells, "language", if draw.english { "en" } else { "zh" });
    if kind != Kind::Expert {
        let (name, _) = person(random, &draw);
        put(&mut cells, "contact_name", name);
        put(&mut cells, "contact_phone", format!("027-5550{:04}", random.below(10_000)));
        put(&mut cells, "contact_email", format!("office{}@sample.example", random.below(900) + 100));
    }
    cells
}

fn put(cells: &mut Cells, field: &str, text: impl Into<String>) {
    cells.push((field.to_owned(), text.into()));
}

fn keywords(draw: &Draw) -> String {
    [draw.topic.object, draw.method, draw.usage].map(|pair| draw.say(pair)).join("；")
}

fn capital(text: String) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn achievement(random: &mut Random, draw: &Draw) -> Cells {
    let [o, m, u, q] = [draw.topic.object, draw.method, draw.usage, draw.quality];
    let title = match random.below(5) {
        0 => draw.either(format!("基于{}的{}", m.0, o.0), format!("{} based on {}", o.1, m.1)),
        1 => draw.either(format!("面向{}的{}{}", u.0, q.0, o.0), format!("{} {} for {}", q.1, o.1, u.1)),
        2 => draw.either(
            format!("{}场景下采用{}的{}", u.0, m.0, o.0),
            format!("{} with {} for {}", o.1, m.1, u.1),
        ),
        3 => draw
            .either(format!("{}{}关键技术及应用", q.0, o.0), format!("Key technology of a {} {}", q.1, o.1)),
        _ => draw.either(
            format!("一种{}的{}及其{}方法", q.0, o.0, m.0),
            format!("A {} {} and its {} method", q.1, o.1, m.1),
        ),
    };
    let summary = draw.either(
        format!(
            "针对{}中{}的问题，团队采用{}，研制了{}。经{}年样机测试，{}，较同类产品有明显优势，适合在{}推广。",
            u.0, draw.topic.problem.0, m.0, o.0, draw.year, draw.indicator(), u.0
        ),
        format!(
            "In {}, {}. The team applied {} to build a {}. Tests of a prototype in {} showed {}.",
            u.1, draw.topic.problem.1, m.1, o.1, draw.year, draw.indicator()
        ),
    );
    let low = random.between(5, 300);
    let mut cells = Cells::new();
    put(&mut cells, "title", capital(title));
    put(&mut cells, "summary", summary);
    put(&mut cells, "keywords", keywords(draw));
    put(&mut cells, "problem", draw.say(draw.topic.problem));
    put(&mut cells, "indicators", draw.indicator());
    put(&mut cells, "use_cases", draw.say(u));
    put(&mut cells, "trl", draw.say(*random.pick(STAGES)));
    put(&mut cells, "cooperation", *random.pick(MODES));
    put(
        &mut cells,
        "price",
        if low.is_multiple_of(4) {
            "面议".to_owned()
        } else {
            format!("{low}-{}万元", low + random.between(5, 200))
        },
    );
    put(&mut cells, "organization", draw.organization());
    put(&mut cells, "year", draw.year.to_string());
    cells
}

fn demand(random: &mut Random, draw: &Draw) -> Cells {
    let [o, m, u, q] = [draw.topic.object, draw.method, draw.usage, draw.quality];
    let title = match random.below(4) {
        0 => draw
            .either(format!("寻求{}用{}{}", u.0, q.0, o.0), format!("Wanted: {} {} for {}", q.1, o.1, u.1)),
        1 => draw.either(format!("{}的{}应用难题", o.0, m.0), format!("Applying {} to a {}", m.1, o.1)),
        2 => draw.either(
            format!("{}{}国产化替代需求", u.0, o.0),
            format!("Domestic supply of a {} for {}", o.1, u.1),
        ),
        _ => {
            draw.either(format!("{}{}联合攻关", q.0, o.0), format!("Joint development of a {} {}", q.1, o.1))
        }
    };
    let goal = draw.either(
        format!("形成可在{}使用的{}，{}，并完成现场验证。", u.0, o.0, draw.indicator()),
        format!("A {} usable in {}, with {}, proven on site.", o.1, u.1, draw.indicator()),
    );
    let summary = draw.either(
        format!(
            "我单位在{}中遇到{}的问题，现有方案不能满足生产要求，希望与掌握{}的团队合作解决。",
            u.0, draw.topic.problem.0, m.0
        ),
        format!("In our work on {}, {}. We look for a team skilled in {}.", u.1, draw.topic.problem.1, m.1),
    );
    let mut cells = Cells::new();
    put(&mut cells, "title", capital(title));
    put(&mut cells, "summary", summary);
    put(&mut cells, "keywords", keywords(draw));
    put(&mut cells, "problem", draw.say(draw.topic.problem));
    put(&mut cells, "indicators", draw.indicator());
    put(&mut cells, "goal", goal);
    put(&mut cells, "budget", format!("{}万元", random.between(2, 60) * 5));
    put(&mut cells, "deadline", format!("{}-{:02}", draw.year + 1, random.between(1, 12)));
    put(&mut cells, "solution", *random.pick(&["委托研发", "合作研发"]));
    put(&mut cells, "organization", draw.organization());
    put(&mut cells, "organization_type", draw.institution_type);
    cells
}

/// A fictional person's name as written, and in Latin letters.
fn person(random: &mut Random, draw: &Draw) -> (String, String) {
    let (surname, first, second) = (*random.pick(SURNAMES), *random.pick(GIVEN[0]), *random.pick(GIVEN[1]));
    let latin = format!("{}{} {}", first.1, second.1, surname.1);
    (draw.either(format!("{}{}{}", surname.0, first.0, second.0), latin.clone()), latin)
}

fn expert(random: &mut Random, draw: &Draw) -> Cells {
    let [o, m, u] = [draw.topic.object, draw.method, draw.usage];
    let rank = *random.pick(RANKS);
    let (name, _) = person(random, draw);
    let summary = draw.either(
        format!("{}，长期从事{}研究，擅长{}，曾主持{}方向的横向课题。", rank.0, o.0, m.0, u.0),
        format!(
            "{} working on the {}, with experience of {} in {}.",
            capital(rank.1.to_owned()),
            o.1,
            m.1,
            u.1
        ),
    );
    let mut cells = Cells::new();
    put(&mut cells, "title", name);
    put(&mut cells, "summary", summary);
    put(&mut cells, "organization", draw.organization());
    put(&mut cells, "position", draw.say(rank));
    put(&mut cells, "research", draw.either(format!("{}；{}", o.0, m.0), format!("{}; {}", o.1, m.1)));
    put(
        &mut cells,
        "offers",
        *random.pick(&["技术咨询；合作研发", "委托研发", "技术服务；培训讲座", "评价评审"]),
    );
    put(&mut cells, "keywords", keywords(draw));
    cells
}

const CHARACTERS: &[Pair] = &[
    ("云梦", "Yunmeng"),
    ("楚原", "Chuyuan"),
    ("江澜", "Jianglan"),
    ("汉沔", "Hanmian"),
    ("荆云", "Jingyun"),
    ("鹤汀", "Heting"),
    ("星河", "Xinghe"),
    ("启衡", "Qiheng"),
    ("睿联", "Ruilian"),
    ("青屿", "Qingyu"),
    ("磐川", "Panchuan"),
    ("晴川", "Qingchuan"),
];

fn organization(random: &mut Random, draw: &Draw) -> Cells {
    let [o, m, u] = [draw.topic.object, draw.method, draw.usage];
    let (place, kind, own) = (draw.place.1, draw.institution, *random.pick(CHARACTERS));
    let title =
        draw.either(format!("{}{}{}", place.0, own.0, kind.0), format!("{} {} {}", place.1, own.1, kind.1));
    let summary = draw.either(
        format!("位于{}，主要从事{}的研发与推广，在{}方面有多年积累，服务{}等场景。", place.0, o.0, m.0, u.0),
        format!(
            "Based in {}, it develops the {} and has years of experience with {} in {}.",
            place.1, o.1, m.1, u.1
        ),
    );
    let mut cells = Cells::new();
    put(&mut cells, "title", title);
    put(&mut cells, "summary", summary);
    put(&mut cells, "keywords", keywords(draw));
    put(&mut cells, "organization_type", draw.institution_type);
    put(&mut cells, "founded_on", format!("{}-{:02}", random.between(1985, 2022), random.between(1, 12)));
    put(&mut cells, "research", draw.either(format!("{}；{}", o.0, m.0), format!("{}; {}", o.1, m.1)));
    put(&mut cells, "staff", random.between(12, 900).to_string());
    put(
        &mut cells,
        "address",
        draw.either(
            format!("{}样例路 {} 号", place.0, random.between(1, 300)),
            format!("Sample Road, {}", place.1),
        ),
    );
    cells
}

fn service(random: &mut Random, draw: &Draw) -> Cells {
    let (o, u, (what, service_type)) = (draw.topic.object, draw.usage, *random.pick(SERVICES));
    let weeks = random.between(1, 12);
    let title = match random.below(2) {
        0 => draw.either(format!("{}{}", o.0, what.0), format!("{}: {}", o.1, what.1)),
        _ => draw.either(
            format!("{}领域{}{}", u.0, o.0, what.0),
            format!("{} of the {} for {}", what.1, o.1, u.1),
        ),
    };
    let summary = draw.either(
        format!("面向{}单位，提供{}的{}，一般 {weeks} 周内交付，出具书面报告。", u.0, o.0, what.0),
        format!(
            "For those in {}: {} of the {}, delivered in about {weeks} weeks with a written report.",
            u.1, what.1, o.1
        ),
    );
    let mut cells = Cells::new();
    put(&mut cells, "title", capital(title));
    put(&mut cells, "summary", summary);
    put(&mut cells, "keywords", keywords(draw));
    put(&mut cells, "service_type", service_type);
    put(
        &mut cells,
        "service_content",
        draw.either(format!("{}：方案、实施、报告", what.0), format!("Plan, {}, report", what.1)),
    );
    put(
        &mut cells,
        "service_process",
        draw.either(
            "咨询、委托、实施、交付、回访".to_owned(),
            "Enquiry, order, work, delivery, follow-up".to_owned(),
        ),
    );
    put(&mut cells, "service_time", draw.either(format!("{weeks} 周"), format!("{weeks} weeks")));
    put(&mut cells, "price", format!("{}万元", random.between(1, 40)));
    put(&mut cells, "organization", draw.organization());
    cells
}

fn activity(random: &mut Random, draw: &Draw) -> Cells {
    let (u, (form, activity_type), place) = (draw.usage, *random.pick(EVENTS), draw.place.1);
    let (month, day) = (random.between(1, 12), random.between(1, 28));
    let year = draw.year;
    let title = match random.below(2) {
        0 => draw.either(
            format!("{year}年{}{}{}", place.0, u.0, form.0),
            format!("{} on {}, {} {year}", form.1, u.1, place.1),
        ),
        _ => draw.either(
            format!("{}{}（{}·{year}年{month}月）", u.0, form.0, place.0),
            format!("{} {year}: {} ({})", place.1, u.1, form.1),
        ),
    };
    let summary = draw.either(
        format!("围绕{}，邀请高校院所和企业现场交流{}等成果，设一对一洽谈。", u.0, draw.topic.object.0),
        format!("On {}: institutes and firms show the {} and meet one to one.", u.1, draw.topic.object.1),
    );
    let mut cells = Cells::new();
    put(&mut cells, "title", capital(title));
    put(&mut cells, "summary", summary);
    put(&mut cells, "keywords", keywords(draw));
    put(&mut cells, "activity_type", activity_type);
    put(&mut cells, "attendance", *random.pick(&["线下", "线上", "线上线下结合"]));
    put(&mut cells, "starts_on", format!("{year}-{month:02}-{day:02}"));
    put(
        &mut cells,
        "venue",
        draw.either(format!("{}样例会展中心", place.0), format!("Sample Hall, {}", place.1)),
    );
    put(&mut cells, "capacity", (random.between(3, 40) * 10).to_string());
    put(&mut cells, "organization", draw.organization());
    cells
}
