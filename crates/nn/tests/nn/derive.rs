//! What `#[derive(Module)]` makes of structs and enums.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use ondol_nn::{
    Buffer, Forward, Linear, Module, Parameter, Sequential, Tensor, Training, sequential,
};

fn keys(module: &dyn Module) -> Vec<String> {
    module.state_dict().keys().map(str::to_owned).collect()
}

fn linear() -> Linear {
    Linear::new(2, 2).bias(false)
}

struct NotAModule;

#[derive(Module)]
struct Everything {
    layers: Vec<Linear>,
    pair: (Linear, [Linear; 2]),
    heads: BTreeMap<String, Linear>,
    r#type: Option<Linear>,
    none: Option<Linear>,
    shared: Arc<Linear>,
    boxed: Box<dyn Forward + Send + Sync>,
    own: Parameter,
    statistics: Buffer,
    #[module(transparent)]
    body: Sequential,
    #[module(name = "downsample.0")]
    renamed: Linear,
    #[module(skip)]
    _other: NotAModule,
    size: usize,
    name: &'static str,
    constant: Tensor,
}

fn everything() -> Everything {
    Everything {
        layers: vec![linear(), linear()],
        pair: (linear(), [linear(), linear()]),
        heads: ["b", "a"].map(|name| (name.to_owned(), linear())).into(),
        r#type: Some(linear()),
        none: None,
        shared: Arc::new(linear()),
        boxed: Box::new(linear()),
        own: Parameter::new(Tensor::ones([1])),
        statistics: Buffer::new(Tensor::ones([1])),
        body: sequential![linear(), linear()],
        renamed: linear(),
        _other: NotAModule,
        size: 3,
        name: "net",
        constant: Tensor::ones([1]),
    }
}

#[test]
fn keys_are_field_paths_in_the_order_of_declaration() {
    let module = everything();
    assert_eq!(
        (module.size, module.name, module.constant.numel()),
        (3, "net", 1)
    );
    assert_eq!(
        keys(&module),
        [
            "layers.0.weight",
            "layers.1.weight",
            "pair.0.weight",
            "pair.1.0.weight",
            "pair.1.1.weight",
            "heads.a.weight",
            "heads.b.weight",
            "type.weight",
            "shared.weight",
            "boxed.weight",
            "own",
            "statistics",
            "0.weight",
            "1.weight",
            "downsample.0.weight",
        ]
    );
}

#[derive(Module)]
struct Tuple(Linear, usize, Linear);

#[derive(Module)]
struct Unit;

#[derive(Module)]
struct Generic<'n, L, T: Copy, const N: usize>
where
    L: Send,
{
    layers: [L; N],
    name: &'n str,
    tag: PhantomData<T>,
    #[module(skip)]
    copy: T,
}

/// Refers to itself: the bound must not need itself.
#[derive(Module)]
struct Tree<L> {
    layer: L,
    children: Vec<Tree<L>>,
}

trait Plan {
    type Layer;
}
struct Small;
impl Plan for Small {
    type Layer = Linear;
}

#[derive(Module)]
struct Planned<P: Plan> {
    layer: P::Layer,
}

#[test]
fn tuples_units_and_generics() {
    let tuple = Tuple(linear(), 7, linear());
    assert_eq!(tuple.1, 7);
    assert_eq!(keys(&tuple), ["0.weight", "2.weight"]);
    assert!(keys(&Unit).is_empty());
    // `T` is not a module, and need not be.
    let name = String::from("net");
    let generic = Generic {
        layers: [linear(), linear()],
        name: &name,
        tag: PhantomData::<&u8>,
        copy: &1u8,
    };
    assert_eq!((generic.name, *generic.copy), ("net", 1));
    assert_eq!(keys(&generic), ["layers.0.weight", "layers.1.weight"]);
    let tree = Tree {
        layer: linear(),
        children: vec![Tree {
            layer: linear(),
            children: vec![],
        }],
    };
    assert_eq!(keys(&tree), ["layer.weight", "children.0.layer.weight"]);
    assert_eq!(
        keys(&Planned::<Small> { layer: linear() }),
        ["layer.weight"]
    );
    assert_eq!(tree.type_name(), "Tree");
}

#[derive(Module)]
enum Head {
    Linear { fc: Linear, classes: usize },
    Pair(Linear, Linear),
    Nothing,
}

#[derive(Module)]
enum Never {}

#[test]
fn an_enum_has_the_fields_of_its_variant() {
    let head = Head::Linear {
        fc: linear(),
        classes: 10,
    };
    assert!(matches!(head, Head::Linear { classes: 10, .. }));
    assert_eq!(keys(&head), ["fc.weight"]);
    assert_eq!(
        keys(&Head::Pair(linear(), linear())),
        ["0.weight", "1.weight"]
    );
    assert!(keys(&Head::Nothing).is_empty());
    assert!(keys(&Vec::<Never>::new()).is_empty());
}

#[derive(Module)]
struct Noise {
    training: Training,
    inner: Vec<Noise>,
}

#[test]
fn the_training_flag_reaches_everything() {
    let noise = || Noise {
        training: Training::default(),
        inner: vec![],
    };
    let outer = Noise {
        training: Training::default(),
        inner: vec![noise(), noise()],
    };
    assert!(outer.is_training());
    outer.eval();
    assert!(!outer.is_training() && outer.inner.iter().all(|n| !n.training.get()));
    outer.inner[1].train();
    assert!(outer.is_training() && !outer.training.get());
}
