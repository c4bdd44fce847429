//! The plan as text, for a terminal.

use graphql_tools::parser::parse_query;

use super::{ExecutedFetch, Explained, milliseconds, paths, tree::Node};
use crate::plan::{FetchStep, StepInput};

/// Writes a plan.
pub(super) fn write(explained: &Explained<'_>, tree: Option<&Node>) -> String {
    let mut text = Text { explained, lines: String::new(), depth: 0 };
    text.within("QueryPlan {", "}", |text| {
        if let Some(tree) = tree {
            text.node(tree);
        }
    });
    text.lines
}

struct Text<'t> {
    explained: &'t Explained<'t>,
    lines: String,
    depth: usize,
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        self.lines.extend(std::iter::repeat_n("  ", self.depth));
        self.lines.push_str(line);
        self.lines.push('\n');
    }

    fn within(&mut self, opening: &str, closing: &str, inner: impl FnOnce(&mut Self)) {
        self.line(opening);
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        self.line(closing);
    }

    fn node(&mut self, node: &Node) {
        let (name, nodes) = match node {
            Node::Step(position) => return self.step(*position),
            Node::Sequence(nodes) => ("Sequence {", nodes),
            Node::Parallel(nodes) => ("Parallel {", nodes),
        };
        self.within(name, "}", |text| nodes.iter().for_each(|node| text.node(node)));
    }

    fn step(&mut self, position: usize) {
        let explained = self.explained;
        let step = &explained.plan.steps[position];
        let mut openings: Vec<String> = Vec::new();
        for condition in &step.conditions {
            let word = if condition.expected { "Include" } else { "Skip" };
            openings.push(format!("{word}(if: ${}) {{", condition.variable));
        }
        if let Some(paths) = paths(step) {
            let paths: Vec<String> = paths.iter().map(|path| explained.segments(path).join(".")).collect();
            openings.push(format!("Flatten(path: \"{}\") {{", paths.join("\", \"")));
        }
        for opening in &openings {
            self.line(opening);
            self.depth += 1;
        }
        let went = explained
            .executed
            .map(|executed| executed.get(position).and_then(Option::as_ref).map_or_else(|| "not run".to_owned(), told));
        let opening = format!(
            "Fetch(service: \"{}\") {{{}",
            step.service,
            went.map(|went| format!("  # {went}")).unwrap_or_default()
        );
        self.within(&opening, "}", |text| text.fetch(step));
        for _ in &openings {
            self.depth -= 1;
            self.line("}");
        }
    }

    fn fetch(&mut self, step: &FetchStep) {
        if let StepInput::Entities(inputs) = &step.input {
            for input in inputs {
                let requires = self.explained.requires(input);
                if inputs.len() == 1 {
                    self.line(&format!("{requires} =>"));
                    continue;
                }
                let paths: Vec<String> =
                    input.paths.iter().map(|path| self.explained.segments(path).join(".")).collect();
                self.line(&format!("{}: \"{}\" {requires} =>", input.response_key, paths.join("\", \"")));
            }
        }
        // What a planner made always parses; its own text does otherwise.
        let pretty =
            parse_query::<String>(&step.query).map_or_else(|_| step.query.to_string(), |document| document.to_string());
        for line in pretty.lines().filter(|line| !line.is_empty()) {
            self.line(line);
        }
    }
}

/// How a fetch went, in a few words.
fn told(went: &ExecutedFetch) -> String {
    let mut words = vec![
        format!("at {} ms for {} ms", milliseconds(went.start), milliseconds(went.duration)),
        format!("{} bytes sent, {} received", went.sent_bytes, went.received_bytes),
    ];
    words.extend(went.status.map(|status| format!("status {status}")));
    words.extend(went.error.map(str::to_owned));
    if went.retries > 0 {
        words.push(format!("tried {} times", went.retries + 1));
    }
    if went.shared {
        words.push("shared".to_owned());
    }
    if went.cached > 0 {
        words.push(format!("{} from the cache", went.cached));
    }
    words.extend(went.instance.as_ref().map(|instance| format!("by {instance}")));
    words.join(", ")
}
