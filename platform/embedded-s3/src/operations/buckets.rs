//! Operations on buckets.

use std::sync::Arc;

use s3s::{
    S3Request, S3Result,
    dto::{
        Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput,
        GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput, ListBucketsInput, ListBucketsOutput,
    },
};

use crate::store::{Store, blocking, timestamp};

pub(super) async fn create_bucket(
    store: &Arc<Store>,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let (store, name) = (Arc::clone(store), request.input.bucket);
    let location = Some(format!("/{name}"));
    blocking(move || store.create_bucket(&name)).await?;
    Ok(CreateBucketOutput { location })
}

pub(super) async fn head_bucket(store: &Arc<Store>, request: S3Request<HeadBucketInput>) -> S3Result<HeadBucketOutput> {
    store.bucket(&request.input.bucket)?;
    Ok(HeadBucketOutput::default())
}

pub(super) async fn get_bucket_location(
    store: &Arc<Store>,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    store.bucket(&request.input.bucket)?;
    Ok(GetBucketLocationOutput::default())
}

pub(super) async fn list_buckets(
    store: &Arc<Store>,
    request: S3Request<ListBucketsInput>,
) -> S3Result<ListBucketsOutput> {
    let prefix = request.input.prefix.unwrap_or_default();
    let buckets = store.buckets().into_iter().filter(|bucket| bucket.name.starts_with(&prefix));
    let buckets = buckets.map(|bucket| Bucket {
        name: Some(bucket.name.clone()),
        creation_date: Some(timestamp(bucket.created_ms)),
        ..Bucket::default()
    });
    Ok(ListBucketsOutput { buckets: Some(buckets.collect()), ..ListBucketsOutput::default() })
}

pub(super) async fn delete_bucket(
    store: &Arc<Store>,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<DeleteBucketOutput> {
    let store = Arc::clone(store);
    blocking(move || store.delete_bucket(&request.input.bucket)).await?;
    Ok(DeleteBucketOutput::default())
}
