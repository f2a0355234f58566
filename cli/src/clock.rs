//! When a command began, and where its time went.

use std::time::SystemTime;

use shukei::text;
use shukei::timing::{Stage, Timing};

use crate::args::Global;
use crate::report::Reporter;

/// Share of the time spent waiting for bytes, in percent, from which on that is worth a word.
const WAITING: f64 = 40.0;
/// Seconds below which nothing is.
const SHORT: f64 = 5.0;

/// The time of one command.
pub(crate) struct Clock {
    pub(crate) started: SystemTime,
    pub(crate) timing: Timing,
    asked: bool,
}

impl Clock {
    pub(crate) fn start(global: &Global) -> Self {
        Self { started: SystemTime::now(), timing: Timing::new(global.timing), asked: global.timing }
    }

    /// Says where the time went, if that was asked for, and if it went into waiting for the storage in any case.
    pub(crate) fn report(&self, threads: usize, reporter: &Reporter) {
        let wall = self.timing.wall().as_secs_f64();
        let reading = self.timing.spent(Stage::Read).as_secs_f64();
        let share = 100.0 * reading / wall.max(f64::MIN_POSITIVE);
        if self.asked {
            let stage =
                |stage: Stage| format!("{} {:.2}", stage.name(), self.timing.spent(stage).as_secs_f64());
            let stages = Stage::ALL.map(stage).join(" · ");
            reporter.say(&text!(
                "seconds of {threads} thread(s): {stages}\n{wall:.2} s in all, {share:.0} % of it waiting for input",
                "{threads} スレッドの合計秒数: {stages}\n全体 {wall:.2} 秒、うち入力待ち {share:.0} %"
            ));
        }
        if wall >= SHORT && share >= WAITING {
            reporter.note(&text!(
                "{share:.0} % of the time went into waiting for the storage: more threads will not help; faster or local \
                 storage, or fewer jobs that read from it at a time, will",
                "時間の {share:.0} % はストレージの読み込み待ちでした。スレッドを増やしても速くなりません。高速な（ローカルの）ストレージを\
                 使うか、同時に読み込むジョブを減らしてください"
            ));
        }
    }
}
