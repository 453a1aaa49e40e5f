//! Steps of L-BFGS against PyTorch's own.

use ondol_autograd::{Error, Tensor, catch, tensor};
use ondol_optim::{LBFGS, Optimizer, ParamGroup};

/// A loss of two parameters with a narrow, bent valley.
fn loss(p: &Tensor, q: &Tensor) -> Tensor {
    let (x, y) = (p.i(0), p.i(1));
    let weights = Tensor::from_vec(vec![1.0f64, 3.0, 5.0], [3]);
    (1.0 - &x).square()
        + 100.0 * (&y - &x * &x).square()
        + (q * q * weights).sum()
        + (q.i(0) - p.i(1)).square()
}

fn start() -> (Tensor, Tensor) {
    let p = Tensor::from_vec(vec![-1.2f64, 1.0], [2]).requires_grad_(true);
    let q = Tensor::from_vec(vec![0.5f64, -1.0, 2.0], [3]).requires_grad_(true);
    (p, q)
}

fn one_step(optimizer: &mut dyn Optimizer, p: &Tensor, q: &Tensor, sign: f64) -> f64 {
    let mut closure = || {
        p.zero_grad();
        q.zero_grad();
        let loss = loss(p, q) * sign;
        loss.backward();
        loss
    };
    optimizer.step_with(&mut closure).item()
}

fn counts(optimizer: &LBFGS) -> (i64, i64) {
    let dict = optimizer.state_dict();
    let state = dict.get("state").unwrap().get(0).unwrap();
    let count = |name: &str| state.get(name).unwrap().as_int().unwrap();
    (count("n_iter"), count("func_evals"))
}

type Options = fn(LBFGS) -> LBFGS;
/// The loss before a step, the parameters after it, iterations and calls of the closure so far.
type Row = (f64, [f64; 5], i64, i64);

fn check(lr: f64, options: Options, sign: f64, rows: &[Row]) {
    // The second time the state goes through a file's structure after every step.
    for restored in [false, true] {
        let (p, q) = start();
        let mut optimizer = options(LBFGS::new([p.clone(), q.clone()], lr));
        for (i, (loss, params, n_iter, func_evals)) in rows.iter().enumerate() {
            let got = one_step(&mut optimizer, &p, &q, sign);
            assert!(
                (got - loss).abs() <= 1e-6 * loss.abs(),
                "{i}: {got} for {loss}"
            );
            let values = [p.to_vec::<f64>(), q.to_vec::<f64>()].concat();
            for (got, want) in values.iter().zip(params) {
                assert!((got - want).abs() <= 1e-6, "{i}: {got} for {want}");
            }
            assert_eq!(counts(&optimizer), (*n_iter, *func_evals), "{i}");
            if restored {
                let saved = optimizer.state_dict();
                optimizer = LBFGS::new([p.clone(), q.clone()], 3.0);
                optimizer.load_state_dict(&saved).unwrap();
            }
        }
    }
}

#[test]
fn a_line_search() {
    let rows = [
        (
            47.7000000000,
            [
                -1.0495342646,
                1.0332591634,
                0.5011019303,
                -0.9483702952,
                1.8284076188,
            ],
            2,
            5,
        ),
        (
            24.6144597600,
            [
                -0.9421429512,
                0.8889124231,
                0.4853376654,
                -0.2184736906,
                -0.0836727678,
            ],
            6,
            10,
        ),
        (
            4.3487060033,
            [
                -0.8322782857,
                0.7370106872,
                0.4716691882,
                -0.1293457011,
                0.0220837941,
            ],
            10,
            15,
        ),
        (
            3.8992086921,
            [
                -0.4369246828,
                0.1426563526,
                0.2891375643,
                0.1444139765,
                0.0099769104,
            ],
            13,
            20,
        ),
        (
            2.4656493244,
            [
                -0.3914335267,
                0.1284631017,
                -0.0102519005,
                -0.0649007709,
                -0.0141013821,
            ],
            16,
            25,
        ),
    ];
    check(
        1.0,
        |o| o.max_iter(4).line_search_fn("strong_wolfe"),
        1.0,
        &rows,
    );
}

