//! Hyperparameters beside what came of them, for TensorBoard's table of runs.

use super::proto::Message;

/// A hyperparameter of `SummaryWriter::add_hparams`.
#[derive(Clone, Debug, PartialEq)]
pub enum HParam {
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// A truth value.
    Bool(bool),
}

macro_rules! from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => {$(
        impl From<$t> for HParam {
            fn from($v: $t) -> Self {
                $e
            }
        }
    )*};
}
from!(
    f64 => |v| HParam::Number(v), f32 => |v| HParam::Number(v.into()), i32 => |v| HParam::Number(v.into()),
    i64 => |v| HParam::Number(v as f64), usize => |v| HParam::Number(v as f64),
    &str => |v| HParam::Text(v.into()), String => |v| HParam::Text(v), bool => |v| HParam::Bool(v),
);

fn summary(tag: &str, content: &Message) -> Message {
    let plugin = Message::new().text(1, "hparams").message(2, content);
    let metadata = Message::new().message(1, &plugin);
    let value = Message::new().text(1, tag).message(9, &metadata);
    Message::new().message(1, &value)
}

/// The three summaries of TensorBoard's plugin: names, values, and that the run is over.
pub(super) fn summaries(hparams: &[(&str, HParam)], metrics: &[(&str, f64)]) -> [Message; 3] {
    let (mut experiment, mut start) = (Message::new(), Message::new());
    for (name, value) in hparams {
        let (kind, value) = match value {
            HParam::Text(text) => (1, Message::new().text(3, text)),
            // Inside a choice a false is written too.
            HParam::Bool(value) => (2, Message::new().choice(4, *value)),
            HParam::Number(value) => (3, Message::new().chosen(2, *value)),
        };
        let info = Message::new().text(1, name).int(4, kind);
        experiment = experiment.message(4, &info);
        let entry = Message::new().text(1, name).message(2, &value);
        start = start.message(1, &entry);
    }
    for (name, _) in metrics {
        let name = Message::new().text(2, name);
        experiment = experiment.message(5, &Message::new().message(1, &name));
    }
    let end = Message::new().int(1, 1);
    [
        summary(
            "_hparams_/experiment",
            &Message::new().message(2, &experiment),
        ),
        summary(
            "_hparams_/session_start_info",
            &Message::new().message(3, &start),
        ),
        summary(
            "_hparams_/session_end_info",
            &Message::new().message(4, &end),
        ),
    ]
}
