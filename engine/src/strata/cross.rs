//! Cross-classification: people in cells, by several classifications at once.

/// The different values of a list, in their order, and the place among them of each entry.
pub(crate) struct Distinct<T> {
    pub(crate) values: Vec<T>,
    pub(crate) of: Vec<usize>,
}

impl<T: Copy + Ord> Distinct<T> {
    /// Sorts a list.
    pub(crate) fn new(list: &[T]) -> Self {
        let mut values = list.to_vec();
        values.sort_unstable();
        values.dedup();
        let of = list.iter().map(|value| values.binary_search(value).unwrap_or_default()).collect();
        Self { values, of }
    }
}

/// The cells that somebody is in, each by its key, which has one entry per column; without any column everybody is in one.
pub(crate) fn cross<'c>(people: usize, columns: impl Iterator<Item = &'c [usize]>) -> Distinct<Vec<usize>> {
    let everybody = Distinct { values: vec![Vec::new()], of: vec![0; people] };
    columns.fold(everybody, |cells, column| {
        let pairs: Vec<(usize, usize)> = cells.of.into_iter().zip(column.iter().copied()).collect();
        let cut = Distinct::new(&pairs);
        let key = |&(cell, value): &(usize, usize)| [&cells.values[cell][..], &[value]].concat();
        Distinct { values: cut.values.iter().map(key).collect(), of: cut.of }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_the_order_of_their_keys() {
        let (sex, region) = ([1, 0, 1, 0, 1], [2, 9, 0, 2, 2]);
        let cells = cross(5, [&sex[..], &region].into_iter());
        assert_eq!(cells.values, [[0, 2], [0, 9], [1, 0], [1, 2]]);
        assert_eq!(cells.of, [3, 1, 2, 0, 3]);
        let one = cross(5, std::iter::empty());
        assert_eq!((one.values, one.of), (vec![Vec::new()], vec![0; 5]));
    }
}
