//! Serves the store on a listener, with the headers that pages of other origins need.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use s3s::service::S3Service;
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer, ExposeHeaders};

use crate::{EmbeddedS3, error::Error};

/// More connections wait in the listener's backlog.
const CONNECTION_LIMIT: usize = 1_024;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long running requests may take to finish after a stop was asked for.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a browser may remember a preflight's answer.
const PREFLIGHT_AGE: Duration = Duration::from_hours(1);

/// Lets pages upload by presigned URL and read what a multipart upload needs from the answers.
pub(crate) fn cors(allowed_origins: &[String]) -> Result<CorsLayer, Error> {
    let origins = if allowed_origins.is_empty() {
        AllowOrigin::any()
    } else {
        let origins = allowed_origins
            .iter()
            .map(|origin| HeaderValue::from_str(origin).map_err(|_| Error::InvalidOrigin(origin.clone())));
        AllowOrigin::list(origins.collect::<Result<Vec<_>, _>>()?)
    };
    let exposed = [
        "etag",
        "content-length",
        "content-range",
        "accept-ranges",
        "last-modified",
        "x-amz-checksum-crc32",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-sha1",
        "x-amz-checksum-sha256",
        "x-amz-request-id",
    ];
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(exposed.map(HeaderName::from_static)))
        .max_age(PREFLIGHT_AGE))
}

/// Accepts connections until cancelled, then drains them.
pub(crate) async fn serve(service: Cors<S3Service>, listener: TcpListener, cancel: CancellationToken) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
    let connections = Arc::new(Semaphore::new(CONNECTION_LIMIT));
    let drain = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let (stream, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Such as running out of file descriptors: waiting lets others close theirs.
                tracing::warn!(%error, "a connection to the object store could not be accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers must not wait for more to send.
        let _ = stream.set_nodelay(true);
        let connection =
            builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service.clone())).into_owned();
        let connection = drain.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the object store broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if timeout(DRAIN_TIMEOUT, drain.shutdown()).await.is_err() {
        tracing::warn!("requests to the object store were cut off at shutdown");
    }
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

/// Aborts abandoned uploads once an hour until cancelled.
pub(crate) async fn sweep_hourly(s3: &EmbeddedS3, age: Duration, cancel: CancellationToken) {
    let mut hours = interval(Duration::from_hours(1));
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = hours.tick() => {}
        }
        match s3.sweep(age).await {
            Ok(0) => {}
            Ok(uploads) => tracing::info!(uploads, "abandoned multipart uploads were removed"),
            Err(error) => tracing::warn!(%error, "abandoned multipart uploads could not be removed"),
        }
    }
}
