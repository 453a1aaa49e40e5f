//! How far data parallel goes: the formulas of `docs/distributed.md` beside a simulation that sends each
//! message by itself.
//!
//! `cargo run --release -p ondol-distributed --example scaling`

/// A network between ranks, each of which sends and receives one message at a time.
#[derive(Clone, Copy)]
struct Network {
    name: &'static str,
    /// Seconds before the first byte of a message is there.
    latency: f64,
    /// Seconds that a sender is busy with a message, whatever its size.
    overhead: f64,
    /// Bytes a second, each way.
    bandwidth: f64,
}

/// A model on one rank.
#[derive(Clone, Copy)]
struct Model {
    name: &'static str,
    /// Bytes of all gradients.
    bytes: f64,
    /// Seconds of forward and of backward for a rank's batch.
    forward: f64,
    backward: f64,
    buckets: usize,
}

/// A ring: `n − 1` rounds that sum and `n − 1` that hand on, of an `n`-th part each.
fn ring_formula(n: usize, bytes: f64, net: Network) -> f64 {
    let part = bytes / n as f64;
    2.0 * (n as f64 - 1.0) * (net.overhead + net.latency + part / net.bandwidth)
}

/// Ours: to each other rank a header, a part and a share. A rank's messages leave one after the other,
/// and the latencies of those under way overlap.
fn direct_formula(n: usize, bytes: f64, net: Network) -> f64 {
    let round = |part: f64| net.latency + (n as f64 - 1.0) * (net.overhead + part / net.bandwidth);
    round(HEADER) + 2.0 * round(bytes / n as f64)
}

/// Bytes that ranks tell each other before each bucket.
const HEADER: f64 = 256.0;

/// Message by message: `sends[r]` are rank `r`'s receivers, in order; when each rank has all it gets.
fn phase(ready: &[f64], sends: &[Vec<usize>], part: f64, net: Network) -> Vec<f64> {
    let n = ready.len();
    let mut messages: Vec<(f64, usize, usize)> = Vec::new();
    for (from, list) in sends.iter().enumerate() {
        for (i, &to) in list.iter().enumerate() {
            // Leaves when those before have left.
            let each = net.overhead + part / net.bandwidth;
            messages.push((ready[from] + net.overhead + i as f64 * each, from, to));
        }
    }
    messages.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut free = vec![f64::NEG_INFINITY; n];
    let mut done = ready.to_vec();
    for (leaves, _, to) in messages {
        // A receiver takes in one at a time.
        let begins = (leaves + net.latency).max(free[to] + net.overhead);
        free[to] = begins + part / net.bandwidth;
        done[to] = done[to].max(free[to]);
    }
    done
}

fn ring_simulated(n: usize, bytes: f64, net: Network) -> f64 {
    let sends: Vec<Vec<usize>> = (0..n).map(|r| vec![(r + 1) % n]).collect();
    let mut now = vec![0.0; n];
    for _ in 0..2 * (n - 1) {
        now = phase(&now, &sends, bytes / n as f64, net);
    }
    now.into_iter().fold(0.0, f64::max)
}

fn direct_simulated(n: usize, bytes: f64, net: Network) -> f64 {
    // Each begins with the rank after its own, so that no receiver is asked by two at once.
    let sends: Vec<Vec<usize>> = (0..n)
        .map(|r| (1..n).map(|i| (r + i) % n).collect())
        .collect();
    let part = bytes / n as f64;
    let met = phase(&vec![0.0; n], &sends, HEADER, net);
    let summed = phase(&met, &sends, part, net);
    phase(&summed, &sends, part, net)
        .into_iter()
        .fold(0.0, f64::max)
}

/// A step: buckets are ready one after the other through backward, and travel one after the other.
fn step(model: Model, reduce: impl Fn(f64) -> f64) -> f64 {
    let each = model.bytes / model.buckets as f64;
    let mut wire = 0.0f64;
    for bucket in 1..=model.buckets {
        let ready = model.forward + model.backward * bucket as f64 / model.buckets as f64;
        wire = wire.max(ready) + reduce(each);
    }
    wire.max(model.forward + model.backward)
}

/// The same by a formula: what backward hides is not paid, but for the last bucket's travel.
fn step_formula(model: Model, reduce: impl Fn(f64) -> f64) -> f64 {
    let each = reduce(model.bytes / model.buckets as f64);
    let gap = model.backward / model.buckets as f64;
    let hidden = model.forward + model.backward + each;
    // The first bucket is ready after its part of backward; then the slower of the two sets the pace.
    let paced = model.forward + gap + model.buckets as f64 * each;
    if each <= gap { hidden } else { paced }
}

const NETWORKS: [Network; 3] = [
    Network {
        name: "1 Gb/s Ethernet",
        latency: 50e-6,
        overhead: 5e-6,
        bandwidth: 0.118e9,
    },
    Network {
        name: "25 Gb/s Ethernet",
        latency: 20e-6,
        overhead: 5e-6,
        bandwidth: 2.9e9,
    },
    Network {
        name: "200 Gb/s InfiniBand",
        latency: 2e-6,
        overhead: 0.5e-6,
        bandwidth: 24e9,
    },
];

const MODELS: [Model; 2] = [
    // The figures of docs/performance.md: 11 ms a step on two cores.
    Model {
        name: "MLP 784-512-512-10, batch 64",
        bytes: 2.68e6,
        forward: 4e-3,
        backward: 7e-3,
        buckets: 2,
    },
    // 25.6 M parameters; a GPU that does 400 images a second.
    Model {
        name: "ResNet-50, batch 64",
        bytes: 102e6,
        forward: 53e-3,
        backward: 107e-3,
        buckets: 5,
    },
];

fn main() {
    let mut worst = 0.0f64;
    println!(
        "| model | network | ranks | all-reduce, ring / direct | step | of ideal |\n|---|---|---|---|---|---|"
    );
    for model in MODELS {
        for net in NETWORKS {
            for n in [2usize, 4, 8, 16, 64, 256] {
                let away = |formula: f64, simulated: f64| (formula / simulated - 1.0).abs();
                let (ring, direct) = (
                    ring_formula(n, model.bytes, net),
                    direct_formula(n, model.bytes, net),
                );
                worst = worst.max(away(ring, ring_simulated(n, model.bytes, net)));
                worst = worst.max(away(direct, direct_simulated(n, model.bytes, net)));
                let simulated = step(model, |bytes| direct_simulated(n, bytes, net));
                let formula = step_formula(model, |bytes| direct_formula(n, bytes, net));
                worst = worst.max(away(formula, simulated));
                println!(
                    "| {} | {} | {n} | {:.2} / {:.2} ms | {:.2} ms | {:.0} % |",
                    model.name,
                    net.name,
                    1e3 * ring,
                    1e3 * direct,
                    1e3 * simulated,
                    100.0 * (model.forward + model.backward) / simulated
                );
            }
        }
    }
    println!(
        "\nformulas are at most {:.2} % from the simulation",
        100.0 * worst
    );
    assert!(worst < 0.02, "a formula is wrong");
    println!(
        "\nranks at which a ring's latencies cost as much as its bytes, 2 (n − 1) α = 2 S / β:"
    );
    for model in MODELS {
        for net in NETWORKS {
            let each = model.bytes / model.buckets as f64;
            println!(
                "  {}, {}: {:.0}",
                model.name,
                net.name,
                each / net.bandwidth / net.latency + 1.0
            );
        }
    }
}
