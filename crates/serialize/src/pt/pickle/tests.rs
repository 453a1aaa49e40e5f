//! Programs that no state dict is.

use std::time::{Duration, Instant};

use super::{Item, Object, unpickle};

#[track_caller]
fn refused(program: &[u8], why: &str) {
    let started = Instant::now();
    let text = unpickle(program).unwrap_err();
    assert!(text.contains(why), "{text} ({why})");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn nothing_is_called_by_name() {
    for (name, why) in [
        ("posix\nsystem", "`posix.system`"),
        ("os\nsystem", "`os.system`"),
        ("nt\nsystem", "`nt.system`"),
        ("__builtin__\neval", "`__builtin__.eval`"),
        ("builtins\ngetattr", "`builtins.getattr`"),
        ("torch\nload", "`torch.load`"),
        ("torch.hub\nload", "`torch.hub.load`"),
        ("torch\nStorage", "`torch.Storage`"),
        ("torch.nn.modules.linear\nLinear", "save its `state_dict()`"),
        ("__main__\nNet", "save its `state_dict()`"),
        ("__torch__\nNet", "TorchScript"),
        (
            "numpy.core.multiarray\nscalar",
            "turn NumPy's numbers into Python's",
        ),
        ("collections\nOrderedDict\x1b", "is no part of a state dict"),
    ] {
        refused(
            format!("\x02c{name}\n(X\x02\0\0\0lstR.")
                .replacen('\x02', "", 1)
                .as_bytes(),
            why,
        );
    }
    refused(
        b"cposix\nsystem\n",
        "byte 0: the pickle asks for `posix.system`",
    );
    let long = [&b"c"[..], &[b'a'; 5000], b"\n"].concat();
    refused(&long, "a name does not end");
    refused(b"c\xff\n\n", "a name is not text");
}

#[test]
fn other_instructions_are_refused_by_name() {
    for (code, name) in [
        (b'i', "INST"),
        (b'o', "OBJ"),
        (b'P', "PERSID"),
        (b'0', "POP"),
        (b'2', "DUP"),
        (b'I', "INT"),
        (b'S', "STRING"),
        (b'T', "BINSTRING"),
        (0x82, "EXT"),
        (0x8b, "LONG4"),
        (0x8c, "a later protocol"),
        (0x93, "a later protocol"),
        (0x95, "a later protocol"),
        (0xff, "no instruction 0xff"),
    ] {
        refused(&[b'N', code, 0, 0, 0, 0], name);
    }
    refused(b"\x80\x04N.", "protocol 4");
}

#[test]
fn programs_that_end_or_reach_too_far() {
    refused(b"", "ends in the middle");
    refused(b"N", "ends in the middle");
    refused(b"X\xff\xff\xff\xffabc", "ends in the middle");
    refused(b"\x8a\xff123", "ends in the middle");
    refused(b".", "more from the stack");
    refused(b"a", "more from the stack");
    refused(b"]a.", "more from the stack");
    refused(b"NNa.", "no container");
    refused(b"N\x86.", "more from the stack");
    refused(b"N(.", "more from the stack");
    refused(b"N(\x85.", "more from the stack");
    refused(b"t", "no mark");
    refused(b"}(Nu.", "a key has no value");
    refused(b"](NNu.", "has keys to set");
    refused(b"}(Ne.", "can be appended to");
    refused(b"h\x05.", "nothing is remembered as 5");
    refused(b"q\x00.", "more from the stack");
    refused(b"X\x01\0\0\0\xff.", "not UTF-8");
    refused(b"NNR.", "what is no function");
    refused(b"ccollections\nOrderedDict\nNR.", "without a tuple");
    refused(b"ccollections\nOrderedDict\nNN\x86R.", "with 2 arguments");
    refused(b"]}b.", "only an OrderedDict may have attributes");
    refused(b"NQ.", "persistent id");
    refused(b"(X\x06\0\0\0moduleNNNNtQ.", "persistent id");
}

/// A program that asks for more and more is stopped before it has much.
#[test]
fn bombs_are_small() {
    // Lists of what is remembered, each twice as large as the one before.
    let mut program = b"]q\x00".to_vec();
    for i in 0..200u8 {
        program.extend([b'(', b'h', i, b'h', i, b'l', b'0']);
    }
    refused(&program, "LIST");
    let mut doubling = b"Nq\x00".to_vec();
    for i in 0..200u8 {
        doubling.extend([b'h', i, b'h', i, 0x86, b'q', i + 1]);
    }
    doubling.push(b'.');
    // The machine itself makes 200 pairs of them; what they would repeat is counted later.
    assert_eq!(unpickle(&doubling).unwrap().objects.len(), 200);

    refused(&vec![b'('; 10_000_000], "open marks");
    refused(&vec![b'N'; 10_000_000], "makes more than");
    refused(&vec![b']'; 10_000_000], "makes more than");
    // Nests as deep as there are objects; letting go of it does not recurse.
    let mut deep = vec![b']'; 1_000_000];
    deep.extend(vec![b'a'; 999_999]);
    deep.push(b'.');
    assert!(unpickle(&deep).is_ok());
    let mut memo = b"N".to_vec();
    for i in 0..2_000_000u32 {
        memo.push(b'r');
        memo.extend(i.to_le_bytes());
    }
    refused(&memo, "1048576 things are the most");
    // A dictionary made again and again of one long list of pairs.
    let mut pairs = b"(".to_vec();
    for _ in 0..200_000 {
        pairs.extend(b"NN\x86");
    }
    pairs.extend(b"tq\x00");
    for _ in 0..1000 {
        pairs.extend(b"ccollections\nOrderedDict\nh\x00\x85R");
    }
    refused(&pairs, "makes more than");
}

#[test]
fn plain_things_are_made() {
    let root = |program: &[u8]| unpickle(program).unwrap().root;
    assert!(matches!(root(b"\x80\x02N."), Item::None));
    assert!(matches!(root(b"J\xff\xff\xff\xff."), Item::Int(-1)));
    assert!(matches!(root(b"M\xff\xff."), Item::Int(65535)));
    assert!(matches!(root(b"\x8a\x00."), Item::Int(0)));
    assert!(matches!(root(b"\x8a\x01\x80."), Item::Int(-128)));
    assert!(matches!(
        root(b"\x8a\x08\0\0\0\0\0\0\0\x80."),
        Item::Int(i64::MIN)
    ));
    assert!(matches!(root(b"G\x3f\xe0\0\0\0\0\0\0."), Item::Float(0.5)));
    let long = unpickle(b"\x8a\x09\0\0\0\0\0\0\0\x80\0.").unwrap();
    assert!(matches!(long.objects[..], [Object::Long(bytes)] if bytes.len() == 9));
    let text = unpickle(b"U\x03abc.rest").unwrap();
    assert!(matches!(text.objects[..], [Object::Str("abc")]));
    assert_eq!(text.used, 6);
    // The version numbers of a state dict are let go of.
    let dict = b"ccollections\nOrderedDict\n)R}X\x09\0\0\0_metadataNsb.";
    assert!(matches!(unpickle(dict).unwrap().root, Item::Object(_)));
}
