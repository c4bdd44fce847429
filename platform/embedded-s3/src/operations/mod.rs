//! The S3 operations, each handed to the file that knows it.

mod buckets;
mod listing;
mod multipart;
mod objects;
mod writing;

use std::sync::Arc;

use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput,
        CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput,
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput,
        GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
        HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
        ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
        PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
    },
};

use crate::store::Store;

/// Answers S3 requests from a store.
pub(crate) struct Operations {
    store: Arc<Store>,
}

impl Operations {
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

/// Hands each operation to its function.
macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $module:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(
                async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                    $module::$name(&self.store, request).await.map(S3Response::new)
                }
            )*
        }
    };
}

operations! {
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets;
    put_object(PutObjectInput) -> PutObjectOutput = writing;
    copy_object(CopyObjectInput) -> CopyObjectOutput = writing;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = writing;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = writing;
    get_object(GetObjectInput) -> GetObjectOutput = objects;
    head_object(HeadObjectInput) -> HeadObjectOutput = objects;
    list_objects(ListObjectsInput) -> ListObjectsOutput = listing;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listing;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = multipart;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart;
    list_parts(ListPartsInput) -> ListPartsOutput = listing;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = listing;
}
