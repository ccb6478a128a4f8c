//! The watch over a page that shows what others wrote: whether any of it became more than text.

use serde_json::json;
use tests::Browser;

/// Before any page's own scripts: what the planted texts call.
const BEFORE: &str = "window.fired = []; window.planted = mark => { window.fired.push(mark); };";

/// What no text can bring into a page of ours: scripts, handlers, frames, addresses that run, elements that lead elsewhere.
const FOREIGN: &str = r#"
const found = [...window.fired ?? []].map(mark => 'fired: ' + mark);
const own = url => { try { return new URL(url, location.href).origin === location.origin } catch { return false } };
const runs = /^[\u0000-\u0020]*(j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|v\s*b\s*s\s*c\s*r\s*i\s*p\s*t|d\s*a\s*t\s*a)\s*:/i;
const say = element => element.outerHTML.slice(0, 160);
for (const element of document.querySelectorAll('*')) {
    const name = element.localName;
    if (name === 'script' && element.type === 'application/ld+json') {
        try { JSON.parse(element.textContent) } catch { found.push('broken JSON: ' + say(element)) }
    } else if (name === 'script' && !(element.getAttribute('src') ?? '').startsWith('/assets/')) {
        found.push('script: ' + say(element));
    }
    if (/^(iframe|frame|object|embed|base|style|marquee|math|audio|video)$/.test(name) || name.startsWith('planted')
        || element.querySelector(':scope > script') && element.namespaceURI.endsWith('svg')) {
        found.push('element: ' + say(element));
    }
    if (name === 'meta' && element.httpEquiv) found.push('meta: ' + say(element));
    for (const { name: attribute, value } of element.attributes) {
        if (attribute.startsWith('on') || attribute === 'srcdoc' || attribute === 'autofocus' && value === '') {
            found.push('attribute ' + attribute + ': ' + say(element));
        }
        if (/^(href|src|action|formaction|data|poster|xlink:href)$/.test(attribute)) {
            if (runs.test(value) && !value.startsWith('data:image/')) found.push('address: ' + say(element));
            if (attribute !== 'href' && !own(value) && !value.startsWith('data:image/')) found.push('elsewhere: ' + say(element));
            if (name !== 'a' && attribute === 'href' && !own(value) && !value.startsWith('#')) found.push('elsewhere: ' + say(element));
        }
    }
}
return found.slice(0, 20);
"#;

/// Has the pages to come under watch.
pub fn begin(browser: &Browser) {
    browser.before_all(BEFORE);
    // The empty page that a window begins with is led to as well.
    browser.seen();
}

/// Opens an address and says what became more than text; nothing when all is well.
pub fn open(browser: &Browser, origin: &str, path: &str) -> Vec<String> {
    let url = format!("{origin}{path}");
    browser.go(&url);
    let structure = browser.eval(FOREIGN);
    let mut found: Vec<String> = structure
        .as_array()
        .unwrap_or_else(|| panic!("{structure}"))
        .iter()
        .filter_map(|line| line.as_str().map(str::to_owned))
        .collect();
    let seen = browser.seen();
    found.extend(seen.foreign(&[origin]).into_iter().map(|url| format!("asked: {url}")));
    found.extend(seen.dialogs.iter().map(|text| format!("dialog: {text}")));
    found.extend(seen.complaints.iter().map(|text| format!("complaint: {text}")));
    // One navigation is ours; another would be the page's own.
    if seen.navigations.len() != 1 {
        found.push(format!("led to {}", json!(seen.navigations)));
    }
    found
}
