//! Every schedule there is, depth first.
//!
//! A schedule is played from its beginning. Where it could have gone on in another way, the other
//! way is noted and played later. From a state in which an earlier schedule has been, nobody goes
//! on again: what may follow is the same.

use std::collections::HashMap;

use crate::actor::Errand;
use crate::schedule::{Budget, Move, Schedule, Stage, Start};

/// What was gone through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Explored {
    /// States that differ.
    pub(crate) states: usize,
    /// Ways from the beginning to an end.
    pub(crate) schedules: u128,
    /// Schedules that had to be played for that.
    pub(crate) plays: usize,
}

pub(crate) fn every_schedule(start: Start, errands: &[Errand], budget: Budget) -> Explored {
    // Those who come in the end are as many as may be missing, and a sweep.
    let most = 2 * errands.len() + budget.again + budget.sweeps + 2;
    let stage = Stage::for_actors(most);
    let mut map = Map::default();
    let mut plays = 0;
    let mut open = vec![Vec::new()];
    while let Some(moves) = open.pop() {
        plays += 1;
        stage.plays(start, errands, budget, async |schedule| {
            play(schedule, moves, &mut map, &mut open).await;
        });
    }
    Explored {
        states: map.next.len(),
        schedules: map.ways(0, &mut HashMap::new()),
        plays,
    }
}

/// Plays these moves, and then goes on to an end or to where somebody has been.
async fn play(
    mut schedule: Schedule<'_>,
    moves: Vec<Move>,
    map: &mut Map,
    open: &mut Vec<Vec<Move>>,
) {
    let mut told = Told(Vec::new());
    let mut before = None;
    let mut given = moves.into_iter().peekable();
    loop {
        assert!(told.0.len() < 200, "it does not come to an end");
        if given.len() <= 1 {
            let (state, new) = map.enter(schedule.picture(), before);
            before = Some(state);
            if given.peek().is_none() && !new {
                return;
            }
        }
        let chosen = match given.next() {
            Some(chosen) => chosen,
            None => {
                let mut moves = schedule.moves().into_iter();
                let Some(first) = moves.next() else {
                    return schedule.conclude().await;
                };
                open.extend(moves.map(|other| [told.0.as_slice(), &[other]].concat()));
                first
            }
        };
        told.0.push(chosen);
        schedule.play(chosen).await;
    }
}

/// The states by their pictures, and which follow on which.
#[derive(Default)]
struct Map {
    numbers: HashMap<String, usize>,
    next: Vec<Vec<usize>>,
}

impl Map {
    /// The state's number, and whether it is new.
    fn enter(&mut self, picture: String, before: Option<usize>) -> (usize, bool) {
        let count = self.next.len();
        let number = *self.numbers.entry(picture).or_insert(count);
        let new = number == count;
        if new {
            self.next.push(Vec::new());
        }
        if let Some(before) = before {
            self.next[before].push(number);
        }
        (number, new)
    }

    fn ways(&self, from: usize, known: &mut HashMap<usize, u128>) -> u128 {
        if let Some(ways) = known.get(&from) {
            return *ways;
        }
        let next = self.next[from].iter();
        let ways: u128 = next.map(|state| self.ways(*state, known)).sum();
        known.insert(from, ways.max(1));
        ways.max(1)
    }
}

/// Tells of the schedule that ends in a panic.
struct Told(Vec<Move>);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the schedule: {:?}", self.0);
        }
    }
}
