//! Presigned addresses: whoever has one may do one thing with one object for a while.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;

use super::{Result, Storage, StorageError, sent};

impl Storage {
    /// Where to PUT one part of a file.
    pub async fn part_address(&self, key: &str, multipart: &str, number: i32, lifetime: Duration) -> Result<String> {
        let part = self.signer.upload_part().bucket(&self.bucket).key(key).upload_id(multipart).part_number(number);
        let signed = sent(part.presigned(signing(lifetime)?)).await?;
        Ok(signed.uri().to_owned())
    }

    /// Where to GET an object, under a file name if one is given.
    pub async fn download_address(&self, key: &str, name: Option<&str>, lifetime: Duration) -> Result<String> {
        let disposition = name.map(|name| format!("attachment; filename=\"{name}\""));
        let object = self.signer.get_object().bucket(&self.bucket).key(key);
        let object = object.set_response_content_disposition(disposition);
        let signed = sent(object.presigned(signing(lifetime)?)).await?;
        Ok(signed.uri().to_owned())
    }
}

fn signing(lifetime: Duration) -> Result<PresigningConfig> {
    PresigningConfig::expires_in(lifetime).map_err(StorageError::malformed)
}
