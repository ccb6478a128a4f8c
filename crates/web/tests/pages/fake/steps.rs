//! The steps of the fixed source's listings.

use super::{DAY, Fake, NOW};
use web::view::{FieldView, HistoryStep, HistoryView, Step};
use web::{Source, SourceError};

impl Fake {
    pub(super) fn steps(&self, id: &str) -> Result<Option<HistoryView>, SourceError> {
        let Some(view) = self.listing(id)? else { return Ok(None) };
        let before = vec![FieldView::new("summary", [self.text("旧的简介")])];
        let step = |number, step, before: &[FieldView], after: &[FieldView]| HistoryStep {
            number,
            step,
            signed_ms: NOW - DAY,
            institution: self.text("武汉大学"),
            node: self.text("5e6f708192a3b4c5d6e7f8093f9a02c4"),
            hands: Vec::new(),
            hash: "9c4e5a6b7c8d9e0f3f9a02c4".to_owned(),
            before: before.to_vec(),
            after: after.to_vec(),
        };
        let steps =
            vec![step(2, Step::Changed, &before, &view.fields), step(1, Step::Published, &[], &before)];
        Ok(Some(HistoryView { id: view.id, kind: view.kind, title: view.title, total: 2, steps }))
    }
}
