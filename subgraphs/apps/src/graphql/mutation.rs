//! The mutations and the shape of their payloads.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_core::CommonError;
use cloudphone_graphql::{Long, UserError, caller, expected, origin, outcome, parse_id};

use super::domain;
use super::installation::InstallationNode;
use super::upload::UploadNode;
use crate::application::delete::delete_application;
use crate::error::AppsError;
use crate::installation::Installation;
use crate::installation::install::install_application;
use crate::installation::retry::retry_installation;
use crate::installation::uninstall::{Target, uninstall_application};
use crate::upload::cancel::cancel_upload;
use crate::upload::complete::complete_upload;
use crate::upload::presign::presign_parts;
use crate::upload::start::start_upload;
use crate::upload::{NewFile, Upload};

/// The mutations of apps.
#[derive(Default, MergedObject)]
pub struct Mutation(UploadMutation, ApplicationMutation, InstallationMutation);

/// A file to be uploaded.
#[derive(InputObject)]
pub struct StartApplicationUploadInput {
    /// The file's name; it ends in `.apk`.
    file_name: String,
    /// The file's size in bytes, at most 2 GiB unless configured otherwise.
    size_bytes: Long,
    /// The file's SHA-256 in hexadecimal.
    sha256: String,
}

/// Parts to be sent.
#[derive(InputObject)]
pub struct PresignUploadPartsInput {
    /// The upload.
    upload_id: ID,
    /// The parts' numbers, at most 1000.
    part_numbers: Vec<i32>,
}

/// Which upload to complete.
#[derive(InputObject)]
pub struct CompleteApplicationUploadInput {
    /// The upload.
    upload_id: ID,
}

/// Which upload to give up.
#[derive(InputObject)]
pub struct CancelApplicationUploadInput {
    /// The upload.
    upload_id: ID,
}

/// Which application to delete.
#[derive(InputObject)]
pub struct DeleteApplicationInput {
    /// The application.
    id: ID,
}

/// What to install and where.
#[derive(InputObject)]
pub struct InstallApplicationInput {
    /// The application.
    application_id: ID,
    /// The devices, 1 to 200.
    device_ids: Vec<ID>,
}

/// What to remove: an installation, or a package of a device.
#[derive(InputObject)]
pub struct UninstallApplicationInput {
    /// The installation; give it alone.
    installation_id: Option<ID>,
    /// The device; give it with `packageName`.
    device_id: Option<ID>,
    /// The package name; give it with `deviceId`.
    package_name: Option<String>,
}

/// Which installation to try again.
#[derive(InputObject)]
pub struct RetryInstallationInput {
    /// The installation.
    id: ID,
}

/// The answer to a step of an upload.
#[derive(SimpleObject)]
pub struct ApplicationUploadPayload {
    /// The upload as it is now; absent when nothing changed.
    upload: Option<UploadNode>,
    /// Why nothing changed; empty when all went well.
    user_errors: Vec<UserError>,
}

impl ApplicationUploadPayload {
    fn of(context: &Context<'_>, result: std::result::Result<Upload, AppsError>) -> Result<Self> {
        Ok(match outcome(result, origin(context))? {
            Ok(upload) => Self { upload: Some(UploadNode(upload)), user_errors: Vec::new() },
            Err(user_errors) => Self { upload: None, user_errors },
        })
    }
}

/// Where one part is sent.
#[derive(SimpleObject)]
pub struct PresignedPart {
    /// The part's number.
    number: i32,
    /// The address for one PUT of the part's bytes.
    url: String,
    /// Until when the address is good.
    expires_at: DateTime<Utc>,
}

/// The answer to `presignUploadParts`.
#[derive(SimpleObject)]
pub struct PresignUploadPartsPayload {
    /// The addresses; empty when refused.
    urls: Vec<PresignedPart>,
    /// Why there are none; empty when all went well.
    user_errors: Vec<UserError>,
}

