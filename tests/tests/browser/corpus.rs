//! Texts that run, call or lead elsewhere wherever a page takes them for markup. `§` is where each has its number.
//!
//! Every one of them is noticed when a page is at fault: `the_watch_notices_every_text_of_the_corpus` holds that.

/// The texts.
pub const CORPUS: &[&str] = &[
    // In running text.
    "<script>planted('§')</script>",
    "<ScRiPt\t>planted('§')</sCrIpT\n>",
    "<<script>planted('§')//<</script>",
    "<img src=x onerror=planted('§')>",
    "<img src=//planted.invalid/§>",
    "<svg onload=planted('§')>",
    "<svg/onload=planted('§')//",
    "<svg><script>planted('§')</script></svg>",
    "<svg><animate onbegin=planted('§') attributeName=x dur=1s>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x onload=planted('§')/>#x\"></use></svg>",
    "<math><mtext></p><img src=x onerror=planted('§')>",
    "<details open ontoggle=planted('§')>",
    "<video><source onerror=planted('§')></video>",
    "<audio src=x onerror=planted('§')>",
    "<input onfocus=planted('§') autofocus>",
    "<button onclick=planted('§') formaction=//planted.invalid/§>",
    "<marquee onstart=planted('§')>",
    "<a href=\"javascript:planted('§')\">x</a>",
    "<a href=\" &#x6A;avascript:planted('§')\">x</a>",
    "<iframe src=\"javascript:parent.planted('§')\"></iframe>",
    "<iframe srcdoc=\"<script>parent.planted('§')</script>\"></iframe>",
    "<object data=//planted.invalid/§></object>",
    "<embed src=//planted.invalid/§>",
    "<base href=//planted.invalid/§>",
    "<meta http-equiv=refresh content=\"0;url=//planted.invalid/§\">",
    "<link rel=stylesheet href=//planted.invalid/§>",
    "<style>@import '//planted.invalid/§';</style>",
    "<form action=//planted.invalid/§><button>x</button></form>",
    "<body onload=planted('§')>",
    "<planted-§ onclick=planted('§')>x",
    "<noscript><p title=\"</noscript><img src=x onerror=planted('§')>\">",
    // Out of what surrounds it.
    "\"><script>planted('§')</script>",
    "'><script>planted('§')</script>",
    "\" onfocus=planted('§') autofocus tabindex=0 x=\"",
    "' onfocus=planted('§') autofocus tabindex=0 x='",
    "</title><script>planted('§')</script>",
    "</textarea><script>planted('§')</script>",
    "</style><img src=x onerror=planted('§')>",
    "</script><script>planted('§')</script>",
    "</select></option><img src=x onerror=planted('§')>",
    "--><script>planted('§')</script>",
    "]]><script>planted('§')</script>",
    // As an address.
    "javascript:planted('§')",
    "JaVaScRiPt:planted('§')",
    "\u{1}javascript:planted('§')",
    "java\tscript:planted('§')",
    "data:text/html,<script>planted('§')</script>",
    "vbscript:planted('§')",
    // Read once too often.
    "&lt;script&gt;planted('§')&lt;/script&gt;",
    "&#60;img src=x onerror=planted('§')&#62;",
    "%3Cscript%3Eplanted('§')%3C/script%3E",
    "\\u003cimg src=x onerror=planted('§')\\u003e",
];

/// The texts with this number in them.
pub fn numbered(text: &str, number: usize) -> String {
    text.replace('§', &number.to_string())
}
