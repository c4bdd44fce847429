//! The monolith and its subgraphs as servers over the same world.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_execution::{
    Executor, ServiceOptions, SubgraphRequest,
    subgraphs::in_process::{InProcessSubgraph, LocalSubgraph},
};
use futures::{StreamExt, stream::BoxStream};
use graphql_tools::{
    parser::{parse_query, parse_schema},
    static_graphql::schema::Document as SchemaDocument,
    validation::{
        rules::default_rules_validation_plan,
        validate::{ValidationPlan, validate},
    },
};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::{
    field_set::FieldSet,
    model::{FieldDef, InputDef, Schema, Shape, Standing, SubgraphModel, Ty, TypeDef},
    random::{hash_text, index},
    reference::{Resolver, Response, execute},
    sdl,
    world::{Object, Resolved, World},
};

/// What every server has, but schema documents leave out.
const BUILT_IN: &str = "scalar Int scalar Float scalar String scalar Boolean scalar ID
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT";

/// The whole schema in one server.
#[derive(Debug)]
pub struct Monolith {
    world: World,
}

impl Monolith {
    /// A monolith of its own world.
    pub fn new(world: World) -> Self {
        Self { world }
    }

    /// What was changed.
    pub fn changes(&self) -> Vec<String> {
        self.world.changes()
    }

    /// Answers an operation.
    pub fn answer(&self, document: &str, variables: &Map<String, Value>) -> Result<Response, String> {
        let document = parse_query::<String>(document).map_err(|error| error.to_string())?.into_static();
        execute(self, &document, variables)
    }
}

impl Resolver for Monolith {
    fn schema(&self) -> &Schema {
        &self.world.schema
    }

    fn type_name<'a>(&'a self, object: &'a Object) -> &'a str {
        &object.ty
    }

    fn resolve(&self, object: &Object, field: &FieldDef, arguments: &Map<String, Value>) -> Resolved {
        self.world.resolve_alone(object, &field.name, arguments)
    }
}

/// All subgraphs of a federation over one world.
pub struct LiveFederation {
    world: Arc<World>,
    subgraphs: Vec<(String, Arc<LiveSubgraph>)>,
}

impl LiveFederation {
    /// The parts of a world.
    pub fn new(world: World, models: &[SubgraphModel]) -> Self {
        let world = Arc::new(world);
        let live = |model: &SubgraphModel| (model.name.clone(), Arc::new(LiveSubgraph::new(Arc::clone(&world), model)));
        Self { subgraphs: models.iter().map(live).collect(), world }
    }

    /// What they have in common.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Calls them.
    pub fn executor(&self) -> Executor {
        let mut builder = Executor::builder();
        for (name, live) in &self.subgraphs {
            let service = Arc::new(InProcessSubgraph::new(Arc::<LiveSubgraph>::clone(live)));
            builder = builder.service(name, service, ServiceOptions::default());
        }
        builder.build()
    }

    /// The requests that came to each, for whoever looks for the cause of a difference.
    pub fn asked(&self) -> Vec<String> {
        let all = self.subgraphs.iter();
        all.flat_map(|(name, live)| live.asked().into_iter().map(move |text| format!("{name}: {text}"))).collect()
    }
}

/// A subgraph in this process. It refuses documents that are not valid against its schema, as a server would.
pub struct LiveSubgraph {
    world: Arc<World>,
    /// Its part of the monolith and the entry points of federation.
    schema: Schema,
    served: SchemaDocument,
    rules: ValidationPlan,
    asked: Mutex<Vec<String>>,
}

impl LiveSubgraph {
    /// A subgraph over a world that it shares with the others.
    pub fn new(world: Arc<World>, model: &SubgraphModel) -> Self {
        let schema = with_entry_points(&model.schema);
        let text = format!("{BUILT_IN}\n{}", sdl::plain(&schema));
        let served = parse_schema::<String>(&text).expect("generated schemas are written well").into_static();
        Self { world, served, schema, rules: default_rules_validation_plan(), asked: Mutex::default() }
    }

