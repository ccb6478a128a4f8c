//! Words of the help pages, and of what makes every page easier to read.
//!
//! A text holds paragraphs, one a line; a line that begins with `$ ` is typed at the command line, one that begins with
//! `- ` stands in a list.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("guide.clerk.draft", "录入一条", "Enter a listing"),
    ("guide.clerk.draft.text", "在工作台点“新建”里的类别，填好带 ★ 的几项就能提交，其余以后再补。\n随时可以保存。写得不对的地方会在那一项下面说明原因和改法，您填的内容不会丢。\n价格、日期、地区按平常的写法写即可，如“20-30万元”“2024.06”“武汉市洪山区”。", "At the desk choose a kind under \"Begin a new one\". What has a ★ is enough to submit; the rest can follow.\nSave whenever you like. What cannot be read is named below its field, with what to write instead; nothing that you typed is lost.\nWrite prices, dates and regions as you are used to: 20-30万元, 2024.06, 武汉市洪山区."),
    ("guide.clerk.lead", "录入、修改本单位的信息，提交审核。", "Enter and change your institution's listings, and submit them for review."),
    ("guide.clerk.private", "哪些内容不会公开", "What is not made public"),
    ("guide.clerk.private.text", "草稿只在本节点。联系人、电话、邮箱只留在本机，不随信息传播。\n身份证号不要填：程序会认出来，拒绝保存。\n需求默认只留在本机，由您决定公开什么。", "Drafts stay on this node. So do names of contacts, telephone numbers and mail addresses: they travel with no listing.\nDo not enter identity card numbers: the program knows them and keeps none.\nDemands stay on this node unless you decide what of them to publish."),
    ("guide.clerk.sign_in", "登录", "Sign in"),
    ("guide.clerk.sign_in.text", "用管理员给您的用户名和密码登录工作台，然后到“用户”里改成自己的密码。\n忘了密码，请管理员重设。连续输错几次后要等一会儿，这是为了防人猜密码。\n节点重新启动后要再登录一次，草稿都在。", "Sign in at the desk with the name and the password that the administrator gave you, then set a password of your own under Accounts.\nIf you forget it, the administrator sets another. After several wrong ones there is a wait: it keeps people from guessing.\nAfter the node was started again you sign in anew; your drafts are there."),
    ("guide.clerk.submit", "提交之后", "After you submit"),
    ("guide.clerk.submit.text", "草稿先过形式审核，再过部门审核，两步都通过就发布，全网随即能查到。\n被退回的草稿在“草稿与审核”的“退回修改”里，打开就看到理由；改好再提交。\n已经通过的草稿改动后，需要重新审核。", "A draft passes the formal review, then the department's. With both it is published, and every node finds it.\nWhat was returned is among the drafts under Returned, with the reason. Change it and submit it again.\nA draft that is changed after it passed is reviewed again."),
    ("guide.clerk.tables", "从表格导入", "From a table"),
    ("guide.clerk.tables.text", "现成的 Excel 或 CSV 表格在运行节点的电脑上导入：先看一遍结果，没有问题再写入。同一张表再导入一次，什么都不会变。\n$ lianshi import 成果.xlsx --kind achievement\n$ lianshi import 成果.xlsx --kind achievement --apply\n没有现成的表格，可以先取一份空白模板，里面有下拉选项和填写说明。\n$ lianshi template --kind achievement --out 成果模板.xlsx", "Bring in an Excel or CSV table on the computer that runs the node: look at the result first, then have it written. The same table again changes nothing.\n$ lianshi import results.xlsx --kind achievement\n$ lianshi import results.xlsx --kind achievement --apply\nIf you have none, begin with an empty template, with lists to choose from and notes on what to write.\n$ lianshi template --kind achievement --out template.xlsx"),
    ("guide.clerk.title", "经办人员", "For clerks"),
    ("guide.lead", "您来做什么？", "What are you here to do?"),
    ("guide.nav", "帮助", "Help"),
    ("guide.of_this_page", "怎样使用工作台", "How to use the desk"),
    ("guide.operator.accounts", "第一位用户和同事", "The first account, and colleagues"),
    ("guide.operator.accounts.text", "节点第一次启动时，终端里有一个一次性的链接，打开它设置管理员；没看到，可以再要一次。\n$ lianshi user link\n之后在工作台的“用户”里添加同事，或在命令行添加。\n$ lianshi user add lilei --role clerk", "When the node starts for the first time its terminal shows a link that serves once: open it to make the administrator. To see it again:\n$ lianshi user link\nAdd colleagues at the desk under Accounts, or at the command line.\n$ lianshi user add lilei --role clerk"),
    ("guide.operator.backup", "备份", "Back up"),
    ("guide.operator.backup.text", "定期备份到另一块磁盘；备份里有本单位的密钥和草稿，请妥善保管。\n$ lianshi backup /media/usb/lianshi.backup\n恢复之前先停下旧的节点：两份同时运行会造成分叉。", "Back up to another disk from time to time. A backup holds the institution's keys and drafts: keep it safe.\n$ lianshi backup /media/usb/lianshi.backup\nStop the old node before you restore: two copies that run at once fork."),
    ("guide.operator.health", "看看节点是否正常", "See whether all is well"),
    ("guide.operator.health.text", "“节点状态”页和下面两条命令都会说明；doctor 逐项检查，并写明每个问题该怎么办。\n$ lianshi status\n$ lianshi doctor", "The page Node status says so, and these two commands do; doctor looks at everything and says of each finding what to do.\n$ lianshi status\n$ lianshi doctor"),
    ("guide.operator.lead", "让节点开着、连着、备份着，管理用户。", "Keep the node running, connected and backed up; look after accounts."),
    ("guide.operator.pages", "让别人也能打开网页", "Let others open the pages"),
    ("guide.operator.pages.text", "默认只有本机能打开。要对外服务，在 config.toml 的 [web] 中写明 listen 和对外网址 address（如 https://market.example.cn），并在前面加上带 HTTPS 的反向代理；代理要传来 Host 和 X-Forwarded-For，咨询和登录的次数才能按访客地址来计。\n工作台另由 desk 决定：here 只在本机，anywhere 从别处也能登录。", "By default they open on this computer alone. To serve others, state listen and address (such as https://market.example.cn) under [web] in config.toml and put a reverse proxy with HTTPS before it; let it pass Host and X-Forwarded-For, so that enquiries and sign-ins are counted by the visitor's address.\nThe desk follows its own setting: desk = \"here\" for this computer, \"anywhere\" to sign in from elsewhere."),
    ("guide.operator.title", "节点管理员", "For those who run the node"),
    ("guide.other", "其他帮助", "Other help"),
    ("guide.reviewer.lead", "审核、退回、发布和下架本单位的信息。", "Review, return, publish and withdraw your institution's listings."),
    ("guide.reviewer.reasons", "退回要写理由", "Return with a reason"),
    ("guide.reviewer.reasons.text", "写一句经办人看了就知道怎么改的话，例如“缺少检测报告编号”。理由和您的名字会留在草稿的审核经过里。", "Write what tells the clerk what to change, such as: the number of the test report is missing. It stays with the draft, under your name."),
    ("guide.reviewer.steps", "两步审核", "Two steps"),
    ("guide.reviewer.steps.text", "- 形式审核：内容是否齐全、通顺，有没有不该公开的。\n- 部门审核：是否真实，是否同意对外发布。\n自己写的不能自己审，同一个人也不能审两步；单位只有一位审核人时除外。\n每一步都由本节点签名，写明谁在什么时候对哪一份内容作出决定；内容改了，就要重新审核。", "- The formal review: is it whole and readable, and free of what should not be public?\n- The department's review: is it true, and is it to be published?\nNobody reviews what they wrote, and nobody takes both steps, unless the institution has one reviewer alone.\nThe node signs each step: who decided when, over which content. What is changed afterwards is reviewed again."),
    ("guide.reviewer.title", "审核人员", "For reviewers"),
    ("guide.reviewer.withdraw", "下架和重新发布", "Withdraw, and publish again"),
    ("guide.reviewer.withdraw.text", "在“已发布”里勾选，点“下架”：全网不再列出它，打开旧链接会看到已撤下的说明。以后可以重新发布。\n下架不等于删除；必须彻底清除的（例如误发的个人信息），在命令行清除，不能恢复。\n$ lianshi listing purge 信息编号 --reason 含有个人信息", "Tick it under Published and choose Withdraw: no node lists it any more, and its old address says that it was withdrawn. It can be published again.\nWithdrawn is not deleted. What has to be gone, such as personal data published by mistake, is purged at the command line, for good.\n$ lianshi listing purge NUMBER --reason \"it names a person\""),
    ("guide.text.large", "大字", "Larger text"),
    ("guide.text.normal", "标准字号", "Normal text"),
    ("guide.title", "帮助", "Help"),
    ("guide.visitor.ask", "想进一步了解", "To learn more"),
    ("guide.visitor.ask.text", "在信息页点“填写询问”，写明想了解什么：内容加密发给发布机构，别人读不到。发出后请收藏回执的网址，签收和答复都显示在那里。\n也可以按“联系方式”的说明联系，报上信息编号。标着“详情可申请”的，机构还有不公开的内容，由它决定提供给谁。", "Choose Ask about this on the listing and say what you would like to know: it goes under seal to the institution, and nobody else reads it. Keep the address of the receipt: receipt and answer appear there.\nOr get in touch as the listing says under Contact, and give its number. Where it says Details on request, the institution keeps more and decides who may have it."),
    ("guide.visitor.comfort", "看得更清楚", "Easier to read"),
    ("guide.visitor.comfort.text", "页面上方的“大字”放大文字和按钮，加深颜色，简化版面；再点一次恢复。深色、浅色跟随您电脑或手机的设置。\n用键盘：Tab 键逐项前进，Shift+Tab 后退，回车打开。页面开头的“跳到正文”略过导航。\n每一页都可以直接打印。", "Larger text, at the head of every page, makes text and buttons larger, colours stronger and the page simpler; choose it again to go back. Dark and light follow the settings of your computer or phone.\nBy keyboard: Tab goes on, Shift+Tab goes back, Enter opens. Skip to content, at the very beginning, passes over the navigation.\nEvery page can be printed as it is."),
    ("guide.visitor.find", "怎样查找", "Find something"),
    ("guide.visitor.find.text", "在检索框里写几个词，例如“固态电池”“废水 除磷”。繁体、简体、英文都可以，拼音和个别错字也认得。\n结果太多，就在“筛选”里选地区、技术领域、成熟度；点一下条件可以去掉。\n网址里就是您的条件，收藏或发给别人，打开是同样的检索。", "Write a few words into the search box, such as solid-state battery. Traditional and simplified characters and English all work, and so do pinyin and a slip of the finger.\nToo much? Choose region, field and readiness under Filters; choose one again to take it off.\nThe address of the page holds your search: keep it, or send it on."),
    ("guide.visitor.lead", "查找成果、需求、专家和服务，核对真假，联系机构。", "Find achievements, demands, experts and services, see whether they are genuine, get in touch."),
    ("guide.visitor.proof", "怎样知道是真的", "Know that it is genuine"),
    ("guide.visitor.proof.text", "每条信息都由发布机构签名。信息页的“签名核验通过”表示：确实由这家机构发布，机构经网络准入，内容一字未改。下面逐项列出核验了什么。\n没有通过的，请勿据此行事，并告知机构。\n核验说明的是谁发布、有没有被改动；内容是否属实由发布机构负责。", "Every listing is signed by the institution that publishes it. Verified, on its page, means: this institution published it, the network admitted the institution, and not a character was changed. What was checked is listed below it.\nIf a check failed, do not rely on the listing, and tell its institution.\nThe checks say who published it and that it is unchanged; the institution answers for what it says."),
    ("guide.visitor.title", "访问者", "For visitors"),
];
