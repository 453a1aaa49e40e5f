//! Collectives by themselves.

use ondol_autograd::catch;
use ondol_distributed::{Communicator, ReduceMetric, ReduceOp};
use ondol_nn::{DType, Error, Tensor, tensor};
use ondol_train::metrics::{
    AUROC, ConfusionMatrix, F1Score, MeanSquaredError, R2Score, TopKAccuracy,
};
use ondol_train::{Accuracy, Mean};

/// Every collective, dtype and awkward size, against what it should give.
pub(crate) fn collectives(comm: &Communicator) -> Vec<f32> {
    let (me, n) = (comm.rank(), comm.world_size());
    // None, fewer than ranks, odd, and more than one block.
    for size in [0, 1, 2, 7, 1000, 3 * 256 * 1024 + 11] {
        let of = |rank: usize| (0..size).map(move |i| ((i % 97) * (rank + 1)) as f32);
        let x = Tensor::from_vec(of(me).collect::<Vec<f32>>(), [size]);
        comm.all_reduce(&x, ReduceOp::Sum).unwrap();
        let factor = (n * (n + 1) / 2) as f32;
        let right = |(i, v): (usize, f32)| v == (i % 97) as f32 * factor;
        assert!(
            x.to_vec::<f32>().into_iter().enumerate().all(right),
            "size {size}"
        );
        for root in 0..n {
            let x = Tensor::from_vec(of(me).collect::<Vec<f32>>(), [size]);
            comm.broadcast(&x, root).unwrap();
            assert!(
                x.to_vec::<f32>().into_iter().eq(of(root)),
                "size {size}, root {root}"
            );
        }
        let x = Tensor::from_vec(of(me).collect::<Vec<f32>>(), [1, size]);
        for (rank, other) in comm.all_gather(&x).unwrap().iter().enumerate() {
            assert_eq!(other.shape(), [1, size]);
            assert!(other.to_vec::<f32>().into_iter().eq(of(rank)));
        }
    }
    for dtype in DType::ALL.into_iter().filter(|&d| d != DType::Bool) {
        for (op, expected) in [
            (ReduceOp::Sum, (1..=n).sum::<usize>() as f64),
            (ReduceOp::Product, (1..=n).product::<usize>() as f64),
            (ReduceOp::Min, 1.0),
            (ReduceOp::Max, n as f64),
        ] {
            let x = Tensor::full([3], (me + 1) as f64).to_dtype(dtype);
            comm.all_reduce(&x, op).unwrap();
            assert_eq!(
                (x.dtype(), x.to_dtype(DType::F64).to_vec::<f64>()),
                (dtype, vec![expected; 3])
            );
        }
    }
    let mut values = [me as f64; 2];
    comm.all_reduce_slice(&mut values, ReduceOp::Avg).unwrap();
    assert_eq!(values, [(n - 1) as f64 / 2.0; 2]);
    let strided = tensor!([[1.0, 2.0], [3.0, 4.0]]).t().clone_data();
    comm.all_reduce(&strided, ReduceOp::Avg).unwrap();
    assert_eq!(strided.to_vec::<f32>(), [1.0, 3.0, 2.0, 4.0]);
    let bytes = comm
        .all_gather_bytes(&vec![me as u8; 300_000 * me])
        .unwrap();
    assert!(
        bytes
            .iter()
            .enumerate()
            .all(|(r, b)| *b == vec![r as u8; 300_000 * r])
    );
    comm.barrier().unwrap();
    if n > 1 {
        let flag = tensor!([true]);
        assert!(comm.all_reduce(&flag, ReduceOp::Sum).is_err());
    }
    assert!(
        comm.broadcast(&tensor!(1.0), n)
            .unwrap_err()
            .to_string()
            .contains("no rank")
    );
    // Sums that depend on their order are those in the order of ranks.
    let x = Tensor::from_vec([1e8f32, 1.0, -1e8][me % 3..][..1].to_vec(), [1]);
    comm.all_reduce(&x, ReduceOp::Sum).unwrap();
    let expected = [1e8f32, 1.0, -1e8]
        .iter()
        .cycle()
        .take(n)
        .fold(0.0, |a: f32, b| a + b);
    assert_eq!(x.item() as f32, expected);
    vec![1.0]
}

fn counted<M>(mut metric: M, update: fn(&mut M, &Tensor, &Tensor), comm: &Communicator) -> M {
    // 23 samples do not go round.
    for i in (comm.rank()..23).step_by(comm.world_size()) {
        let logit = |c: usize| ((i * 7 + c * 5) % 11) as f32 / 4.0 - 1.0;
        let logits = Tensor::from_vec(vec![logit(0), logit(1), logit(2)], [1, 3]);
        update(
            &mut metric,
            &logits,
            &Tensor::from_vec(vec![(i % 3) as i64], [1]),
        );
    }
    metric
}

/// Figures over the samples of all ranks; alone, over all samples.
pub(crate) fn metrics(comm: &Communicator) -> Vec<f32> {
    let accuracy = counted(Accuracy::new(), Accuracy::update, comm);
    let whole = accuracy.reduce(comm).unwrap();
    assert_eq!(whole.total(), 23);
    // Reducing changes nothing, so that it cannot count twice.
    assert_eq!(accuracy.reduce(comm).unwrap(), whole);
    let top = counted(TopKAccuracy::new(2), TopKAccuracy::update, comm)
        .reduce(comm)
        .unwrap();
    let confusion = ConfusionMatrix::new(3).class_names(["a", "b", "c"]);
    let confusion = counted(confusion, ConfusionMatrix::update, comm);
    let confusion = confusion.reduce(comm).unwrap();
    assert!(confusion.to_string().contains('c'));
    let f1 = counted(F1Score::new(3), F1Score::update, comm)
        .reduce(comm)
        .unwrap();
    let auroc = counted(AUROC::multiclass(3), AUROC::update, comm)
        .reduce(comm)
        .unwrap();
    let (mut mean, mut mse, mut r2) = (Mean::new(), MeanSquaredError::new(), R2Score::new());
    for i in (comm.rank()..23).step_by(comm.world_size()) {
        let (output, target) = ((i * i % 7) as f32, (i % 5) as f32 + 100.0);
        mean.update(f64::from(output), i + 1);
        let (output, target) = (tensor!([output]), tensor!([target]));
        mse.update(&output, &target);
        r2.update(&output, &target);
    }
    let numbers = [
        whole.compute(),
        top.compute(),
        f1.compute(),
        auroc.compute(),
        mean.reduce(comm).unwrap().compute(),
        mse.reduce(comm).unwrap().compute(),
        r2.reduce(comm).unwrap().compute() / 1e4,
    ];
    let counts = confusion.compute().to_vec::<i64>();
    numbers
        .into_iter()
        .chain(counts.into_iter().map(|c| c as f64))
        .map(|x| x as f32)
        .collect()
}

/// What rank 0 does alone, and fails to do.
pub(crate) fn on_main(comm: &Communicator) -> Vec<f32> {
    let got = comm.on_main(|| Ok(5)).unwrap();
    assert_eq!(got, comm.is_main().then_some(5));
    let failed = comm.on_main(|| Err::<(), _>(Error::value("save", "the disk is full")));
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("the disk is full"), "{error}");
    assert!(catch(|| 1.0).is_ok());
    vec![2.0]
}
