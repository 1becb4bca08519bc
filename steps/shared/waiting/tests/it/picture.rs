//! All that matters of a state: where two schedules get the same picture, they go on alike.

use crate::actor::{Actor, State};
use crate::line::plain_item;
use crate::schedule::Schedule;
use crate::world::{SECOND, TOKEN, id};

impl Schedule<'_> {
    pub(crate) fn picture(&self) -> String {
        let actors: Vec<String> = self.actors.iter().map(picture_of).collect();
        let on_the_way = self.on_the_way.iter();
        let on_the_way: Vec<String> = on_the_way
            .map(|(errand, request)| format!("{errand:?} {}", request.plain()))
            .collect();
        let item = self.aws.item(&id().to_string());
        let item = item.as_ref().map(plain_item);
        let tasks = [TOKEN, SECOND].map(|token| self.aws.task(token));
        let (now, left) = (self.clock.seconds(), self.left);
        format!("{actors:?} {on_the_way:?} {item:?} {tasks:?} {now} {left:?}")
    }
}

fn picture_of(actor: &Actor) -> String {
    let state = match &actor.state {
        State::Asking(request) => request.plain(),
        State::Listening => "listening".to_owned(),
        State::Returned(Ok(said)) => format!("{said:?}"),
        State::Returned(Err(_)) | State::Died => "failed".to_owned(),
    };
    let (errand, heard, followed) = (actor.errand, &actor.heard, actor.followed);
    format!("{errand:?} {state} {heard:?} {followed}")
}
