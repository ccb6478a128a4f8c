//! What a hub does for each session: frontiers compared, and a listing of one publisher told to all others.

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;

use measure::Part;
use simulator::{KIND, World};

/// Members of the network, each with logs of its own, all connected to the hub.
const MEMBERS: usize = 60;

/// A hub and members that hold the same.
fn world() -> World {
    let mut world = World::of(MEMBERS, 7);
    for node in 1..MEMBERS {
        world.publish(node, KIND, "样例成果");
        world.connect(node, 0);
    }
    world.settle();
    world
}

fn main() -> ExitCode {
    let world = Rc::new(RefCell::new(world()));
    let again = Rc::clone(&world);
    measure::run(vec![
        Part::new(
            "session: reconnect, nothing new",
            MEMBERS as u64,
            || (),
            move |()| {
                let mut world = again.borrow_mut();
                for session in world.sessions_of(1) {
                    world.cut(session);
                }
                world.connect(1, 0);
                world.settle();
            },
        ),
        Part::new(
            "session: a listing to all members",
            MEMBERS as u64,
            || (),
            move |()| {
                let mut world = world.borrow_mut();
                world.publish(1, KIND, "又一条");
                world.settle();
            },
        ),
    ])
}
