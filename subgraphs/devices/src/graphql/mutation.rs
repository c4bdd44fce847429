//! The domain's mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use cloudphone_core::{DeviceId, TemplateId};
use cloudphone_graphql::{UserError, caller, origin, outcome, parse_id};

use super::command::CommandNode;
use super::device::DeviceNode;
use super::domain;
use super::input::{
    CreateDeviceInput, CreateDeviceTemplateInput, DeviceActionInput, SendDeviceCommandInput, UpdateDeviceInput,
    UpdateDeviceTemplateInput,
};
use super::template::TemplateNode;
use crate::command::send::send_command;
use crate::credential::rotate::rotate_credential;
use crate::device::create::create_devices;
use crate::device::operate::operate_device;
use crate::device::update::update_device;
use crate::device::{Device, DeviceAction};
use crate::error::DevicesError;
use crate::template::{Template, change as templates};
use crate::topic;

macro_rules! payloads {
    ($($(#[$meta:meta])* $name:ident { $(#[$field_meta:meta])* $field:ident: $node:ty = $row:ty => $map:expr }),+ $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(SimpleObject)]
            pub struct $name {
                $(#[$field_meta])*
                $field: Option<$node>,
                /// Why nothing changed; empty when all went well.
                user_errors: Vec<UserError>,
            }

            impl $name {
                fn of(context: &Context<'_>, result: std::result::Result<$row, DevicesError>) -> Result<Self> {
                    let map: fn($row) -> $node = $map;
                    Ok(match outcome(result, origin(context))? {
                        Ok(row) => Self { $field: Some(map(row)), user_errors: Vec::new() },
                        Err(user_errors) => Self { $field: None, user_errors },
                    })
                }
            }
        )+
    };
}

payloads! {
    /// The answer to `createDevice`.
    CreateDevicePayload {
        /// The devices on their way; absent when nothing was made.
        devices: Vec<DeviceNode> = Vec<Device> => |rows| rows.into_iter().map(DeviceNode::from).collect()
    },
    /// The answer to `updateDevice`.
    UpdateDevicePayload {
        /// The device as it is now; absent when nothing changed.
        device: DeviceNode = Device => DeviceNode::from
    },
    /// The answer to an action on a device.
    DeviceActionPayload {
        /// The device on its way; absent when nothing changed.
        device: DeviceNode = Device => DeviceNode::from
    },
    /// The answer to `deleteDevice`.
    DeleteDevicePayload {
        /// The device on its way out; absent when nothing changed.
        device: DeviceNode = Device => DeviceNode::from
    },
    /// The answer to a change of a template.
    DeviceTemplatePayload {
        /// The template as it is now; absent when nothing changed.
        device_template: TemplateNode = Template => |row| TemplateNode(Arc::new(row))
    },
    /// The answer to `deleteDeviceTemplate`.
    DeleteDeviceTemplatePayload {
        /// The template that is gone; absent when nothing changed.
        deleted_id: ID = Template => |row| ID(row.id.to_string())
    },
    /// The answer to `sendDeviceCommand`.
    SendDeviceCommandPayload {
        /// The command on its way; absent when nothing was sent.
        command: CommandNode = crate::command::Command => |row| CommandNode(Arc::new(row))
    },
}

/// The answer to `rotateDeviceCredential`.
#[derive(SimpleObject)]
pub struct RotateDeviceCredentialPayload {
    /// The device; absent when nothing changed.
    device: Option<DeviceNode>,
    /// The user name and client id at the broker; absent when nothing changed.
    username: Option<String>,
    /// The new password, shown this once; absent when nothing changed.
    secret: Option<String>,
    /// Why nothing changed; empty when all went well.
    user_errors: Vec<UserError>,
}

/// The domain's mutations.
pub struct Mutation;

/// The domain's mutations.
#[Object]
impl Mutation {
    /// Makes devices from a template or a specification. They are set up in the background.
    async fn create_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to make.")] input: CreateDeviceInput,
    ) -> Result<CreateDevicePayload> {
        let created = match input.try_into() {
            Ok(order) => create_devices(domain(context), caller(context)?, order).await,
            Err(error) => Err(DevicesError::Common(error)),
        };
        CreateDevicePayload::of(context, created)
    }

    /// Renames, tags and groups a device.
    async fn update_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateDeviceInput,
    ) -> Result<UpdateDevicePayload> {
        let updated = match parse_id(&input.id, "device") {
            Ok(id) => update_device(domain(context), caller(context)?, id, input.into()).await,
            Err(error) => Err(error.into()),
        };
        UpdateDevicePayload::of(context, updated)
    }

    /// Switches a device on.
    async fn start_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<DeviceActionPayload> {
        DeviceActionPayload::of(context, act(context, &input, DeviceAction::Start).await?)
    }

    /// Switches a device off.
    async fn stop_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<DeviceActionPayload> {
        DeviceActionPayload::of(context, act(context, &input, DeviceAction::Stop).await?)
    }

    /// Restarts Android on a device.
    async fn reboot_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<DeviceActionPayload> {
        DeviceActionPayload::of(context, act(context, &input, DeviceAction::Reboot).await?)
    }

    /// Freezes a device.
    async fn pause_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<DeviceActionPayload> {
        DeviceActionPayload::of(context, act(context, &input, DeviceAction::Pause).await?)
    }

    /// Continues a frozen device.
    async fn resume_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<DeviceActionPayload> {
        DeviceActionPayload::of(context, act(context, &input, DeviceAction::Resume).await?)
    }

    /// Takes a device down for good, with its credential and its content.
    async fn delete_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<DeleteDevicePayload> {
        DeleteDevicePayload::of(context, act(context, &input, DeviceAction::Delete).await?)
    }

    /// Sends a command to a device; it waits until the device is on the network.
    async fn send_device_command(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to send.")] input: SendDeviceCommandInput,
    ) -> Result<SendDeviceCommandPayload> {
        let sent = match parse_id(&input.device_id, "device") {
            Ok(id) => send_command(domain(context), caller(context)?, id, input.into()).await,
            Err(error) => Err(error.into()),
        };
        SendDeviceCommandPayload::of(context, sent)
    }

    /// Gives a device a new secret for the broker and ends its connection.
    async fn rotate_device_credential(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which device.")] input: DeviceActionInput,
    ) -> Result<RotateDeviceCredentialPayload> {
        let rotated = match parse_id::<DeviceId>(&input.id, "device") {
            Ok(id) => rotate_credential(domain(context), caller(context)?, id).await,
            Err(error) => Err(error.into()),
        };
        Ok(match outcome(rotated, origin(context))? {
            Ok((device, secret)) => RotateDeviceCredentialPayload {
                username: Some(topic::username(device.id)),
                secret: Some(secret.reveal().to_owned()),
                device: Some(device.into()),
                user_errors: Vec::new(),
            },
            Err(user_errors) => {
                RotateDeviceCredentialPayload { device: None, username: None, secret: None, user_errors }
            }
        })
    }

    /// Makes a template.
    async fn create_device_template(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its content.")] input: CreateDeviceTemplateInput,
    ) -> Result<DeviceTemplatePayload> {
        let created = templates::create_template(domain(context), caller(context)?, input.into()).await;
        DeviceTemplatePayload::of(context, created)
    }

    /// Replaces the content of a template.
    async fn update_device_template(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its new content.")] input: UpdateDeviceTemplateInput,
    ) -> Result<DeviceTemplatePayload> {
        let updated = match parse_id::<TemplateId>(&input.id, "device template") {
            Ok(id) => templates::update_template(domain(context), caller(context)?, id, input.into()).await,
            Err(error) => Err(error.into()),
        };
        DeviceTemplatePayload::of(context, updated)
    }

    /// Removes a template; devices made from it stay.
    async fn delete_device_template(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which template.")] input: DeleteDeviceTemplateInput,
    ) -> Result<DeleteDeviceTemplatePayload> {
        let deleted = match parse_id::<TemplateId>(&input.id, "device template") {
            Ok(id) => templates::delete_template(domain(context), caller(context)?, id).await,
            Err(error) => Err(error.into()),
        };
        DeleteDeviceTemplatePayload::of(context, deleted)
    }
}

/// A template to remove.
#[derive(Clone, Debug, async_graphql::InputObject)]
pub struct DeleteDeviceTemplateInput {
    /// The template.
    id: ID,
}

async fn act(
    context: &Context<'_>,
    input: &DeviceActionInput,
    action: DeviceAction,
) -> Result<std::result::Result<Device, DevicesError>> {
    let caller = caller(context)?;
    Ok(match parse_id(&input.id, "device") {
        Ok(id) => operate_device(domain(context), caller, id, action).await,
        Err(error) => Err(error.into()),
    })
}