/// The answer to `deleteApplication`.
#[derive(SimpleObject)]
pub struct DeleteApplicationPayload {
    /// The application that is gone; absent when nothing changed.
    deleted_id: Option<ID>,
    /// Why nothing changed; empty when all went well.
    user_errors: Vec<UserError>,
}

/// The answer to `installApplication`. Some devices may be asked while others cannot.
#[derive(SimpleObject)]
pub struct InstallApplicationPayload {
    /// The installations, new and earlier ones; empty when no device could be asked.
    installations: Vec<InstallationNode>,
    /// Why devices could not be asked, each with its place in `deviceIds`; empty when all could.
    user_errors: Vec<UserError>,
}

/// The answer to a change of an installation.
#[derive(SimpleObject)]
pub struct InstallationPayload {
    /// The installation as it is now; absent when nothing changed.
    installation: Option<InstallationNode>,
    /// Why nothing changed; empty when all went well.
    user_errors: Vec<UserError>,
}

impl InstallationPayload {
    fn of(context: &Context<'_>, result: std::result::Result<Installation, AppsError>) -> Result<Self> {
        Ok(match outcome(result, origin(context))? {
            Ok(row) => Self { installation: Some(InstallationNode(row)), user_errors: Vec::new() },
            Err(user_errors) => Self { installation: None, user_errors },
        })
    }
}

/// Mutations of uploads.
#[derive(Default)]
pub struct UploadMutation;

#[Object]
impl UploadMutation {
    /// Begins an upload. A file that the catalogue has already is `READY` at once; an unfinished upload of the same file by
    /// the same person goes on. Codes: `EMPTY_FILE`, `FILE_TOO_LARGE`, `UNSUPPORTED_FILE_TYPE` and those of fields.
    async fn start_application_upload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The file.")] input: StartApplicationUploadInput,
    ) -> Result<ApplicationUploadPayload> {
        let StartApplicationUploadInput { file_name, size_bytes: Long(size_bytes), sha256 } = input;
        let file = NewFile { file_name, size_bytes, sha256 };
        ApplicationUploadPayload::of(context, start_upload(domain(context), caller(context)?, file).await)
    }

    /// Hands out addresses to which parts are sent with PUT, straight to storage. Codes: `UPLOAD_STATE_CONFLICT`,
    /// `NOT_FOUND` and those of fields.
    async fn presign_upload_parts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which parts.")] input: PresignUploadPartsInput,
    ) -> Result<PresignUploadPartsPayload> {
        let caller = caller(context)?;
        let presigned = async {
            let id = parse_id(&input.upload_id, "application upload")?;
            presign_parts(domain(context), caller, id, &input.part_numbers).await
        };
        let part = |part: crate::upload::presign::PresignedPart| PresignedPart {
            number: part.number,
            url: part.url,
            expires_at: part.expires_at,
        };
        Ok(match outcome(presigned.await, origin(context))? {
            Ok(parts) => {
                PresignUploadPartsPayload { urls: parts.into_iter().map(part).collect(), user_errors: Vec::new() }
            }
            Err(user_errors) => PresignUploadPartsPayload { urls: Vec::new(), user_errors },
        })
    }

    /// Puts the parts together and has the package read; `applicationUploadProgress` tells how that goes. Codes:
    /// `PARTS_MISSING`, `UPLOAD_STATE_CONFLICT`, `NOT_FOUND`.
    async fn complete_application_upload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which upload.")] input: CompleteApplicationUploadInput,
    ) -> Result<ApplicationUploadPayload> {
        let caller = caller(context)?;
        let completed =
            async { complete_upload(domain(context), caller, parse_id(&input.upload_id, "application upload")?).await };
        ApplicationUploadPayload::of(context, completed.await)
    }

    /// Gives an upload up and frees its storage. Codes: `UPLOAD_STATE_CONFLICT`, `NOT_FOUND`.
    async fn cancel_application_upload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which upload.")] input: CancelApplicationUploadInput,
    ) -> Result<ApplicationUploadPayload> {
        let caller = caller(context)?;
        let cancelled =
            async { cancel_upload(domain(context), caller, parse_id(&input.upload_id, "application upload")?).await };
        ApplicationUploadPayload::of(context, cancelled.await)
    }
}

