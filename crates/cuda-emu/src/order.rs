use std::fmt;

/// Which of a block's threads runs next, where several can: a right kernel is right in every order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By their numbers, each until it waits; blocks too.
    Forward,
    /// The other way round.
    Reverse,
    /// By chance, from a seed; blocks too.
    Random(u64),
    /// One warp goes on as far as it can before another gets a turn.
    Greedy,
    /// The same from the last warp on.
    GreedyReverse,
}

impl Order {
    /// One of each kind.
    pub const ALL: [Order; 5] = [
        Order::Forward,
        Order::Reverse,
        Order::Random(1),
        Order::Greedy,
        Order::GreedyReverse,
    ];
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Forward => f.write_str("forward"),
            Order::Reverse => f.write_str("reverse"),
            Order::Random(seed) => write!(f, "random:{seed}"),
            Order::Greedy => f.write_str("greedy"),
            Order::GreedyReverse => f.write_str("greedy-reverse"),
        }
    }
}
