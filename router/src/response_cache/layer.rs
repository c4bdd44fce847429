//! The cache as it stands before a subgraph.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::HeaderMap;
use bytes::Bytes;
use cloudphone_execution::{
    CallNotes, SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService,
};
use cloudphone_planning::{FetchOutline, OperationKind, RootOutline, Supergraph};
use cloudphone_traffic::headers::ClientHeaders;
use futures::stream::BoxStream;
use moka::sync::Cache;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Kept;
use super::entities::{Asked, Fetched, RawObject, Source, all_kept, is_whole, reduced_variables};
use super::key::{self, Key, Requester};
use super::policy::{Hint, Keeping, Told, decide};
use super::purge::{of_entity, of_some, of_subgraph, of_type};
use super::report::{CacheReport, Freshness};
use super::rules::Rules;
use super::storage::{Entry, Wanted};

/// Documents whose outlines are remembered.
const OUTLINES: u64 = 10_000;

pub(super) struct CachedSubgraph {
    kept: Arc<Kept>,
    inner: Arc<dyn SubgraphService>,
    supergraph: Arc<Supergraph>,
    rules: Rules,
    outlines: Cache<Arc<str>, Arc<Outline>>,
}

/// What is known of a document before it is sent.
struct Outline {
    form: Form,
    hint: Hint,
}

enum Form {
    /// Kept as one, with the tags of all that may be in it.
    Whole(Vec<String>),
    /// Kept entity by entity; the tags besides those of the entity itself.
    Entities(Vec<(RootOutline, Vec<String>)>),
    /// Not understood, so never kept.
    Opaque,
}

/// A fetch on its way.
struct Fetch<'f> {
    request: &'f SubgraphRequest,
    hint: Hint,
    requester: Requester,
    report: Option<CacheReport>,
}

impl CachedSubgraph {
    pub(super) fn new(kept: Arc<Kept>, inner: Arc<dyn SubgraphService>, supergraph: Arc<Supergraph>) -> Self {
        let rules = Rules::new(supergraph.cache_hints(), &kept.options.rules);
        Self { kept, inner, supergraph, rules, outlines: Cache::new(OUTLINES) }
    }

    fn outline(&self, request: &SubgraphRequest) -> Arc<Outline> {
        self.outlines.get_with_by_ref(&request.query, || {
            let Some(outline) = FetchOutline::read(&self.supergraph, &request.query) else {
                return Arc::new(Outline { form: Form::Opaque, hint: Hint::default() });
            };
            let hint = self.rules.of(&outline.roots);
            let roots = outline.roots;
            let of_entities = roots.iter().filter(|root| root.representations.is_some()).count();
            let form = if of_entities == 0 {
                Form::Whole(self.tags(&request.subgraph, &roots, false))
            } else if of_entities == roots.len() {
                let tags = |root: &RootOutline| self.tags(&request.subgraph, std::slice::from_ref(root), true);
                Form::Entities(roots.iter().map(|root| (root.clone(), tags(root))).collect())
            } else {
                Form::Opaque
            };
            Arc::new(Outline { form, hint })
        })
    }

