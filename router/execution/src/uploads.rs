//! Files that came with a client's request, and how they go on to subgraphs (GraphQL multipart request specification).

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::HeaderValue;
use serde_json::{Map, Value};

use crate::request::SubgraphRequest;

/// Bytes of a file that are read at once.
const CHUNK: usize = 64 * 1024;

/// A file, and what stands for it in the variables.
#[derive(Debug, Clone)]
pub struct Upload {
    /// A text that nobody can guess. Where a subgraph's variables hold it, the file goes.
    pub token: Arc<str>,
    /// The name the client gave.
    pub file_name: Option<String>,
    /// The media type the client gave.
    pub content_type: Option<String>,
    /// What is in it.
    pub content: UploadContent,
}

/// The bytes of a file, which can be read as often as there are subgraphs that want them.
#[derive(Debug, Clone)]
pub enum UploadContent {
    /// In memory.
    Memory(Bytes),
    /// In a file that is gone when nobody holds it any more.
    File {
        /// Open for reading.
        file: Arc<File>,
        /// Its length in bytes.
        length: u64,
    },
}

impl UploadContent {
    fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    fn stream(&self) -> BoxStream<'static, io::Result<Bytes>> {
        match self {
            Self::Memory(bytes) => {
                let bytes = bytes.clone();
                stream::once(async move { Ok(bytes) }).boxed()
            }
            Self::File { file, length } => {
                let (file, length) = (Arc::clone(file), *length);
                let next = move |at: u64| {
                    let file = Arc::clone(&file);
                    async move {
                        let left = usize::try_from(length - at).unwrap_or(usize::MAX);
                        if left == 0 {
                            return Ok(None);
                        }
                        let read = tokio::task::spawn_blocking(move || {
                            let mut chunk = vec![0; left.min(CHUNK)];
                            file.read_exact_at(&mut chunk, at).map(|()| chunk)
                        });
                        let chunk = read.await.map_err(io::Error::other)??;
                        let next = at + chunk.len() as u64;
                        Ok(Some((Bytes::from(chunk), next)))
                    }
                };
                stream::try_unfold(0, next).boxed()
            }
        }
    }
}

/// The files of one operation; travels in the extensions of its context.
#[derive(Debug, Clone, Default)]
pub struct Uploads {
    files: Arc<[Upload]>,
}

/// A file, and where it goes in the variables of a call.
type Placed<'u> = (&'u Upload, Vec<String>);

/// A call with files, ready to be sent.
pub(crate) struct FormCall {
    pub(crate) content_type: HeaderValue,
    pub(crate) length: u64,
    pub(crate) body: BoxStream<'static, io::Result<Bytes>>,
}

impl Uploads {
    /// These files.
    pub fn new(files: Vec<Upload>) -> Self {
        Self { files: files.into() }
    }

    /// The files.
    pub fn files(&self) -> &[Upload] {
        &self.files
    }

    /// Whether a call has files; a service that cannot send them must refuse it.
    pub fn go_with(request: &SubgraphRequest) -> bool {
        request.context.extensions.get::<Self>().is_some_and(|uploads| uploads.placed(request).is_some())
    }

