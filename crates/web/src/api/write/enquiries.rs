//! Enquiries: sent by visitors, read and answered by the desk.

use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::enquiries::{
    Enquiry, EnquiryLine, EnquiryList, NewAnswer, NewEnquiry, Receipt, SentEnquiry,
};
use crate::api::model::page;
use crate::api::operation::Answering;
use crate::api::problem::{Kind, Problem};
use crate::enquiry::Which;
use crate::limits::API_PAGE;
use crate::view::Standing;
use catalog::enquiry::Asked;

/// `POST /listings/{id}/enquiries`
pub(in crate::api) fn send(call: Call) -> Answering {
    Box::pin(async move {
        let (id, new): (_, NewEnquiry) = (call.text("id"), call.read()?);
        let missing = || Problem::new(Kind::Missing).what(&id);
        if call.api.app.enquiries.is_none() {
            return Err(Problem::new(Kind::Path));
        }
        let asked = id.clone();
        let view = call.api.app.ask(move |source| source.listing(&asked)).await?;
        let view = view.filter(|view| view.standing == Standing::Published).ok_or_else(missing)?;
        let asked = Asked::new(&new.name, &new.organisation, &new.contact, &new.message);
        let wrong = asked.wrong();
        if !wrong.is_empty() {
            let problem = Problem::new(Kind::Record);
            return Err(wrong.iter().fold(problem, |all, one| all.fault(one.field, one.in_words(call.lang))));
        }
        if let Err(wait) = call.api.app.rate.enter(call.from, &view.id) {
            return Err(Problem::new(Kind::Often).after(wait));
        }
        let sent = call.api.app.ask_enquiries(move |enquiries| enquiries.ask(&view.id, &asked)).await?;
        let receipt = sent.map_err(Problem::of_desk)?;
        let page = page(&call.origin(), &format!("/enquiry/{receipt}"));
        let location = format!("{}/enquiries/{receipt}", crate::api::ROOT);
        Ok(Answer::json(&Receipt { receipt, page })?.at(location).keep(Keep::Never))
    })
}

/// `GET /enquiries/{receipt}`
pub(in crate::api) fn seen(call: Call) -> Answering {
    Box::pin(async move {
        let receipt = call.text("receipt");
        let view = call.api.app.ask_enquiries(move |enquiries| enquiries.seen(&receipt)).await?;
        let view = view.ok_or_else(|| Problem::new(Kind::Missing))?;
        Ok(Answer::json(&SentEnquiry::from(&view))?.keep(Keep::Never))
    })
}

/// `GET /desk/enquiries`
pub(in crate::api) fn list(call: Call) -> Answering {
    Box::pin(async move {
        let which = match call.get("which") {
            Some("done") => Which::Done,
            Some("sent") => Which::Sent,
            _ => Which::Open,
        };
        let limit = call.number("limit", API_PAGE) as usize;
        let (total, lines) = call.api.app.ask_enquiries(move |e| e.enquiries(which, limit)).await?;
        let items = lines.iter().map(EnquiryLine::from).collect();
        Ok(Answer::json(&EnquiryList { total: total as u64, items })?.keep(Keep::Never))
    })
}

/// `GET /desk/enquiries/{id}`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move { told(&call).await })
}

/// `POST /desk/enquiries/{id}/answers`
pub(in crate::api) fn answer(call: Call) -> Answering {
    Box::pin(async move {
        let (id, new, clerk): (_, NewAnswer, _) =
            (call.text("id"), call.read()?, call.holder()?.clerk.clone());
        let done = call.api.ask_desk(move |desk| desk.answer(&clerk, &id, &new.message)).await?;
        done.map_err(Problem::of_desk)?;
        told(&call).await
    })
}

/// `POST /desk/enquiries/{id}/close`
pub(in crate::api) fn close(call: Call) -> Answering {
    Box::pin(async move {
        let (id, clerk) = (call.text("id"), call.holder()?.clerk.clone());
        let done = call.api.ask_desk(move |desk| desk.close(&clerk, &id)).await?;
        done.map_err(Problem::of_desk)?;
        told(&call).await
    })
}

/// An enquiry for the desk. Whoever opens a new one has read it.
async fn told(call: &Call) -> Result<Answer, Problem> {
    let id = call.text("id");
    let asked = id.clone();
    let view = call.api.app.ask_enquiries(move |enquiries| enquiries.enquiry(&asked)).await?;
    let view = view.ok_or_else(|| Problem::new(Kind::Missing).what(&id))?;
    Ok(Answer::json(&Enquiry::from(&view))?.keep(Keep::Never))
}
