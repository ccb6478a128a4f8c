//! One spelling for what is the same text: NFKC, lower case, Traditional Chinese to Simplified.

use unicode_normalization::UnicodeNormalization;

/// Folds `text` so that Traditional and Simplified, full-width and half-width, upper and lower case become equal.
///
/// Many Traditional characters share one Simplified one, so folding also undoes what careless machine conversion makes of
/// Simplified text (`係統`, `製定`). It is for comparing, never for showing: it folds away differences a reader cares for.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    settle(&fast2s::convert(&plain_form(text)))
}

/// NFKC in lower case. What nearly all Chinese text is made of is its own normal form, character by character, or is full-width
/// ASCII, and nothing in it combines with its neighbours: there the general way, which is several times as slow, is spared.
fn plain_form(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\x7f' => plain.push(c.to_ascii_lowercase()),
            '\u{4e00}'..='\u{9fff}' | '、' | '。' | '《' | '》' | '“' | '”' | '—' => plain.push(c),
            '！'..='～' => {
                plain.extend(char::from_u32(c as u32 - FULL_WIDTH).map(|c| c.to_ascii_lowercase()))
            }
            _ => return text.nfkc().flat_map(char::to_lowercase).collect(),
        }
    }
    plain
}

/// How far full-width ASCII is from ASCII.
const FULL_WIDTH: u32 = '！' as u32 - '!' as u32;

/// Our own corrections to the conversion: variants that it misses, and characters that need their neighbours.
fn settle(text: &str) -> String {
    let mut settled = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = '\0';
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or('\0');
        let c = in_context(before, variant(c), variant(after));
        settled.push(c);
        before = c;
    }
    settled
}

/// Variant forms that `fast2s` leaves alone (most are the old print forms that Unicode did not unify), and two that it gets
/// wrong for Simplified text (`捍衛`, `煅燒`).
fn variant(c: char) -> char {
    match c {
        '峯' => '峰',
        '羣' => '群',
        '敎' => '教',
        '眞' => '真',
        '値' => '值',
        '靑' => '青',
        '嚐' => '尝',
        '彚' => '汇',
        '囌' => '苏',
        '幷' | '倂' => '并',
        '凈' => '净',
        '凖' => '准',
        '鎭' => '镇',
        '緖' => '绪',
        '増' => '增',
        '塡' => '填',
        '槪' => '概',
        '旣' => '既',
        '卽' => '即',
        '郷' => '乡',
        '尙' => '尚',
        '晩' => '晚',
        '毎' => '每',
        '徳' => '德',
        '寛' => '宽',
        '渉' => '涉',
        '歩' => '步',
        '疎' => '疏',
        '扞' => '捍',
        '覈' => '核',
        '燬' => '毁',
        '籲' => '吁',
        other => other,
    }
}

/// Words in which `著` stays itself, by the character before it and after it. Elsewhere it is the Traditional `着`.
const ZHU_AFTER: &str = "显专编原论名土卓昭巨译遗合所拙撰新旧大力较";
const ZHU_BEFORE: &str = "作名述称录书者";

/// Decides the characters whose Simplified form depends on the neighbours; these are already folded.
fn in_context(before: char, c: char, after: char) -> char {
    match c {
        '著' if !ZHU_AFTER.contains(before) && !ZHU_BEFORE.contains(after) => '着',
        // 憑藉, 藉由, 藉助 are 借; 慰藉, 狼藉, 蘊藉 stay.
        '藉' if !"慰狼蕴".contains(before) => '借',
        // 回覆, 答覆, 批覆 are 复; 覆蓋 stays.
        '覆' if "回答批函".contains(before) => '复',
        // 規畫, 策畫 where the neighbour had been Simplified already.
        '画' if "计企规策筹".contains(before) => '划',
        '锻' if "烧".contains(after) => '煅',
        // 沈積, 沈澱, 沈降: 沈 remains a surname and a city.
        '沈' if "积淀降没浸淤".contains(after) => '沉',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_conversions_and_variants_fold_to_simplified() {
        for (text, folded) in [
            ("係統", "系统"),
            ("係统", "系统"),
            ("系統", "系统"),
            ("製定", "制定"),
            ("研製", "研制"),
            ("彙聚", "汇聚"),
            ("匯聚", "汇聚"),
            ("彚聚", "汇聚"),
            ("裡面 裏面", "里面 里面"),
            ("髮展 發展 头髮", "发展 发展 头发"),
            ("沿著 沿着 隨著", "沿着 沿着 随着"),
            ("顯著 著作權 專著", "显著 著作权 专著"),
            ("臺灣 檯面 颱風", "台湾 台面 台风"),
            ("複雜 恢復 覆蓋 答覆", "复杂 恢复 覆盖 答复"),
            ("規畫 計畫 規画", "规划 计划 规划"),
            ("爲 為 啟 啓 羣 群 峯 峰", "为 为 启 启 群 群 峰 峰"),
            ("乾燥 幹部 若干", "干燥 干部 若干"),
            ("後處理 準確 範圍 徵集", "后处理 准确 范围 征集"),
            ("沈積 沈陽", "沉积 沈阳"),
            ("煅燒 锻造 捍衛", "煅烧 锻造 捍卫"),
            ("ＰＬＣ　ＣＯ₂ ㎡", "plc co2 m2"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in ('\u{3000}'..='\u{9fff}').chain('\u{f900}'..='\u{faff}').chain('\u{20000}'..='\u{2fa1f}') {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c}");
        }
    }

    #[test]
    fn the_short_way_leads_to_the_same_place() {
        for c in '\0'..='\u{ffff}' {
            for text in [c.to_string(), format!("e{c}\u{301}"), format!("水{c}Ａ")] {
                let general: String = text.nfkc().flat_map(char::to_lowercase).collect();
                assert_eq!(plain_form(&text), general, "{text:?}");
            }
        }
    }

    #[test]
    fn oddities_pass_through() {
        for text in ["", "\u{301}", "\u{0}\u{7f}", "👩‍🔬", "\u{200f}", "\u{fdfa}", "İ"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text:?}");
        }
    }
}
