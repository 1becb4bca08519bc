//! The processes of the Lambdas that wait for events, as Linux counts what they use.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// Something about each of the Lambda processes that wait for events, by step. `unpacked` is where
/// the local AWS unpacks Lambdas, and `steps` are the binaries that it got.
pub(super) fn served<T>(
    unpacked: &Path,
    steps: &BTreeMap<String, PathBuf>,
    ask: impl Fn(u32) -> Option<T>,
) -> Result<Vec<(String, T)>> {
    let mut answers = Vec::new();
    // No such directory: not Linux, so nothing to report.
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Some(program) = fs::read_link(entry.path().join("exe")).ok() else {
            continue;
        };
        if !program.starts_with(unpacked) {
            continue;
        }
        let bytes = fs::read(&program).context("reading an unpacked Lambda")?;
        let step = steps
            .iter()
            .find(|(_, path)| fs::read(path).is_ok_and(|step| step == bytes));
        if let (Some((step, _)), Some(answer)) = (step, ask(id)) {
            answers.push((step.clone(), answer));
        }
    }
    Ok(answers)
}

/// One answer for each step.
pub(super) fn best<T: Copy>(
    answers: Vec<(String, T)>,
    better: impl Fn(T, T) -> T,
) -> BTreeMap<String, T> {
    let mut chosen: BTreeMap<String, T> = BTreeMap::new();
    for (step, answer) in answers {
        let known = chosen.entry(step).or_insert(answer);
        *known = better(*known, answer);
    }
    chosen
}

/// What the threads of a process have used so far. Not from `stat`, which counts in hundredths of
/// a second.
pub(super) fn cpu_time(process: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let mut sum = Duration::ZERO;
    for thread in threads.flatten() {
        let schedule = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        sum += parse_cpu_time(&schedule)?;
    }
    Some(sum)
}

/// `15437924 102340 117`: nanoseconds on a processor, nanoseconds of waiting for one, time slices.
fn parse_cpu_time(schedule: &str) -> Option<Duration> {
    let nanoseconds = schedule.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// The peak of the resident set, in bytes.
pub(super) fn peak_resident(process: u32) -> Option<u64> {
    parse_peak(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

/// `VmHWM:     8420 kB`, in bytes.
fn parse_peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status_of_a_process() {
        let status = "Name:\tbootstrap\nVmPeak:\t  100 kB\nVmHWM:\t    8420 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(parse_peak(status), Some(8420 * 1024));
        assert_eq!(parse_peak("Name:\tx\n"), None);
    }

    #[test]
    fn the_time_on_a_processor_is_the_first_of_the_schedule() {
        let expected = Some(Duration::from_nanos(15_437_924));
        assert_eq!(parse_cpu_time("15437924 102340 117\n"), expected);
        assert_eq!(parse_cpu_time(""), None);
    }

    #[test]
    fn one_answer_is_chosen_for_each_step() {
        let answers = [("intake", 3), ("wrap", 5), ("intake", 2)];
        let answers = answers.map(|(step, answer)| (step.to_owned(), answer));
        let expected = BTreeMap::from([("intake".to_owned(), 2), ("wrap".to_owned(), 5)]);
        assert_eq!(best(answers.into(), i32::min), expected);
    }
}
