//! What an application is.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, TenantId, UserId};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::package::{Package, Scheme};
use crate::schema::applications;
use crate::upload::Upload;

/// One version of an Android package in the catalogue.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = applications, check_for_backend(diesel::pg::Pg))]
pub struct Application {
    /// The application.
    pub id: ApplicationId,
    /// The organisation that owns it.
    pub tenant_id: TenantId,
    /// The package name.
    pub package_name: String,
    /// The name under the icon.
    pub label: String,
    /// The version for people.
    pub version_name: Option<String>,
    /// The version for programs.
    pub version_code: i64,
    /// Lowest Android API level that it runs on.
    pub min_sdk: i32,
    /// API level that it was made for.
    pub target_sdk: i32,
    /// Permissions that it asks for.
    pub permissions: Vec<String>,
    /// Features that it uses.
    pub features: Vec<String>,
    /// Processor architectures of its native libraries; empty means any.
    pub abis: Vec<String>,
    /// The activity that the launcher starts.
    pub main_activity: Option<String>,
    /// Who signed it: [`SignatureFacts`].
    pub signature: Value,
    /// Its size.
    pub size_bytes: i64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Its object.
    pub object_key: String,
    /// The object of its icon; absent when it has none.
    pub icon_key: Option<String>,
    /// Who uploaded it; absent when a program of the platform did.
    pub uploaded_by: Option<UserId>,
    /// When it came into the catalogue.
    pub created_at: DateTime<Utc>,
    /// When it left the catalogue.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Who signed a package, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureFacts {
    /// The schemes, oldest first.
    pub schemes: Vec<String>,
    /// The signers.
    pub certificates: Vec<CertificateFacts>,
}

/// A signer's certificate, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// The subject's distinguished name.
    pub subject: String,
    /// SHA-256 of the certificate in hexadecimal.
    pub sha256: String,
    /// Beginning of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
}

impl Application {
    /// What an uploaded package becomes.
    pub fn of(upload: &Upload, package: &Package, icon_key: Option<String>, now: DateTime<Utc>) -> Self {
        let manifest = &package.manifest;
        let signature = SignatureFacts::of(&package.signature);
        Self {
            id: ApplicationId::new(),
            tenant_id: upload.tenant_id,
            package_name: manifest.package_name.clone(),
            label: manifest.label.clone(),
            version_name: manifest.version_name.clone(),
            version_code: manifest.version_code,
            min_sdk: manifest.min_sdk,
            target_sdk: manifest.target_sdk,
            permissions: manifest.permissions.clone(),
            features: manifest.features.clone(),
            abis: manifest.abis.clone(),
            main_activity: manifest.main_activity.clone(),
            signature: serde_json::to_value(signature).expect("a signature is plain values"),
            size_bytes: upload.size_bytes,
            sha256: upload.sha256.clone(),
            object_key: upload.object_key.clone(),
            icon_key,
            uploaded_by: upload.created_by,
            created_at: now,
            deleted_at: None,
        }
    }

    /// Who signed it.
    pub fn signature(&self) -> SignatureFacts {
        serde_json::from_value(self.signature.clone()).unwrap_or_default()
    }

    /// The name under which it is downloaded.
    pub fn file_name(&self) -> String {
        // Package names are letters, digits, dots and underscores, so that the name is safe in a header.
        format!("{}-{}.apk", self.package_name, self.version_code)
    }
}

impl SignatureFacts {
    fn of(signature: &crate::package::Signature) -> Self {
        let scheme = |scheme: &Scheme| match scheme {
            Scheme::V1 => "V1",
            Scheme::V2 => "V2",
            Scheme::V3 => "V3",
            Scheme::V31 => "V3_1",
        };
        Self {
            schemes: signature.schemes.iter().map(|one| scheme(one).to_owned()).collect(),
            certificates: signature
                .certificates
                .iter()
                .map(|certificate| CertificateFacts {
                    subject: certificate.subject.clone(),
                    sha256: certificate.sha256.clone(),
                    not_before: certificate.not_before,
                    not_after: certificate.not_after,
                })
                .collect(),
        }
    }
}
