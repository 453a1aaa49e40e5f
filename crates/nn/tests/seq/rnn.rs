//! Recurrent layers and packed sequences.

use ondol_autograd::{gradcheck, gradgradcheck};
use ondol_nn::init::Nonlinearity;
use ondol_nn::utils::rnn::{
    PaddingSide, pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence,
    unpack_sequence, unpad_sequence,
};
use ondol_nn::{
    DType, GRU, GRUCell, LSTM, LSTMCell, Module, RNN, RNNCell, Tensor, fork_rng_guard, manual_seed,
    tensor,
};

use crate::cases::{Case, case};
use crate::refused;
use crate::run::{Outputs, prepare};

macro_rules! configured {
    ($case:ident, $layer:ty) => {
        <$layer>::new(
            $case.size("input_size").unwrap(),
            $case.size("hidden_size").unwrap(),
        )
        .num_layers($case.size("num_layers").unwrap_or(1))
        .bias($case.flag("bias", true))
        .batch_first($case.flag("batch_first", false))
        .bidirectional($case.flag("bidirectional", false))
    };
}

fn relu(case: &Case) -> bool {
    case.arg("nonlinearity").as_str() == Some("relu")
}

type Run = (Vec<(String, Tensor)>, Outputs);

pub(crate) fn layer(case: &Case) -> Run {
    let (x, h0, c0) = (
        case.input("input"),
        case.optional("h0"),
        case.optional("c0"),
    );
    let first = case.flag("batch_first", false);
    let packed = case
        .lengths()
        .map(|(l, sorted)| pack_padded_sequence(x, &l, first, sorted));
    macro_rules! one_state {
        ($layer:expr) => {{
            let layer = $layer;
            prepare(case, &layer);
            let (y, h) = match (&packed, h0) {
                (Some(packed), h0) => {
                    let (y, h) = layer.forward_packed(packed, h0);
                    (pad_packed_sequence(&y, first, 0.0, None).0, h)
                }
                (None, Some(h0)) => layer.forward_with(x, h0),
                (None, None) => layer.forward(x),
            };
            (layer.named_parameters(), vec![("output", y), ("h_n", h)])
        }};
    }
    match case.text("op") {
        "RNN" if relu(case) => one_state!(configured!(case, RNN).nonlinearity(Nonlinearity::ReLU)),
        "RNN" => one_state!(configured!(case, RNN)),
        "GRU" => one_state!(configured!(case, GRU)),
        _ => {
            let layer = configured!(case, LSTM).proj_size(case.size("proj_size").unwrap_or(0));
            prepare(case, &layer);
            let start = h0.zip(c0);
            let (y, (h, c)) = match (&packed, start) {
                (Some(packed), start) => {
                    let (y, end) = layer.forward_packed(packed, start);
                    (pad_packed_sequence(&y, first, 0.0, None).0, end)
                }
                (None, Some(start)) => layer.forward_with(x, start),
                (None, None) => layer.forward(x),
            };
            (
                layer.named_parameters(),
                vec![("output", y), ("h_n", h), ("c_n", c)],
            )
        }
    }
}

pub(crate) fn cell(case: &Case) -> Run {
    let (input, hidden) = (
        case.size("input_size").unwrap(),
        case.size("hidden_size").unwrap(),
    );
    let bias = case.flag("bias", true);
    let (x, h0) = (case.input("input"), case.input("h0"));
    macro_rules! one_state {
        ($cell:expr) => {{
            let cell = $cell.bias(bias);
            prepare(case, &cell);
            (
                cell.named_parameters(),
                vec![("h_n", cell.forward_with(x, h0))],
            )
        }};
    }
    match case.text("op") {
        "RNNCell" if relu(case) => {
            one_state!(RNNCell::new(input, hidden).nonlinearity(Nonlinearity::ReLU))
        }
        "RNNCell" => one_state!(RNNCell::new(input, hidden)),
        "GRUCell" => one_state!(GRUCell::new(input, hidden)),
        _ => {
            let cell = LSTMCell::new(input, hidden).bias(bias);
            prepare(case, &cell);
            let (h, c) = cell.forward_with(x, (h0, case.input("c0")));
            (cell.named_parameters(), vec![("h_n", h), ("c_n", c)])
        }
    }
}

