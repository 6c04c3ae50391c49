use serde::{Deserialize, Serialize};

/// Why exactly something failed, where that is known more closely than its [`Code`](super::Code) says, with the facts
/// that a sentence about it names. People are told it in the words of `ui/src/words/failures.*.json`, under the name
/// of the variant; a field is filled in under its own name.
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
    NoSuchAddress {
        /// The server's address.
        address: String,
    },
    /// The server answered with a redirect, which is not followed: the key would go with it.
    Redirected {
        /// Where it points to.
        address: String,
    },
    /// The account's balance cannot be asked for.
    NoBalanceTold,
    /// The server is there and loads its model.
    ModelLoading,
    /// The provider ran out of machines.
    NoCapacity,
    /// The server waited too long for the request (HTTP 408).
    RequestTimedOut,
    /// Prompt and reply do not fit, and the server said by how much.
    OverWindow {
        /// How many tokens they take.
        needed: u32,
        /// How many the model reads.
        window: u32,
    },
    /// The server asks to wait longer than is waited here.
    LongWait {
        /// How long, in milliseconds.
        wait_ms: u32,
    },
    /// An error with a success status that does not say what it would have been.
    ErrorInstead,
    /// No program listens there.
    Refused {
        /// The server's address.
        address: String,
    },
    /// The name cannot be looked up.
    UnknownHost {
        /// The name.
        host: String,
    },
    /// The network does not lead there.
    NoRoute {
        /// The server's host.
        host: String,
    },
    /// No connection came about in time.
    ConnectTimedOut {
        /// The server's host.
        host: String,
        /// How long was waited, in milliseconds.
        wait_ms: u32,
    },
    /// The connection was closed before an answer.
    Closed {
        /// The server's address.
        address: String,
    },
    /// What listens does not speak TLS.
    NotTls {
        /// The server's address.
        address: String,
    },
    /// What listens does not speak HTTP.
    NotHttp {
        /// The server's address.
        address: String,
    },
    /// The certificate has expired.
    CertificateExpired {
        /// The server's host.
        host: String,
    },
    /// The certificate is not valid yet, or the clock is wrong.
    CertificateNotYetValid {
        /// The server's host.
        host: String,
    },
    /// The certificate, which may be self-signed, leads to no authority that is trusted here.
    CertificateUnknownIssuer {
        /// The server's host.
        host: String,
    },
    /// The same, though certificates were added for this server.
    CertificateNotAdded {
        /// The server's host.
        host: String,
    },
    /// The certificate is for another name.
    CertificateWrongName {
        /// The server's host.
        host: String,
    },
    /// The certificate was revoked.
    CertificateRevoked {
        /// The server's host.
        host: String,
    },
    /// The certificate is wrong in another way.
    CertificateInvalid {
        /// The server's host.
        host: String,
    },
    /// No program listens at the proxy's address.
    ProxyRefused {
        /// The proxy's address, without name and password.
        proxy: String,
    },
    /// The proxy's name, or the server's behind it, cannot be looked up.
    ProxyUnknownHost {
        /// The proxy's address.
        proxy: String,
        /// The server's host.
        host: String,
    },
    /// The network does not lead to the proxy.
    ProxyNoRoute {
        /// The proxy's address.
        proxy: String,
    },
    /// The proxy made no connection in time.
    ProxyTimedOut {
        /// The proxy's address.
        proxy: String,
        /// The server's host.
        host: String,
        /// How long was waited, in milliseconds.
        wait_ms: u32,
    },
    /// The proxy closed the connection before an answer.
    ProxyClosed {
        /// The proxy's address.
        proxy: String,
    },
    /// The proxy asks for a user name and password (HTTP 407).
    ProxyWantsPassword {
        /// The proxy's address.
        proxy: String,
    },
    /// The proxy does not accept those it was given (HTTP 407).
    ProxyRejectedPassword {
        /// The proxy's address.
        proxy: String,
    },
    /// The proxy will not connect to the server.
    ProxyForbids {
        /// The proxy's address.
        proxy: String,
        /// The server's host.
        host: String,
    },
    /// A certificate is wrong, the encrypted proxy's or the server's.
    ProxyCertificate {
        /// The proxy's address.
        proxy: String,
        /// The server's host.
        host: String,
    },
    /// The proxy does not speak TLS, or the server behind it does not.
    ProxyNotTls {
        /// The proxy's address.
        proxy: String,
    },
    /// The proxy does not speak HTTP.
    ProxyNotHttp {
        /// The proxy's address.
        proxy: String,
    },
    /// The way through the proxy failed otherwise.
    ProxyFailed {
        /// The proxy's address.
        proxy: String,
    },
    /// Nothing arrived for longer than the idle time-out.
    Silent {
        /// The time-out, in milliseconds.
        wait_ms: u32,
    },
    /// What came is no answer of a model server.
    NoAnswerToThis {
        /// The server's address.
        address: String,
    },
    /// A web page came.
    WebPage {
        /// The server's address.
        address: String,
    },
    /// More came than an answer can be long.
    TooLongAnAnswer,
    /// The reply is compressed, which was not asked for.
    Compressed,
    /// The pieces of a tool call did not end.
    EndlessToolCall,
    /// The lock lets nothing leave this computer.
    LockedHere {
        /// Whose lock it is.
        by: LockOwner,
        /// Where the text would have gone.
        host: String,
    },
    /// The lock names other hosts.
    LockedToHosts {
        /// Whose lock it is.
        by: LockOwner,
        /// Those it names; at most three, and `…` for the rest.
        hosts: Vec<String>,
        /// Where the text would have gone.
        host: String,
    },
    /// What the lock says cannot be read, so it forbids.
    LockUnreadable {
        /// Whose lock it is.
        by: LockOwner,
        /// Where the text would have gone.
        host: String,
    },
    /// The lock names the host, whose name leads away from it.
    LedAway {
        /// Whose lock it is.
        by: LockOwner,
        /// The name.
        host: String,
        /// The address on the internet that it leads to.
        address: String,
    },
    /// The request would cross the internet for everyone to read.
    Unencrypted {
        /// The server's host.
        host: String,
    },
    /// A header of the server's entry cannot be sent.
    UnusableHeader {
        /// Its name.
        header: String,
        /// Why not.
        why: Flaw,
    },
    /// The address of a proxy is none.
    UnusableProxy {
        /// What was given.
        address: String,
        /// Why not.
        why: Flaw,
    },
    /// The address of a server is none.
    UnusableAddress {
        /// What was given.
        address: String,
        /// Why not.
        why: Flaw,
    },
    /// The file does not hold certificates.
    NotCertificates,
    /// The file of certificates cannot be read.
    UnreadableCertificates {
        /// Its path.
        file: String,
    },
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
    Missing {
        /// What kind of thing it is.
        thing: Thing,
    },
    /// A reply arrives where something is to be changed.
    Arriving,
    /// The conversation is in the trash.
    Trashed,
    /// The data folder was moved while this program ran.
    Moved,
    /// The data folder was moved, and is not where it went.
    Lost {
        /// Where it was.
        from: String,
        /// Where it should be.
        to: String,
    },
    /// The disk failed at what it was asked to do.
    DiskFault,
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
    /// Something rare, in a whole English sentence or two of its own.
    Told {
        /// What happened and what to do.
        sentence: String,
    },
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
