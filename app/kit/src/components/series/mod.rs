/// A colour of the ordered set that survives colour blindness. It never tells anything alone: a word, a shape or a dash stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series(usize);

impl Series {
    /// How many there are; after the last the first comes again.
    pub const COUNT: usize = 8;

    /// The colour with this place in the order, from 0.
    pub const fn nth(place: usize) -> Self {
        Self(place % Self::COUNT)
    }

    /// The class that gives an element this `color`.
    pub fn class(self) -> &'static str {
        [
            "pk-series-1",
            "pk-series-2",
            "pk-series-3",
            "pk-series-4",
            "pk-series-5",
            "pk-series-6",
            "pk-series-7",
            "pk-series-8",
        ][self.0]
    }
}
