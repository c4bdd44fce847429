//! The `Application` type.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, UserId};
use cloudphone_graphql::{Long, Of, OrderDirection, answer, caller, shared};

use super::loaders::InstallCountOf;
use super::{batches, domain};
use crate::application::Application;
use crate::application::model::CertificateFacts;
use crate::application::store::ApplicationOrder;
use crate::permissions::APP_READ;

/// A person with an account; the identity domain knows more.
#[derive(SimpleObject)]
#[graphql(name = "User", unresolvable)]
pub struct UserStub {
    /// The person.
    id: ID,
}

impl From<UserId> for UserStub {
    fn from(id: UserId) -> Self {
        Self { id: ID(id.to_string()) }
    }
}

/// A way in which a package is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SignatureScheme {
    /// JAR signing.
    #[graphql(name = "V1")]
    V1,
    /// Whole-file signing, since Android 7.
    #[graphql(name = "V2")]
    V2,
    /// With key rotation, since Android 9.
    #[graphql(name = "V3")]
    V3,
    /// With rotation aimed at a platform version, since Android 13.
    #[graphql(name = "V3_1")]
    V31,
}

/// The certificate of a signer.
#[derive(SimpleObject)]
pub struct SigningCertificate {
    /// The subject's distinguished name.
    subject: String,
    /// SHA-256 of the certificate in hexadecimal, by which Android tells signers apart.
    sha256: String,
    /// Beginning of validity.
    not_before: DateTime<Utc>,
    /// End of validity; Android ignores it.
    not_after: DateTime<Utc>,
}

/// Who signed a package.
#[derive(SimpleObject)]
pub struct ApkSignature {
    /// The schemes that the package carries, oldest first.
    schemes: Vec<SignatureScheme>,
    /// Whether the newest scheme's signature holds; packages whose does not are refused.
    verified: bool,
    /// The signers.
    certificates: Vec<SigningCertificate>,
}

/// How a list of applications is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ApplicationOrderField {
    /// By the name under the icon.
    Label,
    /// By package name.
    PackageName,
    /// By when they came into the catalogue.
    CreatedAt,
}

/// How a list of applications is sorted.
#[derive(Clone, Copy, Debug, InputObject)]
#[graphql(name = "ApplicationOrder")]
pub struct ApplicationOrderInput {
    /// The sort key.
    field: ApplicationOrderField,
    /// The direction; ascending unless told.
    #[graphql(default)]
    direction: OrderDirection,
}

impl From<ApplicationOrderInput> for (ApplicationOrder, bool) {
    fn from(order: ApplicationOrderInput) -> Self {
        let field = match order.field {
            ApplicationOrderField::Label => ApplicationOrder::Label,
            ApplicationOrderField::PackageName => ApplicationOrder::PackageName,
            ApplicationOrderField::CreatedAt => ApplicationOrder::CreatedAt,
        };
        (field, order.direction.is_descending())
    }
}

/// An application of the catalogue, or one that was there once.
pub struct ApplicationNode(pub Arc<Application>);

/// One version of an Android package.
#[Object(name = "Application")]
impl ApplicationNode {
    /// The application's id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The package name, such as `com.example.app`.
    async fn package_name(&self) -> &str {
        &self.0.package_name
    }

    /// The name under the icon; the package name when it has none.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// The version for people. Absent when the package has none.
    async fn version_name(&self) -> Option<&str> {
        self.0.version_name.as_deref()
    }

    /// The number by which Android orders versions.
    async fn version_code(&self) -> Long {
        Long(self.0.version_code)
    }

    /// Lowest Android API level that it runs on.
    async fn min_sdk(&self) -> i32 {
        self.0.min_sdk
    }

    /// Android API level that it was made for.
    async fn target_sdk(&self) -> i32 {
        self.0.target_sdk
    }

    /// Permissions that it asks for.
    async fn permissions(&self) -> &[String] {
        &self.0.permissions
    }

    /// Hardware and software features that it uses.
    async fn features(&self) -> &[String] {
        &self.0.features
    }

    /// Processor architectures of its native libraries; empty means any.
    async fn abis(&self) -> &[String] {
        &self.0.abis
    }

    /// The activity that the launcher starts. Absent for packages without a face.
    async fn main_activity(&self) -> Option<&str> {
        self.0.main_activity.as_deref()
    }

    /// Where its icon is, for a while. Absent when it has no picture, or is deleted.
    async fn icon_url(&self, context: &Context<'_>) -> Result<Option<String>> {
        let Some(key) = self.0.icon_key.as_deref().filter(|_| self.0.deleted_at.is_none()) else { return Ok(None) };
        self.address(context, key, None).await.map(Some)
    }

    /// The package's size in bytes.
    async fn size_bytes(&self) -> Long {
        Long(self.0.size_bytes)
    }

    /// The package's SHA-256 in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Who signed it.
    async fn signature(&self) -> Option<ApkSignature> {
        let facts = self.0.signature();
        let scheme = |name: &String| match name.as_str() {
            "V1" => Some(SignatureScheme::V1),
            "V2" => Some(SignatureScheme::V2),
            "V3" => Some(SignatureScheme::V3),
            "V3_1" => Some(SignatureScheme::V31),
            _ => None,
        };
        let certificate = |facts: CertificateFacts| SigningCertificate {
            subject: facts.subject,
            sha256: facts.sha256,
            not_before: facts.not_before,
            not_after: facts.not_after,
        };
        Some(ApkSignature {
            verified: !facts.certificates.is_empty(),
            schemes: facts.schemes.iter().filter_map(scheme).collect(),
            certificates: facts.certificates.into_iter().map(certificate).collect(),
        })
    }

    /// Who uploaded it. Absent when a program of the platform did.
    async fn uploaded_by(&self) -> Option<UserStub> {
        self.0.uploaded_by.map(UserStub::from)
    }

    /// When it came into the catalogue.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// How many devices have it.
    async fn install_count(&self, context: &Context<'_>) -> Result<i32> {
        let count = batches(context).load_one(InstallCountOf(self.0.tenant_id, self.0.id)).await;
        Ok(i32::try_from(shared(context, count)?.unwrap_or_default()).unwrap_or(i32::MAX))
    }

    /// Where the package can be downloaded, for a while. Absent when it is deleted.
    async fn download_url(&self, context: &Context<'_>) -> Result<Option<String>> {
        if self.0.deleted_at.is_some() {
            return Ok(None);
        }
        let name = self.0.file_name();
        self.address(context, &self.0.object_key, Some(&name)).await.map(Some)
    }
}

impl ApplicationNode {
    async fn address(&self, context: &Context<'_>, key: &str, name: Option<&str>) -> Result<String> {
        let domain = domain(context);
        let address = domain.storage.download_address(key, name, domain.settings.address_lifetime).await;
        answer(context, address.map_err(crate::error::AppsError::from))
    }
}

/// An application of the caller's organisation, deleted ones included; whoever asks has checked what the caller may see.
pub async fn load(context: &Context<'_>, id: ApplicationId) -> Result<Option<ApplicationNode>> {
    let found = batches(context).load_one(Of(caller(context)?.tenant_id, id)).await;
    Ok(shared(context, found)?.map(ApplicationNode))
}

/// An application of the catalogue, for a caller who may see it.
pub async fn listed(context: &Context<'_>, id: &ID) -> Result<Option<ApplicationNode>> {
    answer(context, caller(context)?.require(&APP_READ))?;
    let Ok(id) = id.parse::<ApplicationId>() else { return Ok(None) };
    Ok(load(context, id).await?.filter(|node| node.0.deleted_at.is_none()))
}
