//! What all connections of one stand-in share.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::delivery::Answer;
use super::dialect::Dialect;
use super::http::Request;
use super::log::Log;
use super::script::Script;
use super::settings::Settings;
use super::usage::PrefixCache;
use super::{deepseek, local};

#[derive(Debug)]
pub(super) struct Server {
    pub log: Log,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    settings: Settings,
    scripts: VecDeque<Script>,
    standing: Option<Script>,
    title: Script,
    scripts_at: HashMap<String, VecDeque<Script>>,
    cache: PrefixCache,
}

impl Server {
    pub(super) fn new(settings: Settings) -> Self {
        let state = State {
            settings,
            scripts: VecDeque::new(),
            standing: None,
            title: Script::answer("A short title"),
            scripts_at: HashMap::new(),
            cache: PrefixCache::default(),
        };
        Self { log: Log::new(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state().settings);
    }

    pub(super) fn queue(&self, script: Script) {
        self.state().scripts.push_back(script);
    }

    pub(super) fn set_standing(&self, script: Option<Script>) {
        self.state().standing = script;
    }

    pub(super) fn set_title(&self, script: Script) {
        self.state().title = script;
    }

    pub(super) fn title(&self) -> Script {
        self.state().title.clone()
    }

    pub(super) fn queue_at(&self, path: &str, script: Script) {
        self.state().scripts_at.entry(path.to_owned()).or_default().push_back(script);
    }

    pub(super) fn queued(&self) -> usize {
        self.state().scripts.len()
    }

    /// The script of the next answer, if anyone wrote one.
    pub(super) fn next_script(&self) -> Option<Script> {
        let mut state = self.state();
        state.scripts.pop_front().or_else(|| state.standing.clone())
    }

    pub(super) fn with_cache<T>(&self, look: impl FnOnce(&mut PrefixCache) -> T) -> T {
        look(&mut self.state().cache)
    }

    /// Decide what to answer.
    pub(super) fn answer(&self, request: &Request, index: usize) -> Answer {
        let planned = self.state().scripts_at.get_mut(&request.path).and_then(VecDeque::pop_front);
        let answer = match planned {
            Some(script) => ready(&script),
            None if self.settings().dialect == Dialect::Deepseek => deepseek::answer(self, request, index),
            None => local::answer(self, request, index),
        };
        match &answer {
            // A body would be taken for the beginning of the next answer.
            Answer::Ready { status, headers, delay_ms, .. } if request.method == "HEAD" => Answer::Ready {
                status: *status,
                headers: headers.clone(),
                body: Vec::new(),
                delay_ms: *delay_ms,
            },
            Answer::Ready { .. } | Answer::Completion(_) => answer,
        }
    }
}

/// The answer of a script that is not a completion.
pub(super) fn ready(script: &Script) -> Answer {
    Answer::Ready {
        status: script.status,
        headers: script.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: script.body.clone().unwrap_or_default().into_bytes(),
        delay_ms: script.pace.before_headers_ms,
    }
}
