//! Batched matrix products of any strides.

use smallvec::SmallVec;

use super::gemm::{self, Cut, Gemm, Matrix};
use super::number::Number;
use super::parallel;
use super::strided::{buffer_of, buffer_of_mut};
use super::{staging, unsupported};
use crate::{DType, Layout, Result, Shape, View, ViewMut};

/// `[…, m, k] · […, k, n] → […, m, n]`, of one rank and with equal leading sizes.
pub(super) fn matmul(a: View<'_>, b: View<'_>, mut dst: ViewMut<'_>) -> Result<()> {
    if dst.layout.numel() == 0 {
        return Ok(());
    }
    match dst.dtype {
        DType::Bool => return Err(unsupported("matmul", DType::Bool)),
        DType::F32 => floats(
            buffer_of::<f32>(a),
            a.layout,
            buffer_of(b),
            b.layout,
            &mut dst,
        ),
        DType::F64 => floats(
            buffer_of::<f64>(a),
            a.layout,
            buffer_of(b),
            b.layout,
            &mut dst,
        ),
        DType::F16 | DType::BF16 => {
            let (a, b) = (Widened::new(a), Widened::new(b));
            let shape = dst.layout.clone();
            staging::write::<f32, _>(dst, |out| {
                let layout = Layout::contiguous(shape.shape().clone());
                batches(&a.data, &a.layout, &b.data, &b.layout, out, &layout);
            });
        }
        DType::U8 => integers::<u8>(a, b, dst),
        DType::I32 => integers::<i32>(a, b, dst),
        DType::I64 => integers::<i64>(a, b, dst),
    }
    Ok(())
}

/// Halves as `f32`; what is broadcast is kept once.
struct Widened {
    data: staging::Scratch<f32>,
    layout: Layout,
}

impl Widened {
    fn new(view: View<'_>) -> Self {
        let broadcast = |d: usize| view.layout.strides()[d] == 0;
        let mut thin = view.layout.shape().clone();
        (0..thin.ndim())
            .filter(|&d| broadcast(d))
            .for_each(|d| thin[d] = 1);
        let source = Layout::strided(thin.clone(), view.layout.strides(), view.layout.offset());
        let data = staging::copied::<f32>(View {
            layout: &source,
            ..view
        });
        let mut strides: SmallVec<[isize; 6]> =
            SmallVec::from_slice(Layout::contiguous(thin).strides());
        (0..strides.len())
            .filter(|&d| broadcast(d))
            .for_each(|d| strides[d] = 0);
        let layout = Layout::strided(view.layout.shape().clone(), &strides, 0);
        Widened { data, layout }
    }
}

fn floats<T: Gemm>(a: &[T], la: &Layout, b: &[T], lb: &Layout, dst: &mut ViewMut<'_>) {
    let layout = dst.layout;
    batches(a, la, b, lb, buffer_of_mut::<T>(dst), layout);
}

