//! Shows how an operation would be run: `cargo run -p cloudphone-planning --example explain -- SUPERGRAPH DOCUMENT…`.

use cloudphone_planning::{FederationPlanner, PlanRequest, Planner, PlannerOptions, Supergraph};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().expect("the first argument names a supergraph file");
    let sdl = std::fs::read_to_string(&file).expect("the supergraph file can be read");
    let supergraph = Supergraph::parse(&sdl).expect("the file is a supergraph");
    let planner = FederationPlanner::new(supergraph, PlannerOptions::default());
    for document in arguments {
        match planner.plan(PlanRequest::new(&document, None)).await {
            Ok(operation) => println!("{}", operation.explain(None)["text"].as_str().unwrap_or_default()),
            Err(error) => println!("{document}\n{error}"),
        }
    }
}
