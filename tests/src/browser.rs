//! A real browser, where there is one: Chromium, driven through its own WebDriver (decision 0040).
//!
//! ```text
//! Browser::open() ─▶ chromedriver (a process, killed when dropped) ─▶ chromium, one window
//!   look(Look)      how wide, light or dark, with scripts or without, with the pages' policy or without it
//!   go, click, fill, choose, press, eval      what a person does, and what a test asks
//!   seen()          what the page did meanwhile: requests, dialogs, navigations, complaints on the console
//! ```
//!
//! A click goes to the middle of what is clicked and fails where something lies over it, as a person's does.

mod axe;
mod driver;
mod seen;

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::until;
use driver::Driver;
pub use seen::Seen;

/// Where Debian and Ubuntu put them: packages `chromium` and `chromium-driver`.
const PROGRAMS: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromedriver"];
/// Height of the window, points.
const HEIGHT: u32 = 844;

/// How a page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Width of the window, points.
    pub width: u32,
    /// Whether the person prefers dark pages.
    pub dark: bool,
    /// Whether scripts run.
    pub scripts: bool,
}

impl Look {
    /// A window of this width on a light desktop, with scripts.
    pub const fn wide(width: u32) -> Self {
        Self { width, dark: false, scripts: true }
    }

    /// The same, without scripts.
    pub const fn plain(self) -> Self {
        Self { scripts: false, ..self }
    }

    /// The same, at night.
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

/// A browser with one window.
pub struct Browser {
    driver: Driver,
}

impl Browser {
    /// Starts one; `None`, with a word, where it is not installed.
    ///
    /// # Panics
    /// When it does not start, or is absent and `LIANSHI_REQUIRE_CHROMIUM=1` says that it must be there.
    pub fn open() -> Option<Self> {
        if let Some(missing) = PROGRAMS.iter().find(|path| !Path::new(path).exists()) {
            let required = std::env::var("LIANSHI_REQUIRE_CHROMIUM").as_deref() == Ok("1");
            assert!(!required, "{missing} is missing, and LIANSHI_REQUIRE_CHROMIUM=1");
            println!("skipped: {missing} is not here");
            return None;
        }
        let browser = Self { driver: Driver::start(PROGRAMS) };
        browser.look(Look::wide(1280));
        Some(browser)
    }

    /// Looks at the pages to come in this way.
    pub fn look(&self, look: Look) {
        let Look { width, dark, scripts } = look;
        let screen = json!({ "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        self.tools("Emulation.setDeviceMetricsOverride", &screen);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tools("Emulation.setEmulatedMedia", &json!({ "features": media }));
        self.tools("Emulation.setScriptExecutionDisabled", &json!({ "value": !scripts }));
    }

    /// Whether the pages to come are shown without their Content-Security-Policy: then escaping alone has to hold.
    pub fn without_policy(&self, without: bool) {
        self.tools("Page.setBypassCSP", &json!({ "enabled": without }));
    }

    /// Runs a script before any of the page's own, on every page to come.
    pub fn before_all(&self, script: &str) {
        self.tools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    }

    /// Forgets all cookies.
    pub fn forget(&self) {
        self.tools("Network.clearBrowserCookies", &json!({}));
    }

    /// Opens an address and waits until the page is there.
    pub fn go(&self, url: &str) {
        self.driver.post("/url", &json!({ "url": url }));
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        text(self.driver.get("/url"))
    }

    /// The path of the page's address and what follows it.
    pub fn path(&self) -> String {
        let url = self.url();
        let after = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        after.find('/').map_or("/", |at| &after[at..]).to_owned()
    }

    /// What a script returns: the body of a function. It runs where the pages' own scripts do not, too.
    pub fn eval(&self, script: &str) -> Json {
        self.driver.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What a script hands to its last argument, a function.
    pub fn eval_later(&self, script: &str) -> Json {
        self.driver.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// The page as it is now.
    pub fn html(&self) -> String {
        text(self.eval("return document.documentElement.outerHTML"))
    }

    /// The text that a person sees in the page.
    pub fn text(&self) -> String {
        text(self.eval("return document.body.innerText"))
    }

    /// Whether the page has such an element.
    pub fn has(&self, css: &str) -> bool {
        self.eval(&format!("return document.querySelector({}) !== null", json!(css))) == json!(true)
    }

    /// Clicks what a selector finds first, scrolled into view.
    pub fn click(&self, css: &str) {
        let element = self.element(css);
        self.driver.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Clicks what leads to another page, and waits until that page is there.
    pub fn follow(&self, css: &str) {
        self.eval("document.documentElement.setAttribute('data-left', '')");
        self.click(css);
        until(&format!("{css} leads to another page"), || {
            let there = self.eval(
                "return document.readyState === 'complete' && !document.documentElement.hasAttribute('data-left')",
            );
            (there == json!(true)).then_some(())
        });
    }

    /// Types a text into an empty field.
    pub fn fill(&self, css: &str, value: &str) {
        let element = self.element(css);
        self.driver.post(&format!("/element/{element}/clear"), &json!({}));
        self.driver.post(&format!("/element/{element}/value"), &json!({ "text": value }));
    }

    /// Chooses a file of this computer in a field for files.
    pub fn attach(&self, css: &str, path: &str) {
        let element = self.element(css);
        self.driver.post(&format!("/element/{element}/value"), &json!({ "text": path }));
    }

    /// Chooses from a list by a term's value.
    pub fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value={}]", json!(value)));
    }

    /// Opens what is folded away.
    pub fn unfold(&self, css: &str) {
        let open = self.eval(&format!("return document.querySelector({}).parentNode.open", json!(css)));
        if open != json!(true) {
            self.click(css);
        }
    }

    /// Presses a key, in what has the focus: a character, or one of WebDriver's own such as `\u{e004}` (tab).
    pub fn press(&self, key: &str) {
        let actions = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let keyboard = json!([{ "type": "key", "id": "keyboard", "actions": actions }]);
        self.driver.post("/actions", &json!({ "actions": keyboard }));
    }

    /// What happened since it was last asked.
    pub fn seen(&self) -> Seen {
        Seen::of(&self.driver)
    }

    /// A picture of the whole page, as long as it is.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn picture(&self, file: &Path) {
        let shot =
            self.tools("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
        let data = shot["data"].as_str().expect("a picture").as_bytes();
        let bytes = data_encoding::BASE64.decode(data).expect("base64");
        std::fs::write(file, bytes).expect("a picture can be written");
    }

    /// A command of Chromium's own tools.
    fn tools(&self, command: &str, parameters: &Json) -> Json {
        self.driver.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn element(&self, css: &str) -> String {
        let found = self.driver.post("/element", &json!({ "using": "css selector", "value": css }));
        let id = found.as_object().and_then(|object| object.values().next()).and_then(Json::as_str);
        id.unwrap_or_else(|| panic!("no {css} in {found}")).to_owned()
    }
}

fn text(value: Json) -> String {
    value.as_str().map(str::to_owned).unwrap_or_default()
}
