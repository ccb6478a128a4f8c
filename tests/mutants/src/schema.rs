//! Writes many mutants into one source: each stands beside what it replaces, behind a switch.
//!
//! `a < b` becomes `(if on(7) {a == b} else if on(8) {a > b} else {a < b})`, a body begins with `if on(9) { return …; }`, an arm
//! gets `if !on(10)`. Comments around each tell which mutant an error of the compiler speaks of.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::mutant::{Genre, Numbered};

/// What every mutated crate gets: tells whether a mutant is the one that `LIANSHI_MUTANT` names, and notes in the file that
/// `LIANSHI_MUTANTS_SEEN` names which ones were come by.
const SWITCH: &str = r#"
#[doc(hidden)]
#[allow(clippy::all)]
pub(crate) mod mutants_switch {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    static CHOSEN: OnceLock<(usize, Option<String>)> = OnceLock::new();
    static SEEN: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
    #[inline]
    pub(crate) fn on(number: usize) -> bool {
        let (chosen, note) = CHOSEN.get_or_init(|| {
            let number = std::env::var("LIANSHI_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
            (number, std::env::var("LIANSHI_MUTANTS_SEEN").ok())
        });
        if note.is_some() && !SEEN[number].swap(true, Ordering::Relaxed) {
            use std::io::Write;
            let file = std::fs::OpenOptions::new().append(true).create(true).open(note.as_deref().unwrap_or_default());
            let _ = file.and_then(|mut file| file.write_all(format!("{number}\n").as_bytes()));
        }
        *chosen == number
    }
}
"#;

/// A place in a source, bytes, and what happens there.
struct Site {
    at: Range<usize>,
    change: Change,
}

enum Change {
    /// Text that comes in between.
    Insert(String),
    /// One of several things instead of what stands there.
    Replace(Vec<(usize, Instead)>),
}

enum Instead {
    Text(String),
    /// The same two operands with another operator; where the operator stands.
    Operator(Range<usize>, String),
    /// The operand alone, from here on.
    Operand(usize),
}

/// Writes the package's sources with all of `drawn` in them from `source` into `tree`. Returns the numbers of those that have
/// no place; then the tree is not to be built.
pub fn write(source: &Path, tree: &Path, package: &str, drawn: &[Numbered<'_>]) -> Result<Vec<usize>> {
    let mut unplaced = Vec::new();
    let folder = crate::compile::folder(source, package)?.join("src");
    let mut files = Vec::new();
    sources(&folder, &mut files)?;
    for path in files {
        let file = path.strip_prefix(source)?.to_str().context("a file's name is no text")?;
        let text = std::fs::read_to_string(&path)?;
        let here: Vec<_> = drawn.iter().filter(|(_, mutant)| mutant.file == file).copied().collect();
        let mut sites = Sites::new(&here);
        sites.visit_file(&syn::parse_file(&text).with_context(|| format!("{file} is no Rust"))?);
        unplaced.extend(sites.wanted.values().flatten().map(|(number, _)| *number));
        let mut sites = sites.found;
        sites.sort_by_key(|site| {
            (site.at.start, matches!(site.change, Change::Replace(_)), usize::MAX - site.at.end)
        });
        let mut written = render(&text, 0..text.len(), &sites);
        if path == folder.join("lib.rs") {
            let count = drawn.last().map_or(1, |(number, _)| number + 1);
            written.push_str(&SWITCH.replace("COUNT", &count.to_string()));
        }
        let target = tree.join(file);
        if std::fs::read_to_string(&target).ok().as_deref() != Some(&written) {
            std::fs::write(&target, written)?;
        }
    }
    Ok(unplaced)
}

fn sources(folder: &Path, out: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for item in std::fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            sources(&path, out)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    Ok(())
}

/// Looks for the places of mutants in the syntax of one file.
struct Sites<'a> {
    /// Those not found yet, by genre and place.
    wanted: BTreeMap<(u8, usize, usize), Vec<Numbered<'a>>>,
    found: Vec<Site>,
}

impl<'a> Sites<'a> {
    fn new(mutants: &[Numbered<'a>]) -> Self {
        let mut wanted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (number, mutant) in mutants {
            wanted
                .entry((mutant.genre as u8, mutant.line, mutant.column))
                .or_default()
                .push((*number, *mutant));
        }
        Self { wanted, found: Vec::new() }
    }

    fn take(&mut self, genre: Genre, at: &impl Spanned) -> Vec<Numbered<'a>> {
        let start = at.span().start();
        self.wanted.remove(&(genre as u8, start.line, start.column)).unwrap_or_default()
    }

