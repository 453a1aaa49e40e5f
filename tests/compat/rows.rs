//! What must be here: the features of a year of ordinary work, each with its tests.

/// How much a feature is wanted.
pub(crate) enum Want {
    Must,
    Should,
}

/// A feature.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) want: Want,
    /// `file::function`, or a file alone.
    pub(crate) tests: &'static [&'static str],
}

const fn must(what: &'static str, tests: &'static [&'static str]) -> Row {
    Row {
        what,
        want: Want::Must,
        tests,
    }
}

const fn should(what: &'static str, tests: &'static [&'static str]) -> Row {
    Row {
        what,
        want: Want::Should,
        tests,
    }
}

/// Every row.
pub(crate) const ROWS: &[Row] = &[
    // ---- tensors ----
    must(
        "`tensor!` of nested literals: integers `i64`, floats `f32`, bools; ragged rows are named",
        &[
            "tensor/making.rs::literals_get_pytorchs_types",
            "tensor/making.rs::ragged_rows_are_refused_by_place",
        ],
    ),
    must(
        "dtypes `f32 f64 f16 bf16 i64 i32 u8 bool`",
        &[
            "columns/precision.rs",
            "tensor/promotion_table.rs::every_pair_of_dtypes",
        ],
    ),
    must(
        "0-dim and empty tensors in every operation",
        &["columns/edges.rs"],
    ),
    must(
        "ranks at run time; `size`, `stride`, `storage_offset`, `is_contiguous`",
        &[
            "tensor/shapes.rs::sizes_and_strides",
            "tensor/shapes.rs::without_dimensions",
        ],
    ),
    must(
        "`squeeze` (no-op where the size is not 1), `unsqueeze` with PyTorch's range",
        &[
            "tensor/shapes.rs::squeezing",
            "messages/operations.rs::dimensions",
        ],
    ),
    must(
        "`view` with one −1 and PyTorch's stride rule; `reshape` copies where it must",
        &["tensor/shapes.rs::a_view_shares_and_a_reshape_copies_where_it_must"],
    ),
    must(
        "strided, sliced, flipped and expanded operands everywhere",
        &["columns/layouts.rs::layouts_do_not_matter"],
    ),
    must(
        "indexing and assignment: ranges, steps, negatives, new axes, ellipsis, index tensors, masks",
        &[
            "indexing/index.rs",
            "indexing/errors.rs",
            "indexing/gradients.rs::of_writes",
        ],
    ),
    must(
        "picking and placing: gather, scatter, index_put, masks",
        &["indexing/placing.rs", "indexing/gradients.rs"],
    ),
    must(
        "broadcasting, and gradients summed back",
        &["tensor/operators.rs::shapes_broadcast_and_gradients_are_summed_back"],
    ),
    must(
        "type promotion",
        &[
            "tensor/promotion_table.rs::every_pair_of_dtypes",
            "tensor/promotion.rs",
        ],
    ),
    must(
        "operators without `?`, with numbers on either side",
        &["tensor/operators.rs"],
    ),
    must(
        "operations in place, and refused where a write would be lost",
        &[
            "tensor/writes.rs",
            "messages/writes.rs",
            "indexing/errors.rs::writes_that_would_be_lost",
        ],
    ),
    must(
        "`mm` without broadcasting, `matmul` for every rank, an inner size of 0",
        &[
            "messages/operations.rs::matrix_products",
            "torch_cases/report.rs::every_case_passes",
        ],
    ),
    must(
        "random numbers: `manual_seed`, `Generator` with state, every distribution, no integers from `randn`",
        &[
            "tensor/random.rs",
            "tests/threads.rs::threads_do_not_change_a_bit",
        ],
    ),
    must(
        "`.npy` and `.npz`, read and written",
        &[
            "tests/numpy.rs::archives_of_numpy",
            "tests/numpy.rs::what_is_written_comes_back",
        ],
    ),
    must(
        "`ndarray` both ways without a copy",
        &["tensor/numpy.rs::nothing_is_copied_on_the_way"],
    ),
    must(
        "printing as PyTorch does",
        &["tests/display.rs::texts_are_pytorchs"],
    ),
    must(
        "reductions with PyTorch's dtypes, dimensions and empty cases",
        &["op_table/conventions.rs::reductions_of_nothing"],
    ),
    should(
        "sort, topk, median, quantile, unique, histograms",
        &["indexing/order.rs"],
    ),
    should(
        "einsum",
        &[
            "linalg/errors.rs::equations_are_refused_in_pytorchs_words",
            "linalg/edges.rs::equations_of_every_kind",
        ],
    ),
    should(
        "linear algebra at small sizes",
        &["linalg/mod.rs::numbers_and_gradients_are_pytorchs"],
    ),
    // ---- autograd ----
    must(
        "a dynamic graph whose depth may depend on values",
        &["tensor/engine.rs::the_depth_of_a_graph_may_depend_on_its_values"],
    ),
    must(
        "`.grad` is none before, adds up, and stays with leaves unless asked for",
        &[
            "tensor/engine.rs::gradients_add_up_over_backwards_until_zeroed",
            "tensor/engine.rs::only_leaves_keep_gradients_unless_asked",
        ],
    ),
    must(
        "`backward`: (3w)² at 1 gives 18; PyTorch's errors",
        &[
            "tensor/engine.rs::the_first_example_of_the_book",
            "messages/backward.rs",
        ],
    ),
    must(
        "a gradient is never lost in silence",
        &[
            "messages/lost.rs",
            "messages/backward.rs::an_operation_without_a_rule_panics_by_name",
        ],
    ),
    must(
        "every gradient against finite differences",
        &[
            "columns/gradients.rs::gradients_agree_with_differences",
            "op_table/coverage.rs::every_public_operation_has_a_line",
        ],
    ),
    must(
        "`no_grad`, `enable_grad`, `inference_mode`, `detach`, freezing",
        &[
            "tensor/modes.rs",
            "graph/modes.rs",
            "tensor/handles.rs::freezing_a_leaf_ends_its_gradients",
        ],
    ),
    must(
        "PyTorch's gradients at kinks: relu, abs, ties, clamps, roots, powers at 0",
        &["op_table/conventions.rs", "op_table/conventions_math.rs"],
    ),
    must(
        "half precision accumulates in `f32`; NaN stays NaN",
        &[
            "op_table/conventions_math.rs::halves_accumulate_in_single_precision",
            "op_table/conventions.rs::not_a_number_stays_one",
        ],
    ),
    must(
        "graphs of a million operations; nothing leaks",
        &["tests/leaks"],
    ),
    should(
        "`autograd::grad` with `create_graph` and `allow_unused`",
        &[
            "graph/backward.rs",
            "messages/backward.rs::gradients_asked_for",
        ],
    ),
    should(
        "double backward of every operation",
        &["columns/gradients.rs::second_gradients_agree_with_differences"],
    ),
    should(
        "hooks on tensors and modules",
        &["graph/hooks.rs", "nn/hooks.rs"],
    ),
    should("custom functions", &["graph/function.rs"]),
    should("activation checkpointing", &["graph/checkpoint.rs"]),
    should(
        "`jacobian`, `hessian`, `vjp`, `jvp`",
        &["graph/derivative.rs"],
    ),
    should(
        "anomaly mode names the operation and the line",
        &["graph/anomaly.rs"],
    ),
    should(
        "parameters that got no gradient are listed",
        &[
            "graph/report.rs::each_reason",
            "nn/hooks.rs::parameters_without_a_gradient_are_named",
        ],
    ),
    should("the graph as a picture", &["graph/dot.rs::a_small_net"]),
];
