//! A subgraph that can be told to fail, and that remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_execution::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService};
use futures::stream::BoxStream;

#[derive(Clone)]
pub enum Fault {
    Down,
    Silent,
    Slow(Duration),
    Answers(&'static str),
}

pub struct Faults {
    inner: Arc<dyn SubgraphService>,
    fault: Mutex<Option<Fault>>,
    calls: Mutex<Vec<SubgraphRequest>>,
}

impl Faults {
    pub fn before(inner: Arc<dyn SubgraphService>) -> Self {
        Self { inner, fault: Mutex::new(None), calls: Mutex::new(Vec::new()) }
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    pub fn calls(&self) -> Vec<SubgraphRequest> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl SubgraphService for Faults {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        self.calls.lock().unwrap().push(request.clone());
        let fault = self.fault.lock().unwrap().clone();
        match fault {
            None => self.inner.execute(request).await,
            Some(Fault::Down) => Err(SubgraphError::Unreachable("connection refused".to_owned())),
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::Slow(delay)) => {
                tokio::time::sleep(delay).await;
                self.inner.execute(request).await
            }
            Some(Fault::Answers(text)) => Ok(Bytes::from_static(text.as_bytes()).into()),
        }
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        self.calls.lock().unwrap().push(request.clone());
        self.inner.subscribe(request).await
    }
}