/// The products of a batch; `Layout`s give shapes and places inside of the slices.
fn batches<T: Gemm>(a: &[T], la: &Layout, b: &[T], lb: &Layout, c: &mut [T], lc: &Layout) {
    let folded = fold_batch(la, lb, lc);
    let (la, lb, lc) = folded.as_ref().map_or((la, lb, lc), |(a, b, c)| (a, b, c));
    let lead = lc.ndim() - 2;
    let size = [lc.shape()[lead], la.shape()[lead + 1], lc.shape()[lead + 1]];
    if size[1] == 0 {
        lc.positions().for_each(|p| c[p] = T::ZERO);
        return;
    }
    let matrix = |l: &Layout| {
        (
            l.offset() as isize,
            l.strides()[lead],
            l.strides()[lead + 1],
        )
    };
    let ((oa, ra, ca), (ob, rb, cb), (oc, rc, cc)) = (matrix(la), matrix(lb), matrix(lc));
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    // SAFETY: the layouts' extents were checked against their buffers.
    let (a, b, c) = unsafe { (a.offset(oa), b.offset(ob), c.offset(oc)) };
    let a = Matrix {
        start: a,
        row: ra,
        column: ca,
    };
    let b = Matrix {
        start: b,
        row: rb,
        column: cb,
    };
    let c = Matrix {
        start: c,
        row: rc,
        column: cc,
    };
    let sizes = &lc.shape()[..lead];
    let count: usize = sizes.iter().product();
    // Few large products are shared out one by one, many small ones by the item.
    let alone = T::is_blocked(size) && count < 16 && Cut::new(size).worth_forking(1);
    let cut = if T::is_blocked(size) {
        Cut::whole(size)
    } else {
        Cut::new(size)
    };
    let per_task = if cut.len() == 1 { cut.per_task() } else { 1 };
    let blocks = count * cut.len();
    parallel::tasks(
        blocks.div_ceil(per_task),
        cut.worth_forking(count) && !alone,
        |task| {
            let (a, b, c) = (a, b, c);
            for index in task * per_task..blocks.min((task + 1) * per_task) {
                let mut item = index / cut.len();
                let (mut pa, mut pb, mut pc) = (0, 0, 0);
                for d in (0..lead).rev() {
                    let i = (item % sizes[d]) as isize;
                    item /= sizes[d];
                    pa += i * la.strides()[d];
                    pb += i * lb.strides()[d];
                    pc += i * lc.strides()[d];
                }
                // SAFETY: positions inside the checked layouts; each block of `c` is one task's.
                unsafe {
                    let a = Matrix {
                        start: a.start.offset(pa),
                        ..a
                    };
                    let b = Matrix {
                        start: b.start.offset(pb),
                        ..b
                    };
                    let c = Matrix {
                        start: c.start.offset(pc),
                        ..c
                    };
                    if cut.len() == 1 && (alone || count == 1) {
                        gemm::multiply(size, a, b, T::ZERO, c);
                    } else {
                        gemm::block(&cut, index % cut.len(), size, a, b, T::ZERO, c);
                    }
                }
            }
        },
    );
}

/// Where all items share `b`, as in a linear layer on sequences, the batch is more rows of `a`.
fn fold_batch(a: &Layout, b: &Layout, c: &Layout) -> Option<(Layout, Layout, Layout)> {
    let lead = c.ndim() - 2;
    let shared = (0..lead).all(|d| b.strides()[d] == 0 || b.shape()[d] == 1);
    if lead == 0 || !shared {
        return None;
    }
    let rows = |l: &Layout| {
        let flat = Shape::new(&[l.shape()[..=lead].iter().product(), l.shape()[lead + 1]]);
        // `view` splits as well as merges; the columns must stay what they were.
        let flat = l.view(&flat)?;
        (flat.shape()[1] == 1 || flat.strides()[1] == l.strides()[lead + 1]).then_some(flat)
    };
    let matrix = Layout::strided(
        Shape::new(&b.shape()[lead..]),
        &b.strides()[lead..],
        b.offset(),
    );
    Some((rows(a)?, matrix, rows(c)?))
}

/// Rows of `c` a task takes.
const ROWS: usize = 16;

fn integers<T: Number>(a: View<'_>, b: View<'_>, dst: ViewMut<'_>) {
    let lead = dst.layout.ndim() - 2;
    let (m, n) = (dst.layout.shape()[lead], dst.layout.shape()[lead + 1]);
    let k = a.layout.shape()[lead + 1];
    let parallel = dst.layout.numel().saturating_mul(k) >= 1 << 20;
    let (a, b) = (staging::read::<T>(a), staging::read::<T>(b));
    staging::write::<T, _>(dst, |out| {
        parallel::split_mut(out, ROWS * n, parallel, |start, part| {
            for (r, c) in part.chunks_exact_mut(n).enumerate() {
                let row = start / n + r;
                let b = &b[row / m * k * n..][..k * n];
                c.fill(T::ZERO);
                for (p, b) in b.chunks_exact(n).enumerate() {
                    let x = a[row * k + p];
                    for (sum, &y) in c.iter_mut().zip(b) {
                        *sum = sum.plus(x.times(y));
                    }
                }
            }
        });
    });
}
