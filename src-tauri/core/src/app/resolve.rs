//! What words on a command line mean.

use super::App;
use super::endpoint::is_name_of;
use super::view::{Preset, Server, ServerState, ServerToAdd};
use crate::domain::{Cause, Code, ConversationId, Failure, Folder, MessageId, ModelChoice, Thing};
use crate::store::ServerRecord;

/// What an id on a command line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// A conversation, in the trash or not.
    Conversation(ConversationId),
    /// A message, deleted or not.
    Message(MessageId),
}

impl App {
    /// The server and model that words on a command line mean: the server by name, else the one that offers the
    /// model, else the first that has any.
    ///
    /// # Errors
    /// `not_found` for a name nobody has, `no_model` when there is nothing to talk to.
    pub async fn resolve(&self, server: Option<&str>, model: Option<&str>) -> Result<ModelChoice, Failure> {
        if let Some(wanted) = server {
            let named = self.named(wanted).await?;
            let model = match model {
                Some(model) => self.model_named(&named, model),
                None => self.first_model_of(&named).await?,
            };
            return Ok(ModelChoice { server: named.id, model });
        }
        let servers = self.find_servers().await?;
        let choice = servers.iter().filter(|server| server.state == ServerState::Ready).find_map(|server| {
            let found = match model {
                Some(wanted) => {
                    server.models.iter().find(|known| self.is_model(&known.id, &known.name, wanted))
                }
                None => server.models.first(),
            }?;
            Some(ModelChoice { server: server.id, model: found.id.clone() })
        });
        choice.ok_or_else(|| {
            Failure::told(
                Code::NoModel,
                match model {
                    Some(model) => format!("No reachable server offers {model}. Name one with --server."),
                    None => "No model is reachable. Start a local server, add one with `servers add`, or give a key \
                             with `keys set DeepSeek`."
                        .to_owned(),
                },
            )
        })
    }

    /// The server of a name.
    ///
    /// # Errors
    /// `not_found` for a name nobody has, which says how a provider of the catalogue is added.
    pub async fn server_named(&self, wanted: &str) -> Result<Server, Failure> {
        let record = self.named(wanted).await?;
        self.server(record.id).await
    }

    /// The server of a name; a provider of the catalogue that is not in the list yet is added.
    ///
    /// # Errors
    /// `not_found` for a name nobody has.
    pub async fn server_to_key(&self, wanted: &str) -> Result<Server, Failure> {
        let is_known = self.records().await?.iter().any(|record| is_name_of(wanted, record));
        match self.preset_named(wanted) {
            Some(Preset { name, url, kind, .. }) if !is_known => {
                self.add_server(ServerToAdd::new(name, url, kind)).await
            }
            Some(_) | None => self.server_named(wanted).await,
        }
    }

    /// The folder that is meant by an id, a name, or a name after those of the folders around it, as in `Work/Client`.
    /// Upper and lower case matter only where two names differ in nothing else.
    ///
    /// # Errors
    /// `not_found` for what no folder is called, `invalid_request` for what several are.
    pub async fn folder_named(&self, wanted: &str) -> Result<Folder, Failure> {
        let folders = self.folders().await?;
        let wanted = wanted.trim();
        let by = |is_meant: &dyn Fn(&Folder) -> bool| -> Vec<&Folder> {
            folders.iter().filter(|folder| is_meant(folder)).collect()
        };
        let meant = [
            by(&|folder| folder.id.to_string() == wanted),
            by(&|folder| folder.name == wanted),
            by(&|folder| folder.name.to_lowercase() == wanted.to_lowercase()),
            by(&|folder| folder.path(&folders) == wanted),
            by(&|folder| folder.path(&folders).to_lowercase() == wanted.to_lowercase()),
        ];
        let meant = meant.into_iter().find(|meant| !meant.is_empty()).unwrap_or_default();
        match meant.as_slice() {
            [folder] => Ok((*folder).clone()),
            [] if folders.is_empty() => {
                Err(Failure::told(Code::NotFound, "There are no folders. `folders make NAME` makes one."))
            }
            [] => {
                let names: Vec<&str> = folders.iter().map(|folder| folder.name.as_str()).collect();
                let message = format!("There is no folder called {wanted}. There are: {}.", names.join(", "));
                Err(Failure::told(Code::NotFound, message))
            }
            [_, _, ..] => {
                let ids: Vec<String> = meant.iter().map(|folder| folder.id.to_string()).collect();
                let message =
                    format!("Several folders are called {wanted}. Say which by its id: {}.", ids.join(", "));
                Err(Failure::told(Code::InvalidRequest, message))
            }
        }
    }

    /// Whether an id is that of a conversation or of a message.
    ///
    /// # Errors
    /// `not_found` if it is neither's.
    pub async fn meant_by(&self, id: i64) -> Result<Meant, Failure> {
        let missing = |failure: Failure| if failure.code == Code::NotFound { Ok(()) } else { Err(failure) };
        let (conversation, message) = (ConversationId::from_rowid(id), MessageId::from_rowid(id));
        match self.0.store.conversation(conversation).await {
            Ok(_) => return Ok(Meant::Conversation(conversation)),
            Err(error) => missing(error.into())?,
        }
        match self.0.store.message(message).await {
            Ok(_) => Ok(Meant::Message(message)),
            Err(error) => {
                missing(error.into())?;
                Err(Failure::because(Code::NotFound, Cause::Missing { thing: Thing::Entry }))
            }
        }
    }

    fn preset_named(&self, wanted: &str) -> Option<Preset> {
        self.presets().into_iter().find(|preset| preset.name.to_lowercase() == wanted.to_lowercase())
    }

    async fn named(&self, wanted: &str) -> Result<ServerRecord, Failure> {
        let by_name =
            |records: Vec<ServerRecord>| records.into_iter().find(|record| is_name_of(wanted, record));
        if let Some(record) = by_name(self.records().await?) {
            return Ok(record);
        }
        if let Some(Preset { name, .. }) = self.preset_named(wanted) {
            let message =
                format!("{name} is not in the list of servers. `keys set {name}` adds it with its key.");
            return Err(Failure::told(Code::NotFound, message));
        }
        self.find_servers().await?;
        by_name(self.records().await?).ok_or_else(|| {
            let message = format!("There is no server called {wanted}. `servers add` adds one.");
            Failure::told(Code::NotFound, message)
        })
    }

    /// The id behind what was typed: an id stays as it is, a name of the catalogue becomes its id.
    fn model_named(&self, record: &ServerRecord, wanted: &str) -> String {
        let models = self.models_of(record);
        let known = models
            .iter()
            .find(|known| known.id == wanted)
            .or_else(|| models.iter().find(|known| self.is_model(&known.id, &known.name, wanted)));
        known.map_or_else(|| wanted.to_owned(), |known| known.id.clone())
    }

    fn is_model(&self, id: &str, name: &str, wanted: &str) -> bool {
        id == wanted
            || name.to_lowercase() == wanted.to_lowercase()
            || self.0.catalogue.find(wanted).is_some_and(|model| model.id == id)
    }

    async fn first_model_of(&self, record: &ServerRecord) -> Result<String, Failure> {
        let listed = self.model_server(record).await?.models().await?;
        let models = self.0.catalogue.offered(self.account_of(record), listed);
        models.into_iter().next().map(|model| model.id).ok_or_else(|| {
            Failure::told(
                Code::NoModel,
                format!("{} lists no model. Name one with --model.", record.spec.name),
            )
        })
    }
}
