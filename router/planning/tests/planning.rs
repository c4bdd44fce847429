//! From documents to plans: what is refused and with which code, what is kept, and what plans look like.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use cloudphone_planning::{
    ExecutedFetch, FederationPlanner, FetchOutline, OperationKind, OperationLimits, PlanRequest, Planner,
    PlannerOptions, PlanningError, PreparedOperation, StepInput, Supergraph, SupergraphError,
};
use serde_json::{Map, Value, json};

const SUPERGRAPH: &str = include_str!("../../execution/tests/common/supergraph.graphql");

fn planner() -> FederationPlanner {
    planner_with(PlannerOptions::default())
}

fn planner_with(options: PlannerOptions) -> FederationPlanner {
    FederationPlanner::new(Supergraph::parse(SUPERGRAPH).unwrap(), options)
}

async fn plan(document: &str) -> Arc<PreparedOperation> {
    planner().plan(PlanRequest::new(document, None)).await.unwrap()
}

async fn refusal(document: &str) -> Arc<PlanningError> {
    planner().plan(PlanRequest::new(document, None)).await.unwrap_err()
}

fn coerce(operation: &PreparedOperation, variables: Value) -> Result<Value, String> {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    operation
        .coerce(&variables)
        .map(|variables| Value::Object(variables.values().clone()))
        .map_err(|errors| errors[0].message.clone())
}

#[tokio::test]
async fn text_that_is_no_graphql_is_refused_with_its_place() {
    let error = refusal("{ me {\n  name").await;
    assert_eq!(error.code, "GRAPHQL_PARSE_FAILED");
    assert_eq!(error.errors[0].locations[0].line, 2);
}

