//! The CPU backend against plain loops, and the loops against backends that are wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ondol_tensor::{
    ArgReduce, Backend, Binary, Buffer, Compare, DType, Device, Distribution, Fill, Fused,
    FusedStep, MemoryStats, Reduce, Reduced, Result, Scan, Scatter, Source, Unary, View, ViewMut,
    testing,
};

#[test]
fn the_cpu_conforms() {
    testing::conformance(&Device::cpu());
}

/// The CPU with one mistake.
struct Wrong {
    cpu: Device,
    mistake: &'static str,
}

impl Wrong {
    /// The wrong one of two, if this is the mistake.
    fn or<T>(&self, mistake: &str, right: T, wrong: T) -> T {
        if self.mistake == mistake {
            wrong
        } else {
            right
        }
    }
}

impl Backend for Wrong {
    fn name(&self) -> &str {
        "wrong"
    }
    fn alloc(&self, bytes: usize) -> Result<Arc<dyn Buffer>> {
        self.cpu.backend().alloc(bytes)
    }
    fn upload(&self, src: &[u8], dst: &mut dyn Buffer) -> Result<()> {
        self.cpu.backend().upload(src, dst)
    }
    fn download(&self, src: &dyn Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        self.cpu.backend().download(src, offset, dst)
    }
    fn fill(&self, fill: Fill, dst: ViewMut<'_>) -> Result<()> {
        let fill = match fill {
            Fill::Range { start, step } => Fill::Range {
                start,
                step: self.or("fill", step, start),
            },
            value => value,
        };
        self.cpu.backend().fill(fill, dst)
    }
    fn random(
        &self,
        distribution: Distribution,
        seed: u64,
        offset: u64,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        self.cpu.backend().random(
            distribution,
            seed,
            self.or("random", offset, offset + 1),
            dst,
        )
    }
    fn copy(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        if self.mistake == "copy" && src.dtype == DType::F64 && dst.dtype == DType::BF16 {
            return self.cpu.backend().fill(Fill::Value(0.5.into()), dst);
        }
        self.cpu.backend().copy(src, dst)
    }
    fn unary(&self, op: Unary, src: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        let op = match op {
            Unary::Ceil => self.or("unary", op, Unary::Round),
            Unary::Erfc => self.or("erfc", op, Unary::Erf),
            Unary::Lgamma => self.or("lgamma", op, Unary::Digamma),
            Unary::I1e => self.or("i1e", op, Unary::I0e),
            Unary::Acosh => self.or("acosh", op, Unary::Asinh),
            op => op,
        };
        self.cpu.backend().unary(op, src, dst)
    }
    fn binary(&self, op: Binary, a: Source<'_>, b: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        let (a, b) = if matches!(a, Source::Destination) {
            self.or("in place", (a, b), (b, a))
        } else {
            (a, b)
        };
        let op = match op {
            Binary::Fmod => self.or("fmod", op, Binary::Remainder),
            Binary::Shr => self.or("shift", op, Binary::Shl),
            Binary::Copysign => self.or("copysign", op, Binary::Mul),
            op => op,
        };
        self.cpu.backend().binary(op, a, b, dst)
    }
    fn compare(
        &self,
        op: Compare,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let op = if op == Compare::Ge {
            self.or("compare", op, Compare::Gt)
        } else {
            op
        };
        self.cpu.backend().compare(op, dtype, a, b, dst)
    }
    fn select(
        &self,
        condition: View<'_>,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let (a, b) = self.or("select", (a, b), (b, a));
        self.cpu.backend().select(condition, a, b, dst)
    }
    fn reduce(&self, op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) -> Result<()> {
        let op = if op == Reduce::Min {
            self.or("reduce", op, Reduce::Max)
        } else {
            op
        };
        self.cpu.backend().reduce(op, src, dims, dst)
    }
    fn arg_reduce(&self, op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        self.cpu
            .backend()
            .arg_reduce(self.or("arg_reduce", op, ArgReduce::Max), src, dim, dst)
    }
    fn scan(&self, op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        let op = match op {
            Scan::Min => self.or("cummin", op, Scan::Max),
            Scan::LogSumExp => self.or("logcumsumexp", op, Scan::Max),
            op => self.or("scan", op, Scan::Sum),
        };
        self.cpu.backend().scan(op, src, dim, dst)
    }
    fn matmul(&self, a: View<'_>, b: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        if self.mistake == "matmul" && a.layout.ndim() == 4 {
            return self.cpu.backend().fill(Fill::Value(0i64.into()), dst);
        }
        self.cpu.backend().matmul(a, b, dst)
    }
    fn gather(&self, src: View<'_>, dim: usize, index: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        self.cpu.backend().gather(
            self.or(
                "gather",
                src,
                View {
                    layout: &src.layout.flip(dim),
                    ..src
                },
            ),
            dim,
            index,
            dst,
        )
    }
    fn scatter(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        self.cpu
            .backend()
            .scatter(self.or("scatter", op, Scatter::Set), dim, index, src, dst)
    }
    fn sort(
        &self,
        src: View<'_>,
        dim: usize,
        descending: bool,
        values: ViewMut<'_>,
        indices: ViewMut<'_>,
    ) -> Result<()> {
        self.cpu.backend().sort(
            src,
            dim,
            self.or("sort", descending, false),
            values,
            indices,
        )
    }
    fn has_fused(&self, op: &Fused, dtype: DType) -> bool {
        self.cpu.backend().has_fused(op, dtype)
    }
    fn fused(
        &self,
        op: &Fused,
        inputs: &[View<'_>],
        outputs: &mut [ViewMut<'_>],
    ) -> Option<Result<()>> {
        let op = match op.clone() {
            Fused::Conv2d(mut o) => {
                o.padding = self.or("conv2d", o.padding, [o.padding[1], o.padding[0]]);
                Fused::Conv2d(o)
            }
            Fused::MaxPool2d(mut o) => {
                o.dilation = self.or("max_pool2d", o.dilation, [1, 1]);
                Fused::MaxPool2d(o)
            }
            Fused::UnaryGrad(unary) => Fused::UnaryGrad(self.or("unary_grad", unary, Unary::Tanh)),
            Fused::Softmax { dim, log } => {
                let log = self.or("softmax", log, false);
                Fused::Softmax { dim, log }
            }
            Fused::SoftmaxGrad { dim, log } => {
                let log = self.or("softmax_grad", log, true);
                Fused::SoftmaxGrad { dim, log }
            }
            Fused::CrossEntropy { reduced, ignore } => {
                let ignore = self.or("cross_entropy", ignore, 0);
                Fused::CrossEntropy { reduced, ignore }
            }
            Fused::CrossEntropyGrad { reduced, ignore } => {
                let mean = reduced == Reduced::Mean && self.mistake == "cross_entropy_grad";
                let reduced = if mean { Reduced::Sum } else { reduced };
                Fused::CrossEntropyGrad { reduced, ignore }
            }
            Fused::BinaryCrossEntropy(reduced) => {
                let mean = reduced == Reduced::Mean && self.mistake == "binary_cross_entropy";
                Fused::BinaryCrossEntropy(if mean { Reduced::Sum } else { reduced })
            }
            Fused::BinaryCrossEntropyGrad(reduced) => {
                let mean = reduced == Reduced::Mean && self.mistake == "binary_cross_entropy_grad";
                Fused::BinaryCrossEntropyGrad(if mean { Reduced::Sum } else { reduced })
            }
            Fused::LayerNorm { eps } => {
                let eps = self.or("layer_norm", eps, 0.0);
                Fused::LayerNorm { eps }
            }
            Fused::LayerNormGrad { eps } => {
                let eps = self.or("layer_norm_grad", eps, 0.0);
                Fused::LayerNormGrad { eps }
            }
            Fused::BatchNorm { eps } => {
                let eps = self.or("batch_norm", eps, 0.0);
                Fused::BatchNorm { eps }
            }
            Fused::BatchNormGrad { eps } => {
                let eps = self.or("batch_norm_grad", eps, 0.0);
                Fused::BatchNormGrad { eps }
            }
            Fused::Conv2dBias(o) => self.or("conv2d bias", Fused::Conv2dBias(o), Fused::Conv2d(o)),
            Fused::Conv2dParameterGrads {
                mut options,
                kernel,
            } => {
                options.padding[1] = self.or("conv2d grads", options.padding[1], 0);
                Fused::Conv2dParameterGrads { options, kernel }
            }
            Fused::MaxPool2dValues(mut o) => {
                o.dilation = self.or("max_pool2d values", o.dilation, [1, 1]);
                Fused::MaxPool2dValues(o)
            }
            Fused::MaxPool2dGrad(mut o) => {
                o.dilation = self.or("max_pool2d grad", o.dilation, [1, 1]);
                Fused::MaxPool2dGrad(o)
            }
            other => other,
        };
        let flipped;
        let mut inputs = inputs.to_vec();
        match op {
            Fused::Linear if self.mistake == "linear" => {
                flipped = inputs[2].layout.flip(0);
                inputs[2].layout = &flipped;
            }
            _ => {}
        }
        self.cpu.backend().fused(&op, &inputs, outputs)
    }
    fn fused_step(
        &self,
        op: &FusedStep,
        in_outs: &mut [ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Option<Result<()>> {
        let mut op = op.clone();
        match &mut op {
            FusedStep::Sgd { dampening, .. } => *dampening = self.or("sgd", *dampening, 0.0),
            FusedStep::Adam { decoupled, .. } => *decoupled = self.or("adam", *decoupled, true),
        }
        self.cpu.backend().fused_step(&op, in_outs, inputs)
    }
    fn memory(&self) -> MemoryStats {
        self.cpu.memory()
    }
    fn empty_cache(&self) {
        self.cpu.empty_cache();
    }
}

#[test]
fn no_mistake_goes_unseen() {
    let mut passed = "";
    for (section, mistake) in [
        ("fill and cast", "fill"),
        ("fill and cast", "copy"),
        ("unary", "unary"),
        ("unary", "erfc"),
        ("unary", "lgamma"),
        ("unary", "i1e"),
        ("unary", "acosh"),
        ("binary and compare", "fmod"),
        ("binary and compare", "shift"),
        ("binary and compare", "copysign"),
        ("scan", "cummin"),
        ("scan", "logcumsumexp"),
        ("in place", "in place"),
        ("binary and compare", "compare"),
        ("select", "select"),
        ("reduce", "reduce"),
        ("arg_reduce", "arg_reduce"),
        ("scan", "scan"),
        ("matmul", "matmul"),
        ("gather", "gather"),
        ("scatter", "scatter"),
        ("sort", "sort"),
        ("random", "random"),
        ("conv2d", "conv2d"),
        ("conv2d", "conv2d bias"),
        ("conv2d", "conv2d grads"),
        ("max_pool2d", "max_pool2d"),
        ("slopes", "unary_grad"),
        ("softmax", "softmax"),
        ("softmax", "softmax_grad"),
        ("cross_entropy", "cross_entropy"),
        ("cross_entropy", "cross_entropy_grad"),
        ("binary_cross_entropy", "binary_cross_entropy"),
        ("binary_cross_entropy", "binary_cross_entropy_grad"),
        ("layer_norm", "layer_norm"),
        ("layer_norm", "layer_norm_grad"),
        ("batch_norm", "batch_norm"),
        ("batch_norm", "batch_norm_grad"),
        ("max_pool2d", "max_pool2d values"),
        ("max_pool2d", "max_pool2d grad"),
        ("linear", "linear"),
        ("sgd", "sgd"),
        ("adam", "adam"),
    ] {
        let (_, run) = testing::SECTIONS
            .iter()
            .find(|(name, _)| *name == section)
            .expect(section);
        let device = |mistake| {
            Device::new(Arc::new(Wrong {
                cpu: Device::cpu(),
                mistake,
            }))
        };
        // Without a mistake a section passes; once for each is enough.
        if !std::mem::replace(&mut passed, section).eq(section) {
            run(&device("none"));
        }
        let seen = catch_unwind(AssertUnwindSafe(|| run(&device(mistake))));
        let text = *seen
            .expect_err(mistake)
            .downcast::<String>()
            .expect("a message");
        assert!(text.starts_with("conformance: "), "{text}");
    }
}