#[test]
fn steps_of_one_length() {
    let rows = [
        (
            47.7000000000,
            [
                -1.1007426807,
                1.0413133302,
                0.5000975640,
                -0.9927844470,
                1.9760413053,
            ],
            5,
            5,
        ),
        (
            30.3376193205,
            [
                -1.0649994889,
                1.0549999794,
                0.5004700887,
                -0.9754928788,
                1.9192062598,
            ],
            10,
            10,
        ),
        (
            26.7213621476,
            [
                -1.0288213332,
                1.0596864565,
                0.5012321803,
                -0.9402703176,
                1.8048731112,
            ],
            15,
            15,
        ),
        (
            23.6195275928,
            [
                -0.9815956886,
                1.0425628962,
                0.5026001649,
                -0.8686499859,
                1.5764872766,
            ],
            20,
            20,
        ),
        (
            19.7857255654,
            [
                -0.9014983674,
                0.9505790118,
                0.5036561552,
                -0.7230794844,
                1.1309445742,
            ],
            25,
            25,
        ),
    ];
    check(0.1, |o| o.max_iter(5), 1.0, &rows);
}

#[test]
fn a_short_memory() {
    let rows = [
        (
            47.7000000000,
            [
                -1.0242242216,
                1.0709299291,
                0.5000000000,
                -0.9951082807,
                1.9836942692,
            ],
            1,
            3,
        ),
        (
            27.3673185930,
            [
                -1.0495342646,
                1.0332591634,
                0.5011019303,
                -0.9483702952,
                1.8284076188,
            ],
            2,
            6,
        ),
        (
            24.6144597600,
            [
                -0.9667939778,
                0.8181029611,
                0.5109419467,
                -0.4796608961,
                0.2853191840,
            ],
            4,
            9,
        ),
        (
            6.6802146706,
            [
                -0.9145878122,
                0.8506953749,
                0.5094733972,
                -0.4828058789,
                0.3165802458,
            ],
            5,
            12,
        ),
        (
            5.2622955461,
            [
                -0.8276716925,
                0.6794698325,
                0.4867891129,
                -0.2301410622,
                -0.0732405356,
            ],
            7,
            15,
        ),
    ];
    check(
        1.0,
        |o| o.max_iter(3).history_size(2).line_search_fn("strong_wolfe"),
        1.0,
        &rows,
    );
}

#[test]
fn ascent() {
    let rows = [
        (
            -47.7000000000,
            [
                -0.8321178591,
                0.7195753200,
                0.4745304910,
                -0.2051634868,
                -0.0994402241,
            ],
            20,
            21,
        ),
        (
            -3.8913403911,
            [
                0.3237544063,
                0.0767285663,
                0.0602557948,
                0.0256384789,
                -0.0035023573,
            ],
            40,
            42,
        ),
        (
            -0.5421390800,
            [
                0.6829707433,
                0.4641270169,
                0.2320542626,
                0.0000042595,
                -0.0000002723,
            ],
            60,
            64,
        ),
    ];
    check(
        0.5,
        |o| o.line_search_fn("strong_wolfe").maximize(true),
        -1.0,
        &rows,
    );
}

#[test]
fn a_little_change_ends_it() {
    let rows = [
        (
            47.7000000000,
            [
                -1.1816264790,
                1.0076841814,
                0.5000049431,
                -0.9992408479,
                1.9974724674,
            ],
            3,
            4,
        ),
        (
            43.3098160404,
            [
                -1.1739935429,
                1.0117434659,
                0.5000267392,
                -0.9980265553,
                1.9934485426,
            ],
            6,
            8,
        ),
        (
            41.5289836055,
            [
                -1.1666743547,
                1.0162605841,
                0.5000685436,
                -0.9960541725,
                1.9869406567,
            ],
            9,
            12,
        ),
        (
            39.8204640090,
            [
                -1.1596374068,
                1.0211368328,
                0.5001332651,
                -0.9933087139,
                1.9779228808,
            ],
            12,
            16,
        ),
        (
            38.1796181627,
            [
                -1.1528511122,
                1.0262780659,
                0.5002235838,
                -0.9897742187,
                1.9663679809,
            ],
            15,
            20,
        ),
    ];
    check(
        0.02,
        |o| o.max_iter(6).max_eval(4).tolerance_change(1e-3),
        1.0,
        &rows,
    );
}

