use serde::{Deserialize, Serialize};

/// Why exactly something failed, where that is known more closely than its [`Code`](super::Code) says, with the facts
/// that a sentence about it names. People are told it in the words of `ui/src/words/failures.*.json`, under the name
/// of the variant; a field is filled in under its own name: `address` is a whole address and `host` the host of the
/// server, `proxy` the address of the proxy without name and password, `wait_ms` milliseconds, `needed` and `window`
/// tokens, `file` a path, `by` whose lock it is, `hosts` those it names (at most three, and `…` for the rest).
#[expect(missing_docs, reason = "fields have the same meaning in every variant, and it stands above")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A key is needed and none was given.
    NoKey,
    /// The key has characters that no header may carry.
    UnusableKey,
    /// The server is right, the model is not there.
    NoSuchModel,
    /// The server is there, the address below it is not.
    NoSuchAddress { address: String },
    /// The server answered with a redirect, which is not followed: the key would go with it.
    Redirected { address: String },
    /// The account's balance cannot be asked for.
    NoBalanceTold,
    /// The server is there and loads its model.
    ModelLoading,
    /// The provider ran out of machines.
    NoCapacity,
    /// The server waited too long for the request (HTTP 408).
    RequestTimedOut,
    /// Prompt and reply do not fit, and the server said by how much.
    OverWindow { needed: u32, window: u32 },
    /// The server asks to wait longer than is waited here.
    LongWait { wait_ms: u32 },
    /// An error with a success status that does not say what it would have been.
    ErrorInstead,
    /// No program listens there.
    Refused { address: String },
    /// The name cannot be looked up.
    UnknownHost { host: String },
    /// The network does not lead there.
    NoRoute { host: String },
    /// No connection came about in time.
    ConnectTimedOut { host: String, wait_ms: u32 },
    /// The connection was closed before an answer.
    Closed { address: String },
    /// What listens does not speak TLS.
    NotTls { address: String },
    /// What listens does not speak HTTP.
    NotHttp { address: String },
    /// The certificate has expired.
    CertificateExpired { host: String },
    /// The certificate is not valid yet, or the clock is wrong.
    CertificateNotYetValid { host: String },
    /// The certificate, which may be self-signed, leads to no authority that is trusted here.
    CertificateUnknownIssuer { host: String },
    /// The same, though certificates were added for this server.
    CertificateNotAdded { host: String },
    /// The certificate is for another name.
    CertificateWrongName { host: String },
    /// The certificate was revoked.
    CertificateRevoked { host: String },
    /// The certificate is wrong in another way.
    CertificateInvalid { host: String },
    /// No program listens at the proxy's address.
    ProxyRefused { proxy: String },
    /// The proxy's name, or the server's behind it, cannot be looked up.
    ProxyUnknownHost { proxy: String, host: String },
    /// The network does not lead to the proxy.
    ProxyNoRoute { proxy: String },
    /// The proxy made no connection in time.
    ProxyTimedOut { proxy: String, host: String, wait_ms: u32 },
    /// The proxy closed the connection before an answer.
    ProxyClosed { proxy: String },
    /// The proxy asks for a user name and password (HTTP 407).
    ProxyWantsPassword { proxy: String },
    /// The proxy does not accept those it was given (HTTP 407).
    ProxyRejectedPassword { proxy: String },
    /// The proxy will not connect to the server.
    ProxyForbids { proxy: String, host: String },
    /// A certificate is wrong, the encrypted proxy's or the server's.
    ProxyCertificate { proxy: String, host: String },
    /// The proxy does not speak TLS, or the server behind it does not.
    ProxyNotTls { proxy: String },
    /// The proxy does not speak HTTP.
    ProxyNotHttp { proxy: String },
    /// The way through the proxy failed otherwise.
    ProxyFailed { proxy: String },
    /// Nothing arrived for longer than the idle time-out.
    Silent { wait_ms: u32 },
    /// What came is no answer of a model server.
    NoAnswerToThis { address: String },
    /// A web page came.
    WebPage { address: String },
    /// More came than an answer can be long.
    TooLongAnAnswer,
    /// The reply is compressed, which was not asked for.
    Compressed,
    /// The pieces of a tool call did not end.
    EndlessToolCall,
    /// The lock lets nothing leave this computer.
    LockedHere { by: LockOwner, host: String },
    /// The lock names other hosts.
    LockedToHosts { by: LockOwner, hosts: Vec<String>, host: String },
    /// What the lock says cannot be read, so it forbids.
    LockUnreadable { by: LockOwner, host: String },
    /// The lock names the host, whose name leads away from it.
    LedAway { by: LockOwner, host: String, address: String },
    /// The request would cross the internet for everyone to read.
    Unencrypted { host: String },
    /// A header of the server's entry cannot be sent.
    UnusableHeader { header: String, why: Flaw },
    /// The address of a proxy is none.
    UnusableProxy { address: String, why: Flaw },
    /// The address of a server is none.
    UnusableAddress { address: String, why: Flaw },
    /// The file does not hold certificates.
    NotCertificates,
    /// The file of certificates cannot be read.
    UnreadableCertificates { file: String },
    /// The entry has no address that can be asked.
    NoAddress,
    /// TLS could not be set up.
    Network,
    /// The program that received the reply ended.
    ClosedByPorthole,
    /// A fault in Porthole ended the reply.
    Fault,
    /// A person stopped it after something had arrived.
    StoppedPartWay,
    /// What was asked for is not in the history.
    Missing { thing: Thing },
    /// A reply arrives where something is to be changed.
    Arriving,
    /// The conversation is in the trash.
    Trashed,
    /// The data folder was moved while this program ran.
    Moved,
    /// The data folder was moved, and is not where it went.
    Lost { from: String, to: String },
    /// The disk failed at what it was asked to do.
    DiskFault,
    /// The history is of an older version and damaged, so it was not brought up to date.
    NotMigrated,
    /// A back-up that is not sound is put in the place of nothing.
    DamagedBackUp,
    /// What would be undone has changed since.
    UndoGone,
    /// The chosen model's server was removed.
    ServerGone,
    /// A reply is not in the history yet, and was put aside in the data folder.
    KeptAside,
    /// A reply is not in the history yet, and nowhere on the disk.
    KeptInMemory,
    /// The keychain needs a person to unlock it.
    KeychainLocked,
    /// The keychain was asked and said no.
    KeychainRefused,
    /// An export does not fit on the disk it was to go to.
    NoRoomFor { file: String },
    /// An export cannot be written where it was to go.
    CannotWrite { file: String },
    /// The folder that is kept as the history is cannot be found: the drive that it is on may be away.
    FolderAway { file: String },
    /// A file of a format that holds one chat cannot hold several.
    OneChatEach { file: String },
    /// A message is longer than a picture can be.
    TooLongForPicture,
    /// A file that was to be imported cannot be read.
    CannotRead { file: String },
    /// A file that was to be imported is something else.
    NotAnExport { file: String },
    /// A file that was to be imported was written by a newer version.
    NewerExport { file: String, format: String },
    /// Something rare, in a whole English sentence or two of its own.
    Told { sentence: String },
}

