//! Which task of an array counts which partitions.

/// The array of a job: task `t` of `step` counts the partitions `t, t + step, t + 2·step …`, all numbered from 1. Partitions are
/// numbered from the largest on, so that tasks that take several have about the same to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tasks {
    pub(super) partitions: usize,
    pub(super) step: usize,
}

impl Tasks {
    /// One task for each partition, or as many as the site lets an array have.
    pub(super) fn new(partitions: usize, max_array_size: usize) -> Self {
        Self { partitions, step: partitions.min(max_array_size.saturating_sub(1)).max(1) }
    }

    /// The partitions of a task, counted from 0.
    pub(super) fn of(self, task: usize) -> Vec<usize> {
        (task.saturating_sub(1)..self.partitions).step_by(self.step).collect()
    }

    /// The task of a partition that is counted from 0.
    pub(super) fn task(self, partition: usize) -> usize {
        partition % self.step + 1
    }

    /// The tasks of some partitions, sorted.
    pub(super) fn tasks(self, partitions: &[usize]) -> Vec<usize> {
        let mut tasks: Vec<usize> = partitions.iter().map(|p| self.task(*p)).collect();
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    }
}

#[cfg(test)]
mod tests {
    use super::Tasks;

    #[test]
    fn every_partition_has_one_task() {
        for (partitions, limit) in [(40, 1001), (40, 8), (7, 2), (1, 1001), (1000, 1001), (1001, 1001)] {
            let tasks = Tasks::new(partitions, limit);
            assert!(tasks.step < limit && tasks.step <= partitions);
            let mut all: Vec<usize> = (1..=tasks.step).flat_map(|task| tasks.of(task)).collect();
            all.sort_unstable();
            assert_eq!(all, (0..partitions).collect::<Vec<_>>());
            assert!((0..partitions).all(|p| tasks.of(tasks.task(p)).contains(&p)));
        }
        assert_eq!(Tasks::new(40, 8).tasks(&[0, 7, 14, 3]), [1, 4]);
    }
}
