use std::collections::HashSet;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::domain::ToolCall;
use crate::provider::loose_json::{self, Halves, whole};

/// The most that the names, ids and arguments of one reply's calls may weigh together, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// Puts calls together from fragments (deepseek-recipe 0.2.0, `chunk_generator.rs`; docs/conformance.md, item 8):
/// whole ones, ones cut up and keyed by `index`, with ids that are missing, blank or repeated.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    building: Vec<Building>,
    weight: usize,
}

#[derive(Debug, Default)]
struct Building {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    /// Joins arguments that were cut within a character.
    halves: Halves,
}

/// The calls of a reply are larger than any real call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl ToolCalls {
    pub(super) fn is_empty(&self) -> bool {
        self.building.is_empty()
    }

    /// Takes one fragment: an element of `tool_calls`, or the older `function_call`.
    pub(super) fn take(&mut self, fragment: &Value) -> Result<(), TooLong> {
        let function = fragment.get("function").unwrap_or(fragment);
        let text = |value: Option<&Value>| whole(value.and_then(Value::as_str).unwrap_or_default().trim());
        let index = fragment.get("index").and_then(Value::as_u64);
        let id = text(fragment.get("id"));
        let name = text(function.get("name"));
        let arguments = match function.get("arguments") {
            Some(Value::String(piece)) => piece.clone(),
            // Ollama's own calls carry the arguments as an object.
            Some(all @ (Value::Object(_) | Value::Array(_))) => all.to_string(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => String::new(),
        };
        if id.is_empty() && name.is_empty() && arguments.is_empty() {
            return Ok(());
        }
        self.weight += id.len() + name.len() + arguments.len() + size_of::<Building>();
        if self.weight > LONGEST {
            return Err(TooLong);
        }
        if let Some(call) = self.continued(index, &id, &name) {
            if call.name.is_empty() {
                call.name = name;
            }
            if call.id.is_empty() {
                call.id = id;
            }
            call.add(&arguments);
            return Ok(());
        }
        let mut call = Building { index, id, name, ..Building::default() };
        call.add(&arguments);
        self.building.push(call);
        Ok(())
    }

    /// The call that a fragment goes on with. A fragment that names a function begins a call, unless it repeats
    /// what is already known of the one at its index.
    fn continued(&mut self, index: Option<u64>, id: &str, name: &str) -> Option<&mut Building> {
        let call = match index {
            Some(index) => self.building.iter_mut().rev().find(|call| call.index == Some(index))?,
            None => self.building.last_mut()?,
        };
        let is_another = !name.is_empty()
            && !call.name.is_empty()
            && if id.is_empty() || call.id.is_empty() { call.is_whole() } else { id != call.id };
        let is_another =
            is_another || index.is_none() && !id.is_empty() && !call.id.is_empty() && id != call.id;
        (!is_another).then_some(call)
    }

    /// All calls in order, each with an id of its own.
    pub(super) fn finish(&mut self) -> Vec<ToolCall> {
        let mut taken: HashSet<String> = HashSet::new();
        let mut next = 1;
        let mut calls = Vec::with_capacity(self.building.len());
        let building = std::mem::take(&mut self.building);
        let given: HashSet<String> = building.iter().map(|call| call.id.clone()).collect();
        for Building { mut id, name, mut arguments, mut halves, .. } in building {
            arguments.push_str(halves.finish());
            if id.is_empty() || taken.contains(&id) {
                loop {
                    id = format!("call_{next}");
                    next += 1;
                    if !given.contains(&id) {
                        break;
                    }
                }
            }
            taken.insert(id.clone());
            calls.push(ToolCall { id, name, arguments });
        }
        calls
    }
}

impl Building {
    fn add(&mut self, arguments: &str) {
        self.arguments.push_str(&self.halves.join(arguments));
    }

    fn is_whole(&self) -> bool {
        let arguments = self.arguments.trim_end();
        if arguments.is_empty() {
            // With an index more is to be expected; without one, a call of no arguments is all there is.
            return self.index.is_none();
        }
        arguments.ends_with('}') && loose_json::read::<IgnoredAny>(arguments).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(fragments: &[Value], expected: &[(&str, &str, &str)]) {
        let mut calls = ToolCalls::default();
        for fragment in fragments {
            calls.take(fragment).unwrap();
        }
        let calls = calls.finish();
        let found: Vec<(&str, &str, &str)> = calls
            .iter()
            .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    fn call(index: Option<u64>, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
        let mut call = json!({"type": "function", "function": {"arguments": arguments}});
        if let Some(index) = index {
            call["index"] = index.into();
        }
        if let Some(id) = id {
            call["id"] = id.into();
        }
        if let Some(name) = name {
            call["function"]["name"] = name.into();
        }
        call
    }

    #[test]
    fn fragments_are_keyed_by_index() {
        check(
            &[
                call(Some(0), Some("a"), Some("f"), ""),
                call(Some(0), None, None, "{\"x\":"),
                call(Some(1), Some("b"), Some("g"), ""),
                call(Some(0), None, None, "1}"),
                call(Some(1), None, None, "{}"),
            ],
            &[("a", "f", "{\"x\":1}"), ("b", "g", "{}")],
        );
    }

    #[test]
    fn whole_calls_need_no_index_and_no_id() {
        check(
            &[call(None, None, Some("f"), "{}"), call(None, None, Some("g"), "{\"y\":2}")],
            &[("call_1", "f", "{}"), ("call_2", "g", "{\"y\":2}")],
        );
        check(
            &[call(Some(0), None, Some("f"), "{}"), call(Some(0), None, Some("f"), "{}")],
            &[("call_1", "f", "{}"), ("call_2", "f", "{}")],
        );
        check(
            &[json!({"function": {"name": "f", "arguments": {"z": [1]}}})],
            &[("call_1", "f", "{\"z\":[1]}")],
        );
    }

    #[test]
    fn ids_become_unique() {
        check(
            &[
                call(Some(0), Some("call_1"), Some("f"), "{}"),
                call(Some(1), Some("call_1"), Some("g"), "{}"),
                call(Some(2), Some("  "), Some("h"), "{}"),
            ],
            &[("call_1", "f", "{}"), ("call_2", "g", "{}"), ("call_3", "h", "{}")],
        );
    }

    #[test]
    fn what_is_repeated_in_every_fragment_is_taken_once() {
        check(
            &[call(Some(0), Some("a"), Some("f"), "{\"x\""), call(Some(0), Some("a"), Some("f"), ":1}")],
            &[("a", "f", "{\"x\":1}")],
        );
        check(
            &[call(None, Some("a"), Some("f"), "{\"x\""), call(None, None, None, ":1}")],
            &[("a", "f", "{\"x\":1}")],
        );
        check(
            &[call(Some(0), Some("a"), Some("f"), "{}"), call(Some(0), Some("b"), Some("f"), "{}")],
            &[("a", "f", "{}"), ("b", "f", "{}")],
        );
    }

    #[test]
    fn nonsense_makes_no_call() {
        check(
            &[json!(null), json!(3), json!({}), json!({"function": null}), json!({"function": {"name": 1}})],
            &[],
        );
    }

    #[test]
    fn endless_arguments_are_given_up() {
        let mut calls = ToolCalls::default();
        let fragment = call(Some(0), Some("a"), Some("f"), &"x".repeat(LONGEST / 4));
        let results: Vec<bool> = (0..4).map(|_| calls.take(&fragment).is_ok()).collect();
        assert_eq!(results, [true, true, true, false]);
    }
}
