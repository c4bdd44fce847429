//! How a client talks to the domain: requests, uploads through presigned addresses, and looking again.

use async_graphql::{Request, Response, Variables};
use cloudphone_core::Caller;
use cloudphone_graphql::{RequestScope, Subgraph};
use futures::stream::BoxStream;
use serde_json::{Value, json};

use super::{INSTALLATION_FIELDS, UPLOAD, UPLOAD_FIELDS, error_codes, eventually, mutation, sha256};

/// The domain's part of the graph, and how a client talks to it.
pub struct Face {
    pub subgraph: Subgraph,
}

impl Face {
    pub async fn answer(&self, caller: &Caller, query: &str, variables: Value) -> Response {
        let request = Request::new(query).variables(Variables::from_json(variables));
        self.subgraph.execute(request, RequestScope::of(caller.clone())).await
    }

    /// Answers a request; panics on a GraphQL error.
    pub async fn ask(&self, caller: &Caller, query: &str, variables: Value) -> Value {
        let response = self.answer(caller, query, variables).await;
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The payload of a mutation `name(input: {input})` with the given fields beside `userErrors`.
    pub async fn change(&self, caller: &Caller, name: &str, input: Value, fields: &str) -> Value {
        let (query, variables) = mutation(name, &input, fields);
        self.ask(caller, &query, variables).await["answer"].clone()
    }

    /// The codes of the GraphQL errors of a mutation.
    pub async fn refused(&self, caller: &Caller, name: &str, input: Value) -> Vec<String> {
        let (query, variables) = mutation(name, &input, "");
        error_codes(&self.answer(caller, &query, variables).await)
    }

    pub fn subscribe(&self, caller: &Caller, query: &str, variables: Value) -> BoxStream<'static, Response> {
        let request = Request::new(query).variables(Variables::from_json(variables));
        self.subgraph.subscribe(request, RequestScope::of(caller.clone()))
    }

    pub async fn start_upload(&self, caller: &Caller, name: &str, content: &[u8]) -> Value {
        let input = json!({ "fileName": name, "sizeBytes": content.len(), "sha256": sha256(content) });
        self.change(caller, "startApplicationUpload", input, UPLOAD).await
    }

    /// Sends parts by presigned addresses, as a browser does.
    pub async fn send_parts(&self, caller: &Caller, upload: &Value, content: &[u8], numbers: &[usize]) {
        let input = json!({ "uploadId": upload["id"], "partNumbers": numbers });
        let answer = self.change(caller, "presignUploadParts", input, "urls { number url expiresAt }").await;
        assert_eq!(answer["userErrors"], json!([]));
        let size = usize::try_from(upload["partSizeBytes"].as_u64().unwrap()).unwrap();
        for url in answer["urls"].as_array().unwrap() {
            let start = (usize::try_from(url["number"].as_u64().unwrap()).unwrap() - 1) * size;
            let part = content[start..content.len().min(start + size)].to_vec();
            let put = reqwest::Client::new().put(url["url"].as_str().unwrap()).body(part).send().await.unwrap();
            assert!(put.status().is_success(), "{}", put.text().await.unwrap());
        }
    }

    pub async fn complete(&self, caller: &Caller, upload: &Value) -> Value {
        let fields = format!("upload {{ {UPLOAD_FIELDS} }}");
        self.change(caller, "completeApplicationUpload", json!({ "uploadId": upload["id"] }), &fields).await
    }

    /// Uploads a file whole; answers the upload once it is settled.
    pub async fn upload(&self, caller: &Caller, name: &str, content: &[u8]) -> Value {
        let upload = self.begin(caller, name, content).await;
        self.settled(caller, &upload["id"]).await
    }

    /// Uploads a file whole, and leaves it to be read.
    pub async fn begin(&self, caller: &Caller, name: &str, content: &[u8]) -> Value {
        let answer = self.start_upload(caller, name, content).await;
        assert_eq!(answer["userErrors"], json!([]));
        let upload = &answer["upload"];
        if upload["status"] == "UPLOADING" {
            let numbers: Vec<usize> = (1..=upload["parts"].as_array().unwrap().len()).collect();
            self.send_parts(caller, upload, content, &numbers).await;
            assert_eq!(self.complete(caller, upload).await["userErrors"], json!([]));
        }
        upload.clone()
    }

    pub async fn find_upload(&self, caller: &Caller, id: &Value) -> Value {
        let query = format!("query($id: ID!) {{ applicationUpload(id: $id) {{ {UPLOAD_FIELDS} }} }}");
        self.ask(caller, &query, json!({ "id": id })).await["applicationUpload"].clone()
    }

    /// An upload once nothing happens to it any more.
    pub async fn settled(&self, caller: &Caller, id: &Value) -> Value {
        eventually("the upload is settled", async || {
            let upload = self.find_upload(caller, id).await;
            let settled = matches!(upload["status"].as_str(), Some("READY" | "FAILED" | "CANCELLED"));
            settled.then_some(upload)
        })
        .await
    }

    /// The id of an application made of a package.
    pub async fn application(&self, caller: &Caller, content: &[u8]) -> String {
        let upload = self.upload(caller, "app.apk", content).await;
        assert_eq!(upload["status"], "READY", "{upload}");
        upload["application"]["id"].as_str().unwrap().to_owned()
    }

    pub async fn installation(&self, caller: &Caller, id: &Value) -> Value {
        let query = format!(
            "query($id: ID!) {{ _entities(representations: [{{ __typename: \"Installation\", id: $id }}]) {{
                ... on Installation {{ {INSTALLATION_FIELDS} }} }} }}"
        );
        self.ask(caller, &query, json!({ "id": id })).await["_entities"][0].clone()
    }

    pub async fn reaches(&self, caller: &Caller, id: &Value, status: &str) -> Value {
        eventually(&format!("the installation is {status}"), async || {
            let found = self.installation(caller, id).await;
            (found["status"] == status).then_some(found)
        })
        .await
    }

    /// Asks devices to install; answers the payload.
    pub async fn install(&self, caller: &Caller, application: &str, devices: &[&str]) -> Value {
        let input = json!({ "applicationId": application, "deviceIds": devices });
        let fields = format!("installations {{ {INSTALLATION_FIELDS} }}");
        self.change(caller, "installApplication", input, &fields).await
    }
}
