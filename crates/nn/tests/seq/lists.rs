//! Containers that hold and do not run.

use ondol_nn::{
    Forward, Layer, Linear, Module, ModuleDict, ModuleList, Parameter, ParameterDict,
    ParameterList, ReLU, Tensor,
};

fn keys(module: &dyn Module) -> Vec<String> {
    module.state_dict().keys().map(String::from).collect()
}

#[test]
fn lists_of_modules_print_and_name_as_pytorchs() {
    let mut list: ModuleList = ModuleList::new()
        .add(Linear::new(1, 2))
        .add(Linear::new(1, 2));
    list.push(Box::new(ReLU));
    assert_eq!(
        list.to_string(),
        "ModuleList(\n  (0-1): 2 x Linear(in_features=1, out_features=2, bias=True)\n  (2): ReLU()\n)"
    );
    assert_eq!(keys(&list), ["0.weight", "0.bias", "1.weight", "1.bias"]);
    assert_eq!(ModuleList::new().to_string(), "ModuleList()");
    let more: [Layer; 1] = [Box::new(Linear::new(2, 1))];
    list.extend(more);
    list.insert(0, Box::new(ReLU));
    assert_eq!(
        (list.len(), list[4].forward(&Tensor::ones([2])).numel()),
        (5, 1)
    );
    assert_eq!(keys(&list).last().unwrap(), "4.bias");
    assert_eq!(
        list.pop().unwrap().repr(),
        "Linear(in_features=2, out_features=1, bias=True)"
    );
    let types: Vec<&str> = (&list).into_iter().map(|m| m.type_name()).collect();
    assert_eq!(types, ["ReLU", "Linear", "Linear", "ReLU"]);
}

#[test]
fn dicts_of_modules_keep_their_order() {
    let inner: ModuleList = ModuleList::new().add(ReLU);
    #[derive(Module)]
    struct Both {
        dict: ModuleDict,
        list: ModuleList,
    }
    let dict = ModuleDict::new().add("b", Linear::new(1, 2)).add("a", ReLU);
    let both = Both { dict, list: inner };
    assert_eq!(
        both.repr(),
        "Both(\n  (dict): ModuleDict(\n    (b): Linear(in_features=1, out_features=2, bias=True)\n    (a): ReLU()\n  )\n  (list): ModuleList(\n    (0): ReLU()\n  )\n)"
    );
    assert_eq!(keys(&both), ["dict.b.weight", "dict.b.bias"]);
    let mut dict: ModuleDict<Linear> = [("x", Linear::new(1, 1)), ("y", Linear::new(1, 2))]
        .into_iter()
        .collect();
    dict.insert("x", Linear::new(1, 3));
    let sizes: Vec<(&str, usize)> = dict
        .iter()
        .map(|(name, m)| (name, m.out_features()))
        .collect();
    assert_eq!(sizes, [("x", 3), ("y", 2)]);
    assert!(dict.remove("x").is_some() && !dict.contains_key("x"));
}

#[test]
fn parameters_in_lists_and_dicts_print_and_name_as_pytorchs() {
    #[derive(Module)]
    struct M {
        p: ParameterList,
        d: ParameterDict,
    }
    let mut p = ParameterList::new();
    p.push(Parameter::new(Tensor::zeros([2, 3])));
    let one = p.to_string();
    assert_eq!(
        one,
        "ParameterList(  (0): Parameter containing: [torch.float32 of size 2x3])"
    );
    p.push(Parameter::new(Tensor::zeros(())));
    assert_eq!(
        p.to_string(),
        "ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2x3]\n    (1): Parameter containing: [torch.float32 of size ]\n)"
    );
    let mut d = ParameterDict::new();
    d.insert("x", Parameter::new(Tensor::zeros([2])));
    assert_eq!(
        d.to_string(),
        "ParameterDict(  (x): Parameter containing: [torch.FloatTensor of size 2])"
    );
    let m = M { p, d };
    assert_eq!(keys(&m), ["p.0", "p.1", "d.x"]);
    assert_eq!(m.parameters().len(), 3);
    assert!(m.p[1].requires_grad() && m.d["x"].requires_grad());
}