    fn replace(&mut self, at: Range<usize>, with: Vec<(usize, Instead)>) {
        if !with.is_empty() {
            self.found.push(Site { at, change: Change::Replace(with) });
        }
    }

    fn insert(&mut self, at: usize, text: String) {
        self.found.push(Site { at: at..at, change: Change::Insert(text) });
    }

    fn body(&mut self, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        for (number, mutant) in self.take(Genre::Body, first) {
            let value = &mutant.replacement;
            let text = marked(&[number], &format!("if {} {{ return {value}; }} ", on(number)));
            self.insert(first.span().byte_range().start, text);
        }
    }

    fn arm(&mut self, arm: &syn::Arm) {
        for (number, _) in self.take(Genre::Arm, arm) {
            let off = format!("!{}", on(number));
            if let Some((_, guard)) = &arm.guard {
                let at = guard.span().byte_range();
                self.insert(at.start, marked(&[number], &format!("{off} && ")) + "(");
                self.insert(at.end, ")".into());
            } else {
                self.insert(arm.pat.span().byte_range().end, marked(&[number], &format!(" if {off}")));
            }
        }
    }

    fn guard(&mut self, arm: &syn::Arm) {
        let Some((_, guard)) = &arm.guard else { return };
        let with = self
            .take(Genre::Guard, guard.as_ref())
            .into_iter()
            .map(|(number, mutant)| (number, Instead::Text(mutant.replacement.clone())))
            .collect();
        self.replace(guard.span().byte_range(), with);
    }
}

impl<'ast> Visit<'ast> for Sites<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        let op = expr.op.span().byte_range();
        let with = self
            .take(Genre::Binary, &expr.op)
            .into_iter()
            .map(|(number, mutant)| (number, Instead::Operator(op.clone(), mutant.replacement.clone())))
            .collect();
        self.replace(expr.span().byte_range(), with);
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast syn::ExprUnary) {
        let operand = expr.expr.span().byte_range().start;
        let with = self
            .take(Genre::Unary, &expr.op)
            .into_iter()
            .map(|(number, _)| (number, Instead::Operand(operand)))
            .collect();
        self.replace(expr.span().byte_range(), with);
        visit::visit_expr_unary(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        // Without an arm that takes the rest none can be left out.
        let rest = expr.arms.iter().filter(|arm| arm.guard.is_none()).any(|arm| match &arm.pat {
            syn::Pat::Wild(_) => true,
            // Not `None`, which looks the same to who knows no types.
            syn::Pat::Ident(name) => name.ident.to_string().starts_with(char::is_lowercase),
            _ => false,
        });
        for arm in &expr.arms {
            if rest {
                self.arm(arm);
            }
            self.guard(arm);
        }
        visit::visit_expr_match(self, expr);
    }
}

fn on(number: usize) -> String {
    format!("crate::mutants_switch::on({number})")
}

/// Around a text, which mutants it comes from.
fn marked(numbers: &[usize], text: &str) -> String {
    let numbers = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    format!("/*<{numbers}*/{text}/*>{numbers}*/")
}

/// The part `range` of a text with the changes of `sites`, which lie in it and are sorted, the outer before the inner.
fn render(text: &str, range: Range<usize>, sites: &[Site]) -> String {
    let (mut out, mut done, mut rest) = (String::new(), range.start, sites);
    while let [site, after @ ..] = rest {
        out.push_str(&text[done..site.at.start]);
        match &site.change {
            Change::Insert(what) => {
                out.push_str(what);
                rest = after;
            }
            Change::Replace(with) => {
                let (inner, outside) =
                    after.split_at(after.iter().take_while(|s| s.at.start < site.at.end).count());
                out.push_str(&replaced(text, &site.at, with, inner));
                rest = outside;
            }
        }
        done = site.at.end;
    }
    out + &text[done..range.end]
}

fn replaced(text: &str, at: &Range<usize>, with: &[(usize, Instead)], inner: &[Site]) -> String {
    let part = |range: Range<usize>| {
        let from = inner.iter().take_while(|site| site.at.start < range.start).count();
        let to = inner.iter().take_while(|site| site.at.start < range.end).count();
        render(text, range, &inner[from..to])
    };
    let mut out = String::from("(");
    for (number, instead) in with {
        let value = match instead {
            Instead::Text(text) => text.clone(),
            Instead::Operator(op, other) => {
                format!("{}{other}{}", part(at.start..op.start), part(op.end..at.end))
            }
            Instead::Operand(start) => part(*start..at.end),
        };
        out += &format!("if {} {{{}}} else ", on(*number), marked(&[*number], &value));
    }
    out += &format!("{{{}}})", part(at.clone()));
    marked(&with.iter().map(|(number, _)| *number).collect::<Vec<_>>(), &out)
}