    /// The call as a form, when files go with it.
    pub(crate) fn form(request: &SubgraphRequest) -> Option<FormCall> {
        let uploads = request.context.extensions.get::<Self>()?;
        let (variables, places) = uploads.placed(request)?;
        let operations = SubgraphRequest { variables, ..request.clone() }.to_json();
        let map: Map<String, Value> = places
            .iter()
            .enumerate()
            .map(|(number, (_, paths))| (number.to_string(), Value::from(paths.clone())))
            .collect();
        let boundary = format!("cloudphone-{:032x}", rand::random::<u128>());
        let mut parts: Vec<(Bytes, BoxStream<'static, io::Result<Bytes>>, u64)> = Vec::with_capacity(places.len() + 2);
        let mut add_text = |name: &str, text: Bytes| {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: application/json\r\n\r\n"
            );
            let content = UploadContent::Memory(text);
            parts.push((head.into(), content.stream(), content.length()));
        };
        add_text("operations", operations);
        add_text("map", Value::Object(map).to_string().into());
        for (number, (upload, _)) in places.iter().enumerate() {
            let name = quoted(upload.file_name.as_deref().unwrap_or("file"));
            let media_type = upload.content_type.as_deref().unwrap_or("application/octet-stream");
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{number}\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
            );
            parts.push((head.into(), upload.content.stream(), upload.content.length()));
        }
        let end = Bytes::from(format!("--{boundary}--\r\n"));
        let length =
            parts.iter().map(|(head, _, length)| head.len() as u64 + length + 2).sum::<u64>() + end.len() as u64;
        let once = |bytes: Bytes| stream::once(async move { Ok(bytes) });
        let parts = stream::iter(parts).flat_map(move |(head, content, _)| {
            once(head).chain(content).chain(once(Bytes::from_static(b"\r\n"))).boxed()
        });
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let content_type = HeaderValue::try_from(content_type).expect("a boundary is plain ASCII");
        Some(FormCall { content_type, length, body: parts.chain(once(end)).boxed() })
    }

    /// The variables with nulls where files go, and the files with their places; none when no file goes with the call.
    fn placed(&self, request: &SubgraphRequest) -> Option<(Bytes, Vec<Placed<'_>>)> {
        let mut variables: Value = serde_json::from_slice(&request.variables).ok()?;
        let mut places = vec![Vec::new(); self.files.len()];
        self.take(&mut variables, &mut "variables".to_owned(), &mut places);
        let places: Vec<_> = self.files.iter().zip(places).filter(|(_, paths)| !paths.is_empty()).collect();
        (!places.is_empty()).then(|| (variables.to_string().into(), places))
    }

    fn take(&self, value: &mut Value, path: &mut String, places: &mut [Vec<String>]) {
        let length = path.len();
        match value {
            Value::String(text) => {
                if let Some(number) = self.files.iter().position(|upload| *upload.token == **text) {
                    places[number].push(path.clone());
                    *value = Value::Null;
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push('.');
                    path.push_str(&index.to_string());
                    self.take(item, path, places);
                    path.truncate(length);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    path.push('.');
                    path.push_str(name);
                    self.take(field, path, places);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }
}

/// A file name as forms have it (HTML Standard, multipart/form-data encoding algorithm); other controls are left out.
fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '"' => quoted.push_str("%22"),
            '\r' => quoted.push_str("%0D"),
            '\n' => quoted.push_str("%0A"),
            letter if letter.is_control() => {}
            letter => quoted.push(letter),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use cloudphone_planning::OperationKind;

    use super::*;
    use crate::request::RequestContext;

    fn request(variables: &'static str, uploads: Vec<Upload>) -> SubgraphRequest {
        let mut context = RequestContext::new("id");
        context.extensions.insert(Uploads::new(uploads));
        SubgraphRequest {
            subgraph: Arc::from("files"),
            query: Arc::from("mutation($f:Upload){keep(f:$f)}"),
            operation_name: None,
            variables: Bytes::from_static(variables.as_bytes()),
            kind: OperationKind::Mutation,
            position: None,
            context: Arc::new(context),
        }
    }

    fn upload(token: &str, content: UploadContent) -> Upload {
        let file_name = Some("a \"b\"\r\n.txt".to_owned());
        Upload { token: Arc::from(token), file_name, content_type: Some("text/plain".to_owned()), content }
    }

    async fn sent(request: &SubgraphRequest) -> String {
        let form = Uploads::form(request).unwrap();
        let chunks: Vec<Bytes> = form.body.map(Result::unwrap).collect().await;
        let body = chunks.concat();
        assert_eq!(form.length, body.len() as u64);
        let (_, boundary) = form.content_type.to_str().unwrap().split_once("boundary=").unwrap();
        String::from_utf8(body).unwrap().replace(boundary, "B")
    }

    #[tokio::test]
    async fn files_go_where_the_variables_have_their_tokens() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; CHUNK + 1]).unwrap();
        let large = UploadContent::File { file: Arc::new(file), length: CHUNK as u64 + 1 };
        let request = request(
            r#"{"f":"first","list":[{"g":"second"},"other","first"]}"#,
            vec![
                upload("first", UploadContent::Memory(Bytes::from_static(b"one"))),
                upload("unused", UploadContent::Memory(Bytes::new())),
                upload("second", large),
            ],
        );
        let body = sent(&request).await;
        assert!(body.contains(r#""variables":{"f":null,"list":[{"g":null},"other",null]}"#), "{body}");
        assert!(body.contains(r#"{"0":["variables.f","variables.list.2"],"1":["variables.list.0.g"]}"#), "{body}");
        let first = "--B\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a %22b%22%0D%0A.txt\"\r\n\
            Content-Type: text/plain\r\n\r\none\r\n";
        assert!(body.contains(first), "{body}");
        assert!(body.ends_with("xxx\r\n--B--\r\n") && body.matches('x').count() > CHUNK);
        assert_eq!(sent(&request).await, body, "a file can be sent again");
    }

    #[test]
    fn a_call_without_files_is_no_form() {
        let plain = request(r#"{"f":"text"}"#, vec![upload("first", UploadContent::Memory(Bytes::new()))]);
        assert!(Uploads::form(&plain).is_none() && !Uploads::go_with(&plain));
    }
}