/// Mutations of the catalogue.
#[derive(Default)]
pub struct ApplicationMutation;

#[Object]
impl ApplicationMutation {
    /// Takes an application out of the catalogue and frees its storage. Codes: `APPLICATION_IN_USE`, `NOT_FOUND`.
    async fn delete_application(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which application.")] input: DeleteApplicationInput,
    ) -> Result<DeleteApplicationPayload> {
        let caller = caller(context)?;
        let deleted = async { delete_application(domain(context), caller, parse_id(&input.id, "application")?).await };
        Ok(match outcome(deleted.await, origin(context))? {
            Ok(row) => DeleteApplicationPayload { deleted_id: Some(ID(row.id.to_string())), user_errors: Vec::new() },
            Err(user_errors) => DeleteApplicationPayload { deleted_id: None, user_errors },
        })
    }
}

/// Mutations of installations.
#[derive(Default)]
pub struct InstallationMutation;

#[Object]
impl InstallationMutation {
    /// Asks devices to install an application, or to replace another version of it. A device that has it already, or is
    /// about to, answers with that installation. Codes: `NOT_FOUND`, `INSTALLATION_IN_PROGRESS` and those of fields.
    async fn install_application(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to install and where.")] input: InstallApplicationInput,
    ) -> Result<InstallApplicationPayload> {
        let caller = caller(context)?;
        let devices: Vec<_> = input.device_ids.iter().map(|id| id.parse().ok()).collect();
        let ordered = async {
            let id = parse_id(&input.application_id, "application")?;
            install_application(domain(context), caller, id, &devices).await
        };
        Ok(match outcome(ordered.await, origin(context))? {
            Ok(ordered) => {
                let at_place = |(place, error): (usize, AppsError)| {
                    let path = vec!["deviceIds".to_owned(), place.to_string()];
                    expected(&error).into_iter().map(move |error| UserError { path: path.clone(), ..error })
                };
                InstallApplicationPayload {
                    installations: ordered.installations.into_iter().map(InstallationNode).collect(),
                    user_errors: ordered.refused.into_iter().flat_map(at_place).collect(),
                }
            }
            Err(user_errors) => InstallApplicationPayload { installations: Vec::new(), user_errors },
        })
    }

    /// Asks a device to remove an application. Codes: `NOT_INSTALLED`, `INSTALLATION_STATE_CONFLICT`, `NOT_FOUND`,
    /// `INSTALLATION_IN_PROGRESS` and those of fields.
    async fn uninstall_application(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to remove.")] input: UninstallApplicationInput,
    ) -> Result<InstallationPayload> {
        let caller = caller(context)?;
        let removed =
            async { uninstall_application(domain(context), caller, &input.target().map_err(AppsError::from)?).await };
        InstallationPayload::of(context, removed.await)
    }

    /// Tries an installation again that failed. Codes: `INSTALLATION_STATE_CONFLICT`, `INSTALLATION_IN_PROGRESS`,
    /// `NOT_FOUND`.
    async fn retry_installation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which installation.")] input: RetryInstallationInput,
    ) -> Result<InstallationPayload> {
        let caller = caller(context)?;
        let retried = async { retry_installation(domain(context), caller, parse_id(&input.id, "installation")?).await };
        InstallationPayload::of(context, retried.await)
    }
}

impl UninstallApplicationInput {
    fn target(&self) -> std::result::Result<Target, CommonError> {
        match (&self.installation_id, &self.device_id, &self.package_name) {
            (Some(id), None, None) => Ok(Target::Installation(parse_id(id, "installation")?)),
            (None, Some(device), Some(package)) => Ok(Target::Package(parse_id(device, "device")?, package.clone())),
            _ => {
                let mut validation = cloudphone_core::Validation::new();
                let rule = "Give either `installationId`, or `deviceId` and `packageName`.";
                validation.reject("installationId", "AMBIGUOUS", rule);
                Err(validation.finish().expect_err("one rule was rejected"))
            }
        }
    }
}
