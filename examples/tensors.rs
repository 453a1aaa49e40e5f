//! Teaches tensors: making them, their shapes, indexing, broadcasting, products, types, printing.
//!
//! `cargo run --example tensors`

use ondol::prelude::*;

fn main() {
    // Integers become i64 and decimals f32, as in PyTorch.
    let x = tensor!([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
    println!("x = {x}");
    println!(
        "shape {}, rank {}, dtype {}",
        x.shape(),
        x.ndimension(),
        x.dtype()
    );

    // Other shapes of the same numbers: nothing is copied.
    println!("unsqueeze {}", x.unsqueeze(0).shape());
    println!("squeeze   {}", x.unsqueeze(0).squeeze().shape());
    println!("view      {}", x.view(9));
    println!("transpose {}", x.t());

    // Indexing: x[0], x[:, -1], x[0:2, 1:], x[x > 4].
    println!("x[0]        {}", x.i(0));
    println!("x[:, -1]    {}", x.i((.., -1)));
    println!("x[0:2, 1:]  {}", x.i((0..2, 1..)));
    println!("x[x > 4]    {}", x.i(x.gt(4)));

    // A write goes through `set`: a view would be a tensor of its own.
    x.set((0, ..), 0);
    println!("x[0] = 0    {x}");

    // Shapes are broadcast, types promoted, numbers stand on either side.
    let column = tensor!([[1.0], [10.0], [100.0]]);
    println!("x * column + 0.5 = {}", &x * &column + 0.5);
    println!("1 - x            = {}", 1.0 - &x);

    // Reductions, of everything or along a dimension.
    let f = x.float();
    println!("sum {}, mean {:.4}", x.sum(), f.mean().item());
    println!("row means {}", f.mean_dim(1, false));
    println!("largest of each column {}", x.max_dim(0, false).0);

    // Random numbers depend on the seed alone, never on threads.
    ondol::manual_seed(0);
    let w = Tensor::randn([5, 3]);
    let b = Tensor::randn([5, 2]);
    let product = w.mm(&Tensor::randn([3, 2])) + &b;
    println!("w · x + b has shape {}", product.shape());

    // To Rust's own types and back.
    let numbers: Vec<f32> = column.flatten(0, -1).to_vec();
    let back = Tensor::from_vec(numbers, [3]);
    println!("round trip {back}");
}
