//! Files of comma-separated values, good and bad.

use std::path::PathBuf;

use ondol_data::text::TextDataset;
use ondol_data::{CsvDataset, CsvReader, CsvTable, Dataset, Label};
use tempfile::TempDir;

/// A file of this content; it is gone with the folder.
fn file(content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn table(content: &str) -> CsvTable {
    let (_folder, path) = file(content.as_bytes());
    CsvTable::read(path).unwrap()
}

#[test]
fn columns_are_chosen_by_name_in_any_order() {
    let t = table("a, b ,c\r\n1,-2.5e1,x\r\n3, inf ,y\r\n");
    assert_eq!(t.names(), ["a", "b", "c"]);
    assert_eq!((t.len(), t.is_empty()), (2, false));
    let x = t.numbers(&["b", "a", "b"]).unwrap();
    assert_eq!(x.shape(), [2, 3]);
    let inf = f32::INFINITY;
    assert_eq!(x.to_vec::<f32>(), [-25.0, 1.0, -25.0, inf, 3.0, inf]);
    assert_eq!(t.number("a").unwrap().to_vec::<f32>(), [1.0, 3.0]);
    assert_eq!(t.names_without(&["b"]), ["a", "c"]);
    assert_eq!(t.numbers(&[]).unwrap().shape(), [2, 0]);
}

#[test]
fn quotes_hold_commas_and_lines() {
    let t = table("\u{feff}n,text\n1,\"a, \"\"b\"\"\nc\"\n2,말\nx,last\n");
    assert_eq!(t.texts("text").unwrap(), ["a, \"b\"\nc", "말", "last"]);
    // The second row begins on line 4, as the first one has two.
    let text = t.number("n").unwrap_err().to_string();
    assert!(
        text.ends_with(r#"line 5, column "n": "x" is not a number"#),
        "{text}"
    );
    let data = TextDataset::new(t.texts("text").unwrap(), [0, 1, 0]);
    assert_eq!(data.get(1).unwrap(), ("말".to_owned(), 1));
}

#[test]
fn other_ways_to_write_a_table() {
    let (_folder, path) = file(b"# made by hand\n1\t2\t\n3\t\tu\n");
    let reader = CsvReader::new()
        .delimiter(b'\t')
        .header(false)
        .comment(b'#');
    let t = reader.read(&path).unwrap();
    assert_eq!(t.names(), ["0", "1", "2"]);
    assert_eq!(t.number("0").unwrap().to_vec::<f32>(), [1.0, 3.0]);
    let text = t.number("1").unwrap_err().to_string();
    assert!(
        text.contains("line 3, column \"1\": is empty; `missing`"),
        "{text}"
    );
    let t = reader.missing(-1.0).read(&path).unwrap();
    assert_eq!(t.number("1").unwrap().to_vec::<f32>(), [2.0, -1.0]);
    assert!(t.classes("2").is_err());
}

#[test]
fn classes_are_ordered_as_numbers_where_all_are() {
    let t = table("n,s,m\n10,10,b\n9,9,9\n-1,x,a\n9,10,b\n");
    let classes = |name| {
        let (y, classes) = t.classes(name).unwrap();
        (y.to_vec::<i64>(), classes)
    };
    let expected = |names: [&str; 3]| names.map(String::from).to_vec();
    assert_eq!(
        classes("n"),
        (vec![2, 1, 0, 1], expected(["-1", "9", "10"]))
    );
    assert_eq!(classes("s"), (vec![0, 1, 2, 0], expected(["10", "9", "x"])));
    assert_eq!(classes("m"), (vec![2, 0, 1, 2], expected(["9", "a", "b"])));
}

#[test]
fn a_dataset_is_features_and_a_label() {
    let content = "id,x,y,price,kind\n7,1,2,9.5,b\n8,3,4,8.5,a\n9,5,6,7.5,b\n";
    let t = table(content);
    let data = CsvDataset::of(&t, &["y", "x"], Label::Class("kind")).unwrap();
    assert_eq!(data.feature_names(), ["y", "x"]);
    assert_eq!((data.class("b").unwrap(), data.classes().len()), (1, 2));
    assert!(
        data.class("c")
            .unwrap_err()
            .to_string()
            .contains("there are a, b")
    );
    let (x, y) = data.get_batch(&[2, 0]).unwrap();
    assert_eq!(x.to_vec::<f32>(), [6.0, 5.0, 2.0, 1.0]);
    assert_eq!(y.to_vec::<i64>(), [1, 1]);
    assert_eq!(data.labels().to_vec::<i64>(), [1, 0, 1]);
    let (_folder, path) = file(b"a,b\n1,2\n3,4\n");
    let data = CsvDataset::read(path, Label::Number("a")).unwrap();
    let (x, y) = data.get(1).unwrap();
    assert_eq!(
        (x.to_vec::<f32>(), y.to_vec::<f32>()),
        (vec![4.0], vec![3.0])
    );
    assert!(data.classes().is_empty() && data.get(2).is_err());
    assert_eq!(data.features().shape(), [2, 1]);
}

#[test]
fn errors_name_the_file_the_line_and_the_column() {
    let read = |content: &[u8]| {
        let (_folder, path) = file(content);
        CsvTable::read(path).unwrap_err().to_string()
    };
    let text = read(b"a,b\n1,2\n3\n");
    assert!(
        text.ends_with("table.csv: line 3: has 1 cells, and the lines before it have 2"),
        "{text}"
    );
    let text = read(b"a,b\n1,2\n3,\xff\n");
    assert!(text.ends_with("line 3: cell 2 is no UTF-8 text"), "{text}");
    assert!(read(b"a,b,a\n").ends_with("two columns are named \"a\""));
    let folder = tempfile::tempdir().unwrap();
    let text = CsvTable::read(folder.path().join("gone.csv")).unwrap_err();
    assert!(text.to_string().contains("gone.csv: cannot read"), "{text}");

    let t = table("a,b\n1,1e39\n,2\n");
    let text = t.number("b").unwrap_err().to_string();
    assert!(
        text.contains("line 2, column \"b\": 1e39 is too large"),
        "{text}"
    );
    let text = t.number("a").unwrap_err().to_string();
    assert!(text.contains("line 3, column \"a\": is empty"), "{text}");
    let text = t.classes("c").unwrap_err().to_string();
    assert!(
        text.ends_with("there is no column \"c\"; there are a, b"),
        "{text}"
    );
    assert!(CsvDataset::of(&t, &["b"], Label::Class("a")).is_err());
}

#[test]
fn a_table_may_be_empty() {
    let t = table("a,b\n");
    assert!(t.is_empty());
    assert_eq!(t.numbers(&["a", "b"]).unwrap().shape(), [0, 2]);
    assert_eq!(t.classes("a").unwrap().1.len(), 0);
    let (_folder, path) = file(b"");
    let t = CsvTable::read(path).unwrap();
    assert_eq!((t.len(), t.names().len()), (0, 0));
}
