//! The requests of conversations, one on each line, as a table for a spreadsheet (RFC 4180). Copies in forks are left
//! out, because they were paid for where they come from.

use std::io::{self, Write};

use super::Page;
use super::told::{moment, rates};
use crate::domain::Rates;
use crate::domain::record::{AttemptRecord, ConversationRecord, MessageRecord, RawJson};
use crate::store::Version;

const HEAD: &str = "conversation,title,message,purpose,attempt,started_at,server,asked_model,model,effort,hosted,state,\
                    finish_reason,prompt_tokens,cached_tokens,completion_tokens,reasoning_tokens,first_token_ms,\
                    thinking_ms,total_ms,cost,currency";

#[derive(Default)]
pub(super) struct Csv {
    conversation: String,
    title: String,
}

impl Csv {
    fn write(&self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        let cells = [&[self.conversation.clone(), self.title.clone()], cells].concat();
        let line: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        write!(out, "{}\r\n", line.join(","))
    }
}

/// A cell that a spreadsheet shows and never computes (OWASP, "CSV Injection").
fn cell(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}']);
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let safe = if is_formula && !is_number { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\r', '\n', '\'']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

fn number(value: Option<i64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn of_attempt(message: &MessageRecord, number_of_it: usize, attempt: &AttemptRecord) -> Vec<String> {
    let currency = rates(attempt).map(|rates| rates.currency.name().to_owned());
    vec![
        message.id.to_string(),
        "reply".to_owned(),
        number_of_it.to_string(),
        moment(attempt.started_at_ms),
        attempt.server_name.clone(),
        attempt.asked_model.clone(),
        attempt.model.clone(),
        attempt.effort.clone().unwrap_or_default(),
        attempt.hosted.to_string(),
        attempt.state.clone(),
        attempt.finish_reason.clone().unwrap_or_default(),
        number(attempt.prompt_tokens),
        number(attempt.cached_tokens),
        number(attempt.completion_tokens),
        number(attempt.reasoning_tokens),
        number(attempt.first_token_ms),
        number(attempt.thinking_ms),
        number(attempt.total_ms),
        attempt.cost.clone().unwrap_or_default(),
        currency.filter(|_| attempt.cost.is_some()).unwrap_or_default(),
    ]
}

impl Page for Csv {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        first: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.conversation = conversation.id.to_string();
        self.title.clone_from(&conversation.title);
        if first {
            write!(out, "{HEAD}\r\n")?;
        }
        let Some(cost) = &conversation.title_cost else { return Ok(()) };
        // Of the request for a title only its cost is kept.
        let rates = conversation.title_rates.clone().map(RawJson::into_stored);
        let rates: Option<Rates> = rates.and_then(|rates| serde_json::from_str(&rates).ok());
        let mut cells = vec![String::new(); 20];
        "title".clone_into(&mut cells[1]);
        cells[18].clone_from(cost);
        cells[19] = rates.map(|rates| rates.currency.name().to_owned()).unwrap_or_default();
        self.write(&cells, out)
    }

    fn message(&mut self, message: &MessageRecord, _version: Version, out: &mut dyn Write) -> io::Result<()> {
        if message.copied_from.is_some() {
            return Ok(());
        }
        for (number, attempt) in (1..).zip(&message.attempts) {
            self.write(&of_attempt(message, number, attempt), out)?;
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_computed() {
        for (text, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a, b", "\"a, b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-2", "-2"),
            ("-2+3", "\"'-2+3\""),
            ("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\""),
            ("\t=1", "\"'\t=1\""),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
        }
    }
}