#[test]
fn a_flat_place_ends_it() {
    let rows = [
        (
            47.7000000000,
            [
                -1.1168904503,
                1.0341500117,
                0.5000281571,
                -0.9963576257,
                1.9878763036,
            ],
            3,
            4,
        ),
        (
            32.3024304400,
            [
                -1.1168904503,
                1.0341500117,
                0.5000281571,
                -0.9963576257,
                1.9878763036,
            ],
            3,
            5,
        ),
        (
            32.3024304400,
            [
                -1.1168904503,
                1.0341500117,
                0.5000281571,
                -0.9963576257,
                1.9878763036,
            ],
            3,
            6,
        ),
        (
            32.3024304400,
            [
                -1.1168904503,
                1.0341500117,
                0.5000281571,
                -0.9963576257,
                1.9878763036,
            ],
            3,
            7,
        ),
        (
            32.3024304400,
            [
                -1.1168904503,
                1.0341500117,
                0.5000281571,
                -0.9963576257,
                1.9878763036,
            ],
            3,
            8,
        ),
    ];
    check(0.1, |o| o.max_iter(6).tolerance_grad(100.0), 1.0, &rows);
}

#[test]
fn refusals_are_pytorchs() {
    let p = || [tensor!([1.0]).requires_grad_(true)];
    type Case = (Box<dyn Fn()>, &'static str);
    let cases: Vec<Case> = vec![
        (
            Box::new(move || drop(LBFGS::new(p(), -1.0))),
            "Invalid learning rate: -1",
        ),
        (
            Box::new(move || drop(LBFGS::new(p(), 1.0).line_search_fn("armijo"))),
            "only 'strong_wolfe' is supported",
        ),
        (
            Box::new(move || LBFGS::new(p(), 1.0).add_param_group(ParamGroup::new(p()))),
            "LBFGS doesn't support per-parameter options (parameter groups)",
        ),
        (
            Box::new(move || {
                let [p] = p();
                let mut optimizer = LBFGS::new([p.clone()], 1.0);
                p.set_grad(Some(tensor!([1.0])));
                optimizer.step();
            }),
            "call step_with",
        ),
    ];
    for (f, says) in cases {
        let error = catch(f).unwrap_err();
        assert!(matches!(error.root(), Error::Value { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.to_string().contains("lbfgs.rs"), "{error}");
    }
}

#[test]
fn a_state_of_other_parameters_is_refused() {
    let (p, q) = start();
    let mut optimizer = LBFGS::new([p.clone(), q.clone()], 0.1);
    one_step(&mut optimizer, &p, &q, 1.0);
    let saved = optimizer.state_dict();
    let (p, _) = start();
    let q = Tensor::from_vec(vec![0.5f64, -1.0, 2.0, 3.0], [4]).requires_grad_(true);
    let mut other = LBFGS::new([p.clone(), q.clone()], 0.1);
    other.load_state_dict(&saved).unwrap();
    let error = catch(|| {
        other.step_with(&mut || {
            let loss = p.square().sum() + q.square().sum();
            loss.backward();
            loss
        })
    });
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("the state is of 5 elements, the parameters have 6"),
        "{error}"
    );
}

#[test]
fn parameters_without_a_gradient_stay() {
    let (p, q) = start();
    let other = tensor!([7.0])
        .to_dtype(ondol_autograd::DType::F64)
        .requires_grad_(true);
    let mut optimizer = LBFGS::new([p.clone(), other.clone(), q.clone()], 0.1);
    one_step(&mut optimizer, &p, &q, 1.0);
    assert_eq!(other.item(), 7.0);
    assert_eq!(optimizer.step_count(), 1);
}