/// What the history is asked for by name or id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// Anything else.
    Entry,
    /// A conversation.
    Conversation,
    /// A message.
    Message,
    /// A server.
    Server,
    /// A folder of conversations.
    Folder,
    /// A back-up.
    BackUp,
    /// A history in a data folder.
    History,
    /// The folder that the data was moved away from.
    OldFolder,
}

/// Whose lock holds text back, because that is where it can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum LockOwner {
    /// The whole app's.
    App,
    /// The conversation's own.
    Chat,
}

/// What is wrong with something that a person typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// No header can have this name.
    NotAHeaderName,
    /// The header carries the key, which has a field of its own.
    KeyHasItsOwnField,
    /// The header carries the proxy's password, which has a field of its own.
    ProxyHasItsOwnField,
    /// The header is one that Porthole sets.
    SetByPorthole,
    /// No header can have this value.
    UnsendableValue,
    /// It is no address at all.
    Unreadable,
    /// It does not begin with `http://` or `https://`, or names no host.
    WrongScheme,
    /// It does not begin as the address of a proxy does, or names no host.
    WrongProxyScheme,
    /// It holds a name, a password or a key; addresses are shown and kept.
    PasswordInside,
    /// The proxy's user name holds a colon, which separates it from the password (RFC 7617, section 2).
    ColonInName,
}