#[tokio::test]
async fn an_operation_that_does_not_fit_the_schema_is_refused_with_its_place() {
    let error = refusal("{ me { name age } }").await;
    assert_eq!(error.code, "GRAPHQL_VALIDATION_FAILED");
    assert!(error.errors[0].message.contains("age"), "{}", error.errors[0].message);
    assert_eq!((error.errors[0].locations[0].line, error.errors[0].locations[0].column), (1, 13));
    for document in [
        "{ me }",
        "{ me { name(x: 1) } }",
        "{ user { name } }",
        "query($x: Int) { me { name } }",
        "{ me { ...a } } fragment a on User { ...a }",
        "{ me { ...none } }",
        "{ product(upc: 7) { name } }",
        "{ topProducts(filter: { name: \"x\", colours: [SECRET] }) { upc } }",
        "{ me { id: name id } }",
        "subscription { a: reviewAdded { id } b: reviewAdded { id } }",
        "{ _entities(representations: []) { __typename } }",
        "{ _service { sdl } }",
    ] {
        assert_eq!(refusal(document).await.code, "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
}

#[tokio::test]
async fn the_operation_is_chosen_by_its_name() {
    let planner = planner();
    let document = "query a { me { id } } query b { me { name } }";
    let chosen = planner.plan(PlanRequest::new(document, Some("b"))).await.unwrap();
    assert_eq!(chosen.name().map(|name| &**name), Some("b"));
    assert_eq!(&*chosen.plan().steps[0].query, "{me{name}}");
    for name in [None, Some("c")] {
        let error = planner.plan(PlanRequest::new(document, name)).await.unwrap_err();
        assert_eq!(error.code, "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn equal_documents_are_planned_once() {
    let planner = Arc::new(planner());
    let document = "{ topProducts { name reviews { body } } }";
    let plans = (0..20).map(|_| {
        let planner = Arc::clone(&planner);
        tokio::spawn(async move { planner.plan(PlanRequest::new(document, None)).await.unwrap() })
    });
    let mut known: Option<Arc<PreparedOperation>> = None;
    for plan in plans.collect::<Vec<_>>() {
        let plan = plan.await.unwrap();
        assert!(known.is_none_or(|known| Arc::ptr_eq(&known, &plan)));
        known = Some(plan);
    }
}

#[tokio::test]
async fn a_document_that_is_refused_is_looked_at_once() {
    let planner = Arc::new(planner());
    for document in ["{ me {", "{ me { age } }", "{ me { ...a } } fragment a on User { ...a }"] {
        let first = planner.plan(PlanRequest::new(document, None)).await.unwrap_err();
        let again = planner.plan(PlanRequest::new(document, None)).await.unwrap_err();
        assert!(Arc::ptr_eq(&first, &again), "{document}");
    }
    let two = "query a { me { id } } query b { me { name } }";
    assert!(planner.plan(PlanRequest::new(two, Some("c"))).await.is_err());
    assert!(planner.plan(PlanRequest::new(two, Some("a"))).await.is_ok(), "another operation is another question");
}

#[tokio::test]
async fn a_document_that_nobody_waits_for_any_more_is_planned_all_the_same() {
    let planner = Arc::new(planner());
    let document = "{ topProducts { name reviews { body author { name } } } }";
    let impatient = {
        let planner = Arc::clone(&planner);
        tokio::spawn(async move { planner.plan(PlanRequest::new(document, None)).await.map(drop) })
    };
    // It has begun to plan, which takes a thread of its own.
    tokio::task::yield_now().await;
    impatient.abort();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while planner.cached_operations() == 0 {
        assert!(std::time::Instant::now() < deadline, "its plan was thrown away");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn documents_beyond_the_limits_are_refused() {
    let limits = OperationLimits {
        max_tokens: Some(100),
        max_depth: Some(4),
        max_aliases: Some(2),
        max_directives: Some(1),
        max_root_fields: Some(3),
        max_fields: Some(8),
    };
    let planner = planner_with(PlannerOptions { limits, ..PlannerOptions::default() });
    let refused = [
        "{ me { friends { friends { friends { id } } } } }",
        "{ a: me { id } b: me { id } c: me { id } }",
        "{ me { id @skip(if: false) name @skip(if: false) } }",
        "{ me { id } oldest { upc } users { id } fragile { id } }",
        "{ me { ...f } fragile { ...f } oldest { ...p } } fragment f on User { id name email } fragment p on Product { upc sku name }",
    ];
    for document in refused {
        let error = planner.plan(PlanRequest::new(document, None)).await.unwrap_err();
        assert_eq!(error.code, "OPERATION_TOO_LARGE", "{document}");
    }
    let long = format!("{{ me {{ {} }} }}", "id ".repeat(200));
    assert!(planner.plan(PlanRequest::new(&long, None)).await.is_err());
    assert!(planner.plan(PlanRequest::new("{ me { friends { friends { id } } } }", None)).await.is_ok());
}

#[tokio::test]
async fn fragments_that_multiply_are_measured_without_being_written_out() {
    let level = |level: usize| {
        let next = level + 1;
        format!(" fragment f{level} on User {{ friends {{ ...f{next} }} best: friends {{ ...f{next} }} }}")
    };
    let fragments: String = (0..40).map(level).collect();
    let document = format!("{{ me {{ ...f0 }} }}{fragments} fragment f40 on User {{ id }}");
    assert_eq!(refusal(&document).await.code, "OPERATION_TOO_LARGE");
}

#[tokio::test]
async fn variables_are_checked_and_completed() {
    let operation = plan(
        "query($id: ID!, $first: Int! = 3, $filter: ProductFilter) {
            user(id: $id) { name } topProducts(first: $first, filter: $filter) { upc }
        }",
    )
    .await;
    assert_eq!(coerce(&operation, json!({ "id": 7 })), Ok(json!({ "id": "7", "first": 3 })));
    assert_eq!(
        coerce(&operation, json!({ "id": "x", "first": 1.0, "filter": { "name": "n", "colours": "RED" }, "other": 1 })),
        Ok(json!({ "id": "x", "first": 1, "filter": { "colours": ["RED"], "name": "n" } }))
    );
    for (variables, problem) in [
        (json!({}), "was not provided"),
        (json!({ "id": null }), "must not be null"),
        (json!({ "id": true }), "ID cannot represent true"),
        (json!({ "id": 1, "first": null }), "must not be null"),
        (json!({ "id": 1, "first": "2" }), "Int cannot represent \"2\""),
        (json!({ "id": 1, "first": 3_000_000_000_u64 }), "32 bits"),
        (json!({ "id": 1, "first": 1.5 }), "not a whole number"),
        (json!({ "id": 1, "filter": [] }), "expected an object"),
        (json!({ "id": 1, "filter": {} }), "\"name\" of required type \"String!\""),
        (json!({ "id": 1, "filter": { "name": "n", "size": 1 } }), "\"size\" is not a field"),
        (json!({ "id": 1, "filter": { "name": "n", "colours": ["BLUE"] } }), "at \"filter.colours[0]\""),
        (json!({ "id": 1, "filter": { "name": "n", "colours": ["SECRET"] } }), "not a value of the enum"),
        (json!({ "id": 1, "filter": { "name": "n", "colours": [null] } }), "non-null"),
    ] {
        let message = coerce(&operation, variables.clone()).unwrap_err();
        assert!(message.contains(problem), "{variables}: {message}");
    }
}

#[tokio::test]
async fn an_operation_the_router_answers_alone_has_no_steps() {
    let operation = plan(
        "{ __typename __schema { queryType { name } } ...a } fragment a on Query { __type(name: \"User\") { name } }",
    )
    .await;
    assert!(operation.plan().steps.is_empty());
    assert!(operation.uses_introspection());
    let mixed = plan("{ ...a me { id } } fragment a on Query { __type(name: \"User\") { name } }").await;
    assert_eq!(mixed.plan().steps.len(), 1);
}

fn introspect(operation: &Arc<PreparedOperation>) -> Value {
    let variables = operation.coerce(&Map::new()).unwrap();
    let projection = operation.projection(&variables);
    let mut out = Vec::new();
    operation.introspect(&projection, &projection.objects[projection.root].fields[0], &variables, &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[tokio::test]
async fn introspection_shows_the_schema_that_clients_see() {
    let product = introspect(&plan(
        "{ __type(name: \"Query\") { kind name fields { name isDeprecated type { kind ofType { name } } args { name defaultValue } } } }",
    ).await);
    let names: Vec<_> =
        product["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["me", "user", "users", "fragile", "product", "topProducts", "catalogue", "search", "latestReviews"]
    );
    assert_eq!(product["fields"][1]["args"], json!([{ "name": "id", "defaultValue": null }]));
    assert_eq!(product["fields"][5]["args"][0], json!({ "name": "first", "defaultValue": "10" }));

    let deprecated = introspect(
        &plan("{ __type(name: \"Query\") { fields(includeDeprecated: true) { name deprecationReason } } }").await,
    );
    assert_eq!(deprecated["fields"][9], json!({ "name": "oldest", "deprecationReason": "Ask topProducts." }));

    let colour = introspect(&plan("{ __type(name: \"Colour\") { enumValues { name } } }").await);
    assert_eq!(
        colour["enumValues"],
        json!([{ "name": "RED" }, { "name": "GREEN" }]),
        "the inaccessible value is hidden"
    );
    let media = introspect(&plan("{ __type(name: \"Media\") { kind possibleTypes { name } } }").await);
    assert_eq!(media, json!({ "kind": "INTERFACE", "possibleTypes": [{ "name": "Book" }, { "name": "Movie" }] }));
    assert_eq!(introspect(&plan("{ __type(name: \"join__FieldSet\") { name } }").await), Value::Null);

    let schema = introspect(
        &plan("{ __schema { types { name } directives { name locations } subscriptionType { name } } }").await,
    );
    let types: Vec<_> = schema["types"].as_array().unwrap().iter().map(|kind| kind["name"].as_str().unwrap()).collect();
    assert!(types.contains(&"Product") && types.contains(&"__Schema") && types.contains(&"String"));
    assert!(!types.iter().any(|name| name.starts_with("join__") || name.starts_with("link__") || *name == "_Any"));
    assert!(!schema["directives"].as_array().unwrap().iter().any(|directive| directive["name"] == "join__type"));
    assert_eq!(schema["subscriptionType"]["name"], "Subscription");
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let planner = planner_with(PlannerOptions { introspection: false, ..PlannerOptions::default() });
    let error = planner.plan(PlanRequest::new("{ __schema { queryType { name } } }", None)).await.unwrap_err();
    assert_eq!(error.code, "INTROSPECTION_DISABLED");
    assert!(planner.plan(PlanRequest::new("{ __typename me { __typename } }", None)).await.is_ok());
}

#[tokio::test]
async fn steps_wait_for_what_they_read_and_for_nothing_else() {
    let operation = plan("{ topProducts { inStock reviews { author { name } } } }").await;
    let steps = &operation.plan().steps;
    let of = |service: &str| steps.iter().position(|step| &*step.service == service).unwrap();
    assert!(steps[of("products")].depends_on.is_empty());
    assert_eq!(*steps[of("inventory")].depends_on, [of("products")]);
    assert_eq!(*steps[of("reviews")].depends_on, [of("products")]);
    assert!(steps[of("accounts")].depends_on.contains(&of("reviews")));
    assert!(!steps[of("accounts")].depends_on.contains(&of("inventory")));
    assert!(matches!(steps[of("accounts")].input, StepInput::Entities(_)));
}

#[tokio::test]
async fn a_change_waits_for_all_that_follows_from_the_one_before() {
    let operation = plan(
        "mutation { a: rename(id: 1, name: \"x\") { reviews { id } } addReview(upc: \"p1\", body: \"b\") { id } }",
    )
    .await;
    assert_eq!(operation.kind(), OperationKind::Mutation);
    let steps: Vec<_> = operation.plan().steps.iter().map(|step| (&*step.service, &*step.depends_on)).collect();
    assert_eq!(steps, [("accounts", &[][..]), ("reviews", &[0][..]), ("reviews", &[0, 1][..])]);
    let together = plan("mutation { a: rename(id: 1, name: \"x\") { id } b: rename(id: 1, name: \"y\") { id } }").await;
    assert_eq!(together.plan().steps.len(), 1, "one subgraph keeps the order itself");
}

#[tokio::test]
async fn an_operation_lists_the_schema_fields_it_touches() {
    let operation =
        plan("{ me { ...f friends { id } } catalogue { id ... on Book { pages } } } fragment f on User { id email }")
            .await;
    let touched: Vec<_> =
        operation.coordinates().iter().map(|field| format!("{}.{}", field.parent, field.field)).collect();
    assert_eq!(
        touched,
        ["Book.pages", "Media.id", "Query.catalogue", "Query.me", "User.email", "User.friends", "User.id"]
    );
}

#[tokio::test]
async fn a_plan_can_be_shown() {
    let document = "query q($x: Boolean!) { product(upc: \"p1\") { name reviews @include(if: $x) { id } } }";
    let shown = plan(document).await.explain(None);
    assert_eq!((&shown["operationKind"], &shown["operationName"]), (&json!("query"), &json!("q")));
    assert_eq!(shown["node"]["kind"], "Sequence");
    let [first, second] = shown["node"]["nodes"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!((&first["kind"], &first["serviceName"]), (&json!("Fetch"), &json!("products")));
    assert_eq!((&second["kind"], &second["condition"]), (&json!("Condition"), &json!("x")));
    let flatten = &second["ifClause"];
    assert_eq!((&flatten["kind"], &flatten["path"]), (&json!("Flatten"), &json!(["product|[Product]"])));
    let fetch = &flatten["node"];
    assert_eq!((&fetch["serviceName"], &fetch["dependsOn"]), (&json!("reviews"), &json!([0])));
    assert_eq!(fetch["requires"], "{ ... on Product { __typename upc } }");
    assert!(fetch.get("executed").is_none(), "nothing ran");
}

#[tokio::test]
async fn a_plan_can_be_read_in_a_terminal() {
    let operation = plan("{ topProducts { inStock reviews { author { name } } } }").await;
    insta::assert_snapshot!(operation.explain(None)["text"].as_str().unwrap());
    let went = ExecutedFetch {
        start: Duration::from_millis(2),
        duration: Duration::from_micros(1500),
        sent_bytes: 10,
        received_bytes: 200,
        status: Some(200),
        error: None,
        retries: 1,
        shared: true,
        cached: 0,
        instance: Some("10.0.0.1:4001".to_owned()),
    };
    let executed = operation.plan().steps.iter().enumerate().map(|(at, _)| (at == 0).then(|| went.clone()));
    let shown = operation.explain(Some(&executed.collect::<Vec<_>>()));
    let text = shown["text"].as_str().unwrap();
    let told = "at 2 ms for 1.5 ms, 10 bytes sent, 200 received, status 200, tried 2 times, shared, by 10.0.0.1:4001";
    assert!(text.contains(told) && text.contains("# not run"), "{text}");
    assert_eq!(shown["node"]["nodes"][0]["executed"]["durationMs"], 1.5);
}

#[tokio::test]
async fn the_public_schema_is_free_of_federation() {
    let supergraph = Supergraph::parse(SUPERGRAPH).unwrap();
    let sdl = supergraph.api().sdl();
    assert!(sdl.contains("type Product {") && sdl.contains("union SearchResult"), "{sdl}");
    assert!(!sdl.contains("join__") && !sdl.contains("SECRET") && !sdl.contains("__Schema"), "{sdl}");
    let names: Vec<_> =
        supergraph.subgraphs().iter().map(|subgraph| (&*subgraph.name, subgraph.url.as_str())).collect();
    assert_eq!(names[0], ("accounts", "http://accounts/graphql"));
    assert_eq!(names.len(), 4);
}

#[test]
fn a_document_that_is_no_supergraph_is_an_error_not_a_panic() {
    assert!(matches!(Supergraph::parse("type Query {"), Err(SupergraphError::Syntax(_))));
    assert!(matches!(Supergraph::parse("type Mutation { a: Int }"), Err(SupergraphError::Invalid(_))));
}

#[test]
fn an_outline_tells_entities_apart_whatever_their_batch() {
    let supergraph = Supergraph::parse(SUPERGRAPH).unwrap();
    let alone = "query($representations:[_Any!]!,$first:Int){_entities(representations:$representations){...on Product{reviews(first:$first){body}}}}";
    let batch = "query($first:Int,$r0:[_Any!]!,$r1:[_Any!]!){e0:_entities(representations:$r0){...on User{name}} e1:_entities(representations:$r1){...on Product{reviews(first:$first){body}}}}";
    let alone = FetchOutline::read(&supergraph, alone).unwrap();
    let batch = FetchOutline::read(&supergraph, batch).unwrap();
    assert_eq!(alone.roots[0].text, batch.roots[1].text);
    assert_ne!(batch.roots[0].text, batch.roots[1].text);
    assert_eq!((&*batch.roots[1].response_key, batch.roots[1].representations.as_deref()), ("e1", Some("r1")));
    assert_eq!(alone.roots[0].variables, [Arc::from("first")]);
    let nodes: Vec<_> = alone.roots[0].nodes.iter().map(|node| (node.parent, node.objects.as_deref())).collect();
    assert_eq!(nodes, [(None, Some("Product")), (Some(0), Some("Review")), (Some(1), None)]);
}