#[test]
fn first_values_are_uniform_on_one_over_the_root_of_hidden() {
    let _own = fork_rng_guard();
    manual_seed(3);
    let layer = LSTM::new(50, 64).num_layers(2).bidirectional(true);
    for (name, parameter) in layer.named_parameters() {
        let t = parameter.detach();
        let (low, high) = (t.min().item(), t.max().item());
        assert!((-0.125..=-0.11).contains(&low), "{name}: {low}");
        assert!((0.11..=0.125).contains(&high), "{name}: {high}");
    }
}

#[test]
fn recurrent_layers_are_differentiable_twice() {
    let _own = fork_rng_guard();
    manual_seed(4);
    let x = Tensor::randn_with([3, 2, 2], DType::F64);
    let packed = |x: &Tensor| pack_padded_sequence(x, &[2, 3], false, false);
    let lstm = LSTM::new(2, 3)
        .proj_size(2)
        .bidirectional(true)
        .dtype(DType::F64);
    let gru = GRU::new(2, 2).num_layers(2).dtype(DType::F64);
    let rnn = RNN::new(2, 2).dtype(DType::F64);
    type Function<'a> = &'a dyn Fn(&[Tensor]) -> Tensor;
    let functions: [Function<'_>; 3] = [
        &|t| {
            let (y, (_, c)) = lstm.forward_packed(&packed(&t[0]), None);
            y.data.square().sum().add(c.square().sum())
        },
        &|t| gru.forward(&t[0]).0.square().sum(),
        &|t| rnn.forward(&t[0]).1.square().sum(),
    ];
    for f in functions {
        gradcheck(|t| vec![f(t)], std::slice::from_ref(&x)).unwrap();
        gradgradcheck(|t| vec![f(t)], std::slice::from_ref(&x)).unwrap();
    }
}

#[test]
fn dropout_stands_between_layers_and_only_in_training() {
    let _own = fork_rng_guard();
    manual_seed(5);
    let x = Tensor::randn([6, 4, 3]);
    let one = GRU::new(3, 8).dropout(1.0);
    let two = GRU::new(3, 8).num_layers(2).dropout(1.0);
    // After the last layer nothing is dropped.
    assert!(one.forward(&x).0.abs().min().item() > 0.0);
    // With everything dropped, the second layer does not see the input.
    let other = Tensor::randn([6, 4, 3]);
    let last = |model: &GRU, x: &Tensor| model.forward(x).0.to_vec::<f32>();
    assert_eq!(last(&two, &x), last(&two, &other));
    two.eval();
    assert_ne!(last(&two, &x), last(&two, &other));
    assert!(refused(|| GRU::new(3, 8).dropout(1.5)).contains("between 0 and 1"));
}

#[test]
fn sequences_survive_packing_and_padding() {
    let sequences = [tensor!([1, 2]), tensor!([3, 4, 5]), tensor!([6])];
    let packed = pack_sequence(&sequences, false);
    assert_eq!(packed.data.to_vec::<i64>(), [3, 1, 6, 4, 2, 5]);
    assert_eq!(packed.batch_sizes, [3, 2, 1]);
    assert_eq!(
        packed.sorted_indices.as_ref().unwrap().to_vec::<i64>(),
        [1, 0, 2]
    );
    assert_eq!(
        packed.unsorted_indices.as_ref().unwrap().to_vec::<i64>(),
        [1, 0, 2]
    );
    assert_eq!(packed.lengths(), [2, 3, 1]);
    let back: Vec<Vec<i64>> = unpack_sequence(&packed)
        .iter()
        .map(Tensor::to_vec)
        .collect();
    assert_eq!(back, [vec![1, 2], vec![3, 4, 5], vec![6]]);
    let (padded, lengths) = pad_packed_sequence(&packed, true, -1.0, Some(4));
    assert_eq!(
        padded.to_vec::<i64>(),
        [1, 2, -1, -1, 3, 4, 5, -1, 6, -1, -1, -1]
    );
    let cut: Vec<usize> = unpad_sequence(&padded, &lengths, true)
        .iter()
        .map(Tensor::numel)
        .collect();
    assert_eq!(cut, [2, 3, 1]);
    let left = pad_sequence(&sequences, false, 0.0, PaddingSide::Left);
    assert_eq!(left.to_vec::<i64>(), [0, 3, 0, 1, 4, 0, 2, 5, 6]);
}