    /// By what a purge may name an answer. The outermost entities are named one by one, so not as some of their type.
    fn tags(&self, subgraph: &str, roots: &[RootOutline], of_entities: bool) -> Vec<String> {
        let mut tags = vec![String::new(), of_subgraph(subgraph)];
        let types = self.supergraph.types();
        for node in roots.iter().flat_map(|root| &root.nodes) {
            let Some(name) = &node.objects else { continue };
            let is_outermost = of_entities && node.field.is_none();
            for id in types.subtypes(types.id(name)) {
                let Some(name) = types.name(id) else { continue };
                tags.push(of_type(name));
                if !is_outermost {
                    tags.push(of_some(name));
                }
            }
        }
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    async fn whole(&self, fetch: Fetch<'_>, tags: &[String]) -> Result<SubgraphResponse, SubgraphError> {
        let asked = key::whole(fetch.request);
        let keys = [true, false].map(|public| fetch.requester.key(public, &asked));
        let now = self.kept.now();
        if fetch.reads() {
            let wanted = Wanted { keys: keys.clone(), tags: tags.iter().map(String::as_str).collect() };
            if let Some(entry) = self.kept.storage.find(&[wanted], now).await.pop().flatten() {
                count(fetch.request, "hit", 1);
                count_bytes(fetch.request, entry.body.len());
                fetch.tell(left(&entry, now));
                return Ok(entry.body.into());
            }
        }
        count(fetch.request, "miss", 1);
        let response = self.call(&fetch, fetch.request.clone()).await?;
        let keeping = fetch.keeping(&response, self.kept.options.max_age).filter(|_| is_whole(&response.body));
        if let Some(keeping) = keeping {
            self.keep(keys, keeping, &response.body, now);
        }
        fetch.tell(keeping.map_or(Freshness::NONE, Freshness::from));
        Ok(response)
    }

    async fn entities(
        &self,
        fetch: Fetch<'_>,
        roots: &[(RootOutline, Vec<String>)],
    ) -> Result<SubgraphResponse, SubgraphError> {
        let variables: Option<RawObject<'_>> = serde_json::from_slice(&fetch.request.variables).ok();
        let asked = variables.as_ref().and_then(|variables| asked(roots, variables));
        let Some((variables, asked)) = variables.as_ref().zip(asked) else {
            return self.bypass(fetch).await;
        };
        let looked_up = lookups(&fetch, roots, variables, &asked);
        let now = self.kept.now();
        let found = if fetch.reads() {
            let wanted = looked_up
                .iter()
                .flatten()
                .map(|(keys, tags)| Wanted { keys: keys.clone(), tags: tags.iter().map(String::as_str).collect() });
            let wanted: Vec<_> = wanted.collect();
            self.kept.storage.find(&wanted, now).await
        } else {
            vec![None; looked_up.iter().map(Vec::len).sum()]
        };
        let hits = found.iter().flatten().count();
        count(fetch.request, "hit", hits);
        count(fetch.request, "miss", found.len() - hits);
        for entry in found.iter().flatten() {
            count_bytes(fetch.request, entry.body.len());
            fetch.tell(left(entry, now));
        }
        let is_complete = hits == found.len();
        let mut found = found.into_iter();
        let sources: Vec<Vec<Source>> = asked
            .iter()
            .map(|root| {
                let entries = found.by_ref().take(root.representations.len());
                entries.map(|entry| entry.map_or(Source::Missing, |entry| Source::Kept(entry.body))).collect()
            })
            .collect();
        if is_complete {
            return Ok(all_kept(&asked, &sources).into());
        }
        let mut request = fetch.request.clone();
        if hits > 0 {
            request.variables = reduced_variables(variables, &asked, &sources);
        }
        let mut response = self.call(&fetch, request).await?;
        let missing: Vec<usize> =
            sources.iter().map(|list| list.iter().filter(|it| matches!(it, Source::Missing)).count()).collect();
        let body = response.body.clone();
        let fetched = Fetched::read(&body);
        let entities = fetched.as_ref().and_then(|fetched| fetched.whole(&missing, &asked));
        let keeping = fetch.keeping(&response, self.kept.options.max_age).filter(|_| entities.is_some());
        if let Some((keeping, entities)) = keeping.zip(entities) {
            let keys = looked_up.into_iter().flatten().map(|(keys, _)| keys);
            let keys = keys.zip(sources.iter().flatten()).filter(|(_, source)| matches!(source, Source::Missing));
            for ((keys, _), entity) in keys.zip(entities.iter().flatten()) {
                self.keep(keys, keeping, &Bytes::copy_from_slice(entity.get().as_bytes()), now);
            }
        }
        fetch.tell(keeping.map_or(Freshness::NONE, Freshness::from));
        if hits > 0 {
            let whole = fetched.and_then(|fetched| fetched.completed(&asked, &sources));
            response.body = whole.ok_or_else(|| {
                SubgraphError::InvalidResponse("not one entity for each that was asked for".to_owned())
            })?;
        }
        Ok(response)
    }

    async fn bypass(&self, fetch: Fetch<'_>) -> Result<SubgraphResponse, SubgraphError> {
        count(fetch.request, "bypass", 1);
        fetch.tell(Freshness::NONE);
        self.inner.execute(fetch.request.clone()).await
    }

    async fn call(&self, fetch: &Fetch<'_>, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        self.inner.execute(request).await.inspect_err(|_| fetch.tell(Freshness::NONE))
    }

    fn keep(&self, [public, own]: [Key; 2], keeping: Keeping, body: &Bytes, asked_at: u64) {
        if body.len() > self.kept.options.max_entry_bytes {
            return;
        }
        let lifetime = u64::try_from(keeping.lifetime.as_millis()).unwrap_or(u64::MAX);
        // The time that the answer took counts as its age (RFC 9111 §4.2.3).
        let ends_at = asked_at.saturating_add(lifetime);
        let key = if keeping.public { public } else { own };
        self.kept.storage.keep(key, Entry { body: body.clone(), asked_at, ends_at, public: keeping.public });
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no exact bytes")]
        metrics::gauge!("cloudphone_response_cache_kept_bytes").set(self.kept.storage.bytes() as f64);
    }
}

fn count(request: &SubgraphRequest, outcome: &'static str, times: usize) {
    if times > 0 {
        if let Some(notes) = CallNotes::of(request)
            && outcome == "hit"
        {
            notes.cached(times);
        }
        let subgraph = request.subgraph.to_string();
        metrics::counter!("cloudphone_response_cache_lookups_total", "subgraph" => subgraph, "outcome" => outcome)
            .increment(times as u64);
    }
}

fn count_bytes(request: &SubgraphRequest, bytes: usize) {
    let subgraph = request.subgraph.to_string();
    metrics::counter!("cloudphone_response_cache_answered_bytes_total", "subgraph" => subgraph).increment(bytes as u64);
}

impl Fetch<'_> {
    fn reads(&self) -> bool {
        self.report.as_ref().is_none_or(|report| report.reads)
    }

