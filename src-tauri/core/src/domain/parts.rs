use super::{Part, ToolCall};

/// The parts of a reply while they arrive: neighbours of one kind are one part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts(Vec<Part>);

impl Parts {
    /// Adds Markdown.
    pub fn push_text(&mut self, piece: &str) {
        if let Some(Part::Text(text)) = self.0.last_mut() {
            text.push_str(piece);
        } else if !piece.is_empty() {
            self.0.push(Part::Text(piece.to_owned()));
        }
    }

    /// Adds thinking.
    pub fn push_thinking(&mut self, piece: &str) {
        if let Some(Part::Thinking(text)) = self.0.last_mut() {
            text.push_str(piece);
        } else if !piece.is_empty() {
            self.0.push(Part::Thinking(piece.to_owned()));
        }
    }

    /// Adds a whole tool call.
    pub fn push_tool_call(&mut self, call: ToolCall) {
        self.0.push(Part::ToolCall(call));
    }

    /// Makes thinking of all text so far: the model's template had opened its thinking unseen
    /// (SGLang docs, Reasoning Parser, on DeepSeek-R1).
    pub fn text_was_thinking(&mut self) {
        for part in std::mem::take(&mut self.0) {
            match part {
                Part::Text(text) | Part::Thinking(text) => self.push_thinking(&text),
                Part::ToolCall(_) | Part::Unknown { .. } => self.0.push(part),
            }
        }
    }

    /// Whether nothing has arrived.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parts so far.
    pub fn as_slice(&self) -> &[Part] {
        &self.0
    }

    /// The parts.
    pub fn into_vec(self) -> Vec<Part> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_kind_are_one_part() {
        let mut parts = Parts::default();
        for piece in ["a", "", "b"] {
            parts.push_thinking(piece);
        }
        parts.push_text("c");
        parts.push_text("d");
        assert_eq!(parts.into_vec(), [Part::Thinking("ab".into()), Part::Text("cd".into())]);
    }

    #[test]
    fn text_can_turn_out_to_have_been_thinking() {
        let mut parts = Parts::default();
        parts.push_text("hmm");
        parts.text_was_thinking();
        parts.push_text("yes");
        assert_eq!(parts.into_vec(), [Part::Thinking("hmm".into()), Part::Text("yes".into())]);
    }
}
