//! Who may ask a router that stands alone, and what subgraphs learn of them, as the settings have it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::http::HeaderName;
use chrono::{DateTime, Utc};
use cloudphone_router::authentication::foreign::{ApiKey, ClaimNames, ForeignOptions, IssuerOptions, Keys};
use cloudphone_router::authentication::{
    Anonymous, Authenticator, CredentialPlaces, ForeignAuthenticator, PassOn, SignedIdentity, SigningKey,
};

use crate::settings::{Authentication, AuthenticationMode, Issuer};

/// Tells who is asking.
pub(crate) fn authenticator(settings: &Authentication) -> anyhow::Result<Arc<dyn Authenticator>> {
    if !settings.is_configured() {
        return Ok(Arc::new(Anonymous::default()));
    }
    let issuers = settings.issuers.iter().map(issuer).collect::<anyhow::Result<_>>()?;
    let api_keys = settings.api_keys.iter().map(|key| {
        let expires_at = key.expires_at.as_deref().map(DateTime::parse_from_rfc3339).transpose()?;
        Ok(ApiKey {
            name: key.name.clone(),
            sha256: key.sha256.clone(),
            scopes: key.scopes.iter().cloned().collect(),
            policies: key.policies.iter().cloned().collect(),
            tier: key.tier.clone(),
            expires_at: expires_at.map(|end| end.with_timezone(&Utc)),
        })
    });
    let options = ForeignOptions {
        issuers,
        api_keys: api_keys.collect::<anyhow::Result<_>>()?,
        api_key_file: settings.api_keys_file.clone(),
        required: settings.mode == AuthenticationMode::Required,
        places: CredentialPlaces {
            token_header: HeaderName::try_from(&settings.token_header)?,
            api_key_header: HeaderName::try_from(&settings.api_key_header)?,
            cookie: settings.token_cookie.clone(),
        },
        max_token_bytes: settings.max_token_bytes,
        passed_on: pass_on(settings)?.claim_names(),
        keep_credential: settings.pass_on.credential,
    };
    let authenticator = ForeignAuthenticator::start(options).context("router.authentication cannot be used")?;
    Ok(Arc::new(authenticator))
}

/// What subgraphs learn of a caller.
pub(crate) fn pass_on(settings: &Authentication) -> anyhow::Result<PassOn> {
    let told = &settings.pass_on;
    let key = match (&told.signed.secret, &told.signed.key_file) {
        (Some(secret), _) => Some(SigningKey::from_secret(secret.reveal())?),
        (None, Some(file)) => {
            let key = SigningKey::from_pem(read(file)?.as_bytes());
            Some(key.with_context(|| format!("{} cannot be used", file.display()))?)
        }
        (None, None) => None,
    };
    let header = HeaderName::try_from(&told.signed.header)?;
    let signed = key.map(|key| SignedIdentity {
        header,
        key,
        issuer: told.signed.issuer.clone(),
        lifetime_seconds: told.signed.lifetime_seconds,
        claims: told.signed.claims.clone(),
    });
    let claims = told.headers.iter().map(|(name, claim)| Ok((HeaderName::try_from(name)?, claim.clone())));
    Ok(PassOn { credential: told.credential, claims: claims.collect::<anyhow::Result<_>>()?, signed })
}

fn issuer(told: &Issuer) -> anyhow::Result<IssuerOptions> {
    let name = told.name.clone().or_else(|| told.issuer.clone()).unwrap_or_else(|| "issuer".to_owned());
    let keys = if let Some(url) = &told.jwks_url {
        Keys::Url(url.clone())
    } else if let Some(file) = &told.jwks_file {
        Keys::File(file.clone())
    } else if let Some(secret) = &told.secret {
        Keys::Secret(secret.reveal().to_owned())
    } else {
        let file = told.secret_file.as_deref().context("an issuer has no keys")?;
        let secret = read(file)?.trim().to_owned();
        if secret.len() < 32 {
            return Err(anyhow!("{}: a secret needs at least 32 characters", file.display()));
        }
        Keys::Secret(secret)
    };
    Ok(IssuerOptions {
        name,
        issuer: told.issuer.clone(),
        audiences: told.audiences.clone(),
        keys,
        algorithms: told.algorithms.clone(),
        leeway: Duration::from_secs(told.leeway_seconds),
        required_claims: told.required_claims.clone(),
        claims: ClaimNames {
            subject: told.subject_claim.clone(),
            scopes: told.scope_claims.clone(),
            policies: told.policies_claim.clone(),
            tier: told.tier_claim.clone(),
        },
        refresh_every: Duration::from_secs(told.refresh_seconds),
        refetch_after: Duration::from_secs(told.refetch_after_seconds),
        timeout: Duration::from_secs(told.timeout_seconds),
    })
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}