    fn tell(&self, freshness: Freshness) {
        if let Some(report) = &self.report {
            report.add(freshness);
        }
    }

    fn keeping(&self, response: &SubgraphResponse, longest: Duration) -> Option<Keeping> {
        decide(self.hint, Told::by(&response.headers), self.requester.identified, longest)
    }
}

impl From<Keeping> for Freshness {
    fn from(keeping: Keeping) -> Self {
        Self { lifetime: keeping.lifetime, public: keeping.public }
    }
}

fn left(entry: &Entry, now: u64) -> Freshness {
    Freshness { lifetime: Duration::from_millis(entry.ends_at.saturating_sub(now)), public: entry.public }
}

/// The representations of every root field; none when they are not where the document says.
fn asked<'a>(roots: &'a [(RootOutline, Vec<String>)], variables: &RawObject<'a>) -> Option<Vec<Asked<'a>>> {
    roots
        .iter()
        .map(|(root, _)| {
            let variable = root.representations.as_deref()?;
            let representations: Vec<&'a RawValue> = serde_json::from_str(variables.get(variable)?.get()).ok()?;
            Some(Asked { response_key: &root.response_key, variable, representations })
        })
        .collect()
}

/// By root field and representation: the keys, and the tags.
fn lookups(
    fetch: &Fetch<'_>,
    roots: &[(RootOutline, Vec<String>)],
    variables: &RawObject<'_>,
    asked: &[Asked<'_>],
) -> Vec<Vec<([Key; 2], Vec<String>)>> {
    let of_root = |((outline, tags), root): (&(RootOutline, Vec<String>), &Asked<'_>)| {
        let used = outline.variables.iter().filter_map(|name| Some((&**name, variables.get(&**name)?.get())));
        let selection = key::selection(&fetch.request.subgraph, &outline.text, used);
        let of_entity = |representation: &&RawValue| {
            let asked = key::entity(&selection, representation.get());
            let mut tags = tags.clone();
            tags.extend(own_tags(representation));
            ([true, false].map(|public| fetch.requester.key(public, &asked)), tags)
        };
        root.representations.iter().map(of_entity).collect()
    };
    roots.iter().zip(asked).map(of_root).collect()
}

/// By what a purge may name one entity: by each of its fields, for any of them may be its key.
fn own_tags(representation: &RawValue) -> Vec<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(representation.get()) else { return Vec::new() };
    let name = fields.get("__typename").and_then(Value::as_str).unwrap_or_default();
    let scalars = fields.iter().filter(|(field, value)| *field != "__typename" && !value.is_object());
    scalars.map(|(field, value)| of_entity(name, field, value)).collect()
}

/// The headers that subgraphs may be told: those of the router, and those of the client that some rule sends on.
fn told(request: &SubgraphRequest) -> HeaderMap {
    let mut headers = request.context.headers.clone();
    if let Some(client) = request.context.extensions.get::<ClientHeaders>().and_then(ClientHeaders::get) {
        for (name, value) in client {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

#[async_trait]
impl SubgraphService for CachedSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let report = request.context.extensions.get::<CacheReport>().cloned();
        if request.kind != OperationKind::Query {
            return self.inner.execute(request).await;
        }
        let outline = self.outline(&request);
        let requester = Requester::of(&request, &told(&request));
        let fetch = Fetch { request: &request, hint: outline.hint, requester, report };
        match &outline.form {
            Form::Whole(tags) if !outline.hint.forbids => self.whole(fetch, tags).await,
            Form::Entities(roots) if !outline.hint.forbids => self.entities(fetch, roots).await,
            _ => self.bypass(fetch).await,
        }
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        self.inner.subscribe(request).await
    }
}