    /// The requests that came, for whoever looks for the cause of a difference.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().clone()
    }

    fn answer(&self, request: &SubgraphRequest) -> Value {
        let variables = String::from_utf8_lossy(&request.variables).into_owned();
        let outcome = self.answer_text(&request.query, &variables).unwrap_or_else(
            |problem| json!({ "data": null, "errors": [{ "message": format!("refused by {}: {problem}", request.subgraph) }] }),
        );
        self.asked.lock().push(format!("{} {variables}\n  -> {outcome}", request.query));
        outcome
    }

    fn answer_text(&self, query: &str, variables: &str) -> Result<Value, String> {
        let document = parse_query::<String>(query).map_err(|error| error.to_string())?.into_static();
        if let Some(fault) = validate(&self.served, &document, &self.rules).first() {
            return Err(format!("{query} is not valid: {}", fault.message));
        }
        let given: Map<String, Value> = serde_json::from_str(variables).map_err(|error| error.to_string())?;
        Ok(execute(self, &document, &given)?.to_json())
    }

    fn entities(&self, arguments: &Map<String, Value>) -> Resolved {
        let representations = arguments.get("representations").and_then(Value::as_array);
        let found = representations.into_iter().flatten().map(|representation| {
            let name = representation.get("__typename").and_then(Value::as_str).unwrap_or_default();
            match self.entity(name, representation) {
                Some(mut object) => {
                    object.carried = Some(Arc::new(representation.clone()));
                    Resolved::Object(object)
                }
                None => Resolved::Failed(format!("no entity is meant by {representation}")),
            }
        });
        Resolved::List(found.collect())
    }

    fn entity(&self, name: &str, representation: &Value) -> Option<Object> {
        let definition = self.schema.get(name)?;
        let keys: Vec<&FieldSet> = definition.keys.iter().filter(|key| key.resolvable).map(|key| &key.fields).collect();
        self.world
            .schema
            .possible(name)
            .into_iter()
            .find_map(|ty| self.world.find(ty, keys.iter().copied(), representation))
    }
}

impl Resolver for LiveSubgraph {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn type_name<'a>(&'a self, object: &'a Object) -> &'a str {
        if self.schema.get(&object.ty).is_some() {
            return &object.ty;
        }
        // The subgraph knows the object by an interface only.
        let known = self.schema.types.values().find(|definition| {
            definition.interface_object && self.world.schema.possible(&definition.name).contains(&object.ty.as_str())
        });
        known.map_or(&object.ty, |definition| &definition.name)
    }

    fn resolve(&self, object: &Object, field: &FieldDef, arguments: &Map<String, Value>) -> Resolved {
        if object.ty == "Query" && field.name == "_entities" {
            return self.entities(arguments);
        }
        let provided = object.provided.get(&field.name);
        match field.standing {
            Standing::Overridden => return Resolved::Failed(format!("{}.{} has moved", object.ty, field.name)),
            Standing::External if provided.is_none() => {
                return Resolved::Failed(format!("{}.{} is external", object.ty, field.name));
            }
            Standing::External | Standing::Resolves => {}
        }
        let mut value = if field.requires.is_empty() {
            self.world.resolve_alone(object, &field.name, arguments)
        } else {
            let carried = object.carried.as_ref().and_then(|representation| field.requires.project(representation));
            self.world.resolve(object, &field.name, arguments, Some(&carried.unwrap_or_default()))
        };
        let below = if field.provides.is_empty() {
            provided.map(|field| field.fields.clone()).unwrap_or_default()
        } else {
            field.provides.clone()
        };
        if !below.is_empty() {
            provide(&mut value, &below);
        }
        value
    }
}

fn provide(value: &mut Resolved, set: &FieldSet) {
    match value {
        Resolved::Object(object) => object.provided = set.clone(),
        Resolved::List(items) => items.iter_mut().for_each(|item| provide(item, set)),
        Resolved::Null | Resolved::Failed(_) | Resolved::Leaf(_) => {}
    }
}

#[async_trait]
impl LocalSubgraph for LiveSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Bytes {
        // Answers come in any order, but in the same one every time.
        for _ in 0..index(hash_text(&request.query), 4) {
            tokio::task::yield_now().await;
        }
        serde_json::to_vec(&self.answer(&request)).expect("JSON values serialise").into()
    }

    fn subscribe(&self, _request: SubgraphRequest) -> BoxStream<'static, Bytes> {
        futures::stream::empty().boxed()
    }
}

fn with_entry_points(schema: &Schema) -> Schema {
    let mut served = schema.clone();
    for definition in served.types.values_mut() {
        definition.extends = false;
    }
    let entities: Vec<String> = schema
        .types
        .values()
        .filter(|definition| definition.is_object() && definition.keys.iter().any(|key| key.resolvable))
        .map(|definition| definition.name.clone())
        .collect();
    if served.get("Query").is_none() {
        served.add(TypeDef::object("Query"));
    }
    let query = served.types.get_mut("Query").expect("added above").fields_mut();
    let mut entry = |name: &str, arguments: Vec<InputDef>, ty: Ty| {
        let field = FieldDef { name: name.to_owned(), arguments, ty, ..FieldDef::default() };
        query.insert(name.to_owned(), field);
    };
    entry("_sdl", Vec::new(), Ty::named("String"));
    if !entities.is_empty() {
        let representations = InputDef {
            name: "representations".to_owned(),
            ty: Ty::named("_Any").required().list().required(),
            default: None,
        };
        entry("_entities", vec![representations], Ty::named("_Entity").list().required());
        served.add(TypeDef::new("_Any", Shape::Scalar));
        served.add(TypeDef::new("_Entity", Shape::Union { members: entities }));
    }
    served
}
