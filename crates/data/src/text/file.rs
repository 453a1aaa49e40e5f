//! A vocabulary as a file: one token a line.

use std::io::{BufWriter, Write};
use std::path::Path;

use ondol_tensor::{Error, Result};

use super::Vocab;
use crate::temporary::write;

/// What the first line of a file that [`Vocab::save`] wrote begins with.
const HEAD: &str = "ondol-vocab 1";

impl Vocab {
    /// Writes the vocabulary as text: a line with the number of tokens and the default index, then
    /// one token a line, where a backslash is `\\`, a line's end `\n` and a carriage return `\r`.
    ///
    /// The file appears whole or not at all.
    ///
    /// # Errors
    /// Whatever the operating system refuses.
    ///
    /// ```
    /// use ondol_data::text::Vocab;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("vocab.txt");
    /// let vocab = Vocab::new(["<unk>", "\n", " "])?;
    /// vocab.save(&path)?;
    /// assert_eq!(Vocab::load(&path)?, vocab);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), |file| {
            let mut file = BufWriter::new(file);
            let default = self.get_default_index();
            let default = default.map_or("none".into(), |i| i.to_string());
            writeln!(file, "{HEAD} tokens={} default={default}", self.len())?;
            for token in self.get_itos() {
                writeln!(file, "{}", escaped(token))?;
            }
            file.flush()
        })
    }

    /// Reads a file that [`save`](Vocab::save) wrote, or any list with one token a line (which is
    /// taken as it stands, without a default index).
    ///
    /// # Errors
    /// A file that cannot be read, is no UTF-8 or ends too early; a token that comes twice.
    pub fn load(path: impl AsRef<Path>) -> Result<Vocab> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, "read", e))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            Error::file(path, format!("is no UTF-8 text from byte {at} on"))
        })?;
        let here = |e: Error| Error::file(path, e.to_string());
        if !text.starts_with(HEAD) {
            return Vocab::new(text.lines()).map_err(here);
        }
        let mut lines = text.split('\n');
        let head = lines.next().unwrap_or_default();
        let (count, default_index) = read_head(head).ok_or_else(|| {
            Error::file(
                path,
                format!("line 1: expected {HEAD:?} with tokens=… and default=…, found {head:?}"),
            )
        })?;
        let mut tokens = Vec::new();
        for (i, line) in lines.enumerate() {
            let token = unescaped(line).ok_or_else(|| {
                let message = format!("line {}: a backslash stands before \\, n or r only", i + 2);
                Error::file(path, message)
            })?;
            tokens.push(token);
        }
        // After the last line's end stands nothing.
        let rest = tokens.pop();
        if rest.as_deref() != Some("") || tokens.len() != count {
            let found = tokens.len();
            let message =
                format!("holds {found} whole lines of {count} tokens; it was cut off or changed");
            return Err(Error::file(path, message));
        }
        let mut vocab = Vocab::new(tokens).map_err(here)?;
        vocab.set_default_index(default_index);
        Ok(vocab)
    }
}

fn escaped(token: &str) -> String {
    token
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
}

fn unescaped(line: &str) -> Option<String> {
    let mut token = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        token.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            c => c,
        });
    }
    Some(token)
}

/// The number of tokens and the default index.
fn read_head(line: &str) -> Option<(usize, Option<i64>)> {
    let rest = line.strip_prefix(HEAD)?.strip_prefix(" tokens=")?;
    let (count, default) = rest.split_once(" default=")?;
    let default = match default {
        "none" => None,
        number => Some(number.parse().ok()?),
    };
    Some((count.parse().ok()?, default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_token_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocab.txt");
        let tokens = [
            "<unk>", "", " ", "\n", "\r\n", "\\n", "\\", "말", "a b", "\u{2028}",
        ];
        for count in [tokens.len(), 0] {
            let mut vocab = Vocab::new(tokens[..count].iter().copied()).unwrap();
            vocab.set_default_index(Some(-1));
            vocab.save(&path).unwrap();
            assert_eq!(Vocab::load(&path).unwrap(), vocab);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_broken_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocab.txt");
        let refused = |content: &[u8], says: &str| {
            std::fs::write(&path, content).unwrap();
            let text = Vocab::load(&path).unwrap_err().to_string();
            assert!(text.contains("vocab.txt") && text.contains(says), "{text}");
        };
        let head = "ondol-vocab 1 tokens=2 default=none\n";
        let with = |rest: &str| format!("{head}{rest}").into_bytes();
        refused(&with("a\nb"), "cut off");
        refused(&with("a\n"), "1 whole lines of 2 tokens");
        refused(&with("a\nb\nc\n"), "3 whole lines");
        refused(&with("a\nb\\x\n"), "line 3: a backslash");
        refused(&with("a\na\n"), "Duplicate token");
        refused(b"ondol-vocab 1 tokens=x default=none\n", "line 1");
        refused(b"a\nb\na\n", "Duplicate token");
        refused(b"ab\xff", "from byte 2 on");
        let gone = Vocab::load(folder.path().join("gone.txt")).unwrap_err();
        assert!(gone.to_string().contains("cannot read"));
    }

    #[test]
    fn a_plain_list_is_read_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bert.txt");
        std::fs::write(&path, "[PAD]\n\\n\n##ing\n").unwrap();
        let vocab = Vocab::load(&path).unwrap();
        assert_eq!(vocab.get_itos(), ["[PAD]", "\\n", "##ing"]);
        assert_eq!(vocab.get_default_index(), None);
    }
}
