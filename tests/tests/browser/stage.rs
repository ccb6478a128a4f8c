//! A market to look at: a hub and a station with listings of every kind, people at the station's desk, drafts on their way.

use tests::{Browser, Home, Node, Scene, Visitor, get};

/// Everybody's password.
pub const PASSWORD: &str = "石榴树下的三只猫咪呀";
/// Who looks after the station's accounts.
pub const ADMINISTRATOR: &str = "王芳";
/// Who writes at the station's desk.
pub const CLERK: &str = "lilei";

/// Kinds of listings, as their sample files are called.
const KINDS: [&str; 6] = ["achievement", "demand", "expert", "organization", "service", "activity"];

/// Nodes that are in step, and what they hold.
pub struct Stage {
    pub scene: Scene,
    pub hub: Node,
    pub station: Node,
    /// A listing of each kind.
    pub listings: Vec<String>,
    /// Addresses of a draft with something wrong in it, and of one that waits for a review.
    pub drafts: Vec<String>,
    /// Address of a saved search at the station's desk.
    pub watch: String,
}

impl Stage {
    /// With the samples that lie in `configs/samples`.
    pub fn open() -> Self {
        let scene = Scene::new();
        let hub = scene.hub("湖北").start();
        let station = scene.join(&hub, "武汉大学", "resource-station", "420106");
        let listings = KINDS.iter().map(|kind| import(&station, kind)).collect();
        let station = station.start();
        station.synced();
        hub.agrees_with(&[&station]);
        // A search waits for the index.
        hub.search("技术");
        add(&station, &scene, ADMINISTRATOR, "administrator");
        add(&station, &scene, CLERK, "clerk");
        let drafts = drafts(&station);
        let args = ["watch", "add", "技术", "--webhook", "https://hooks.example.cn/lianshi", "--json"];
        let watch = station.run(args).ok().json();
        let watch = format!("/desk/watches/{}", watch["id"].as_str().unwrap());
        Self { scene, hub, station, listings, drafts, watch }
    }

    /// Addresses that anyone may open, on any node.
    pub fn public(&self) -> Vec<String> {
        let fixed = [
            "/",
            "/list",
            "/list?q=%E6%8A%80%E6%9C%AF",
            "/list?kind=demand&sort=new",
            "/hall/trade",
            "/hall/achievement?q=%E6%8A%80%E6%9C%AF",
            "/hall/beyond",
            "/list?q=zzzz+nothing+like+this",
            "/stats",
            "/stats/institutions",
            "/status",
            "/api/",
            "/api/problems",
            "/api/try/listings?go=1&q=a",
            "/api/try/draft-create",
            "/network",
            "/profile",
            "/profile/rules",
            "/help",
            "/help/visitor",
            "/help/clerk",
            "/help/reviewer",
            "/help/operator",
            "/?text=large",
            "/list?q=%E6%8A%80%E6%9C%AF&text=large",
            "/status?text=normal",
            "/nowhere",
            "/listing/0000000000000000000000000000000000000000000000000000000000000000",
        ];
        let listings = self.listings.iter().map(|id| format!("/listing/{id}"));
        let one = self.listings.iter().take(1).flat_map(|id| around(id));
        let first = get(&self.hub.web(), &format!("/listing/{}", self.listings[0])).body;
        let institution = first.split("href=\"/org/").nth(1).and_then(|rest| rest.split('"').next());
        let institution = institution.map(|id| format!("/org/{id}"));
        fixed.iter().map(|path| (*path).to_owned()).chain(listings).chain(one).chain(institution).collect()
    }

    /// Addresses of the station's desk, for who has signed in.
    pub fn desk(&self) -> Vec<String> {
        let fixed = [
            "/desk",
            "/desk/drafts",
            "/desk/drafts?state=returned",
            "/desk/listings",
            "/desk/enquiries",
            "/desk/watches?q=%E6%8A%80%E6%9C%AF&region=4201&trl=4-6",
            "/desk/network",
            "/desk/network/propose",
            "/desk/network/propose/governors",
            "/desk/network/propose/listing",
            "/desk/network/propose/revoke",
            "/desk/network/propose/settle",
            "/desk/network/propose/unified",
            "/desk/network/propose/peers",
            "/desk/harvest",
            "/desk/nodes",
            "/desk/audit",
            "/desk/audit?act=session&by=nobody",
            "/desk/peers",
            "/desk/tokens",
            "/desk/users",
        ];
        let own = self.listings.iter().take(1).map(|id| format!("/desk/listing/{id}"));
        let fixed = fixed.iter().map(|path| (*path).to_owned());
        fixed.chain(self.drafts.iter().cloned()).chain(own).chain([self.watch.clone()]).collect()
    }
}

/// Pages around a listing, beside its own.
pub fn around(id: &str) -> [String; 3] {
    [format!("/v/{id}"), format!("/listing/{id}/history"), format!("/listing/{id}/enquiry")]
}

/// Takes the samples of a kind in and publishes them; the id of the first.
fn import(home: &Home, kind: &str) -> String {
    let file = format!("{}/../configs/samples/{kind}.jsonl", env!("CARGO_MANIFEST_DIR"));
    home.run(["import", &file, "--kind", kind, "--apply", "--publish", "--json"]).ok();
    let all = home.run(["listing", "list", "--json"]).ok().lines();
    let first = all.iter().find(|listing| listing["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    first["id"].as_str().unwrap().to_owned()
}

/// Drafts in the clerk's name: one with something that cannot be read, one that was submitted.
fn drafts(station: &Node) -> Vec<String> {
    let mut clerk = Visitor::new(&station.web());
    let entered = clerk.post("/desk/sign-in", &[("name", CLERK), ("password", PASSWORD)]);
    assert_eq!(entered.header("location"), Some("/desk"), "{}", entered.body);
    let unread = [("title", "一种低温甲醇制氢催化剂"), ("region", "没有这个地方"), ("price", "大约很多钱")];
    let waits = [("title", "稀土永磁同步电机"), ("region", "420100"), ("act", "submit")];
    [&unread, &waits].map(|fields| draft(&mut clerk, fields)).to_vec()
}

fn draft(clerk: &mut Visitor, fields: &[(&str, &str)]) -> String {
    let begun = clerk.post("/desk/new", &[("kind", "achievement")]);
    let path = begun.header("location").unwrap().to_owned();
    let page = clerk.get(&path).body;
    let (_, rest) = page.split_once("name=\"changed\" value=\"").unwrap();
    let changed = rest.split('"').next().unwrap();
    let form = [&[("form", "1"), ("changed", changed)], fields].concat();
    assert_eq!(clerk.post(&path, &form).code, 303, "{path}");
    path
}

/// Makes an account at the command line.
pub fn add(node: &Node, scene: &Scene, name: &str, role: &str) {
    let file = scene.write("password.txt", format!("{PASSWORD}\n"));
    node.run(["user", "add", name, "--role", role, "--password-file", &file]).ok();
}

/// Signs in at a node's desk.
pub fn sign_in(browser: &Browser, node: &Node, name: &str) {
    browser.forget();
    browser.go(&format!("{}/desk/sign-in", node.web()));
    browser.fill("#name", name);
    browser.fill("#password", PASSWORD);
    browser.follow("main form .button");
    assert_eq!(browser.path(), "/desk", "{}", browser.text());
}
