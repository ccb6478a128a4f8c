//! 活动: roadshows, matching events, contests, trainings, challenges.

use super::field::{Field, FieldType};
use super::shared::*;
use crate::vocabulary as v;

const TITLE_HERE: Field = TITLE.named("活动名称", "Title").also(&[
    "活动主题",
    "会议名称",
    "项目名称",
    "名称",
    "标题",
    "主题",
    "title",
    "name",
    "event",
    "event name",
]);

const TYPE: Field = Field::new("activity_type", FieldType::Vocabulary(&v::ACTIVITY_TYPE))
    .named("活动类型", "Type of event")
    .also(&["活动形式", "类型", "类别", "活动类别", "event type"])
    .faceted()
    .expected();

const MODE: Field = Field::new("attendance", FieldType::Vocabulary(&v::ATTENDANCE))
    .named("参加方式", "Attendance")
    .also(&["线上线下", "举办方式", "举办形式", "attendance mode"])
    .faceted();

const STARTS_ON: Field = Field::new("starts_on", FieldType::Date)
    .named("开始日期", "Starts on")
    .also(&[
        "活动时间",
        "开始时间",
        "举办时间",
        "时间",
        "日期",
        "活动日期",
        "会议时间",
        "start date",
        "date",
        "starts",
    ])
    .expected();

const ENDS_ON: Field = Field::new("ends_on", FieldType::Date).named("结束日期", "Ends on").also(&[
    "结束时间",
    "截止时间",
    "end date",
    "ends",
]);

const DEADLINE: Field = Field::new("deadline", FieldType::Date).named("报名截止", "Register by").also(&[
    "报名截止时间",
    "报名截止日期",
    "registration deadline",
]);

const VENUE: Field = line("venue")
    .named("活动地点", "Venue")
    .also(&["地点", "举办地点", "会议地点", "会场", "venue name", "place"])
    .expected();

const CO_HOSTS: Field = line("co_organizers").named("协办单位", "With").also(&[
    "承办单位",
    "协办",
    "支持单位",
    "co organizers",
    "partners",
]);

const AGENDA: Field = long("agenda").named("活动议程", "Agenda").also(&[
    "议程",
    "日程",
    "活动安排",
    "活动内容",
    "programme of the day",
    "schedule",
]);

const AUDIENCE: Field = line("clients").named("参加对象", "For whom").also(&[
    "面向对象",
    "参会对象",
    "邀请对象",
    "audience",
    "target group",
]);

const CAPACITY: Field =
    count("capacity").named("名额", "Places").also(&["人数", "规模", "活动规模", "capacity", "seats"]);

/// Fields of an activity in reading order.
pub(super) const FIELDS: &[Field] = &[
    TITLE_HERE,
    SUMMARY.also(&[
        "活动简介",
        "活动介绍",
        "活动说明",
        "摘要",
        "会议简介",
        "description",
        "abstract",
        "overview",
    ]),
    TYPE,
    STARTS_ON,
    ENDS_ON,
    VENUE,
    MODE,
    DEADLINE,
    PRICE.named("费用", "Fee"),
    CAPACITY,
    AUDIENCE,
    AGENDA,
    BODY,
    KEYWORDS.optional(),
    FIELD,
    INDUSTRY,
    EMERGING,
    HIGH_TECH,
    ORGANIZATION.named("主办单位", "Organizer").expected(),
    CREDIT_CODE,
    CO_HOSTS,
    REGION,
    COUNTRY,
    CONTACT_NAME,
    CONTACT_PHONE,
    CONTACT_EMAIL,
    ADDRESS,
    POSTCODE,
    URL,
    SOURCE_ID,
    SOURCE,
    LANGUAGE,
];