#[test]
fn wrong_lengths_are_refused() {
    let x = Tensor::zeros([4, 2, 3]);
    let pack =
        |lengths: &[usize], sorted| refused(|| pack_padded_sequence(&x, lengths, false, sorted));
    assert!(pack(&[2, 4], true).contains("must be sorted in decreasing order"));
    assert!(pack(&[4, 0], true).contains("Length of all samples has to be greater than 0"));
    assert!(pack(&[4], true).contains("but got 1 (batch_size=2)"));
    assert!(pack(&[5, 1], true).contains("padded to 4 steps"));
    let empty = refused(|| pack_padded_sequence(&Tensor::zeros([4, 0, 3]), &[], false, true));
    assert!(empty.contains("Cannot pack empty tensors."));
    assert!(refused(|| pack_sequence(&[], true)).contains("received an empty list of sequences"));
    let packed = pack_padded_sequence(&x, &[3, 2], false, true);
    let short = refused(|| pad_packed_sequence(&packed, false, 0.0, Some(2)));
    assert!(short.contains("got total_length=2 and max sequence length being 3"));
}

#[test]
fn errors_name_the_layer_the_rule_and_the_line() {
    let layer = LSTM::new(3, 4);
    let line = line!() + 1;
    let message = refused(|| layer.forward(&Tensor::zeros([2, 2, 5])));
    assert!(message.contains("Expected 3, got 5"), "{message}");
    assert!(message.contains("in LSTM(3, 4)"), "{message}");
    assert!(message.contains(&format!("rnn.rs:{line}:")), "{message}");
    let with = |x: &[usize], h: &[usize], c: &[usize]| {
        let (x, h, c) = (Tensor::zeros(x), Tensor::zeros(h), Tensor::zeros(c));
        refused(|| layer.forward_with(&x, (&h, &c)))
    };
    for (message, part) in [
        (
            refused(|| layer.forward(&Tensor::zeros([3]))),
            "2D or 3D, got 1D",
        ),
        (
            refused(|| layer.forward(&Tensor::zeros([0, 2, 3]))),
            "larger than 0 in RNN",
        ),
        (
            with(&[2, 2, 3], &[1, 4], &[1, 4]),
            "hx and cx should also be 3-D but got (2-D, 2-D)",
        ),
        (
            with(&[2, 2, 3], &[1, 3, 4], &[1, 2, 4]),
            "hidden[0] size (1, 2, 4), got [1, 3, 4]",
        ),
        (
            with(&[2, 2, 3], &[1, 2, 4], &[1, 2, 5]),
            "hidden[1] size (1, 2, 4), got [1, 2, 5]",
        ),
        (
            with(&[2, 3], &[1, 2, 4], &[1, 2, 4]),
            "For unbatched 2-D input",
        ),
        (
            refused(|| LSTM::new(3, 0)),
            "hidden_size must be greater than zero",
        ),
        (
            refused(|| GRU::new(3, 4).num_layers(0)),
            "num_layers must be greater than zero",
        ),
        (
            refused(|| LSTM::new(3, 4).proj_size(4)),
            "proj_size has to be smaller",
        ),
        (
            refused(|| RNN::new(3, 4).nonlinearity(Nonlinearity::SELU)),
            "'tanh' or 'relu'",
        ),
        (
            refused(|| layer.forward(&Tensor::zeros_with([2, 2, 3], DType::F64))),
            "weights' f32",
        ),
        (
            refused(|| GRUCell::new(3, 4).forward(&Tensor::zeros([2, 2, 3]))),
            "1D or 2D, got 3D",
        ),
        (
            refused(|| GRUCell::new(3, 4).forward(&Tensor::zeros([2, 5]))),
            "got 5 expected 3",
        ),
        (
            refused(|| {
                RNNCell::new(3, 4).forward_with(&Tensor::zeros([2, 3]), &Tensor::zeros([3, 4]))
            }),
            "Input batch size 2 doesn't match hidden0 batch size 3",
        ),
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(
        layer.forward(&Tensor::zeros([2, 0, 3])).0.shape(),
        [2, 0, 4]
    );
}

#[test]
fn a_padded_batch_is_each_sequence_alone() {
    let recorded = case("gru_packed");
    let layer = configured!(recorded, GRU);
    layer.load_state_dict(&recorded.state()).unwrap();
    let x = recorded.input("input");
    let packed = pack_padded_sequence(x, &[2, 5, 3], false, false);
    let alone = unpack_sequence(&layer.forward_packed(&packed, None).0);
    for (i, length) in [2usize, 5, 3].into_iter().enumerate() {
        let (y, _) = layer.forward(&x.i((..length, i)));
        let far = y.sub(&alone[i]).abs().max().item();
        assert!(far < 1e-6, "sequence {i}: {far}");
    }
}
