//! The picture of a graph: the whole text.

use ondol_autograd::{Tensor, graph_dot, tensor};

use crate::leaf;

const HEAD: &str = "digraph {\n  node [fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n";

#[test]
fn a_small_net() {
    let x = Tensor::ones([4, 3]);
    let w = Tensor::ones([3, 2]).requires_grad_(true);
    let b = Tensor::zeros(2).requires_grad_(true);
    let line = line!() + 1;
    let h = x.matmul(&w).add(&b);
    let y = h.relu().sum();
    let file = file!();
    let next = line + 1;
    let want = format!(
        "{HEAD}  n0 [label=\"fc.weight\\n[3, 2]\", shape=box, style=filled, fillcolor=\"#dce9c9\"];
  n1 [label=\"[2]\", shape=box, style=filled, fillcolor=\"#dce9c9\"];
  n2 [label=\"matmul\\n{file}:{line}\", shape=ellipse];
  n3 [label=\"add\\n{file}:{line}\", shape=ellipse];
  n4 [label=\"relu\\n{file}:{next}\", shape=ellipse];
  n5 [label=\"sum\\n{file}:{next}\", shape=ellipse];
  n0 -> n2;
  n2 -> n3 [label=\"[4, 2]\"];
  n1 -> n3;
  n3 -> n4 [label=\"[4, 2]\"];
  n4 -> n5 [label=\"[4, 2]\"];
  out0 [label=\"[]\", shape=box, style=filled, fillcolor=\"#f4d8c0\"];
  n5 -> out0;
}}
"
    );
    let names = [("fc.weight", &w)];
    assert_eq!(graph_dot(&[&y], names), want);
    // The same graph again, after others were made, and without the name.
    let _other = leaf().exp();
    assert_eq!(y.graph_dot(), want.replace("fc.weight\\n", ""));
}

#[test]
fn leaves_and_several_roots() {
    let x = tensor!(vec![1.0f64]).requires_grad_(true);
    let (line, file) = (line!() + 1, file!());
    let y = x.exp();
    let want = format!(
        "{HEAD}  n0 [label=\"a \\\"b\\\"\\nf64 [1]\", shape=box, style=filled, fillcolor=\"#dce9c9\"];
  n1 [label=\"exp\\n{file}:{line}\", shape=ellipse];
  n0 -> n1;
  out0 [label=\"f64 [1]\", shape=box, style=filled, fillcolor=\"#f4d8c0\"];
  n1 -> out0;
  out1 [label=\"f64 [1]\", shape=box, style=filled, fillcolor=\"#f4d8c0\"];
  n0 -> out1;
  out2 [label=\"[0]\", shape=box, style=filled, fillcolor=\"#f4d8c0\"];
}}
"
    );
    assert_eq!(
        graph_dot(&[&y, &x, &Tensor::zeros(0)], [("a \"b\"", &x)]),
        want
    );
}

#[test]
fn a_used_up_graph_is_dashed() {
    let y = leaf().exp();
    y.sum().backward();
    let text = y.graph_dot();
    assert!(text.contains("shape=ellipse, style=dashed"), "{text}");
    assert!(!text.contains("#dce9c9"));
}

#[test]
fn a_long_graph_is_drawn_without_recursion() {
    let x = tensor!(0.0).requires_grad_(true);
    let y = (0..100_000).fold(x, |y, _| y.add(1.0));
    assert_eq!(y.graph_dot().matches(" -> ").count(), 100_001);
}
