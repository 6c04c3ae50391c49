//! Whose certificates are believed.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::domain::{Cause, Code, Failure};
use crate::provider::Endpoint;
use crate::provider::refusal::failure;

/// Who is trusted by a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nobody: it speaks no TLS.
    Unused,
    /// Whom the system trusts, as the system checks it, and these authorities.
    System(Option<Arc<[u8]>>),
    /// Whom the system trusts and these authorities, checked in this process. Under a lock: the checks of macOS
    /// and Windows may ask the internet whether a certificate was revoked.
    Silent(Option<Arc<[u8]>>),
}

impl Trust {
    /// What a client needs to speak TLS. Reads the system's store from disk where it is files.
    pub(super) fn tls(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match self.verifier(provider)? {
            Some(verifier) => builder.dangerous().with_custom_certificate_verifier(verifier),
            None => builder.with_root_certificates(RootCertStore::empty()),
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Who checks; `None` where nobody is trusted.
    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Option<Arc<dyn ServerCertVerifier>>, Error> {
        let authorities = match self {
            Self::Unused => return Ok(None),
            Self::System(pem) | Self::Silent(pem) => pem.as_deref().map(certificates).unwrap_or_default(),
        };
        let system: Result<Arc<dyn ServerCertVerifier>, Error> = if matches!(self, Self::Silent(_)) {
            silent(&authorities, provider)
        } else {
            rustls_platform_verifier::Verifier::new_with_extra_roots(authorities.clone(), provider)
                .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
        };
        match system {
            Ok(verifier) if authorities.is_empty() => Ok(Some(verifier)),
            Ok(verifier) => Ok(Some(Arc::new(WithOwn { verifier, own: authorities }))),
            // A system without a single certificate: nobody is trusted, and each server is told so.
            Err(_) if authorities.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The certificates of a PEM file; anything else in it is passed over.
fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

/// Checks the certificates of its own that an endpoint may have.
///
/// # Errors
/// `invalid_request`, with what kind of file is expected.
pub(super) fn check(endpoint: &Endpoint) -> Result<(), Failure> {
    let Some(pem) = endpoint.network.authorities.as_deref() else { return Ok(()) };
    let blocks: Vec<_> = CertificateDer::pem_slice_iter(pem).collect();
    let mut store = RootCertStore::empty();
    let is_good = !blocks.is_empty()
        && blocks.into_iter().all(|block| block.is_ok_and(|certificate| store.add(certificate).is_ok()));
    if is_good {
        return Ok(());
    }
    Err(failure(endpoint, Code::InvalidRequest, Cause::NotCertificates))
}

fn silent(
    authorities: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone())?;
    }
    // What the system holds and this library cannot read is nothing that a person could mend here.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map(|verifier| verifier as Arc<dyn ServerCertVerifier>)
        .map_err(|error| Error::General(error.to_string()))
}

/// Believes a server's certificate also when it is itself one of those that a person chose to trust.
///
/// What `openssl req -x509` writes for a server at home calls itself an authority, and webpki takes no authority
/// for a server. It is the most common certificate on a private network, and whoever adds it means exactly it.
#[derive(Debug)]
struct WithOwn {
    verifier: Arc<dyn ServerCertVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for WithOwn {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let checked =
            self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match checked {
            // webpki has checked the dates before it comes to this.
            Err(error) if is_authority_itself(&error) && self.own.iter().any(|own| own == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            Ok(_) | Err(_) => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Whether a certificate was refused because it calls itself an authority. rustls passes webpki's word on
/// without a variant of its own.
pub(super) fn is_authority_itself(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(reason) if format!("{reason:?}").contains("CaUsedAsEndEntity"))
}
