//! How a server is reached, as a person changes it: all of it or nothing.

use super::App;
use super::address::{address_text, parse_address};
use super::endpoint::parsed_proxy;
use super::keys::{SecretOf, has_password};
use super::servers::{checked_addresses, checked_name, seconds};
use super::view::{HeaderEdit, ProxyEdit, Server, ServerEdit};
use crate::domain::{Change, Code, Failure, HeaderShown, ServerId, ServerNetwork, ServerProxy};
use crate::provider::Endpoint;
use crate::secrets::Secret;
use crate::store::{ServerRecord, ServerSpec};

/// What an edit keeps in the keychain; without a value it is deleted there.
type Kept = (SecretOf, Option<Secret<String>>);

impl App {
    /// Changes how a server is reached, and asks it again.
    ///
    /// # Errors
    /// `invalid_request` for a name, an address, a proxy or a header that cannot be; `no_keychain` when a password or a
    /// header's value cannot be kept. Then nothing is changed, neither in the history nor in the keychain.
    pub async fn edit_server(&self, id: ServerId, edit: ServerEdit) -> Result<Server, Failure> {
        let record = self.record(id).await?;
        let name = checked_name(&edit.name)?;
        let url = address_text(&parse_address(&edit.url)?);
        let more_urls = checked_addresses(&edit.more_urls)?;
        self.check_headers(&record, &name, &edit)?;
        let mut kept = Vec::new();
        let proxy = edited_proxy(&record, edit.proxy, &mut kept)?;
        let headers = edited_headers(&record, edit.headers, &mut kept);
        let ca_file = edit.ca_file.map(|file| file.trim().to_owned()).filter(|file| !file.is_empty());
        let network = ServerNetwork { proxy, ca_file, plain_http: edit.plain_http, headers };
        let idle_timeout = seconds(edit.idle_timeout_s);
        let kind = record.spec.kind;
        let change = ServerSpec { name, kind, url, more_urls, idle_timeout, network };
        let mut secrets = Vec::with_capacity(kept.len());
        for (secret, value) in kept {
            secrets.push((self.secret_name(&record, secret).await?, value));
        }
        let before = self.0.keys.change(secrets).await?;
        if let Err(error) = self.0.store.change_server(id, change).await {
            self.0.keys.put_back(before).await;
            return Err(error.into());
        }
        self.ask_for_models(self.record(id).await?).await;
        self.tell(Change::Servers);
        self.server(id).await
    }

    fn check_headers(&self, record: &ServerRecord, name: &str, edit: &ServerEdit) -> Result<(), Failure> {
        let names = || edit.headers.iter().map(|header| header.name.trim());
        // They would share one value in the keychain.
        if let Some(twice) =
            names().enumerate().find(|(at, name)| names().skip(at + 1).any(|other| is_same(name, other)))
        {
            let message = format!("The header {} is named twice. Name it once.", twice.1);
            return Err(Failure::told(Code::InvalidRequest, message));
        }
        let trial = edit.headers.iter().map(|header| {
            let value = header.value.clone().unwrap_or_else(|| Secret::new("as it was".to_owned()));
            (header.name.clone(), value)
        });
        let mut endpoint = Endpoint::new(name, record.spec.kind, parse_address(&edit.url)?);
        endpoint.network.headers = trial.collect();
        self.0.reach.check_headers(&endpoint)
    }
}

fn edited_proxy(
    record: &ServerRecord,
    edit: ProxyEdit,
    kept: &mut Vec<Kept>,
) -> Result<ServerProxy, Failure> {
    let had = has_password(record);
    let (proxy, value, has_password) = match edit {
        ProxyEdit::System => (ServerProxy::System, None, false),
        ProxyEdit::None => (ServerProxy::None, None, false),
        ProxyEdit::Own { url, user, password } => {
            let has_password = password.as_ref().map_or(had, |password| !password.expose().is_empty());
            let url = address_text(&parsed_proxy(&url)?);
            let user = user.map(|user| user.trim().to_owned()).filter(|user| !user.is_empty());
            (ServerProxy::Own { url, user, has_password }, password, has_password)
        }
    };
    if has_password && value.is_some() {
        kept.push((SecretOf::ProxyPassword, value));
    } else if had && !has_password {
        kept.push((SecretOf::ProxyPassword, None));
    }
    Ok(proxy)
}

fn edited_headers(record: &ServerRecord, edits: Vec<HeaderEdit>, kept: &mut Vec<Kept>) -> Vec<HeaderShown> {
    let mut headers = Vec::with_capacity(edits.len());
    for HeaderEdit { name, value } in edits {
        let name = name.trim().to_owned();
        if value.is_some() {
            kept.push((SecretOf::Header(name.clone()), value));
        }
        headers.push(HeaderShown { name });
    }
    let is_kept = |before: &HeaderShown| headers.iter().any(|header| is_same(&header.name, &before.name));
    for gone in record.spec.network.headers.iter().filter(|before| !is_kept(before)) {
        kept.push((SecretOf::Header(gone.name.clone()), None));
    }
    headers
}

/// Case is no difference between the names of headers, nor is it in the keychain.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
