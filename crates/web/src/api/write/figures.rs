//! Looking into figures with a file of one's own: another node's figures, or a register. Nothing is kept of either.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::statistics::{Coverage, Verdict};
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::desk::figures::CoverAsk;
use crate::limits::REGISTER_WAIT;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `POST /desk/statistics/verify`
pub(in crate::api) fn verify(call: Call) -> Answering {
    Box::pin(async move {
        let turn = call.api.app.uploads.acquire().await.map_err(|_| Problem::new(Kind::Busy))?;
        let (file, clerk) = (call.sent.bytes().await?, call.holder()?.clerk.clone());
        let verdict = call.api.ask_desk(move |desk| desk.verify(&clerk, &file)).await?;
        drop(turn);
        let verdict = verdict.map_err(Problem::of_desk)?;
        Ok(Answer::json(&Verdict::from(&verdict))?.keep(Keep::Never))
    })
}

/// A register on its way: whoever asks about it may go away, and then nobody reads on, and nothing of it stays.
struct Register {
    path: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Drop for Register {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // One that cannot be removed is swept away with what else was left there.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// `POST /desk/statistics/coverage/{kind}`
pub(in crate::api) fn cover(call: Call) -> Answering {
    Box::pin(async move {
        let _one = call.api.app.imports_in.try_acquire().map_err(|_| Problem::new(Kind::Busy))?;
        let (clerk, name) = (call.holder()?.clerk.clone(), super::imports::called(&call));
        let path = call.api.ask_desk(move |desk| desk.register(&name)).await?;
        let register = Register { path, stop: Arc::default() };
        call.sent.save(&register.path).await?;
        let ask = CoverAsk { kind: call.text("kind"), sheet: call.text("sheet"), map: call.text("map") };
        let (path, stop) = (register.path.clone(), Arc::clone(&register.stop));
        let covered =
            call.api.ask_desk_within(REGISTER_WAIT, move |desk| desk.cover(&clerk, &path, &ask, &stop));
        let coverage = covered.await?.map_err(Problem::of_desk)?;
        Ok(Answer::json(&Coverage::from(coverage))?.keep(Keep::Never))
    })
}
