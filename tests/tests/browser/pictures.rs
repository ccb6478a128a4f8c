//! Pictures of all pages, to be looked at by people.

use std::path::PathBuf;

use tests::{Browser, Look};

use crate::stage::{ADMINISTRATOR, Stage, sign_in};
use crate::visitor::spoken;

/// Into the folder that `LIANSHI_PICTURES` names: every page at three widths, in both languages, light and dark.
#[test]
#[ignore = "writes pictures for people to look at; needs LIANSHI_PICTURES"]
fn pictures() {
    let Some(folder) = std::env::var_os("LIANSHI_PICTURES").map(PathBuf::from) else {
        panic!("LIANSHI_PICTURES names no folder for the pictures");
    };
    let Some(browser) = Browser::open() else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let stage = Stage::open();
    let take = |web: &str, paths: &[String]| {
        for width in [360, 768, 1440] {
            for look in [Look::wide(width), Look::wide(width).dark()] {
                browser.look(look);
                for (path, lang) in paths.iter().flat_map(|path| [(path, "zh"), (path, "en")]) {
                    browser.go(&spoken(&format!("{web}{path}"), lang));
                    let scheme = if look.dark { "dark" } else { "light" };
                    browser.picture(&folder.join(format!("{}-{width}-{lang}-{scheme}.png", named(path))));
                }
            }
        }
    };
    take(&stage.hub.web(), &stage.public());
    let web = stage.station.web();
    take(&web, &["/desk/sign-in".to_owned()]);
    sign_in(&browser, &stage.station, ADMINISTRATOR);
    take(&web, &stage.desk());
    println!("{} pictures in {}", std::fs::read_dir(&folder).unwrap().count(), folder.display());
}

/// A file's name for an address.
fn named(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = path.trim_start_matches('/').chars().map(plain).take(40).collect();
    if name.is_empty() { "home".to_owned() } else { name }
}
